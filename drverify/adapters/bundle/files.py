"""Finds the files of a bundle in little memory: some thousand names, hundreds of thousands of artefacts."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from drverify.auditing.layout import artefact, artefact_digest
from drverify.errors import EvidenceError

_DIGEST = 32


class Catalogue:
    """Where each file is, and whether it was asked for. Files are added in the order of their names."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[int, int]] = {}
        self._unread: set[str] = set()
        self._last = ""
        self._digests = bytearray()
        self._offsets = array("Q")
        self._sizes = array("Q")
        self._read = bytearray()

    def add(self, name: str, offset: int, size: int) -> None:
        """Add a file; EvidenceError when its name does not come after the one before."""
        if name <= self._last:
            raise EvidenceError(f"{name}: twice in the bundle, or not in the order of names")
        self._last = name
        digest = artefact_digest(name)
        if digest is None:
            self._places[name] = (offset, size)
            self._unread.add(name)
            return
        self._digests += bytes.fromhex(digest)
        self._offsets.append(offset)
        self._sizes.append(size)
        self._read.append(0)

    def find(self, name: str) -> tuple[int, int]:
        """Offset and size, and remember that it was asked for; EvidenceError when there is no such file."""
        digest = artefact_digest(name)
        if digest is None:
            if name not in self._places:
                raise EvidenceError(f"{name} is not there")
            self._unread.discard(name)
            return self._places[name]
        wanted = bytes.fromhex(digest)
        place = bisect_left(range(len(self._sizes)), wanted, key=self._digest)
        if place == len(self._sizes) or self._digest(place) != wanted:
            raise EvidenceError(f"{name} is not there")
        self._read[place] = 1
        return self._offsets[place], self._sizes[place]

    def names(self, beginning: str) -> Iterator[str]:
        """Names that begin so, in order; no artefacts."""
        return (name for name in self._places if name.startswith(beginning))

    def unread(self) -> Iterator[str]:
        """Files that nobody asked for."""
        yield from sorted(self._unread)
        yield from (artefact(self._digest(place).hex()) for place, read in enumerate(self._read) if not read)

    def _digest(self, place: int) -> bytes:
        return bytes(self._digests[place * _DIGEST : (place + 1) * _DIGEST])
