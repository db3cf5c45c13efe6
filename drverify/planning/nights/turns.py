"""What each drill of a workload takes: which point, of which copy, restored how. Pure.

Of every four drills in a row

1. one takes the newest point, as promised;
2. one takes what is left, turn by turn: the newest point of each further copy, a point of each generation
   between the newest and the oldest, a full restore where only an instant one is promised;
3. one takes the newest point again, by an instant restore where a full one is promised besides;
4. one takes the oldest point that is kept, where retention is promised, else the newest.

Counted are the drills that brought the workload back: a turn that came to nothing is taken again, by turns
with the newest point as promised, which is not counted then: a copy that is away for a month takes no more
than every other drill. Where nothing is left for a turn, it is the first's.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count, pairwise

from drverify.model.drill import COPY
from drverify.model.nights import IN_COPY, Never, WhichPoint, copy_in
from drverify.model.obligation import Mode, Objective
from drverify.model.recovery import RecoveryPoint
from drverify.model.variety import Generation, Variety, meant
from drverify.planning.request import LATEST

TURNS = 4
_LEFT, _AGAIN, _OLDEST = 2, 3, 0
"""Places in a row of turns; the last is 0."""

GENERATIONS = (
    ("up to a week old", timedelta(days=7)),
    ("up to a month old", timedelta(days=31)),
    ("up to a year old", timedelta(days=366)),
)
OLDER = "older than a year"
_GENERATION_OF: Mapping[WhichPoint, Generation] = {"oldest": "oldest", "between": "between"}
"""Of every other turn it is the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one drill takes."""

    point: WhichPoint
    mode: Mode
    why: str = ""
    """Empty: the newest point as promised, which needs no reason."""

    @property
    def variety(self) -> Variety:
        """What a drill of this turn takes."""
        generation = _GENERATION_OF.get(self.point, "newest")
        return Variety(generation=generation, mode=self.mode, copy=copy_in(self.point) or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Varieties:
    """What there is to choose from."""

    modes: frozenset[Mode] = frozenset()
    """That a recovery time is promised for."""
    retained: bool = False
    """Whether retention is promised."""
    copies: tuple[str, ...] = ()
    """Sources of further copies."""
    between: bool = False
    """Whether points lie between the newest and the oldest, as far as is known."""

    @property
    def usual(self) -> Mode:
        """A full restore, unless only an instant one is promised."""
        return "instant" if self.modes == {"instant"} else "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What one drill took, whether it brought its workload back or not."""

    source: str
    """Empty where the evidence hides it."""
    mode: Mode
    asked: str
    """`latest`, `copy`, a time, or the id of a point."""
    age: timedelta | None
    """Of its point, when the drill began; None: there was none."""
    oldest: bool | None
    """Whether no older point was listed; None without a point."""


def turn(number: int, of: Varieties) -> Turn:
    """The turn of the drill with that number, from 1."""
    place, rest = number % TURNS, tuple(left(of))
    if place == _OLDEST and of.retained:
        return Turn(point="oldest", mode=of.usual, why=f"one of {TURNS} takes the oldest point")
    if place == _LEFT and rest:
        return rest[number // TURNS % len(rest)]
    if place == _AGAIN and len(of.modes) > 1:
        return Turn(point="latest", mode="instant", why="full and instant restores by turns")
    return Turn(point="latest", mode=of.usual)


def so_far(tried: Iterable[tuple[Shown, bool]]) -> tuple[int, Shown | None]:
    """How many drills count, and what the newest took if it failed.

    `tried` is what each drill took and whether that came back, oldest first. A newest point that came back
    right after something else had failed stood in for that, and does not count.
    """
    counted, failed = 0, None
    for one, recovered in tried:
        if not recovered:
            failed = one
            continue
        stood_in = failed is not None and one.asked == LATEST and not _same(one, failed)
        counted, failed = counted + (not stood_in), None
    return counted, failed


def _same(one: Shown, other: Shown) -> bool:
    return (one.asked, one.mode) == (other.asked, other.mode)


def next_turns(counted: int, failed: Shown | None, of: Varieties) -> Iterator[Turn]:
    """What the next drills take, without end; the arguments are what `so_far` gives."""
    if failed is not None and (failed.asked, failed.mode) != (LATEST, of.usual):
        yield Turn(
            point="latest", mode=of.usual, why="the turn before came to nothing and is taken after this"
        )
    for number in count(counted + 1):
        yield turn(number, of)


@lru_cache(maxsize=256)
def meant_every(objective: Objective, of: Varieties) -> int:
    """Of so many drills in a row, each of its turn, one at least is meant to show the promise."""
    whole = 2 * TURNS * max(1, len(tuple(left(of))))
    places = [number for number in range(1, whole + 1) if meant(objective, turn(number, of).variety)]
    return max((after - before for before, after in pairwise(places)), default=1)


def left(of: Varieties) -> Iterator[Turn]:
    """What has a turn among the second drills of each row."""
    number = len(of.copies) + of.between + (of.modes == {"instant"})
    often = f"one of {TURNS * number} takes"
    for source in of.copies:
        yield Turn(point=f"{IN_COPY}{source}", mode=of.usual, why=f"{often} the copy in {source}")
    if of.between:
        yield Turn(point="between", mode=of.usual, why=f"{often} a point between the newest and the oldest")
    if of.modes == {"instant"}:
        yield Turn(
            point="latest", mode="full", why=f"{often} every byte, though an instant restore is promised"
        )


def generation(age: timedelta) -> str:
    """Which generation a point of that age is of."""
    return next((name for name, most in GENERATIONS if age <= most), OLDER)


def inner(points: Iterable[RecoveryPoint], at: datetime) -> dict[str, list[RecoveryPoint]]:
    """The points between the newest and the oldest, by generation, the youngest first."""
    ordered = sorted(points, key=lambda one: (one.consistent_as_of, one.id), reverse=True)
    found: dict[str, list[RecoveryPoint]] = {}
    for point in ordered[1:-1]:
        found.setdefault(generation(at - point.consistent_as_of), []).append(point)
    return found


def one_between(
    points: Iterable[RecoveryPoint], at: datetime, taken: Sequence[timedelta], *, seed: str
) -> RecoveryPoint | None:
    """A point, drawn by the seed, of the generation that was left alone for longest; None without any.

    `taken` are the ages of points that were drilled by their ids, newest drill first.
    """
    found = inner(points, at)
    last = {name: place for place, name in reversed(list(enumerate(map(generation, taken))))}
    name = max(found, key=lambda one: last.get(one, len(taken)), default=None)
    if name is None:
        return None
    drawn = int.from_bytes(hashlib.sha256(f"{seed}\n{name}".encode()).digest()[:6])
    return found[name][drawn % len(found[name])]


def never(
    workload: str, of: Varieties, shown: Sequence[Shown], generations: Iterable[str]
) -> Iterator[Never]:
    """What no drill of the workload has brought back yet, though it is there; what changes that is empty.

    `generations` are those of the points between the newest and the oldest.
    """
    here = [one for one in shown if one.asked != COPY]
    for copy in of.copies:
        if not any(one.asked == COPY and one.source in ("", copy) for one in shown):
            yield Never(workload=workload, what=f"the copy in {copy}", point=f"{IN_COPY}{copy}")
    if of.retained and not any(one.oldest for one in here):
        yield Never(workload=workload, what="the oldest point", point="oldest")
    for name in generations:
        if not any(one.age is not None and generation(one.age) == name for one in here):
            yield Never(workload=workload, what=f"a point {name}", point="between")
    modes: tuple[Mode, ...] = ("full", "instant") if "instant" in of.modes else ("full",)
    for mode in modes:
        if not any(one.mode == mode for one in shown):
            article = "an" if mode == "instant" else "a"
            yield Never(workload=workload, what=f"{article} {mode} restore", mode=mode)
