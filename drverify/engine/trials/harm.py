"""What can be done to restored files and disks, in the sandbox's own directory. Blocks."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from drverify.engine.trials.control import Harm
from drverify.errors import HostError
from drverify.model.controls import ControlKind, Damage

KEPT = 3
"""A cut-off image keeps one part of so many."""
BOOT_CODE = 440
"""Bytes of code at the beginning of a disk, before its signature and its table (the master boot record)."""
CHUNK = 1 << 20


def truncated(image: Path) -> Damage:
    """Cut the image off, as a copy that broke off leaves it; its length stays a whole number of sectors."""
    size = image.stat().st_size
    kept = max(size // KEPT // 512, 1) * 512
    os.truncate(image, kept)
    return Damage(what="the disk image is cut off", facts=(("size", str(size)), ("kept", str(kept))))


def without_boot_code(image: Path) -> Damage:
    """Take the code that starts first off the disk, and leave its table of partitions."""
    with image.open("r+b") as file:
        file.write(b"\0" * BOOT_CODE)
    return Damage(what="the disk has no boot code", facts=(("bytes", str(BOOT_CODE)),))


def emptied(tree: Path) -> Damage:
    """Leave every file where it is, with its times, and without content."""
    files = lost = 0
    for path, status in _files(tree):
        os.truncate(path, 0)
        _as_it_was(path, status)
        files, lost = files + 1, lost + status.st_size
    return _told(
        Damage(what="every file is empty", facts=(("files", str(files)), ("bytes", str(lost)))), lost
    )


def other_content(tree: Path) -> Damage:
    """Leave every file as long and as old as it was, with zeros in it: the wrong dump, of the right size."""
    files = lost = 0
    for path, status in _files(tree):
        with path.open("r+b") as file:
            left = status.st_size
            while left > 0:
                left -= file.write(b"\0" * min(left, CHUNK))
        _as_it_was(path, status)
        files, lost = files + 1, lost + status.st_size
    facts = (("files", str(files)), ("bytes", str(lost)))
    return _told(Damage(what="every file holds zeros instead of its content", facts=facts), lost)


HARMS: Mapping[ControlKind, Harm] = MappingProxyType(
    {
        "truncated": truncated,
        "no-boot-code": without_boot_code,
        "emptied": emptied,
        "other-content": other_content,
    }
)
"""What is done after a restore; other kinds are made where the store keeps its points, or by the listing."""


def _files(tree: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Regular files below; links are not followed."""
    for folder, _, names in os.walk(tree):
        for name in names:
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path, path.stat()


def _as_it_was(path: Path, status: os.stat_result) -> None:
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _told(damage: Damage, lost: int) -> Damage:
    if not lost:
        raise HostError("the restored files hold no content that could be taken away")
    return damage
