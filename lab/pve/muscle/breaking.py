"""What can be wrong with an archive of a file storage: each kind made on a copy, the original stays as it is.

Kinds that damage the archive itself are made inside and packed again, so that the packing is sound and the
damage is the archive's own, as a broken disk under a running backup would leave it. Layout: see
drverify/adapters/vma/header.py (a header that says its size at byte 56, then extents of 512 bytes and
their blocks).
"""

import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from drverify.adapters.vma.compression import SNIFF, compression_of
from lab.vma.writer import COMMANDS

HEADER_SIZE, EXTENT, BLOCK = 56, 512, 4096
AT_UUID, AT_BLOCKS, AT_SLOTS = 8, 6, 40
Facts = dict[str, str]


def break_archive(kind: str, archive: Path, into: Path) -> Facts:
    """Write a copy of `archive` with one thing wrong to the new file `into`; say what, for people.

    Blocks while it unpacks and packs. KeyError for a kind that there is not.
    """
    if kind in PACKED:
        shutil.copyfile(archive, into)
        return PACKED[kind](into)
    if kind not in INSIDE:
        raise KeyError(kind)
    with archive.open("rb") as file:
        packing = compression_of(file.read(SNIFF))
    plain = into.with_name(f"{into.name}.plain")
    try:
        _through(() if packing is None else packing.argv, archive, plain)
        facts = INSIDE[kind](plain)
        _through(
            next((COMMANDS[name] for name in COMMANDS if packing and name == packing.name), ()), plain, into
        )
    finally:
        plain.unlink(missing_ok=True)
    return facts


def _through(argv: tuple[str, ...], source: Path, target: Path) -> None:
    """Copy a file, through a program if there is one."""
    if not argv:
        shutil.copyfile(source, target)
        return
    with source.open("rb") as reading, target.open("xb") as writing:
        subprocess.run(argv, stdin=reading, stdout=writing, check=True)


def extents(plain: Path) -> Iterator[tuple[int, int]]:
    """Yield where each extent of an unpacked archive begins and how many blocks follow its head."""
    with plain.open("rb") as file:
        file.seek(HEADER_SIZE)
        position = struct.unpack(">I", file.read(4))[0]
        size = plain.stat().st_size
        while position < size:
            file.seek(position + AT_BLOCKS)
            blocks = struct.unpack(">H", file.read(2))[0]
            yield position, blocks
            position += EXTENT + blocks * BLOCK


def _cut(path: Path, size: int) -> Facts:
    facts = {"size": str(path.stat().st_size), "kept": str(size)}
    with path.open("r+b") as file:
        file.truncate(size)
    return facts


def _flip(path: Path, at: int) -> Facts:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    return {"flipped": f"a bit of byte {at}"}


def _middle(plain: Path) -> tuple[int, int]:
    """The extent in the middle of those that store anything."""
    found = [one for one in extents(plain) if one[1]]
    return found[len(found) // 2]


def _inside_an_extent(plain: Path) -> Facts:
    position, blocks = _middle(plain)
    return _cut(plain, position + EXTENT + blocks * BLOCK // 2)


def _between_extents(plain: Path) -> Facts:
    return _cut(plain, max(position for position, _ in extents(plain)))


def _after_the_header(plain: Path) -> Facts:
    return _cut(plain, next(extents(plain))[0])


def _payload(plain: Path) -> Facts:
    position, blocks = _middle(plain)
    return _flip(plain, position + EXTENT + blocks * BLOCK // 2)


def _extent_head(plain: Path) -> Facts:
    return _flip(plain, _middle(plain)[0] + AT_SLOTS + 7)


PACKED: Mapping[str, Callable[[Path], Facts]] = MappingProxyType(
    {
        "cut-download": lambda packed: _cut(packed, packed.stat().st_size * 6 // 10),
        "packed-bit-flip": lambda packed: _flip(packed, packed.stat().st_size // 2),
    }
)
"""Damage to the file as it lies in the storage."""
INSIDE: Mapping[str, Callable[[Path], Facts]] = MappingProxyType(
    {
        "truncated": _inside_an_extent,
        "truncated-at-extent": _between_extents,
        "header-only": _after_the_header,
        "payload-bit-flip": _payload,
        "header-checksum": lambda plain: _flip(plain, AT_UUID),
        "extent-checksum": _extent_head,
    }
)
"""Damage to the archive itself."""
KINDS = (*PACKED, *INSIDE)
