"""What a drill was meant to show, and what its word on that can mend. Pure.

A drill that leaves a promise open which it was not meant to show (`model.variety.meant`) tells no news by its
UNPROVEN; that the drill which is meant to is still to come is the plan's to say.

What one drill shows as not kept is kept again when one of the same kind says so. A copy that comes back says
nothing of the points before it, nor the oldest point of the newest.
"""

from drverify.judging.figures import Finding, undecided
from drverify.judging.measure import owed_since
from drverify.model.drill import COPY, DrillPlan, DrillRecord
from drverify.model.obligation import ApplicationValidation, Objective, Register, Retention, Rto
from drverify.model.variety import Generation, Variety, meant
from drverify.model.verdict import Outcome


def taken_in(plan: DrillPlan, record: DrillRecord) -> Variety:
    """What the drill took."""
    copy = plan.workload.source if of_copy(plan) else None
    return Variety(generation=_generation(plan, record), mode=plan.mode, copy=copy)


def _generation(plan: DrillPlan, record: DrillRecord) -> Generation:
    """Where there is no point, the newest is not there; the only point is the one that was asked for."""
    point = record.selection.point
    if point is None:
        return "newest"
    oldest = point.consistent_as_of == min(one.consistent_as_of for one in record.selection.listed)
    by_id = point.id.startswith(plan.requested_point)
    if record.selection.newest_eligible and not (by_id and oldest):
        return "newest"
    return "oldest" if oldest else "between"


def aimed(objective: Objective, plan: DrillPlan, record: DrillRecord, register: Register) -> bool:
    """Whether the drill was meant to show that promise, so that it matters when it does not.

    Of retention the oldest point speaks only once backups are owed for long enough.
    """
    if isinstance(objective, Retention):
        may_be = record.started_at - owed_since(plan, register) >= objective.at_least
        return may_be and meant(objective, taken_in(plan, record))
    return meant(objective, taken_in(plan, record))


def mends(objective: Objective | None, lack: Variety | None, shown: Variety | None, *, missed: bool) -> bool:
    """Whether what a drill of `lack` did not show is mended by a later one of `shown` that shows it as kept.

    `missed`: the one before did not only leave it open. What nobody knows that a drill took (None) counts as
    the same; of a promise that nobody knows nothing but the very same does.
    """
    if lack is None or shown is None:
        return True
    if lack.copy is not None and missed:
        return True  # the test came too late, whatever it restored: `as_of_copy`
    if lack.copy != shown.copy:
        return False
    match objective:
        case Rto():
            return lack.generation == shown.generation
        case ApplicationValidation() | None:
            return lack == shown
        case _:  # about the points as a whole
            return True


def of_copy(plan: DrillPlan) -> bool:
    """Whether a further copy was drilled, and not the points that the workload comes back from first."""
    return plan.requested_point == COPY


def as_of_copy(finding: Finding, objective: Objective, plan: DrillPlan) -> Finding:
    """The same, but that what a further copy lacks breaks no promise: the points before it may keep it.

    A test that came too late did so whatever it restored.
    """
    late = objective.kind == "restore-test-frequency" and finding.achieved is not None
    if finding.outcome is not Outcome.MISSED or not of_copy(plan) or late:
        return finding
    return undecided(f"shown of a further copy alone: {finding.reason}", finding.achieved)
