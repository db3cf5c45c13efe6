"""The recipes of the lab's guests: all their inputs, the digest over them, the finished image."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lab.images import metal, shop, tiny
from lab.images.cache import Build, Image, Say, cached
from lab.images.distro import Release, host_release
from lab.images.errors import LabError

__all__ = ["HOST_PACKAGES", "NAMES", "Image", "ImageName", "Recipe", "ensure_image", "recipe"]

ImageName = Literal["shop", "tiny", "metal"]
NAMES: tuple[ImageName, ...] = ("shop", "tiny", "metal")
HOST_PACKAGES = (
    "mmdebstrap",
    "e2fsprogs",
    "grub-common",
    "grub-pc-bin",
    "openssl",
    "openssh-client",
    "coreutils",
    "mount",
    "util-linux",
    "zstd",
    "xz-utils",
    "mtools",
    "dosfstools",
)
_BESIDE = {"tiny": ("initramfs.py",), "metal": ("shop.py",)}
"""Modules that a builder takes something from."""
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything an image is made from. Two equal recipes make interchangeable images.

    ``files`` are (name, executable, content); the builder's own source is among them.
    """

    name: str
    release: Release
    packages: tuple[str, ...]
    files: tuple[tuple[str, bool, bytes], ...]
    build: Build

    def digest(self) -> str:
        """Return the SHA-256 over all inputs, in hex."""
        total = hashlib.sha256()
        for text in (self.name, self.release.distribution, self.release.codename, *self.packages):
            _add(total, text.encode())
        for name, executable, content in sorted(self.files):
            _add(total, f"{name} {'x' if executable else '-'}".encode())
            _add(total, content)
        return total.hexdigest()


def _add(total: hashlib._Hash, part: bytes) -> None:
    total.update(len(part).to_bytes(8, "big"))
    total.update(part)


def recipe(name: ImageName, release: Release | None = None) -> Recipe:
    """Return the recipe of one of the lab's guests, for the host's release unless told."""
    release = release or host_release()
    module = {"shop": shop, "tiny": tiny, "metal": metal}[name]
    shared = ("disk.py", "distro.py")
    sources = [*shared, f"{name}.py", *_BESIDE.get(name, ())]
    return Recipe(
        name=name,
        release=release,
        packages=(release.kernel_package, *release.small_kernel_packages, *module.PACKAGES),
        files=(*_files([_HERE / source for source in sources]), *_files(sorted((_HERE / name).rglob("*")))),
        build=module.builder(release),
    )


def _files(paths: list[Path]) -> list[tuple[str, bool, bytes]]:
    return [
        (str(path.relative_to(_HERE)), os.access(path, os.X_OK), path.read_bytes())
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts
    ]


async def ensure_image(name: ImageName, cache: Path, *, say: Say = lambda _: None) -> Image:
    """Return a guest image, building it into ``cache`` first if this recipe's is not there.

    Needs root and HOST_PACKAGES to build; a cached image needs neither. ``say`` is given plain
    lines of progress. Raises LabError. Safe to call from several processes at once.
    """
    wanted = recipe(name)
    return await cached(name, wanted.digest(), _as_root(wanted.build), cache, say=say)


def _as_root(build: Build) -> Build:
    async def checked(workspace: Path, say: Say) -> None:
        if os.geteuid() != 0:
            raise LabError("building a guest image needs root", hint="run it with sudo")
        await build(workspace, say)

    return checked
