"""A log as static files: tiles of hashes and bundles of entries. Pure: what is where, not the files.

Format: https://c2sp.org/tlog-tiles. A full tile is 256 hashes; a partial one is `.p/<width>` of it.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from drverify.errors import EvidenceError
from drverify.transparency.tree import HASH_BYTES, Hash, Node, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY = 0xFFFF
"""An entry's length is told in two bytes."""
_CACHED = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One file: `level` None means a bundle of entries."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where it lies below the log's directory."""
        level = "entries" if self.level is None else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{number(self.index)}{partial}"


def number(index: int) -> str:
    """A tile's index as a path: `1234067` is `x001/x234/067`."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of hashes of a tree of that size, level by level."""
    level, count = 0, size
    while count:
        for index in range(count >> HEIGHT):
            yield Tile(level=level, index=index)
        if rest := count % WIDTH:
            yield Tile(level=level, index=count >> HEIGHT, width=rest)
        level, count = level + 1, count >> HEIGHT


def edge(size: int) -> tuple[Tile, ...]:
    """The tiles at the right edge: the last one of each level, with all that a next leaf builds on."""
    found, level, count = [], 0, size
    while count:
        rest = count % WIDTH
        found.append(
            Tile(level=level, index=count >> HEIGHT, width=rest)
            if rest
            else Tile(level=level, index=(count >> HEIGHT) - 1)
        )
        level, count = level + 1, count >> HEIGHT
    return tuple(found)


def bundles_of(size: int) -> Iterator[Tile]:
    """Every bundle of entries of a tree of that size."""
    for index in range(size >> HEIGHT):
        yield Tile(level=None, index=index)
    if rest := size % WIDTH:
        yield Tile(level=None, index=size >> HEIGHT, width=rest)


def pack(entries: Iterable[bytes]) -> bytes:
    """A bundle's content. ValueError for an entry that is too long."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes is longer than {MAX_ENTRY}")
        parts += [struct.pack(">H", len(entry)), entry]
    return b"".join(parts)


def unpack(content: bytes, *, what: str) -> tuple[bytes, ...]:
    """A bundle's entries; EvidenceError, naming it as `what`, when it is cut off."""
    found, place = [], 0
    while place < len(content):
        start = place + 2
        end = start + int.from_bytes(content[place:start], "big")
        if end > len(content) or start > len(content):
            raise EvidenceError(f"{what}: an entry is cut off")
        found.append(content[start:end])
        place = end
    return tuple(found)


def nodes(size: int, read: Callable[[Tile], bytes]) -> Node:
    """See a tree of that size through its tiles, of which the newest used ones are kept in memory.

    What it returns raises EvidenceError for a tile of the wrong length, and what `read` raises.
    """

    @lru_cache(maxsize=_CACHED)
    def hashes(level: int, index: int) -> tuple[Hash, ...]:
        count = size >> (HEIGHT * level)
        tile = Tile(level=level, index=index, width=min(WIDTH, count - index * WIDTH))
        content = read(tile)
        if len(content) != tile.width * HASH_BYTES:
            raise EvidenceError(f"{tile.path}: {len(content)} bytes are not {tile.width} hashes")
        return tuple(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES))

    def node(height: int, index: int) -> Hash:
        level, below = divmod(height, HEIGHT)
        first = index << below
        here = hashes(level, first >> HEIGHT)
        return folded(here[first % WIDTH : first % WIDTH + (1 << below)])

    return node


def folded(row: Sequence[Hash]) -> Hash:
    """Root of a full subtree over a row of hashes, whose number is a power of two."""
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]
