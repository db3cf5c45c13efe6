"""What a PostgreSQL dump says of itself: its format, the versions behind it, whether it ends.

Source: PostgreSQL's pg_backup_archiver.c: `RestoreArchive` and `dumpTimestamp` (a plain dump's first and last
comments), `ReadHead`, `ReadInt` and `ReadStr` (the head that custom and directory format share).
"""

import io
import re
from dataclasses import dataclass
from typing import Literal

HEAD = 64 * 1024
TAIL = 8 * 1024
MAGIC = b"PGDMP"
Form = Literal["plain", "custom", "directory"]
_FROM = re.compile(rb"^-- Dumped from database version (\d+(?:\.\d+)*)", re.MULTILINE)
_BY = re.compile(rb"^-- Dumped by pg_dump version (\d+(?:\.\d+)*)", re.MULTILINE)
_BEGUN = re.compile(rb"^-- PostgreSQL database (?:cluster )?dump\s*$", re.MULTILINE)
_ENDED = re.compile(rb"^-- PostgreSQL database (?:cluster )?dump complete\s*$", re.MULTILINE)
_CLUSTER = re.compile(rb"^-- PostgreSQL database cluster dump\s*$", re.MULTILINE)
_CONNECTS = re.compile(rb"^\\c(?:onnect)? ", re.MULTILINE)
_TEXT = re.compile(rb"(\d+(?:\.\d+)*)")
_PACKED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
}
_BYTE_FOR_COMPRESSION = (1, 15)
_LONGEST = 4096
_FIELDS_OF_TIME = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpHeader:
    """What the dump says; empty: it does not say."""

    form: Form
    dumped_from: str = ""
    """Version of the server."""
    dumped_by: str = ""
    """Version of pg_dump."""
    wrong: str = ""
    """Why it is no whole dump; empty: nothing shows that."""
    packed: str = ""
    """The program that packed it as a whole; empty: none."""
    unsupported: str = ""
    """What it holds that one database of ours cannot take; empty: nothing shows that."""


def read_header(head: bytes, tail: bytes, *, directory: bool = False) -> DumpHeader:
    """Read the first 64 KiB and the last 8 KiB of a dump, or of the `toc.dat` of one in directory format."""
    for magic, name in _PACKED.items():
        if head.startswith(magic):
            return DumpHeader(form="plain", packed=name)
    if directory or head.startswith(MAGIC):
        return _archive(head, "directory" if directory else "custom")
    if not head.strip():
        return DumpHeader(form="plain", wrong="the dump is empty")
    begun, ended = _BEGUN.search(head), _ENDED.search(tail)
    cut = "the dump is truncated: its last line is missing" if begun and not ended else ""
    return DumpHeader(
        form="plain",
        dumped_from=_found(_FROM, head),
        dumped_by=_found(_BY, head),
        wrong=cut,
        unsupported=_unsupported(head),
    )


def major(version: str) -> tuple[int, ...]:
    """Major version: one number from 10 on, two before."""
    numbers = tuple(int(part[:4]) for part in version.split("."))
    return numbers[:1] if numbers[0] >= 10 else numbers[:2]  # noqa: PLR2004 - PostgreSQL 10


def spelled(version: str) -> str:
    """The major version as people write it."""
    return ".".join(map(str, major(version)))


def _unsupported(head: bytes) -> str:
    """An archive is never one: pg_restore leaves that out unless it is asked to."""
    if _CLUSTER.search(head):
        return "a dump of a whole cluster (pg_dumpall)"
    return "a dump that makes its own database (pg_dump -C)" if _CONNECTS.search(head) else ""


def _archive(head: bytes, form: Form) -> DumpHeader:
    try:
        dumped_from, dumped_by = _versions(io.BytesIO(head))
    except (EOFError, ValueError):
        return DumpHeader(form=form, wrong="the dump is truncated: its head is not whole")
    return DumpHeader(form=form, dumped_from=dumped_from, dumped_by=dumped_by)


def _versions(file: io.BytesIO) -> tuple[str, str]:
    if _read(file, len(MAGIC)) != MAGIC:
        raise ValueError("no archive")
    minor_first = _read(file, 3)
    version = (minor_first[0], minor_first[1])
    size, _offsets, _format = _read(file, 3)
    if not 1 <= size <= 8:  # noqa: PLR2004 - bytes of an integer
        raise ValueError("no size of integers")
    _read(file, 1 if version >= _BYTE_FOR_COMPRESSION else 1 + size)
    _read(file, _FIELDS_OF_TIME * (1 + size))
    _string(file, size)
    return _number(_string(file, size)), _number(_string(file, size))


def _string(file: io.BytesIO, size: int) -> bytes:
    sign = _read(file, 1)[0]
    length = int.from_bytes(_read(file, size), "little")
    if sign:
        return b""
    if length > _LONGEST:
        raise ValueError("too long")
    return _read(file, length)


def _read(file: io.BytesIO, count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise EOFError
    return content


def _number(text: bytes) -> str:
    found = _TEXT.match(text)
    return found[1].decode() if found else ""


def _found(pattern: re.Pattern[bytes], text: bytes) -> str:
    found = pattern.search(text)
    return found[1].decode() if found else ""
