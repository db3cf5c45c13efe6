"""What a drill on the target, and one of the way back, say of a system that is moved."""

from collections.abc import Sequence
from dataclasses import replace

from drverify.engine.drills.drill import Concluded
from drverify.engine.migration.surveying import Asked
from drverify.judging.figures import allowed
from drverify.judging.measure import rto_achieved
from drverify.judging.objectives import judge
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.migration import (
    IN_SANDBOX_ONLY,
    READ_ONLY,
    MissedPromise,
    Moved,
    Recovery,
    SideBySide,
    TargetDrill,
)
from drverify.model.obligation import ApplicationValidation, Obligation, ObligationId, Register, Rpo, Rto
from drverify.model.playbook import Playbook, ProbeSpec
from drverify.model.recovery import DiskImage, GuestShape, Payload, SystemFiles
from drverify.model.steps import undone
from drverify.model.verdict import Outcome
from drverify.sealing.agreed import sha256_of


def baseline_of(moved: Moved, playbook: Playbook) -> tuple[ProbeSpec, ...]:
    """The probes that the source is asked: those that the plan names, or all that can only read."""
    named = moved.source.baseline
    return tuple(
        spec
        for spec in playbook.probes
        if spec.kind not in IN_SANDBOX_ONLY and (spec.id in named if named else spec.kind in READ_ONLY)
    )


def shape_of(payload: Payload) -> GuestShape | None:
    """The machine's own shape, where the inventory states it."""
    return payload.guest if isinstance(payload, DiskImage | SystemFiles) else None


def recovery(plan: DrillPlan, record: DrillRecord, register: Register) -> Recovery:
    """Whether the system works where it was started: decided as any promise of a working application.

    That it was started on other hardware excuses nothing here: on that hardware it has to work. Its time
    includes what the drill left out: the playbook's allowances, and steps that nobody was there to do.
    """
    promise = Obligation(
        id=ObligationId("recovery"), clause="", scope=(plan.workload.name,), objective=ApplicationValidation()
    )
    found = judge(promise, replace(plan, hardware=None), record, register)
    took, playbook = rto_achieved(plan, record), plan.playbook
    if took is not None:
        took += allowed((*playbook.allowances, *undone(playbook.steps, record.steps)))
    return Recovery(outcome=found.outcome, reason=found.reason, took=took)


def target_drill(done: Concluded, *, earlier: bool) -> TargetDrill:
    """What the migration's record says of a drill on the target."""
    plan, record = done.plan, done.record
    return TargetDrill(
        drill=plan.drill_id,
        evidence=sha256_of(done.evidence.read_bytes()),
        started_at=record.started_at,
        start=record.start,
        logged=record.start is not None and done.unlogged is None,
        run=plan.group.run if plan.group is not None else "",
        earlier=earlier,
        recovery=recovery(plan, record, done.register),
        unkept=() if earlier else _unkept(done),
        phases=record.phases,
        cleaned_up=record.cleaned_up,
    )


def _unkept(done: Concluded) -> tuple[MissedPromise, ...]:
    """The limits on time and data that were not kept.

    What is unproven because the hardware is another one is no lack: the promise is not about that hardware.
    """
    known = {one.id: one for one in done.register.obligations}
    found = []
    for verdict in done.verdicts:
        obligation = known[verdict.obligation]
        elsewhere = verdict.outcome is Outcome.UNPROVEN and done.plan.hardware is not None
        if (
            isinstance(obligation.objective, Rto | Rpo)
            and verdict.outcome is not Outcome.MET
            and not elsewhere
        ):
            found.append(
                MissedPromise(
                    clause=obligation.clause,
                    what=obligation.objective.kind,
                    outcome=verdict.outcome,
                    reason=verdict.reason,
                )
            )
    return tuple(found)


def side_by_side_probes(
    playbook: Playbook, asked: Sequence[Asked], done: Sequence[Concluded]
) -> tuple[SideBySide, ...]:
    """Every probe's last answer on the source and in the first drill on the target."""
    ours = {one.probe: one for one in asked}
    theirs = {one.probe: one for one in done[0].record.probes} if done else {}
    rows = []
    for spec in playbook.probes:
        source, target = ours.get(spec.id), theirs.get(spec.id)
        rows.append(
            SideBySide(
                probe=spec.id,
                kind=spec.kind,
                required=spec.required,
                source=source.status if source else None,
                source_said=source.observed if source else "",
                target=target.status if target else None,
                target_said=target.observed if target else "",
            )
        )
    return tuple(rows)
