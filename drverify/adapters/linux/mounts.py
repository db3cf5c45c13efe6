"""Mounts: which there are, and how they go away even when their server is dead.

Everything is read from `/proc/self/mountinfo` (proc(5)); a mount point itself is never touched to
learn about it, because a `stat` on a dead FUSE mount fails and one on a hanging one never returns.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import run
from drverify.errors import DrverifyError, TeardownError

MOUNTINFO = Path("/proc/self/mountinfo")
MARKER = ".drverify-sandbox"
"""File in every sandbox directory; its content is the sandbox's tag."""
PATIENCE = timedelta(seconds=10)
"""How long a busy mount is asked again before it is detached lazily."""
ATTEMPT = timedelta(seconds=10)
EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One line of mountinfo."""

    point: Path
    kind: str
    source: str


def parse(mountinfo: str) -> tuple[Mount, ...]:
    """Read mountinfo; the later of two mounts on one point hides the earlier."""
    found = []
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(" "), right.split(" ")
        found.append(Mount(point=Path(_plain(fields[4])), kind=tail[0], source=_plain(tail[1])))
    return tuple(found)


def _plain(text: str) -> str:
    """Undo the octal escapes of blank, tab, newline and backslash."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def mount_at(point: Path) -> Mount | None:
    """Return the topmost mount on exactly this path; None when nothing is mounted there."""
    wanted = canonical(point)
    found = [mount for mount in parse(MOUNTINFO.read_text("utf-8", "replace")) if mount.point == wanted]
    return found[-1] if found else None


def canonical(point: Path) -> Path:
    """Resolve the parent only: the mount point itself may hang."""
    return Path(os.path.realpath(point.parent)) / point.name


async def unmount(point: Path, *, patience: timedelta = PATIENCE) -> None:
    """Unmount whatever is mounted at `point`, and see that it is gone. Absent is success.

    A busy mount is asked again for `patience` and then detached lazily: it vanishes from the tree and
    ends with its last user. Raises TeardownError when it is still there.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience.total_seconds()
    said = ""
    while (mount := mount_at(point)) is not None:
        last = loop.time() >= deadline
        said = await _ask(mount, lazy=last) or said
        if mount_at(point) is not None:
            if last:
                raise TeardownError(f"{point} is still mounted: {said}")
            await asyncio.sleep(EVERY)


async def _ask(mount: Mount, *, lazy: bool) -> str:
    if os.geteuid() != 0 and mount.kind.startswith("fuse"):
        argv = ["fusermount3", "-u", *(["-z"] if lazy else []), str(mount.point)]
    else:
        argv = ["umount", *(["-l"] if lazy else []), str(mount.point)]
    try:
        return (await run(argv, within=ATTEMPT)).error_lines()
    except DrverifyError as error:
        return str(error)


def carries(path: Path, tag: str) -> bool:
    """Say whether a directory above `path` carries the marker of the sandbox with this tag."""
    for directory in canonical(path).parents:
        try:
            if (directory / MARKER).read_text("utf-8").strip() == tag:
                return True
        except (FileNotFoundError, NotADirectoryError):
            continue
    return False


class MountReclaimer:
    """Unmounts the mount of a ledger entry of kind `mount`, if it lies below a marked directory."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:  # noqa: ARG002 - the port's
        """Unmount it and see that it is gone; TeardownError when it is not ours or stays."""
        point = Path(name)
        if mount_at(point) is None:
            return
        if not carries(point, tag):
            raise TeardownError(f"{point} does not lie below a directory marked {tag}; it is not touched")
        while mount_at(point) is not None:
            await unmount(point)
