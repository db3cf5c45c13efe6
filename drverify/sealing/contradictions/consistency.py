"""Whether the facts of a plan and its record can be true together. Says nothing about promises."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from drverify.errors import InputError
from drverify.model.drill import DrillPlan, DrillRecord, GaveUp, PhaseName, PhaseRecord, ProbeResult
from drverify.model.obligation import Register, in_scope
from drverify.model.playbook import SHOW_NO_APPLICATION, applies
from drverify.model.recovery import STATEMENT, WholeMachine, boots
from drverify.planning.request import AtTime, parse
from drverify.planning.selection import select
from drverify.sealing.contradictions.challenged import challenge_contradictions
from drverify.sealing.contradictions.compared import comparison_contradictions
from drverify.sealing.contradictions.fitted import hardware_contradictions
from drverify.sealing.contradictions.grouped import group_contradictions
from drverify.sealing.contradictions.inspected import inspection_contradictions
from drverify.sealing.contradictions.rebuilt import rebuild_contradictions
from drverify.sealing.contradictions.stepped import step_contradictions
from drverify.sealing.stamps import PLANNING

READING = timedelta(seconds=1)
"""How much earlier a wait may have ended than its limit says: clocks are read one after the other."""
_ZERO = timedelta(0)
_STEPS = {
    PhaseName.SELECT: 0,
    PhaseName.PROVISION: 1,
    PhaseName.RESTORE: 1,
    PhaseName.REBUILD: 1,
    PhaseName.ADAPT: 1,
    PhaseName.ISOLATE: 1,
    PhaseName.AWAIT: 1,
    PhaseName.FIRST_BOOT: 2,
    PhaseName.SHUTDOWN: 3,
    PhaseName.BOOT: 4,
    PhaseName.CONFIGURE: 5,
    PhaseName.APPLICATION: 6,
    PhaseName.PROBE: 7,
    PhaseName.TEARDOWN: 8,
}
"""The order of the phases; those with the same number follow each other as the kind of drill has it."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_digest(text: str) -> bool:
    """Whether the text has the form of a sha256: nothing else may become a file name."""
    return _DIGEST.fullmatch(text) is not None


def contradictions(plan: DrillPlan, record: DrillRecord, register: Register) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    yield from _plan(plan, register)
    yield from _times(plan, record)
    yield from _incident(plan, record)
    yield from _phases(record)
    yield from _steps(plan, record)
    yield from _answers(plan, record)
    yield from _answered_in_time(plan, record)
    yield from _given_up(plan, record)
    yield from _selection(plan, record)
    yield from _files(record)
    yield from challenge_contradictions(plan, record)
    yield from _machine(plan, record)
    yield from hardware_contradictions(plan, record)
    yield from step_contradictions(plan, record)
    yield from inspection_contradictions(plan, record)
    yield from comparison_contradictions(plan, record)
    yield from rebuild_contradictions(plan, record)
    yield from group_contradictions(plan, record)


def _plan(plan: DrillPlan, register: Register) -> Iterator[str]:
    owed = tuple(one.id for one in in_scope(register, plan.workload.name))
    if plan.obligations != owed:
        yield "the plan does not name exactly the register's obligations for the workload"
    if plan.look_back != register.look_back:
        yield "the plan's look-back is not the register's"
    if not applies(plan.playbook, plan.workload.payload):
        yield "the playbook does not apply to the workload's kind"
    yield from _repeated("the playbook has probe", [probe.id for probe in plan.playbook.probes])
    for probe in plan.playbook.probes:
        if probe.proves_application and probe.kind in SHOW_NO_APPLICATION:
            yield f"probe {probe.id} cannot show that an application works: it is of kind {probe.kind}"


def _times(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    if plan.drill_id != record.drill_id:
        yield f"the plan is of drill {plan.drill_id}, the record of {record.drill_id}"
    if plan.incident_at > record.started_at:
        yield "the incident lies after the declaration"
    if record.ended_at < record.started_at:
        yield "the drill ended before it started"
    if plan.previous_success_at is not None and plan.previous_success_at > record.started_at:
        yield "the previous successful drill lies after this one"
    offsets = [*(one.at for one in record.faults), *(one.at for one in record.defects)]
    if min(offsets, default=_ZERO) < _ZERO:
        yield "a fault or defect lies before the declaration"


def _incident(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """The incident is the time that was asked for, else it was set to now when the plan was made."""
    try:
        request = parse(plan.requested_point)
    except InputError:
        return  # the selection cannot be made again either, and says so
    if isinstance(request, AtTime):
        if plan.incident_at != request.at:
            yield "the incident is not at the time that was asked for"
    elif record.started_at - plan.incident_at > PLANNING:
        yield "the incident lies long before the declaration, although no time was asked for"


def _phases(record: DrillRecord) -> Iterator[str]:
    end = _ZERO
    for phase in record.phases:
        if phase.took < _ZERO or phase.started < end:
            yield f"phase {phase.name} does not follow the one before it"
        end = phase.started + phase.took
    yield from _repeated("the record has phase", [phase.name for phase in record.phases])


def _steps(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    names = [phase.name for phase in record.phases]
    for earlier, later in pairwise(names):
        if _STEPS[earlier] > _STEPS[later]:
            yield f"phase {later} cannot come after phase {earlier}"
    booted = PhaseName.BOOT in names
    if (record.restore is not None or record.probes or booted) and PhaseName.RESTORE not in names:
        yield "something was restored or asked, and there was no phase restore"
    if record.probes and boots(plan.workload.payload) and not booted:
        yield "a machine was asked, and there was no phase boot"


def _answers(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    kinds: dict[str, str] = {probe.id: probe.kind for probe in plan.playbook.probes}
    yield from _repeated("the record has a result of probe", [one.probe for one in record.probes])
    yield from _repeated("the record has a control of probe", [one.probe for one in record.controls])
    for control in record.controls:
        if control.probe not in kinds:
            yield f"the playbook has no probe {control.probe}, of which there is a control"
    for result in record.probes:
        if kinds.get(result.probe) != result.kind:
            yield f"the playbook has no {result.kind} probe {result.probe}"
        yield from _answer(result)


def _answer(result: ProbeResult) -> Iterator[str]:
    if result.started < _ZERO or result.took < _ZERO or result.attempts < 1:
        yield f"probe {result.probe} cannot have been asked like this"
    first = result.started if result.attempts == 1 else _ZERO  # later attempts confirm what had settled
    if result.settled is not None and result.settled < first:
        yield f"probe {result.probe} settled before it was asked"
    if result.newest is not None and result.kind != "freshness":
        yield f"probe {result.probe} read a newest record, and is not made for that"


def _answered_in_time(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Nothing can answer before it is there: from the boot on, files from the end of the restore on."""
    machine = boots(plan.workload.payload)
    phase = _phase(record, PhaseName.BOOT if machine else PhaseName.RESTORE)
    if phase is None:
        return
    there = phase.started if machine else phase.started + phase.took
    settle = plan.playbook.limits.settle if machine else _ZERO
    for result in record.probes:
        if result.started < there:
            yield f"probe {result.probe} was asked before anything was there to answer"
        if result.settled is not None and result.settled < there + settle:
            yield f"probe {result.probe} settled before it can have"


def _given_up(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Waiting ended for a reason and at a time, and not before that reason's own limit."""
    at, by = record.gave_up_at, record.gave_up_by
    if len({bool(record.gave_up), by is not GaveUp.NOT, at is not None}) != 1:
        yield "waiting for the guest is said to have ended, and not to have ended"
    if at is None or by is GaveUp.PREDECESSOR:
        return
    boot = _phase(record, PhaseName.BOOT) or _phase(record, PhaseName.FIRST_BOOT)
    limits = plan.playbook.limits
    limit = {GaveUp.STALL: limits.boot_stall, GaveUp.HEALTHY_LIMIT: limits.healthy}.get(by, _ZERO)
    if boot is None or at < boot.started + limit - READING:
        yield "waiting for the guest ended before it can have"


def _phase(record: DrillRecord, name: PhaseName) -> PhaseRecord | None:
    return next((phase for phase in record.phases if phase.name is name), None)


def _selection(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    chosen = record.selection
    failed = any(fault.phase is PhaseName.SELECT for fault in record.faults)
    if failed and chosen.point is None and not chosen.listed:
        return
    try:
        right = select(chosen.listed, plan.requested_point, plan.incident_at, record.started_at)
    except InputError as error:
        yield f"the point cannot have been selected: {error}"
    else:
        # the words of `why` may be newer ones
        if chosen != right and replace(chosen, why=right.why) != right:
            yield "the listed points do not lead to the selected one"


def _files(record: DrillRecord) -> Iterator[str]:
    known = {artefact.sha256 for artefact in record.artefacts}
    yield from _repeated("the record has artefact", [artefact.name for artefact in record.artefacts])
    for result in record.probes:
        if result.transcript is None:
            yield f"there is no transcript of probe {result.probe}"
        elif result.transcript not in known:
            yield f"the transcript of probe {result.probe} is not among the artefacts"
    facts = record.restore
    if facts and min(facts.restored_bytes, facts.allocated_bytes, facts.read_bytes or 0, facts.files) < 0:
        yield "the restore counts less than nothing"


def _repeated(what: str, names: Sequence[str]) -> Iterator[str]:
    if len(set(names)) < len(names):
        yield from (f"{what} {name} more than once" for name in sorted(set(names)) if names.count(name) > 1)


def _machine(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """A whole machine is restored as its backup states it; nothing else states a machine."""
    whole = isinstance(plan.workload.payload, WholeMachine)
    if record.machine is not None and not whole:
        yield "the record describes a machine, and the workload is none whose backup does"
    if whole and record.machine is None and record.restore is not None:
        yield "a machine was restored, and nothing says which"
    if record.machine is not None and STATEMENT not in {artefact.name for artefact in record.artefacts}:
        yield "the configuration that describes the machine is not among the artefacts"
