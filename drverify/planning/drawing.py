"""Which files of a set are drawn: by chance out of strata, so that anybody can draw them again. Pure.

A file's place in the draw is the SHA-256 of the seed (the challenge's hexadecimal text), a zero byte and
the hexadecimal SHA-256 of its path. Of each stratum the files with the lowest places are drawn. The order of
the listing does not matter, and a listing that shows only the digests of its paths gives the same draw.

Strata are the directories next below the set times the ages of the files. A small sample has coarser ones:
half of it at most may be spent on drawing at least one file of each.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from drverify.model.files import NAMED_STRATUM

DAY = 86400
AGES = ((DAY, "up to a day old"), (7 * DAY, "up to a week old"), (365 * DAY, "up to a year old"))
OLDER = "older than a year"
DIRECTORIES = 12
"""So many directories have strata of their own: those with the most files."""
COUNTED = 10_000
"""So many directories are told apart while counting; files in later ones count as in the others."""
TOP, OTHERS, ALL = "(top)", "(others)", "all files"
NAMED = NAMED_STRATUM
"""Stratum of the files that are restored in any case; it is drawn whole."""


class Listed(NamedTuple):
    """One file of a point that is no directory, as the source lists it."""

    path: str
    """Below the file set, without a slash at its beginning."""
    size: int
    modified: int
    """Seconds since 1970, rounded down."""
    plain: bool = True
    """Whether it is a regular file; else a link, a device, a pipe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """How files are told apart, and how many of each kind are drawn."""

    as_of: int
    """Seconds since 1970; what the ages are counted back from."""
    directories: frozenset[str]
    """Those with strata of their own; none: they are not told apart."""
    by_age: bool
    sizes: Mapping[str, int]
    """Files in each, by name."""
    drawn: Mapping[str, int]
    """Files drawn of each."""

    def name(self, file: Listed) -> str:
        """The stratum of a file."""
        age = _age(file.modified, self.as_of) if self.by_age else ""
        if not self.directories:
            return age or ALL
        directory = _directory(file.path)
        return f"{directory if directory in self.directories else OTHERS}, {age}"


class Census:
    """Counts a listing by directory and age, in memory that its length does not grow."""

    def __init__(self, as_of: datetime) -> None:
        self._as_of = int(as_of.timestamp())
        self._cells: dict[tuple[str, str], int] = {}
        self._directories: set[str] = set()

    def add(self, file: Listed) -> None:
        """Count a file that may be drawn."""
        directory = _directory(file.path)
        if directory not in self._directories:
            if len(self._directories) < COUNTED:
                self._directories.add(directory)
            else:
                directory = OTHERS
        cell = (directory, _age(file.modified, self._as_of))
        self._cells[cell] = self._cells.get(cell, 0) + 1

    def strata(self, wanted: int) -> Strata:
        """The finest strata of which `wanted` files can show something, and how many of each are drawn."""
        largest = self._largest()
        choices = (
            (largest, self._sizes(lambda cell: f"{cell[0] if cell[0] in largest else OTHERS}, {cell[1]}")),
            (frozenset[str](), self._sizes(lambda cell: cell[1])),
        )
        for directories, sizes in choices:
            if 0 < len(sizes) * 2 <= wanted:
                return self._made(directories, sizes, wanted, by_age=True)
        return self._made(frozenset(), self._sizes(lambda _: ALL), wanted, by_age=False)

    def _made(
        self, directories: frozenset[str], sizes: Mapping[str, int], wanted: int, *, by_age: bool
    ) -> Strata:
        return Strata(
            as_of=self._as_of,
            directories=directories,
            by_age=by_age,
            sizes=sizes,
            drawn=allotted(sizes, wanted),
        )

    def _largest(self) -> frozenset[str]:
        files: dict[str, int] = {}
        for (directory, _), count in self._cells.items():
            files[directory] = files.get(directory, 0) + count
        files.pop(OTHERS, None)
        return frozenset(sorted(files, key=lambda name: (-files[name], name))[:DIRECTORIES])

    def _sizes(self, name: Callable[[tuple[str, str]], str]) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for cell, count in self._cells.items():
            sizes[name(cell)] = sizes.get(name(cell), 0) + count
        return {key: sizes[key] for key in sorted(sizes)}


class Draw:
    """Draws while a listing is gone through once more, in memory for the files drawn."""

    def __init__(self, strata: Strata, seed: str) -> None:
        self._strata = strata
        self._seed = seed
        self._heaps: dict[str, list[tuple[int, str]]] = {name: [] for name in strata.drawn}

    def offer(self, file: Listed) -> None:
        """Take a file into the draw."""
        name = self._strata.name(file)
        heap, most = self._heaps[name], self._strata.drawn[name]
        place = (-rank(self._seed, digest_of(file.path)), file.path)
        if len(heap) < most:
            heapq.heappush(heap, place)
        elif heap and place > heap[0]:
            heapq.heapreplace(heap, place)

    def drawn(self) -> Iterator[str]:
        """The paths that were drawn."""
        for heap in self._heaps.values():
            yield from (path for _, path in heap)


def digest_of(path: str) -> str:
    """Hexadecimal SHA-256 of a path as UTF-8: what stands for it where names are hidden."""
    return hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()


def rank(seed: str, path_digest: str) -> int:
    """A file's place in the draw; the lowest are drawn."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{path_digest}".encode()).digest())


def allotted(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Share `wanted` out in proportion, at least one to each that has any, never more than it has.

    What is left of the fractions goes to the largest remainders. Fewer are wanted than there are strata: the
    largest ones get one each.
    """
    total = sum(sizes.values())
    if wanted >= total:
        return dict(sizes)
    shares = {name: min(size, max(1, wanted * size // total)) for name, size in sizes.items()}
    by_rest = sorted(sizes, key=lambda name: (-(wanted * sizes[name] % total), name))
    by_size = sorted(sizes, key=lambda name: (-shares[name], name))
    while (excess := sum(shares.values()) - wanted) != 0:
        for name in by_rest if excess < 0 else by_size:
            if excess < 0 and shares[name] < sizes[name]:
                shares[name] += 1
                excess += 1
            elif excess > 0 and shares[name] > (1 if len(sizes) <= wanted else 0):
                shares[name] -= 1
                excess -= 1
            if excess == 0:
                break
    return shares


def is_named(path: str, named: Sequence[str]) -> bool:
    """Whether a path is one of those named, or lies below one."""
    return any(path == one or path.startswith(f"{one}/") for one in named)


def cleaned(named: Iterable[str]) -> tuple[str, ...]:
    """Named paths as listings write them."""
    return tuple(one.strip("/") for one in named)


def _directory(path: str) -> str:
    first, slash, _ = path.partition("/")
    return first if slash else TOP


def _age(modified: int, as_of: int) -> str:
    old = as_of - modified
    return next((name for limit, name in AGES if old <= limit), OLDER)
