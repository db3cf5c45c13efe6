"""The tiles of hashes as they follow from a log's entries, each compared with its file when it is full. Pure.

Keeps one tile per level in memory.
"""

from collections.abc import Callable

from drverify.errors import EvidenceError
from drverify.transparency.tiles import WIDTH, Tile, folded
from drverify.transparency.tree import Hash


class Rows:
    """Takes the hashes of all entries in their order; EvidenceError for a tile that is not theirs."""

    def __init__(self, read: Callable[[Tile], bytes], *, where: str = "") -> None:
        """`read` gives a tile's content; `where` is said before its path."""
        self._read = read
        self._where = where
        self._rows: list[list[Hash]] = [[]]
        self._index = [0]

    def add(self, leaf: Hash) -> None:
        """Take the next entry's hash."""
        found, level = leaf, 0
        while True:
            self._rows[level].append(found)
            if len(self._rows[level]) < WIDTH:
                return
            found = folded(self._rows[level])
            self._compare(level)
            level += 1
            if level == len(self._rows):
                self._rows.append([])
                self._index.append(0)

    def end(self) -> None:
        """Compare the tiles at the right edge."""
        for level, row in enumerate(self._rows):
            if row:
                self._compare(level)

    def _compare(self, level: int) -> None:
        row = self._rows[level]
        tile = Tile(level=level, index=self._index[level], width=len(row))
        if self._read(tile) != b"".join(row):
            raise EvidenceError(
                f"{self._where}{tile.path}: not the hashes of the entries below it",
                hint="the tile or an entry was changed; take the log from a copy",
            )
        row.clear()
        self._index[level] += 1
