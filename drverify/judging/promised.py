"""How a promise stands for one workload, out of all that its drills showed. Pure.

The newest verdict counts, but a MISSED is undone only by a drill of the same kind that shows the promise as
kept (`judging.aims.mends`), and what is older than the promised time between tests counts for nothing. An
UNPROVEN is no test, whatever left it open, nor is a drill that was begun and gave no result: a promise of
which nothing was shown for that time is overdue, however often tried.

What a further copy has is MET where nothing else is MISSED; what it lacks breaks no promise, and is told as
that copy's.

What a drill leaves open that it was not meant to show (`judging.aims`) undoes nothing. What only one drill of
several is meant to show (`Owed.one_of`) counts for so many times as long: retention is shown by the drills of
the oldest point alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drverify.judging.aims import mends
from drverify.model.board import Course, OfCopy
from drverify.model.drill import DrillId
from drverify.model.obligation import Objective, Obligation, ObligationId, Retention
from drverify.model.result import Judged, Result
from drverify.model.variety import Variety
from drverify.model.verdict import Outcome

LOOKED = 6
"""So many of the newest deciding drills are looked at for verdicts that flip."""
NEIGHBOURS = timedelta(hours=36)
"""Attempts and drills of consecutive nights lie no further apart."""
UNSTATED = timedelta(days=92)
"""Where an agreement promises no restore tests, what a drill showed counts for a quarter of a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What is promised of a workload besides the promise itself."""

    agreement: str
    workload: str
    since: datetime
    """When it was first owed."""
    every: timedelta | None
    """Promised between two restore tests; None: nothing is promised."""
    one_of: Mapping[ObligationId, int]
    """One drill of so many is meant to show the promise; of those that are not named, each is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    drill: DrillId
    started_at: datetime
    ended_at: datetime
    judged: Judged
    taken: Variety | None

    @property
    def outcome(self) -> Outcome:
        return self.judged.outcome

    @property
    def copy(self) -> str | None:
        return self.taken.copy if self.taken is not None else None


def marked(results: Sequence[Result]) -> tuple[Result, ...]:
    """The drills of one workload, oldest first, with every verdict marked that the drill before had not.

    What a further copy shows is held against what the same copy showed.
    """
    known: dict[tuple[ObligationId, str | None], Outcome] = {}
    made = []
    for one in results:
        verdicts = []
        for verdict in one.verdicts:
            about = (verdict.obligation, one.taken.copy if one.taken is not None else None)
            before = known.get(about) if verdict.said else None
            verdicts.append(replace(verdict, changed=before is not None and before is not verdict.outcome))
            if verdict.said:
                known[about] = verdict.outcome
        made.append(replace(one, verdicts=tuple(verdicts)))
    return tuple(made)


def course(owed: Owed, obligation: Obligation, results: Sequence[Result]) -> Course:
    """How the promise stands; `results` are the workload's drills, oldest first, controls left out."""
    shown = tuple(_shown(obligation.id, results))
    deciding = [one for one in shown if one.outcome is not Outcome.UNPROVEN]
    counts, since = _counting(shown, obligation.objective)
    base = counts if counts is not None and counts.outcome is Outcome.MET else next(reversed(deciding), None)
    lasts = (owed.every or UNSTATED) * owed.one_of.get(obligation.id, 1)
    flips = list(_flips(deciding[-LOOKED:], obligation.objective))
    met = next((one for one in reversed(shown) if one.outcome is Outcome.MET), None)
    return Course(
        agreement=owed.agreement,
        obligation=obligation.id,
        workload=owed.workload,
        shown=counts.outcome if counts else None,
        since=since or owed.since,
        judged_at=shown[-1].ended_at if shown else None,
        drill=counts.drill if counts else None,
        achieved=counts.judged.achieved if counts else None,
        limit=counts.judged.limit if counts else None,
        lapses_at=(base.ended_at if base is not None else owed.since) + lasts,
        promised=owed.every is not None,
        flips=len(flips),
        flipping=len(flips) > 1 or any(_neighbours(*pair) for pair in flips),
        met_at=met.ended_at if met else None,
        allowance=counts.judged.allowance if counts else timedelta(0),
        taken=counts.taken if counts else None,
        copies=tuple(_copies(shown)),
    )


def _shown(obligation: ObligationId, results: Sequence[Result]) -> Iterator[_Shown]:
    """What each drill says of it; what a copy has says nothing of what only the points before it can keep."""
    for one in results:
        found = next((each for each in one.verdicts if each.obligation == obligation), None)
        if found is None and one.state != "concluded":
            found = Judged(
                obligation=obligation,
                outcome=Outcome.UNPROVEN,
                limit=None,
                achieved=None,
                allowance=timedelta(0),
            )
        if found is None or not found.said:
            continue
        made = _Shown(
            drill=one.drill,
            started_at=one.started_at,
            ended_at=one.ended_at or one.started_at,
            judged=found,
            taken=one.taken,
        )
        if made.copy is None or found.aimed or made.outcome is Outcome.MISSED:
            yield made


def _counting(shown: Sequence[_Shown], objective: Objective) -> tuple[_Shown | None, datetime | None]:
    """The drill that counts, and since when its outcome does, drill by drill."""
    lacks: list[_Shown] = []
    newest: dict[str | None, _Shown] = {}
    counts: _Shown | None = None
    since: datetime | None = None
    for one in shown:
        if one.outcome is not Outcome.UNPROVEN:
            lacks = [each for each in lacks if not _bears(one, each, objective)]
        if one.outcome is Outcome.MISSED:
            lacks.append(one)
        before = newest.get(one.copy)
        decided = before is not None and before.outcome is not Outcome.UNPROVEN
        if not (isinstance(objective, Retention) and decided and one.outcome is Outcome.UNPROVEN):
            newest.pop(one.copy, None)
            newest[one.copy] = one
        was, counts = counts, lacks[-1] if lacks else _newest(newest)
        if was is None or was.outcome is not counts.outcome:
            since = one.ended_at
    return counts, since


def _newest(by_copy: Mapping[str | None, _Shown]) -> _Shown:
    """The last word, but for what a copy leaves open, as long as there is another."""
    words = tuple(by_copy.values())
    said = [one for one in words if one.copy is None or one.outcome is not Outcome.UNPROVEN]
    return (said or words)[-1]


def _bears(one: _Shown, before: _Shown, objective: Objective) -> bool:
    missed = before.outcome is Outcome.MISSED
    return mends(objective, before.taken, one.taken, missed=missed)


def _flips(deciding: Sequence[_Shown], objective: Objective) -> Iterator[tuple[_Shown, _Shown]]:
    """Drills that contradict the one before of the same kind."""
    for place, one in enumerate(deciding):
        earlier = (each for each in reversed(deciding[:place]) if _bears(one, each, objective))
        before = next(earlier, None)
        if before is not None and before.outcome is not one.outcome:
            yield before, one


def _copies(shown: Sequence[_Shown]) -> Iterator[OfCopy]:
    newest = {one.copy: one for one in shown if one.copy is not None}
    for copy, one in sorted(newest.items()):
        yield OfCopy(copy=copy, shown=one.outcome, drill=one.drill, at=one.ended_at)


def _neighbours(one: _Shown, other: _Shown) -> bool:
    return other.started_at - one.ended_at <= NEIGHBOURS
