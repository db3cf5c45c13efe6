"""Finds the files of a bundle in little memory: some thousand names, hundreds of thousands of artefacts."""

from array import array
from collections.abc import Iterator
from contextlib import contextmanager

from drverify.auditing.layout import artefact, artefact_digest
from drverify.errors import EvidenceError

_DIGEST = 32
_FIRSTS = 1 << 16


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
        self._asked: array[int] | None = None
        self._first = array("Q")
        """Of the digests that begin with each two bytes, the place of the first; made when first needed."""

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
        place = self._place(bytes.fromhex(digest))
        if place is None:
            raise EvidenceError(f"{name} is not there")
        self._read[place] = 1
        if self._asked is not None:
            self._asked.append(place)
        return self._offsets[place], self._sizes[place]

    @contextmanager
    def remembering(self) -> Iterator["array[int]"]:
        """Gives what was asked for meanwhile, artefacts only: their places, for `ask`."""
        self._asked = asked = array("L")
        try:
            yield asked
        finally:
            self._asked = None

    def ask(self, places: bytes) -> None:
        """Take as asked for what was, by `remembering`, of the same files in another process."""
        for place in array("L", places):
            self._read[place] = 1

    def names(self, beginning: str) -> Iterator[str]:
        """Names that begin so, in order; no artefacts."""
        return (name for name in self._places if name.startswith(beginning))

    def unread(self) -> Iterator[str]:
        """Files that nobody asked for."""
        yield from sorted(self._unread)
        yield from (artefact(self._digest(place).hex()) for place, read in enumerate(self._read) if not read)

    def _place(self, wanted: bytes) -> int | None:
        """Where the digest stands in their order: after the same two bytes there are only a few."""
        if len(self._first) != _FIRSTS + 1:
            self._first = _firsts(self._digests)
        lead = wanted[0] << 8 | wanted[1]
        low, high = self._first[lead], self._first[lead + 1]
        at = self._digests.find(wanted, low * _DIGEST, high * _DIGEST)
        while at % _DIGEST and at >= 0:  # in the middle of two others
            at = self._digests.find(wanted, at + 1, high * _DIGEST)
        return at // _DIGEST if at >= 0 else None

    def _digest(self, place: int) -> bytes:
        return bytes(self._digests[place * _DIGEST : (place + 1) * _DIGEST])


def _firsts(digests: bytearray) -> "array[int]":
    """How many digests are below each of the first two bytes, and at last how many there are."""
    found = array("Q", bytes(8 * (_FIRSTS + 1)))
    for at in range(0, len(digests), _DIGEST):
        found[(digests[at] << 8 | digests[at + 1]) + 1] += 1
    below = 0
    for lead, count in enumerate(found):
        below += count
        found[lead] = below
    return found
