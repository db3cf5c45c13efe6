"""Whether a drill can be what it says it is of a group's run. Says nothing about promises."""

from collections.abc import Iterator

from drverify.model.drill import RUNNING, DrillPlan, DrillRecord, GaveUp, PhaseName
from drverify.model.group import Member, needed, out_of_order
from drverify.model.steps import StepStatus


def group_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    phases = {phase.name: phase for phase in record.phases}
    waited = phases.get(PhaseName.AWAIT)
    if plan.group is None:
        if waited is not None or record.gave_up_by is GaveUp.PREDECESSOR:
            yield "it waited for the systems of a group, and is part of none"
        return
    mine = [member for member in plan.group.members if member.workload == plan.workload.name]
    if len(mine) != 1:
        yield f"the group {plan.group.group} does not have the workload once"
        return
    yield from (f"the group {plan.group.group}: {what}" for _, what in out_of_order(plan.group.members))
    if RUNNING & phases.keys() and waited is None:
        yield "a system of a group was started without waiting for its turn"
    if record.gave_up_by is GaveUp.PREDECESSOR:
        yield from _not_started(record, mine[0])
    if needed(plan.group.members, plan.workload.name) and any(
        step.status is StepStatus.ALLOWED for step in record.steps
    ):
        yield "a system that others wait for was allowed a step that nobody did: their time lacks it"


def _not_started(record: DrillRecord, member: Member) -> Iterator[str]:
    """It was given up for another system: it needs one, had waited for it, and was never started."""
    waited = next((phase for phase in record.phases if phase.name is PhaseName.AWAIT), None)
    if not member.after:
        yield "it was not started for want of another system, and needs none"
    if waited is None or record.gave_up_at is None or record.gave_up_at < waited.started + waited.took:
        yield "it was given up for want of another system before it had waited for it"
    if record.probes or any(phase.name in RUNNING for phase in record.phases):
        yield "it was not started for want of another system, and was started"
