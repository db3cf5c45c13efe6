"""Which program unpacks an archive: told by its first bytes, never by its name."""

from dataclasses import dataclass

SNIFF = 8
"""First bytes of an archive that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """A compression that vzdump uses."""

    name: str
    argv: tuple[str, ...]
    """Reads standard input and writes standard output."""


ZSTD = Compression(name="zstd", argv=("zstd", "-dcq"))
GZIP = Compression(name="gzip", argv=("gzip", "-dc"))
LZOP = Compression(name="lzop", argv=("lzop", "-dc"))

_ZSTD = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE = tuple(bytes((number, 0x2A, 0x4D, 0x18)) for number in range(0x50, 0x60))
"""Frames to be skipped: where archives begin that pzstd packed."""
_GZIP = b"\x1f\x8b"
_LZOP = b"\x89LZO\x00\r\n\x1a"


def compression_of(first: bytes) -> Compression | None:
    """Tell how an archive is packed that begins so; None when it is not packed in a way we know."""
    if first.startswith((_ZSTD, *_ZSTD_SKIPPABLE)):
        return ZSTD
    if first.startswith(_GZIP):
        return GZIP
    return LZOP if first.startswith(_LZOP) else None
