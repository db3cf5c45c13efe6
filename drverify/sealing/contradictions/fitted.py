"""What cannot be true together of a drill on other hardware."""

from collections.abc import Iterator

from drverify.errors import InputError
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.model.recovery import DiskImage, SystemFiles, boots
from drverify.planning.hardware import FIRST_BOOT, fit


def hardware_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    adapted = any(phase.name is PhaseName.ADAPT for phase in record.phases)
    profile = plan.hardware
    yield from _first_boot(plan, record)
    if profile is None:
        if adapted:
            yield "a system was adapted to other hardware, and ran on its own"
        if record.reworks and not isinstance(plan.workload.payload, SystemFiles):
            yield "something was done to a restored system that neither was rebuilt nor ran on other hardware"
        return
    if not boots(plan.workload.payload):
        yield "files cannot be on other hardware"
    if plan.mode == "instant":
        yield "a system that runs on the backup itself cannot be on other hardware"
    if plan.slot is not None:
        yield "a slot of the schedule is for the workload on its own hardware"
    if adapted and not profile.adapt:
        yield "a system was adapted, and the hardware's profile forbids it"
    yield from _machine(plan, record)


def _first_boot(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """A system is started on another controller first exactly where the profile asks for that."""
    phases = {phase.name for phase in record.phases}
    stages = {PhaseName.FIRST_BOOT, PhaseName.SHUTDOWN} & phases
    asked = plan.hardware is not None and plan.hardware.first_boot is not None
    if not asked and stages:
        yield "a system was started on another controller first, and no hardware asks for that"
    if PhaseName.SHUTDOWN in stages and PhaseName.FIRST_BOOT not in stages:
        yield "a system was switched off after its first boot, and had none"
    if asked and PhaseName.BOOT in phases:
        if len(stages) != 2:  # noqa: PLR2004 - it is started, and switched off
            yield "the hardware asks for a first boot on another controller, and there was none"
        if not any(one.what == FIRST_BOOT for one in record.reworks):
            yield "a first boot on another controller is not among what was done to the system"


def _machine(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """The machine that ran has what the profile names."""
    profile, payload = plan.hardware, plan.workload.payload
    stated = record.machine.shape if record.machine is not None else None
    if isinstance(payload, DiskImage | SystemFiles):
        stated = payload.guest
    if profile is None or stated is None:
        return
    try:
        fitted = fit(profile, stated)
    except InputError as error:
        if record.restore is not None:
            yield f"the system cannot have been on this hardware: {error}"
        return
    if record.machine is not None and fitted.shape != record.machine.shape:
        yield "the machine in the record is not on the plan's hardware"
