"""The largest gap between restorable points over a whole period, from what each drill saw listed.

Each drill looks at one stretch of time: as far back from its incident as the agreement looks. Before that
points are thinned out as the agreement allows, so their distance says nothing. Within the stretches a point
that an earlier drill saw and that was removed later still closed its gap; a point that a drill found
defective closes none, whoever saw it. Per workload only instants are kept.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from drverify.judging.measure import sound_points
from drverify.model.drill import DrillRecord
from drverify.model.duration import MILLISECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Stretch = tuple[int, int]
"""Milliseconds since 1970: from, to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The longest time without a new restorable point."""

    length: timedelta
    began: datetime
    looked: timedelta
    """Sum of the stretches that were looked at."""


@dataclass(slots=True)
class SeenPoints:
    """The points of one workload that the drills of a period saw listed."""

    instants: "array[int]" = field(default_factory=lambda: array("q"))
    """Milliseconds since 1970, in order, each once; of those before the stretches only the newest counts."""
    bad: set[int] = field(default_factory=set)
    stretches: list[Stretch] = field(default_factory=list)
    since: datetime | None = None
    """From when backups were owed, by the newest drill."""

    def add(
        self, record: DrillRecord, *, incident_at: datetime, look_back: timedelta, since: datetime
    ) -> None:
        """Take what one drill saw. A list that could not be had says nothing."""
        point = record.selection.point
        if point is not None and record.defects:
            self.bad.add(_ms(point.consistent_as_of))
        seen = {_ms(one.consistent_as_of) for one in sound_points(record)}
        if not seen and record.faults:
            return
        self.instants = array("q", sorted(seen.union(self.instants)))
        end = _ms(incident_at)
        self.stretches.append((end - look_back // MILLISECOND, end))
        self.since = since

    def largest(self, begins: datetime) -> Gap | None:
        """The largest gap from the period's beginning (or since backups were owed) to the last incident.

        A gap that reaches into the period counts whole, as everywhere. None when no drill looked.
        """
        if self.since is None:
            return None
        first = _ms(max(begins, self.since))
        whole = [(one, max(one[0], first)) for one in _merged(self.stretches) if one[1] >= first]
        gaps = [
            (later - earlier, earlier)
            for (_, end), start in whole
            for earlier, later in pairwise(self._marks(start, end))
        ]
        if not gaps:
            return None
        length, began = max(gaps)
        return Gap(
            length=length * MILLISECOND,
            began=_EPOCH + began * MILLISECOND,
            looked=sum((end - start for (_, end), start in whole), 0) * MILLISECOND,
        )

    def _marks(self, start: int, end: int) -> Iterator[int]:
        """The last sound instant until `start` (or the start), every later one, and the end."""
        sound = [one for one in self.instants if one <= end and one not in self.bad]
        yield max((one for one in sound if one <= start), default=start)
        yield from (one for one in sound if one > start)
        yield end


def _merged(stretches: list[Stretch]) -> Iterator[Stretch]:
    """The same time in stretches that do not touch."""
    begin, end = None, 0
    for one in sorted(stretches):
        if begin is not None and one[0] <= end:
            end = max(end, one[1])
            continue
        if begin is not None:
            yield begin, end
        begin, end = one
    if begin is not None:
        yield begin, end


def _ms(instant: datetime) -> int:
    return (instant - _EPOCH) // MILLISECOND
