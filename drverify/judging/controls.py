"""Decides what came of a negative control. Pure.

A control of damaged content is caught when the drill shows that the workload did *not* come back, or not in
the promised time although nothing of ours failed; a stale point, when it came back and its age itself is
beyond what a promise of how new points are allows, and none is MET. A stale copy that did not come back would
be MISSED at any age: it shows nothing. UNPROVEN is neither red nor green: the control could not be run then.
"""

from collections.abc import Sequence

from drverify.judging.objectives import shown
from drverify.model.controls import ControlKind, ControlOutcome
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.obligation import BackupFrequency, ObligationId, Register, Rpo, Rto, in_scope
from drverify.model.verdict import Outcome, Verdict


def came_of(
    kind: ControlKind, register: Register, plan: DrillPlan, record: DrillRecord, verdicts: Sequence[Verdict]
) -> tuple[ControlOutcome, str]:
    """What the drill of the broken copy came to, and why."""
    if kind == "stale":
        return _stale(register, plan, record, verdicts)
    outcome, why = shown(register, plan, record)
    match outcome:
        case Outcome.MISSED:
            return ControlOutcome.CAUGHT, why
        case Outcome.MET:
            return (
                ControlOutcome.NOT_CAUGHT,
                "the broken copy passed every check: the drill says it came back",
            )
        case Outcome.UNPROVEN if late := _late(register, plan, verdicts):
            return ControlOutcome.CAUGHT, late
        case Outcome.UNPROVEN:
            return ControlOutcome.NOT_RUN, why


def _late(register: Register, plan: DrillPlan, verdicts: Sequence[Verdict]) -> str:
    """Why time itself turned it red, although our own limit ended the waiting; empty when it did not."""
    times = {one.id for one in in_scope(register, plan.workload.name) if isinstance(one.objective, Rto)}
    missed = [one for one in verdicts if one.obligation in times and one.outcome is Outcome.MISSED]
    return f"{missed[0].obligation}: {missed[0].reason}" if missed else ""


def _stale(
    register: Register, plan: DrillPlan, record: DrillRecord, verdicts: Sequence[Verdict]
) -> tuple[ControlOutcome, str]:
    about = newness(register, plan.workload.name)
    if not about:
        return ControlOutcome.NOT_RUN, "no promise says how old the newest point of this workload may be"
    judged = [one for one in verdicts if one.obligation in about]
    met = [one for one in judged if one.outcome is Outcome.MET]
    if met:
        return ControlOutcome.NOT_CAUGHT, f"{met[0].obligation} was MET by a stale point: {met[0].reason}"
    outcome, why = shown(register, plan, record)
    if outcome is not Outcome.MET:
        return ControlOutcome.NOT_RUN, f"the stale copy did not come back, whatever its age: {why}"
    if old := [one for one in judged if _too_old(one)]:
        return ControlOutcome.CAUGHT, f"{old[0].obligation}: {old[0].reason}"
    return ControlOutcome.NOT_RUN, judged[0].reason if judged else "nothing was judged"


def _too_old(one: Verdict) -> bool:
    """Whether a figure beyond the limit turned it red, and nothing else."""
    beyond = one.limit is not None and one.achieved is not None and one.achieved > one.limit
    return beyond and one.outcome is Outcome.MISSED


def newness(register: Register, workload: str) -> frozenset[ObligationId]:
    """The promises that a point which is too old breaks."""
    return frozenset(
        one.id for one in in_scope(register, workload) if isinstance(one.objective, Rpo | BackupFrequency)
    )
