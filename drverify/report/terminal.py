"""A concluded drill in words: the table of obligations, the phases, what to do next."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.engine.drills.drill import Concluded
from drverify.model.challenge import ChallengeStatus, in_words
from drverify.model.drill import DrillPlan, DrillRecord, ProbeStatus
from drverify.model.duration import exact, human
from drverify.model.grain import named
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Obligation,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.recovery import MachineDescription
from drverify.model.steps import StepStatus
from drverify.model.verdict import Outcome, Verdict
from drverify.report import compared, hardware, inspected
from drverify.report.circumstances import circumstances

COLOURS = {Outcome.MET: "green", Outcome.MISSED: "bold red", Outcome.UNPROVEN: "yellow"}
CHALLENGE_COLOURS = {
    ChallengeStatus.RETURNED: "green",
    ChallengeStatus.WRONG: "bold red",
    ChallengeStatus.NOT_APPLICABLE: "default",
}
STEP_COLOURS = {
    StepStatus.DONE: "green",
    StepStatus.FAILED: "red",
    StepStatus.ALLOWED: "yellow",
    StepStatus.ERRORED: "yellow",
}
PROBE_COLOURS = {
    ProbeStatus.PASSED: "green",
    ProbeStatus.FAILED: "red",
    ProbeStatus.UNANSWERED: "red",
    ProbeStatus.ERRORED: "yellow",
}


def objective_words(obligation: Obligation) -> str:
    """What is promised, in a few words."""
    match obligation.objective:
        case Rpo():
            return "data loss (RPO)"
        case Rto(mode=mode):
            return f"recovery time (RTO), {mode} restore"
        case BackupFrequency():
            return "time between backups"
        case RestoreTestFrequency(grains=grains):
            return f"time between restore tests{f': {named(grains)}' if grains else ''}"
        case Retention():
            return "retention"
        case ApplicationValidation():
            return "application validated"


def show(console: Console, concluded: Concluded, remarks: Iterable[str] = ()) -> None:
    """Print the drill for a person; `remarks` are findings that are no verdict's."""
    register, plan, record = concluded.register, concluded.plan, concluded.record
    console.print()
    console.print(_head(register, plan, record), highlight=False)
    console.print(_step_table(plan, record)) if plan.playbook.steps else None
    console.print(_probe_table(record)) if record.probes else None
    console.print(_obligation_table(register, concluded.verdicts))
    for line in (*_remarks(register, plan, record), *_still_there(concluded)):
        console.print(line, highlight=False)
    for line in remarks:
        console.print(f"[yellow]finding[/] {escape(line)}", highlight=False)


def _head(register: Register, plan: DrillPlan, record: DrillRecord) -> str:
    phases = ", ".join(f"{phase.name} {human(phase.took)}" for phase in record.phases)
    restored = record.restore
    documents = ", ".join(signed.name for signed in register.agreement.documents)
    lines = [
        f"[bold]Drill {record.drill_id}[/]: {escape(plan.workload.name)}, {plan.mode} restore",
        *_slot(plan),
        *_group(plan),
        f"agreement  {escape(register.agreement.title)} ({escape(documents)})",
        f"point      {escape(record.selection.why)}",
        f"phases     {phases}",
    ]
    if restored is not None:
        read = f", {restored.read_bytes / 2**20:.0f} MiB read" if restored.read_bytes is not None else ""
        lines.append(
            f"restored   {restored.restored_bytes / 2**20:.0f} MiB in {restored.files} file(s), "
            f"{restored.allocated_bytes / 2**20:.0f} MiB on disk{read}, {restored.cache} cache"
        )
    if record.machine is not None:
        lines.append(f"machine    {escape(_machine(record.machine))}")
    lines += hardware.lines(plan, record)
    lines += inspected.lines(record.inspection)
    lines += compared.lines(record.comparison)
    closed = sum(check.closed for check in record.isolation.checks)
    lines.append(f"isolation  {closed} of {len(record.isolation.checks)} checks closed{_counters(record)}")
    passed = sum(control.status is ProbeStatus.PASSED for control in record.controls)
    lines.append(
        f"controls   {len(record.controls)} probes asked before the guest was up, {passed} passed (must be 0)"
    )
    if record.challenge is not None:
        colour = CHALLENGE_COLOURS.get(record.challenge.status, "yellow")
        lines.append(f"challenge  [{colour}]{escape(in_words(record.challenge))}[/]")
    return "\n".join(lines)


def _slot(plan: DrillPlan) -> Iterator[str]:
    if plan.slot is not None:
        attempt = f", attempt {plan.slot.attempt}" if plan.slot.attempt > 1 else ""
        yield f"slot       {escape(plan.slot.slot)}{attempt}"


def _group(plan: DrillPlan) -> Iterator[str]:
    if (group := plan.group) is not None:
        mine = next((one for one in group.members if one.workload == plan.workload.name), None)
        others = ", ".join(one.workload for one in group.members if one is not mine)
        after = f", started after {', '.join(mine.after)}" if mine is not None and mine.after else ""
        yield f"group      {escape(group.group)} (run {group.run}), together with {escape(others + after)}"


def _machine(machine: MachineDescription) -> str:
    shape, changed = machine.shape, len(machine.deviations)
    disks = ", ".join(disk.name for disk in shape.disks) or "one disk"
    differs = f"differs from the original in {changed} things" if changed else "as it was backed up"
    return (
        f"{machine.name}: {shape.vcpus} CPUs, {shape.memory_mib} MiB, {shape.firmware}, {disks}, "
        f"{len(shape.networks)} network cards; {differs}"
    )


def _counters(record: DrillRecord) -> str:
    text = ", ".join(f"{counter.name} {counter.value}" for counter in record.isolation.counters)
    return f"; {text}" if text else ""


def _step_table(plan: DrillPlan, record: DrillRecord) -> Table:
    table = Table(title="Steps", title_justify="left", expand=True)
    for name, ratio in (("step", 0), ("done by", 0), ("how it went", 0), ("said", 3)):
        table.add_column(name, no_wrap=not ratio, ratio=ratio or None)
    table.add_column("took", justify="right", no_wrap=True)
    records = {one.step: one for one in record.steps}
    for step in plan.playbook.steps:
        one = records.get(step.id)
        owner = step.party + (f" ({step.clause})" if step.party and step.clause else "")
        colour = STEP_COLOURS[one.status] if one else "default"
        table.add_row(
            escape(step.id),
            escape(owner) if owner else "[bold red]nobody[/]",
            f"[{colour}]{one.status if one else 'not reached'}[/]",
            escape(one.said) if one else "",
            human(one.took) if one else "-",
        )
    return table


def _probe_table(record: DrillRecord) -> Table:
    table = Table(title="Probes", title_justify="left", expand=True)
    table.add_column("probe", no_wrap=True)
    table.add_column("answer", no_wrap=True)
    table.add_column("expected", ratio=2)
    table.add_column("observed", ratio=3)
    table.add_column("healthy after", justify="right", no_wrap=True)
    for result in record.probes:
        colour = PROBE_COLOURS[result.status]
        table.add_row(
            escape(result.probe),
            f"[{colour}]{result.status}[/]",
            escape(result.expected),
            escape(result.observed),
            human(result.settled) if result.settled is not None else "-",
        )
    return table


def _obligation_table(register: Register, verdicts: tuple[Verdict, ...]) -> Table:
    table = Table(title="Obligations", title_justify="left", expand=True, show_lines=True)
    for name, options in (
        ("clause", {"no_wrap": True}),
        ("promise", {"ratio": 2}),
        ("limit", {"no_wrap": True}),
        ("achieved", {"no_wrap": True}),
        ("verdict", {"no_wrap": True}),
        ("why", {"ratio": 4}),
    ):
        table.add_column(name, **options)
    obligations = {obligation.id: obligation for obligation in register.obligations}
    for verdict in verdicts:
        obligation = obligations[verdict.obligation]
        table.add_row(
            escape(obligation.clause),
            objective_words(obligation),
            exact(verdict.limit) if verdict.limit is not None else "-",
            _achieved(verdict),
            f"[{COLOURS[verdict.outcome]}]{verdict.outcome}[/]",
            escape("\n".join((verdict.reason, *circumstances(obligation)))),
        )
    return table


def _achieved(verdict: Verdict) -> str:
    if verdict.achieved is None:
        return "-"
    text = human(verdict.achieved)
    if verdict.allowance > timedelta(0):
        text += f"\n+ {exact(verdict.allowance)} stated"
    return text


def _remarks(register: Register, plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    for defect in record.defects:
        yield f"[bold red]defect[/] in phase {defect.phase}: {escape(defect.what)}"
    for fault in record.faults:
        yield f"[yellow]our fault[/] ({fault.attribution}) in phase {fault.phase}: {escape(fault.what)}"
    if record.gave_up:
        yield f"[yellow]gave up waiting[/]: {escape(record.gave_up)}"
    yield from inspected.remarks(record.inspection)
    yield from compared.remarks(record.comparison)
    for one in record.machine.deviations if record.machine else ():
        yield escape(f"the copy differs in {one.what}: {one.change} ({one.why})")
    for name in record.dependencies:
        yield f"undeclared dependency: the guest asked {name.queries} times for {escape(name.name)}"
    if register.gaps:
        yield f"the agreement leaves {len(register.gaps)} points open: see `drverify agreement lint REGISTER`"
    if plan.previous_success_at is not None:
        yield f"last earlier successful restore test: {plan.previous_success_at:%Y-%m-%d %H:%M} UTC"


def _still_there(concluded: Concluded) -> Iterator[str]:
    """What was not taken back when the drill was signed, and what became of it since."""
    record = concluded.record
    remedy = "see `drverify sandbox list`, remove it with `drverify sandbox reap`"
    if concluded.stood and concluded.left is None:
        yield "the sandbox stood on after signing, and was taken back"
    elif concluded.stood:
        left = escape(str(concluded.left))
        yield f"the sandbox stood on after signing, and was left behind: {left}; {remedy}"
    elif not record.cleaned_up:
        state = "kept on request" if not any(f.phase == "teardown" for f in record.faults) else "left behind"
        yield f"the sandbox was {state}: {remedy}"
