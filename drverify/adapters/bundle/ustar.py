"""The one form of tar that a bundle has: POSIX ustar, plain files only, nobody's, from no time.

A header follows from name and size alone, so whoever reads compares it whole: a link, a device, a sparse
file, an extended header, an owner, a time, or a checksum that two readers take differently is another header.
Layout: POSIX.1-2017, pax utility, ustar interchange format.
"""

from drverify.auditing.layout import is_name
from drverify.errors import EvidenceError

BLOCK = 512
RECORD = 20 * BLOCK
"""An archive's length is a multiple of it."""
LARGEST = 8**11 - 1
"""Bytes of one file: eleven octal digits."""
_SUM_AT, _SUM_END = 148, 156
_MAGIC = b"ustar"
_MODE, _NOBODY, _NEVER = b"0000644\0", b"0000000\0", b"00000000000\0"


def header(name: str, size: int) -> bytes:
    """The 512 bytes before a file's content. ValueError for what this form cannot hold."""
    if not is_name(name) or not 0 <= size <= LARGEST:
        raise ValueError(f"{name!r} of {size} bytes cannot be in a bundle")
    fields = (
        name.encode().ljust(100, b"\0"),
        _MODE + _NOBODY + _NOBODY,
        b"%011o\0" % size,
        _NEVER,
        b" " * (_SUM_END - _SUM_AT),
        b"0".ljust(101, b"\0"),
        _MAGIC + b"\x0000",
        b"\0" * 64,
        _NOBODY + _NOBODY,
    )
    block = b"".join(fields).ljust(BLOCK, b"\0")
    return block[:_SUM_AT] + b"%06o\0 " % sum(block) + block[_SUM_END:]


def read_header(block: bytes) -> tuple[str, int]:
    """Name and size; EvidenceError for every header but the one that `header` writes."""
    name = block[:100].rstrip(b"\0").decode("ascii", "replace")
    digits = block[124:135]
    size = int(digits, 8) if len(digits) == 11 and set(digits) <= set(b"01234567") else -1  # noqa: PLR2004 - octal digits
    if not is_name(name):
        raise EvidenceError(f"the archive has a file of the name {name[:80]!r}, which no bundle has")
    if size < 0 or header(name, size) != block:
        raise EvidenceError(f"{name}: its header in the archive is not that of a plain file of nobody's")
    return name, size


def looks_like_one(block: bytes) -> bool:
    """Whether these first bytes may be those of an archive, changed or not, and no other file's."""
    name = block[:100].rstrip(b"\0").decode("ascii", "replace")
    return len(block) == BLOCK and (_MAGIC in block or is_name(name))


def padding(size: int) -> int:
    """Zero bytes between a file's content and the next header."""
    return -size % BLOCK


def ending(length: int) -> int:
    """Zero bytes at the archive's end, when all files together take `length` bytes."""
    return 2 * BLOCK + -(length + 2 * BLOCK) % RECORD
