"""A directory of finished images: one builder at a time, nothing half built is ever seen.

Layout: ``<name>-<digest12>.raw``, beside it ``<name>-<digest12>.credentials/`` where the recipe
makes any; ``.<name>.lock`` (flock); ``.building-<name>-*/`` while a builder works. The image is
renamed into place last: if it is there, all that belongs to it is.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.images.disk import sync_file
from lab.images.errors import LabError

MARKER = ".drverify-images"
LOCK_POLL_S = 0.25
Say = Callable[[str], None]
Build = Callable[[Path, Say], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A finished guest image; the file is shared and never written to: copy it first.

    ``size_bytes`` is the virtual size. ``credentials`` is None for images without secrets.
    """

    name: str
    path: Path
    digest: str
    size_bytes: int
    credentials: Path | None = None


async def cached(name: str, digest: str, build: Build, cache: Path, *, say: Say) -> Image:
    """Return the image of this digest, building it into ``cache`` if it is not there.

    ``build`` is given an empty directory and must leave ``image.raw`` and, if it makes secrets,
    ``credentials/`` in it. Whatever it raises goes through; its directory is removed.
    """
    if found := look_up(name, digest, cache):
        return found
    cache.mkdir(parents=True, exist_ok=True)
    (cache / MARKER).touch()
    async with _only_builder(name, cache, say):
        if found := look_up(name, digest, cache):
            return found
        _remove_stale(name, cache)
        workspace = Path(tempfile.mkdtemp(prefix=f".building-{name}-", dir=cache))
        workspace.chmod(0o755)
        try:
            await build(workspace, say)
            _publish(workspace, name, digest, cache)
        finally:
            _remove(workspace)
    built = look_up(name, digest, cache)
    if built is None:
        raise LabError(f"{name}: the image was built but is gone from {cache}")
    return built


def look_up(name: str, digest: str, cache: Path) -> Image | None:
    """Return the cached image of this name and digest, or None."""
    path = cache / f"{name}-{digest[:12]}.raw"
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return None
    credentials = path.with_suffix(".credentials")
    return Image(
        name=name,
        path=path,
        digest=digest,
        size_bytes=size,
        credentials=credentials if credentials.is_dir() else None,
    )


def is_cached(path: Path) -> bool:
    """Say whether a file is an original in an image cache (also through a link)."""
    real = path.resolve()
    return (real.parent / MARKER).exists() or real.stat().st_nlink > 1


def clean(cache: Path, *, keep: frozenset[str] = frozenset()) -> list[Path]:
    """Remove all images but those whose file names are in ``keep``; return what was removed.

    Work of a builder that is running is left alone.
    """
    removed = []
    for image in sorted(cache.glob("*.raw")) if (cache / MARKER).exists() else []:
        if image.name not in keep:
            image.unlink()
            shutil.rmtree(image.with_suffix(".credentials"), ignore_errors=True)
            removed.append(image)
    return removed


@asynccontextmanager
async def _only_builder(name: str, cache: Path, say: Say) -> AsyncIterator[None]:
    """Hold the builders' lock of one image name; the kernel frees it if we die."""
    with (cache / f".{name}.lock").open("w") as lock:
        waiting = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    say(f"{name}: another builder is at work, waiting for it")
                waiting = True
                await asyncio.sleep(LOCK_POLL_S)
        yield


def _remove_stale(name: str, cache: Path) -> None:
    """Remove what builders of this image left when they died (the caller holds the lock)."""
    for leftover in cache.glob(f".building-{name}-*"):
        _remove(leftover)
    for orphan in cache.glob(f"{name}-*.credentials"):
        if not orphan.with_suffix(".raw").exists():
            shutil.rmtree(orphan)


def _remove(workspace: Path) -> None:
    """Remove a builder's directory; LabError if anything is mounted in it, for that is not ours to empty."""
    real = str(workspace.resolve())
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        point = line.split()[4]
        if point == real or point.startswith(f"{real}/"):
            raise LabError(f"{point} is still mounted", hint=f"umount {point}, then try again")
    shutil.rmtree(workspace)


def _publish(workspace: Path, name: str, digest: str, cache: Path) -> None:
    image, credentials = workspace / "image.raw", workspace / "credentials"
    final = cache / f"{name}-{digest[:12]}.raw"
    if not image.is_file() or image.stat().st_size == 0:
        raise LabError(f"{name}: the builder made no image")
    if credentials.is_dir():
        for secret in credentials.iterdir():
            sync_file(secret)
        credentials.rename(final.with_suffix(".credentials"))
    image.chmod(0o444)
    sync_file(image)
    image.rename(final)
    descriptor = os.open(cache, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
