"""Whether what is recorded of a playbook's steps can be true. Says nothing about promises."""

from collections.abc import Iterator

from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, PhaseRecord
from drverify.model.steps import AskStep, StepSpec, StepStatus


def step_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    steps = plan.playbook.steps
    ids = [step.id for step in steps]
    yield from (
        f"the playbook has step {one} more than once" for one in sorted(set(ids)) if ids.count(one) > 1
    )
    done = [one.step for one in record.steps]
    if done != ids[: len(done)]:
        yield "the recorded steps are not the playbook's first ones in their order"
        return
    phases = {phase.name: phase for phase in record.phases}
    configure = phases.get(PhaseName.CONFIGURE)
    if configure is not None and not steps:
        yield "there was a phase configure, and the playbook has no step"
    if PhaseName.APPLICATION in phases and len(done) < len(steps):
        yield f"the application was asked, and step {ids[len(done)]} of the playbook is not recorded"
    if record.steps and configure is None:
        yield "a step was done, and there was no phase configure"
    elif configure is not None:
        yield from _in_time(record, configure)
    for step, one in zip(steps, record.steps, strict=False):
        yield from _kind(step, one.status)
    if any(one.status is StepStatus.ERRORED for one in record.steps) and not any(
        fault.phase is PhaseName.CONFIGURE for fault in record.faults
    ):
        yield "a step failed by our fault, and no fault says so"


def _in_time(record: DrillRecord, configure: PhaseRecord) -> Iterator[str]:
    """Steps follow each other within their phase."""
    end = configure.started
    for one in record.steps:
        if one.took.total_seconds() < 0 or one.started < end:
            yield f"step {one.step} does not follow what was before it"
        end = one.started + one.took
    if end > configure.started + configure.took:
        yield "a step lasted longer than the phase of the steps"


def _kind(step: StepSpec, status: StepStatus) -> Iterator[str]:
    if status is StepStatus.ALLOWED and not isinstance(step, AskStep):
        yield f"step {step.id} is allowed for, and nobody is asked in it"
