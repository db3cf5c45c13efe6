"""Reads a whole log and believes none of its files: the entries make every hash, and the signed root."""

from drverify.adapters.storage.log import LogDirectory
from drverify.errors import EvidenceError
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.tiles import WIDTH, Tile, folded
from drverify.transparency.tree import Growing, Hash, leaf_hash


def check_whole(log: LogDirectory) -> Checkpoint | None:
    """Check every file that counts; None for a log without entries.

    EvidenceError names what is changed, cut or gone: proofs that rest on it would not hold. Keeps one tile
    per level in memory.
    """
    head = log.head()
    if head is None:
        log.check_empty()
        return None
    stated = head[0]
    growing, rows = Growing(), _Rows(log)
    for entry in log.entries(0, stated.size):
        leaf = leaf_hash(entry)
        growing.add(leaf)
        rows.add(leaf)
    rows.end()
    if growing.root() != stated.root:
        raise EvidenceError(f"{log.path}: its {stated.size} entries are not the tree that was signed")
    return stated


class _Rows:
    """The tiles of hashes as they follow from the leaves, each compared with its file when it is full."""

    def __init__(self, log: LogDirectory) -> None:
        self._log = log
        self._rows: list[list[Hash]] = [[]]
        self._index = [0]

    def add(self, leaf: Hash) -> None:
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
        if self._log.tile(tile) != b"".join(row):
            raise EvidenceError(
                f"{self._log.path / tile.path}: not the hashes of the entries below it",
                hint="the tile or an entry was changed; take the log from a copy",
            )
        row.clear()
        self._index[level] += 1
