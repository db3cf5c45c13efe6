"""The largest gap between restorable points over a whole period, from what each drill saw listed.

A point that an earlier drill saw and retention removed later still closed its gap; a point that a drill
found defective closes none, whoever saw it. Per workload only instants are kept.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from drverify.judging.measure import sound_points
from drverify.model.drill import DrillRecord
from drverify.model.duration import MILLISECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The longest time without a new restorable point."""

    length: timedelta
    began: datetime


@dataclass(slots=True)
class SeenPoints:
    """The points of one workload that the drills of a period saw listed."""

    instants: array[int] = field(default_factory=lambda: array("q"))
    """Milliseconds since 1970, in order, each once."""
    bad: set[int] = field(default_factory=set)
    until: datetime | None = None
    """The last incident up to which somebody looked."""
    since: datetime | None = None
    """From when backups were owed, by the newest drill."""

    def add(self, record: DrillRecord, *, incident_at: datetime, since: datetime) -> None:
        """Take what one drill saw. A list that could not be had says nothing."""
        point = record.selection.point
        if point is not None and record.defects:
            self.bad.add(_ms(point.consistent_as_of))
        seen = {_ms(one.consistent_as_of) for one in sound_points(record)}
        if not seen and record.faults:
            return
        self.instants = array("q", sorted(seen.union(self.instants)))
        if self.until is None or incident_at >= self.until:
            self.until, self.since = incident_at, since

    def largest(self, begins: datetime) -> Gap | None:
        """The largest gap from the period's beginning (or since backups were owed) to the last incident.

        A gap that reaches into the period counts whole, as everywhere. None when no drill looked.
        """
        if self.until is None or self.since is None:
            return None
        start, end = _ms(max(begins, self.since)), _ms(self.until)
        if start > end:
            return None
        marks = list(_marks((one for one in self.instants if one not in self.bad), start, end))
        length, began = max((later - one, one) for one, later in pairwise(marks))
        return Gap(length=length * MILLISECOND, began=_EPOCH + began * MILLISECOND)


def _marks(instants: Iterable[int], start: int, end: int) -> Iterable[int]:
    """The last instant before the start (or the start), every one within, and the end."""
    before = start
    within = []
    for one in instants:
        if one <= start:
            before = one
        elif one <= end:
            within.append(one)
    return (before, *within, end)


def _ms(instant: datetime) -> int:
    return (instant - _EPOCH) // MILLISECOND
