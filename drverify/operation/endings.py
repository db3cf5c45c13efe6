"""How an attempt ended, out of what is known: its drill's evidence, or what a dead process left."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from drverify.adapters.storage.controls import controls
from drverify.adapters.storage.probes import probes
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.errors import DrverifyError, Exit, HostError
from drverify.model.booking import BookingKind, Ending
from drverify.model.controls import ControlOutcome, ControlResult
from drverify.model.drill import DrillRecord, GaveUp
from drverify.model.immutability import ImmutabilityResult
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome, Verdict
from drverify.operation.jobs import JobDirectory
from drverify.operation.telling import printable

FAULTS = 20


def exit_code(verdicts: Sequence[Verdict], *, left_behind: bool) -> int:
    """The worst of what happened, in the documented order."""
    return _worst({verdict.outcome for verdict in verdicts}, left_behind=left_behind)


def code_of(ending: Ending) -> int:
    """The exit code of a process whose attempt ended so."""
    if ending.kind in {"concluded", "failed"}:
        return _worst({outcome for _, outcome in ending.verdicts}, left_behind=ending.left_behind)
    return Exit.LEFT_BEHIND if ending.left_behind else Exit.INTERRUPTED


def _worst(outcomes: set[Outcome], *, left_behind: bool) -> int:
    if left_behind:
        return Exit.LEFT_BEHIND
    if Outcome.MISSED in outcomes:
        return Exit.MISSED
    return Exit.UNPROVEN if Outcome.UNPROVEN in outcomes or not outcomes else Exit.OK


def of_concluded(done: Concluded, at: datetime) -> Ending:
    """The ending of an attempt that left evidence."""
    return Ending(
        kind="concluded",
        at=at,
        drill=done.plan.drill_id,
        verdicts=tuple((verdict.obligation, verdict.outcome) for verdict in done.verdicts),
        faults=tuple(map(printable, _faults(done.record)))[:FAULTS],
        left_behind=done.left_behind,
        why=counted([verdict.outcome for verdict in done.verdicts]),
    )


def counted(outcomes: Sequence[Outcome]) -> str:
    """How many of each there are, for people."""
    found = [f"{number} {one.value}" for one in Outcome if (number := outcomes.count(one))]
    return ", ".join(found) or "nothing to judge"


def _faults(record: DrillRecord) -> Iterator[str]:
    """Ours; a wait that a limit of ours ended is one, too: what it leaves unproven is tried again."""
    yield from (f"{fault.phase}: {fault.what}" for fault in record.faults)
    if record.gave_up_by is GaveUp.HEALTHY_LIMIT:
        yield f"boot: a limit of ours ended the wait: {record.gave_up}"


def of_control(result: ControlResult) -> Ending:
    """The ending of an attempt whose negative control is signed; failed when it shows nothing."""
    said = f"control {result.kind}: {result.outcome}: {result.why}"
    if result.outcome is ControlOutcome.NOT_RUN:
        return Ending(kind="failed", at=result.at, faults=(result.why,), why=said)
    return Ending(kind="concluded", at=result.at, why=said)


def of_probe(result: ImmutabilityResult) -> Ending:
    """The ending of an attempt whose probe of immutability is signed; failed when it could not look."""
    verdicts = tuple((ObligationId(one.provision), one.outcome) for one in result.verdicts)
    said = f"immutability of source {result.source}: {result.outcome}: {result.reason}"
    if result.tampering.problem and result.outcome is Outcome.UNPROVEN:
        return Ending(kind="failed", at=result.at, faults=(result.reason,), why=said)
    return Ending(kind="concluded", at=result.at, verdicts=verdicts, why=said)


def of_dead(workshop: Workshop, job: JobDirectory, at: datetime) -> Ending:
    """The ending of an attempt whose process is gone without a word.

    Where it had signed its evidence, or the statement of its control or probe, before it died, the attempt
    concluded: it is not run again.
    """
    drill, kind = job.drill(), _kind(job)
    if kind != "drill":
        return _of_dead_trial(workshop, kind, drill, at)
    if drill is not None:
        try:
            sealed = workshop.sealed(drill)
        except DrverifyError as error:
            why = f"its process is gone, and its evidence cannot be read: {error}"
            return Ending(kind="died", at=at, drill=drill, faults=(printable(why),), why=printable(why))
        if sealed is not None:
            listed = any(view.drill_id == drill for view in workshop.ledgers.views())
            return replace(of_concluded(sealed, at), left_behind=listed)
    why = "its process is gone without a word"
    return Ending(kind="died", at=at, drill=drill, faults=(why,), why=why)


def _kind(job: JobDirectory) -> BookingKind:
    """What was meant to run; a drill where nothing readable says it."""
    with suppress(HostError):
        meant = job.job()
        return meant.booking.kind if meant is not None else "drill"
    return "drill"


def _of_dead_trial(workshop: Workshop, kind: BookingKind, number: str | None, at: datetime) -> Ending:
    """As `of_dead`, of a control or a probe; its number is no drill's."""
    why = "its process is gone without a word"
    try:
        stated = _stated(workshop, kind, number) if number is not None else None
    except DrverifyError as error:
        stated, why = None, printable(f"its process is gone, and its statement cannot be read: {error}")
    return stated or Ending(kind="died", at=at, faults=(why,), why=why)


def _stated(workshop: Workshop, kind: BookingKind, number: str) -> Ending | None:
    """The ending by the statement of a control or a probe; None when none of that number is signed."""
    if kind == "control":
        made = next((one for one in controls(workshop.state_dir) if one.id == number), None)
        return of_control(made) if made is not None else None
    probed = next((one for one in probes(workshop.state_dir) if one.id == number), None)
    return of_probe(probed) if probed is not None else None
