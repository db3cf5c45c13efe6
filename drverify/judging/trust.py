"""Whether what a drill shows may count: our own failures, and what the backup's defects prove.

Our failure (a fault, a control that passed, a sandbox that was not shown to be closed) makes verdicts
UNPROVEN with its attribution; it never makes one MET, and never one MISSED. A defect is the backup's
own and makes verdicts MISSED, unless something of ours failed first and may have caused it:

- a fault at or before the defect, whatever failed later;
- for a defect that was seen in the booted guest, a control or an isolation check that failed, or a guest
  that does not know the drill's challenge.

A time limit of ours that ends the waiting proves nothing by itself: see `not_recovered` and ADR 12.
"""

from datetime import timedelta

from drverify.judging.foreign import on_foreign_hardware
from drverify.judging.inspection import left_out
from drverify.judging.measure import healthy_at, required, result_of, rto_achieved, steps_left
from drverify.model.challenge import ChallengeStatus
from drverify.model.drill import (
    RUNNING,
    Defect,
    DrillPlan,
    DrillRecord,
    Fault,
    GaveUp,
    PhaseName,
    ProbeStatus,
)
from drverify.model.recovery import boots
from drverify.model.steps import AskStep, StepStatus

CLOCK_TOLERANCE = timedelta(seconds=2)
"""How much longer than the wall clock says the drill's own clock may have run."""

_LONGER = "give it longer with `healthy` among the playbook's limits"
_LOOKS = ("before", "during")
"""A guest that ran was looked at twice at least; the names of the checks begin so."""
_BEFORE_BOOT = (
    PhaseName.SELECT,
    PhaseName.PROVISION,
    PhaseName.RESTORE,
    PhaseName.REBUILD,
    PhaseName.ADAPT,
    PhaseName.ISOLATE,
    PhaseName.AWAIT,
)
"""Phases whose defects are proven by the backup's digests alone."""


def elsewhere(plan: DrillPlan, record: DrillRecord) -> str:
    """Words for a failure that may be the hardware's, of which no promise speaks (ADR 36), or nothing."""
    if plan.hardware is None or not on_foreign_hardware(plan, record):
        return ""
    return f" on hardware {plan.hardware.name}, which is not the system's own"


def said(fault: Fault) -> str:
    """A fault with its attribution, for a reason."""
    return f"our {fault.attribution} failed while in phase {fault.phase}: {fault.what}"


def fault_that_matters(plan: DrillPlan, record: DrillRecord) -> Fault | None:
    """The first fault that may have touched what was measured.

    That is any until the last required probe had settled and the last step had ended; when that never
    came, any but the teardown's.
    """
    end = rto_achieved(plan, record)
    for fault in sorted(record.faults, key=lambda fault: fault.at):
        if fault.at <= end if end is not None else fault.phase is not PhaseName.TEARDOWN:
            return fault
    return None


def not_listed(record: DrillRecord) -> str:
    """Why the source's list of points cannot be relied on; empty when it can."""
    return next((said(fault) for fault in record.faults if fault.phase is PhaseName.SELECT), "")


def proven_defect(plan: DrillPlan, record: DrillRecord) -> Defect | None:
    """The first defect that nothing of ours can have caused."""
    for defect in sorted(record.defects, key=lambda defect: defect.at):
        if any(fault.at <= defect.at for fault in record.faults):
            return None
        if defect.phase in _BEFORE_BOOT or not _surroundings(plan, record):
            return defect
    return None


def untrusted(plan: DrillPlan, record: DrillRecord) -> str:
    """Why the drill's measurements cannot count for us: one sentence, empty when they can."""
    fault = fault_that_matters(plan, record)
    if fault is not None:
        return said(fault)
    if record.defects:
        return f"a defect was noted that our own failure may have caused: {record.defects[0].what}"
    return _surroundings(plan, record) or _clocks(record) or _errored(plan, record)


def nothing_restored(plan: DrillPlan, record: DrillRecord) -> str:
    """Why it is not shown that anything was restored at all; empty when it is."""
    facts = record.restore
    if facts is None:
        return "nothing shows that anything was restored"
    if facts.mode != plan.mode:
        return f"the restore was {facts.mode}, planned was {plan.mode}"
    files = not boots(plan.workload.payload)
    empty = facts.restored_bytes <= 0 or (files and facts.files <= 0)
    return "the restore brought nothing" if empty else ""


def not_recovered(plan: DrillPlan, record: DrillRecord) -> str:
    """What did not come back: a required probe that at the end answered wrongly, or not at all.

    Empty too when our own limit ended the wait for a guest that was not up yet and did not stand still, when
    a step before it was left undone by others than the provider, and when a part of its disks may be missing
    because the inventory does not name it.
    """
    if record.gave_up_by is GaveUp.PREDECESSOR:
        return f"it was not started: {record.gave_up}"
    excused = _may_have_come(plan, record) or left_by_others(plan, record) or _left_out(plan, record)
    out = "" if excused else _still_out(plan, record)
    return out and f"{out}{_failed_step(record)}"


def out_of_time(plan: DrillPlan, record: DrillRecord, limit: timedelta) -> bool:
    """Whether waiting ended beyond `limit` and, for all that ours can be believed, still in vain.

    Never on hardware that is not the system's own.
    """
    if record.gave_up_at is None or record.gave_up_at <= limit or elsewhere(plan, record):
        return False
    if not required(plan) or healthy_at(plan, record) is not None or left_by_others(plan, record):
        return False
    if _left_out(plan, record):
        return False
    return not (untrusted(plan, record) or nothing_restored(plan, record))


def unproven(plan: DrillPlan, record: DrillRecord) -> str:
    """Why recovery is not shown although nothing required failed; empty when it is shown."""
    specs = required(plan)
    if not specs:
        return "the playbook requires no probe, so nothing can be shown"
    if out := _still_out(plan, record):
        return _excuse(plan, record, out)
    for spec in specs:
        result = result_of(record, spec.id)
        if result is None:
            return f"there is no single result of probe {spec.id}"
        if result.settled is None:
            return f"probe {spec.id} passed but had not settled when waiting ended{_gave_up(record)}"
    if left := steps_left(plan, record):
        return f"{left}{_gave_up(record)}"
    return nothing_restored(plan, record)


def _still_out(plan: DrillPlan, record: DrillRecord) -> str:
    """The first required probe that did not pass at the end; empty when there is none."""
    results = [(spec, result_of(record, spec.id)) for spec in required(plan)]
    for status in (ProbeStatus.FAILED, ProbeStatus.UNANSWERED):
        for spec, result in results:
            if result is not None and result.status is status:
                tried = f"{status} after {result.attempts} attempts{_gave_up(record)}"
                return f"probe {spec.id} {tried}: expected {result.expected}, observed {result.observed}"
    asked = {result.probe for result in record.probes}
    never = [spec.id for spec, _ in results if spec.id not in asked]
    return f"probe {never[0]} got no answer{_gave_up(record)}" if never and record.gave_up else ""


def _failed_step(record: DrillRecord) -> str:
    """The first step that the guest refused: why, perhaps, it did not come back."""
    for step in record.steps:
        if step.status is StepStatus.FAILED:
            return f"; before that, step {step.step} failed: {step.said}"
    return ""


def _excuse(plan: DrillPlan, record: DrillRecord, out: str) -> str:
    """Why what did not come back breaks no promise."""
    if left := left_by_others(plan, record):
        return f"{left}, so what came after it proves nothing: {out}"
    if missing := _left_out(plan, record):
        return f"{missing}: {out}"
    return f"our own limit ended the wait while the guest was not up, but not still; {out}; {_LONGER}"


def _left_out(plan: DrillPlan, record: DrillRecord) -> str:
    """What of the machine our own choice of disks may have left out; empty: nothing."""
    return left_out(record.inspection, plan.workload.payload)


def left_by_others(plan: DrillPlan, record: DrillRecord) -> str:
    """The first step left undone that says nothing of the provider; empty when there is none.

    That is one that nobody was there to do, that the operator refused, or that is the customer's to do.
    """
    status = {one.step: one.status for one in record.steps}
    for step in plan.playbook.steps:
        if status.get(step.id) is StepStatus.ALLOWED:
            return f"step {step.id} was not done, as nobody was there to do it"
        if status.get(step.id) is StepStatus.FAILED and isinstance(step, AskStep):
            return f"step {step.id} was not done, as the operator said that it cannot be"
        if status.get(step.id) is StepStatus.FAILED and step.party == "customer":
            return f"step {step.id}, which is the customer's to do, failed"
    return ""


def _may_have_come(plan: DrillPlan, record: DrillRecord) -> bool:
    """Whether our limit ended the wait for a guest that was not up yet and did not stand still."""
    if record.gave_up_by is not GaveUp.HEALTHY_LIMIT:
        return False
    if any(spec.kind == "boot" for spec in required(plan)):
        return all(phase.name is not PhaseName.APPLICATION for phase in record.phases)
    return not any(
        result.status is ProbeStatus.PASSED or (result.status is ProbeStatus.FAILED and result.kind != "boot")
        for result in record.probes
    )


def _surroundings(plan: DrillPlan, record: DrillRecord) -> str:
    """Controls and isolation: whether the probes could be believed where they were asked."""
    if problem := _not_isolated(plan, record) or _started_by_others(record):
        return problem
    needed = {spec.id for spec in required(plan)}
    for control in record.controls:
        if control.status is ProbeStatus.PASSED:
            return f"probe {control.probe} passed before anything was restored, so it proves nothing"
        if control.status is ProbeStatus.ERRORED and control.probe in needed:
            return f"our probe {control.probe} could not be asked before the restore: {control.observed}"
    missing = sorted(needed - {control.probe for control in record.controls})
    return f"probe {missing[0]} was not tried before the restore" if missing else ""


def _started_by_others(record: DrillRecord) -> str:
    """Why the guest cannot be the one that this drill started; empty when nothing says so."""
    answer = record.challenge
    if answer is None or answer.status is not ChallengeStatus.WRONG:
        return ""
    return f"whoever was asked was not started by this drill ({answer.channel}): {answer.why}"


def _not_isolated(plan: DrillPlan, record: DrillRecord) -> str:
    """Why it is not shown that nothing could leave the sandbox; empty when it is, or nothing was run."""
    checks = record.isolation.checks
    for check in checks:
        if not check.closed:
            return f"the sandbox was not closed ({check.name}): {check.detail}"
    if not boots(plan.workload.payload):
        return ""
    ran = bool(record.probes) or any(phase.name in RUNNING for phase in record.phases)
    for when in _LOOKS if ran else ():
        if not any(check.name.startswith(f"{when}: ") for check in checks):
            return f"nothing shows that the sandbox was closed {when} the guest's life"
    return "" if checks else "nothing shows that the sandbox was closed"


def _clocks(record: DrillRecord) -> str:
    """The wall clock must not have been put back during the drill."""
    ends = [phase.started + phase.took for phase in record.phases]
    ends += [probe.settled for probe in record.probes if probe.settled is not None]
    if ends and max(ends) > record.ended_at - record.started_at + CLOCK_TOLERANCE:
        return "our wall clock was moved during the drill"
    return ""


def _errored(plan: DrillPlan, record: DrillRecord) -> str:
    """A required probe of ours that could not ask; a wrong answer to another one outweighs it."""
    results = [result_of(record, spec.id) for spec in required(plan)]
    found = [result for result in results if result is not None]
    if any(result.status is ProbeStatus.FAILED for result in found):
        return ""
    errored = [result for result in found if result.status is ProbeStatus.ERRORED]
    return f"our probe {errored[0].probe} could not ask: {errored[0].observed}" if errored else ""


def _gave_up(record: DrillRecord) -> str:
    return f" ({record.gave_up})" if record.gave_up else ""
