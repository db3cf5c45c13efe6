"""Which envelopes a bundle of a period has to have, besides the whole log. Pure.

Every statement of the parties, whenever it was logged: a register that is not shown could be a newer one.
Of drills those that were logged after the period's first schedule (a start names the schedule that it is
for, so none of the period's is older) and all that no earlier close has counted, up to the size that the
period's own close counted. Without a schedule there is no such beginning, without a close no such end.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from drverify.model.evidence import RecordKind
from drverify.model.records import Period, PeriodClose, Schedule

OF_DRILLS: frozenset[RecordKind] = frozenset({"drill-started", "restore-drill"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The entries [begin, end) of which every envelope has to be there."""

    begin: int
    end: int

    def needs(self, index: int, kind: RecordKind) -> bool:
        """Whether the envelope of the entry has to be there."""
        return kind not in OF_DRILLS or self.begin <= index < self.end


def scope_of(
    asked: Period,
    schedules: Iterable[tuple[int, Schedule]],
    closes: Iterable[tuple[int, PeriodClose]],
    *,
    size: int,
) -> Scope:
    """Find the entries that a period is about; each record comes with its own entry.

    A period may hold several scheduled ones, as a year holds quarters: then from the first schedule to
    the last close, if there are as many closed periods as planned ones.
    """
    planned = {one.period.id: index for index, one in reversed(list(schedules)) if within(one.period, asked)}
    known = list(closes)
    counted = {one.period.id: one.size for _, one in known if within(one.period, asked)}
    before = max((one.size for _, one in known if one.period.ends <= asked.begins), default=0)
    closed = planned.keys() == counted.keys() and bool(planned)
    return Scope(
        begin=min([before, *planned.values()]) if planned else 0,
        end=max(counted.values()) if closed else size,
    )


def within(inner: Period, outer: Period) -> bool:
    """Whether a period lies in another one, or is it."""
    return outer.begins <= inner.begins and inner.ends <= outer.ends


def uncovered(
    asked: Period, periods: Iterable[Period], until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of a period, up to an instant, that none of the others covers; in order."""
    at, end = asked.begins, min(asked.ends, until)
    for one in sorted(periods, key=lambda one: one.begins):
        if at < one.begins:
            yield at, min(one.begins, end)
        at = max(at, one.ends)
        if at >= end:
            return
    if at < end:
        yield at, end
