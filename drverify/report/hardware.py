"""What a drill on other hardware says of it: one block of lines, and a table of several drills."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from drverify.engine.drills.drill import Concluded
from drverify.errors import InputError
from drverify.judging.objectives import recovered
from drverify.judging.trust import not_recovered
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.model.duration import human
from drverify.model.hardware import HardwareProfile
from drverify.model.layout import Rework
from drverify.model.recovery import Deviation, DiskImage, SystemFiles
from drverify.planning.hardware import FIRST_BOOT, fit

_DOING = frozenset({PhaseName.ADAPT, PhaseName.REBUILD})
_WIDE = ("disk controller", "network cards", "firmware", "chipset", "cpu", "memory", "processors")
"""What of a machine the table names; sizes and slots stand in the drill's own report."""


def deviations(plan: DrillPlan, record: DrillRecord) -> tuple[Deviation, ...]:
    """In what the drill's machine differs from the original because of the hardware."""
    profile, payload = plan.hardware, plan.workload.payload
    if profile is None:
        return ()
    if isinstance(payload, DiskImage | SystemFiles):
        try:
            return fit(profile, payload.guest).deviations
        except InputError:
            return ()
    found = record.machine.deviations if record.machine is not None else ()
    return tuple(one for one in found if one.why == f"hardware {profile.name}")


def lines(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """The hardware and what had to be done, for the head of a drill's report; none when nothing was."""
    if plan.hardware is not None:
        differs = "; ".join(f"{one.what}: {one.change}" for one in deviations(plan, record))
        yield f"hardware   {escape(plan.hardware.name)}: {escape(differs or 'as the original')}"
    done = next((phase for phase in record.phases if phase.name in _DOING), None)
    took = f" ({done.name} in {human(done.took)})" if done is not None else ""
    if not record.reworks and plan.hardware is not None:
        yield f"done       nothing was done to the restored system{took}"
    for rework in record.reworks:
        first = rework.what == FIRST_BOOT
        yield f"done       {escape(_said(rework))}{_stages(record) if first else took}"
        took = took if first else ""


def _stages(record: DrillRecord) -> str:
    """How long a first boot took, and switching off after it."""
    took = {phase.name: human(phase.took) for phase in record.phases}
    up, down = took.get(PhaseName.FIRST_BOOT, "?"), took.get(PhaseName.SHUTDOWN, "?")
    return f" (it answered after {up}, and was off {down} later)"


def table(drills: Sequence[Concluded]) -> Table:
    """On which hardware it worked, and what had to be done; one row a drill."""
    made = Table(title="On other hardware", title_justify="left", highlight=False)
    for heading in ("hardware", "worked", "recovered in", "differs in", "what had to be done"):
        made.add_column(heading, overflow="fold")
    for drill in drills:
        made.add_row(*_row(drill))
    return made


def _row(drill: Concluded) -> tuple[str, str, str, str, str]:
    plan, record = drill.plan, drill.record
    worked = recovered(plan, record)
    end = max((one.settled for one in record.probes if one.settled is not None), default=None)
    differs = [one.change.split(" instead of ")[0] for one in deviations(plan, record) if one.what in _WIDE]
    return (
        escape(_name(plan.hardware)),
        "[green]yes[/]" if worked else f"[bold red]no[/]: {escape(why_not(plan, record))}",
        human(end) if worked and end is not None else "-",
        escape(", ".join(differs) or "nothing"),
        escape("\n".join(_said(one) for one in record.reworks) or "nothing"),
    )


def why_not(plan: DrillPlan, record: DrillRecord) -> str:
    """The first thing that kept the drill from recovering: a driver that is not there before its silence."""
    lacks = record.inspection.findings if record.inspection is not None else ()
    for found in lacks:
        if found.fault == "hardware":
            return f"{found.trouble}: {found.what}"
    if record.defects:
        return record.defects[0].what
    if record.faults:
        return record.faults[0].what
    return not_recovered(plan, record) or record.gave_up or "it is not shown that it came back"


def _name(profile: HardwareProfile | None) -> str:
    return profile.name if profile is not None else "its own"


def _said(rework: Rework) -> str:
    return f"{rework.what}: {rework.change}"
