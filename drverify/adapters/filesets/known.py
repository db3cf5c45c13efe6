"""Remembers which paths there are, in 8 bytes each."""

import hashlib
from array import array
from bisect import bisect_left


class KnownPaths:
    """Paths by 64 bits of their digests: of a million, one more is taken for known once in 10^13 times."""

    def __init__(self) -> None:
        self._marks = array("Q")
        self._sorted = True

    def add(self, path: str) -> None:
        """Remember one."""
        self._marks.append(_mark(path))
        self._sorted = False

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, path: str) -> bool:
        if not self._sorted:
            self._marks = array("Q", sorted(self._marks))
            self._sorted = True
        mark = _mark(path)
        at = bisect_left(self._marks, mark)
        return at < len(self._marks) and self._marks[at] == mark


def _mark(path: str) -> int:
    return int.from_bytes(hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest())
