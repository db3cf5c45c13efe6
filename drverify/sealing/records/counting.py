"""What came of the drills of a period: one way to count, for whoever closes it and whoever audits it. Pure.

Every start is counted in one period, and in no other:

- a start for a planned slot in the slot's own period, if it is in the tree that is counted;
- a start for nothing that was planned, and one for a slot whose period is over already, in the period
  whose part of the log it stands in: `unplanned` both times.

The parts of the log follow one another: a period's begins where the tree ends that the close before it
counted. So no start falls between two periods, and one that was logged too late for its own is not lost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from drverify.model.records import DrillCounts, Period
from drverify.sealing.records.history import Begun, History, Planned, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The part of the log that is counted for a period."""

    period: Period
    begin: int
    """First entry of the period's own."""
    size: int
    """Of the tree that is counted."""


def count(history: History, span: Span) -> DrillCounts:
    """Count a period in the tree of `span.size` entries; `history` may have taken more than these."""
    planned = [one for one in planned_in(history, span.period) if one.index < span.size]
    begun = tuple(begun_in(history, span))
    results = [result for one in begun for result in results_by(one, span.size)]
    ended = [len(results_by(one, span.size)) for one in begun]
    voided = sum(is_voided(one, span.size) for one in begun)
    return DrillCounts(
        planned=len(planned),
        started=len(begun),
        finished=ended.count(1),
        open=ended.count(0) - voided,
        voided=voided,
        not_started=sum(not _attempted(history, one, span.size) for one in planned),
        unplanned=sum(not _is_own(one, span.period) for one in begun),
        met=sum(one.outcomes.met for one in results),
        missed=sum(one.outcomes.missed for one in results),
        unproven=sum(one.outcomes.unproven for one in results),
    )


def planned_in(history: History, period: Period) -> Iterable[Planned]:
    """The slots of a period."""
    return (one for one in history.planned.values() if one.period.id == period.id)


def begun_in(history: History, span: Span) -> Iterator[Begun]:
    """The starts that are counted in a period, in the log's order."""
    for one in history.begun.values():
        late = one.planned is not None and one.planned.period.ends <= span.period.begins
        astray = (one.planned is None or late) and one.index >= span.begin
        if one.index < span.size and (_is_own(one, span.period) or astray):
            yield one


def belonging(history: History, span: Span) -> Iterator[int]:
    """Every entry that is about a period's own drills, also beyond the tree: no count may leave one out."""
    yield from (one.index for one in planned_in(history, span.period))
    for one in history.begun.values():
        if _is_own(one, span.period):
            yield one.index
    for one in begun_in(history, span):
        yield from (result.index for result in one.results)
        if one.voided is not None:
            yield one.voided


def results_by(begun: Begun, size: int) -> tuple[Result, ...]:
    """The results of a start in the tree of `size` entries."""
    return tuple(one for one in begun.results if one.index < size)


def is_voided(begun: Begun, size: int) -> bool:
    """Whether a start is not to be counted; what has a result cannot be voided."""
    return begun.voided is not None and begun.voided < size and not results_by(begun, size)


def _attempted(history: History, planned: Planned, size: int) -> bool:
    return any(one.index < size for one in history.attempts.get(planned.slot.id, ()))


def _is_own(begun: Begun, period: Period) -> bool:
    return begun.planned is not None and begun.planned.period.id == period.id
