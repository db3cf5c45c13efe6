"""A raw disk as a qcow2 image, made while it is read: what the file system knows to be empty is left out.

An upload has to say its size first; so the holes of the raw file decide, before a byte is read, which
clusters there are and where each of them lies. Source of the format: QEMU's docs/interop/qcow2.txt, version
3; no compression, no snapshots, no other file.
"""

import os
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

CLUSTER = 1 << 16
SECTOR = 512
_ENTRIES = CLUSTER // 8
"""Of a table: what one cluster of 64-bit entries holds."""
_COUNTS = CLUSTER // 2
"""Reference counts in one block of them, 16 bits each."""
_USED_ONCE = 1 << 63
_HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_REFCOUNT_BITS = 4
"""As a power of two."""
Extent = tuple[int, int]
"""First cluster, and the one after the last."""


class SparseImage:
    """The image of one raw file, which nobody changes meanwhile. OSError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw = path.stat().st_size
        self._extents = tuple(_extents(path, self._raw))
        clusters = _parts(self._raw, CLUSTER)
        self._l1_entries = _parts(clusters, _ENTRIES)
        self._tables = sorted(
            {one for a, b in self._extents for one in range(a // _ENTRIES, (b - 1) // _ENTRIES + 1)}
        )
        """Which parts of the disk hold anything, each as much as one table describes."""
        self._data = sum(b - a for a, b in self._extents)
        self._l1 = _parts(self._l1_entries, _ENTRIES)
        self._blocks, self._table = self._counted()
        self.size = self._clusters * CLUSTER
        """Bytes of the image."""

    @property
    def disk_size(self) -> int:
        """Bytes of the disk as a guest sees it: whole sectors."""
        return _parts(self._raw, SECTOR) * SECTOR

    def __iter__(self) -> Iterator[bytes]:
        """The image from its beginning, in pieces of at most a megabyte. OSError when it became shorter."""
        yield self._head()
        l2_at = (1 + self._l1 + self._table + self._blocks) * CLUSTER
        l1 = [0] * (self._l1 * _ENTRIES)
        for number, part in enumerate(self._tables):
            l1[part] = (l2_at + number * CLUSTER) | _USED_ONCE
        yield _packed(l1)
        first = (1 + self._l1 + self._table) * CLUSTER
        counts = [first + number * CLUSTER for number in range(self._blocks)]
        yield _packed(counts + [0] * (self._table * _ENTRIES - self._blocks))
        for number in range(self._blocks):
            used = min(_COUNTS, self._clusters - number * _COUNTS)
            yield (b"\0\1" * used).ljust(CLUSTER, b"\0")
        yield from self._l2_tables(l2_at + len(self._tables) * CLUSTER)
        yield from self._content()

    @property
    def _clusters(self) -> int:
        return 1 + self._l1 + self._table + self._blocks + len(self._tables) + self._data

    def _counted(self) -> tuple[int, int]:
        """How many clusters count references, and how many list those; they count themselves, too."""
        rest = 1 + self._l1 + len(self._tables) + self._data
        blocks = table = 1
        while blocks * _COUNTS < rest + blocks + table or table * _ENTRIES < blocks:
            blocks = _parts(rest + blocks + table, _COUNTS)
            table = _parts(blocks, _ENTRIES)
        return blocks, table

    def _head(self) -> bytes:
        return _HEADER.pack(
            b"QFI\xfb", 3, 0, 0, CLUSTER.bit_length() - 1, self.disk_size, 0, self._l1_entries,
            CLUSTER, (1 + self._l1) * CLUSTER, self._table, 0, 0, 0, 0, 0, _REFCOUNT_BITS, _HEADER.size,
        ).ljust(CLUSTER, b"\0")  # fmt: skip

    def _l2_tables(self, at: int) -> Iterator[bytes]:
        """Where each cluster lies: one after the other, in the disk's order, from `at` on."""
        for part in self._tables:
            entries = [0] * _ENTRIES
            begin, end = part * _ENTRIES, (part + 1) * _ENTRIES
            for first, after in self._extents:
                for cluster in range(max(first, begin), min(after, end)):
                    entries[cluster - begin] = at | _USED_ONCE
                    at += CLUSTER
            yield _packed(entries)

    def _content(self) -> Iterator[bytes]:
        with self._path.open("rb", buffering=0) as file:
            for first, after in self._extents:
                for begin in range(first, after, 16):
                    end = min(begin + 16, after)
                    there = min(end * CLUSTER, self._raw) - begin * CLUSTER
                    piece = os.pread(file.fileno(), there, begin * CLUSTER)
                    if len(piece) != there:
                        raise OSError(f"{self._path.name} became shorter while it was sent")
                    yield piece.ljust((end - begin) * CLUSTER, b"\0")


def _extents(path: Path, size: int) -> Iterator[Extent]:
    """Runs of clusters that hold something, as far as the file system knows."""
    last: Extent | None = None
    with path.open("rb") as file:
        at = 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole is left
                break
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            run = (at // CLUSTER, _parts(min(end, size), CLUSTER))
            if last is not None and run[0] <= last[1]:
                last = (last[0], run[1])
            else:
                if last is not None:
                    yield last
                last = run
            at = end
    if last is not None:
        yield last


def _packed(entries: Sequence[int]) -> bytes:
    return struct.pack(f">{len(entries)}Q", *entries)


def _parts(whole: int, part: int) -> int:
    return -(-whole // part)
