"""Packing an initramfs: the "newc" cpio archive of the kernel's early-userspace buffer format.

Source of the format: Documentation/driver-api/early-userspace/buffer-format.rst of Linux.
"""

from __future__ import annotations

import gzip
import stat
from pathlib import Path

_TRAILER = "TRAILER!!!"


def pack(tree: Path) -> bytes:
    """Return ``tree`` as a gzip-compressed newc archive, owned by root, the same bytes every time."""
    parts: list[bytes] = []
    for number, path in enumerate(sorted(tree.rglob("*")), start=1):
        parts.append(_entry(number, path, str(path.relative_to(tree))))
    parts.append(_record(0, 0, _TRAILER, b""))
    return gzip.compress(b"".join(parts), compresslevel=6, mtime=0)


def _entry(number: int, path: Path, name: str) -> bytes:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return _record(number, mode, name, str(path.readlink()).encode())
    if stat.S_ISREG(mode):
        return _record(number, mode, name, path.read_bytes())
    return _record(number, mode, name, b"")


def _record(inode: int, mode: int, name: str, data: bytes) -> bytes:
    encoded = name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    fields = (inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + encoded) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def with_dependencies(wanted: list[str], modules_dep: str) -> list[str]:
    """Return the paths of the wanted kernel modules and of all they need, from modules.dep.

    Names absent from modules.dep are taken to be built into the kernel. Names compare without
    regard to ``-`` and ``_``, as modprobe does.
    """
    needs: dict[str, tuple[str, list[str]]] = {}
    for line in modules_dep.splitlines():
        path, _, rest = line.partition(":")
        needs[module_name(path)] = (path, rest.split())
    found: dict[str, None] = {}
    for name in wanted:
        if entry := needs.get(module_name(name)):
            found.update(dict.fromkeys([entry[0], *entry[1]]))
    return list(found)


def module_name(path: str) -> str:
    """Return a module's name as modprobe knows it, from its file name."""
    return Path(path).name.split(".ko")[0].replace("-", "_")
