"""Makes a manifest of a tree: one pass, nothing kept in memory but the directories still to be entered."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from drverify.adapters.filesets.facts import Changed, digest, looked_at
from drverify.adapters.filesets.mtree import Entry, end_line, head_lines, line_of, unread_line

Unread = Callable[[bytes, str], None]
"""Told of a path that is not in the manifest, and why."""
_OURS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EPIPE}
"""The manifest cannot be written: nothing of the tree's."""


@dataclass(slots=True, kw_only=True)
class Made:
    """What a manifest came to."""

    entries: int = 0
    size: int = 0
    """Bytes of the regular files."""
    unread: int = 0
    """What is not in it, because it could not be read or changed meanwhile."""


def make(
    root: bytes,
    into: BinaryIO,
    *,
    made_at: datetime,
    leave_out: tuple[int, int] | None = None,
    complain: Callable[[str, str], None],
    stop: threading.Event,
) -> Made:
    """Write the manifest of everything below `root`. `complain` gets path and reason of what is not in it.

    `leave_out` is device and inode of a file that is not listed: the manifest itself. OSError when `root` is
    no directory or the manifest cannot be written.
    """
    made = Made()

    def unread(path: bytes, why: str) -> None:
        made.unread += 1
        into.write(unread_line(path, why))
        complain(os.fsdecode(path) or ".", why)

    os.scandir(root).close()
    into.write(head_lines(f"{made_at:%Y-%m-%dT%H:%M:%SZ}"))
    for place, path in _walked(root, unread):
        if stop.is_set():
            break
        entry = _read(place, path, leave_out, unread, stop)
        if entry is not None:
            made.entries += 1
            made.size += entry.size or 0
            into.write(line_of(entry))
    into.write(end_line(made.entries, made.unread))
    return made


def _read(
    place: bytes, path: bytes, leave_out: tuple[int, int] | None, unread: Unread, stop: threading.Event
) -> Entry | None:
    """One file's entry; None when it could not be read, which was told, or is the one to be left out."""
    try:
        entry = looked_at(place, path)
        if entry.kind == "file":
            status = os.lstat(place)
            if (status.st_dev, status.st_ino) == leave_out:
                return None
            entry.sha256 = digest(place, stop)
    except Changed:
        unread(path, "it changed while it was read")
    except FileNotFoundError:
        unread(path, "it was removed meanwhile")
    except OSError as error:
        if error.errno in _OURS:
            raise
        unread(path, error.strerror or str(error))
    else:
        return entry
    return None


def _walked(root: bytes, unread: Unread) -> Iterator[tuple[bytes, bytes]]:
    """Every place below a root, with its path; a directory before what lies in it. Follows no link."""
    yield root, b""
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(os.path.join(root, folder) if folder else root) as found:  # noqa: PTH118 - bytes
                for one in found:
                    path = folder + b"/" + one.name if folder else one.name
                    yield one.path, path
                    if one.is_dir(follow_symlinks=False):
                        waiting.append(path)
        except OSError as error:
            unread(folder, f"its files: {error.strerror or error}")


def walked(root: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The same for a tree whose unreadable directories are somebody else's finding."""
    return _walked(root, lambda _path, _why: None)
