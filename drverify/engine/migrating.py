"""Verifies a planned migration: asks the sources, drills every system on the target and back, returns facts.

One system after the other, in the order of the cut-over. Nothing of a source is changed: it is asked commands
and probes that only read. A drill on the target is a drill as any other, with evidence of its own; the way
back is none, because nothing is restored out of a backup there, and its record stands in the migration's.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from drverify.engine.conductor import conduct
from drverify.engine.drill import Concluded, Order, new_drill_id, run_drill
from drverify.engine.keeping import DrillStore, Signer
from drverify.engine.ports import Clock, DiskSource, Progress, Rooms
from drverify.engine.surveying import Asked, Copy, Source, Surveyor, Take
from drverify.engine.wiring import DrillPorts
from drverify.errors import DrverifyError, HarnessError
from drverify.judging.figures import allowed
from drverify.judging.measure import rto_achieved
from drverify.judging.objectives import judge
from drverify.migrating.comparing import differences
from drverify.migrating.explaining import hardware_of
from drverify.migrating.reading import unread
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.duration import whole_ms_up
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    IN_SANDBOX_ONLY,
    READ_ONLY,
    MigrationFacts,
    MigrationId,
    MigrationPlan,
    MissedPromise,
    Moved,
    MovedSystem,
    Recovery,
    RollbackDrill,
    SideBySide,
    TargetDrill,
)
from drverify.model.obligation import ApplicationValidation, Obligation, ObligationId, Register, Rpo, Rto
from drverify.model.playbook import Playbook, ProbeSpec
from drverify.model.recovery import DiskImage, GuestShape, Payload, SystemFiles
from drverify.model.steps import undone
from drverify.model.system import Inventory
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of

DISK = "returned.raw"
"""The target's disk on its way back, in the format of the source's backups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPorts:
    """Everything that a verification needs from the world."""

    clock: Clock
    progress: Progress
    signer: Signer
    rooms: Rooms
    store: DrillStore
    """Where the drills of the way back are kept."""
    order: Callable[[Moved], Order]
    """A drill of the system on the target. InputError for anything that is wrong."""
    ports: Callable[[Order], Awaitable[DrillPorts]]
    back: Callable[[Moved, Path], Awaitable[tuple[Order, DrillPorts]]]
    """A drill of the disk at the path, on the source's own shape."""
    source: Callable[[Moved], AbstractAsyncContextManager[Source]]
    """The running source. HarnessError or InputError when there is no way to it."""
    history: Callable[[Order], Sequence[Concluded]]
    """Earlier drills of the system on the same host and hardware, newest first."""
    copy: Copy


async def verify_plan(
    plan: MigrationPlan,
    plan_sha256: Sha256,
    migration: MigrationId,
    hardware: HardwareProfile | None,
    ports: MigrationPorts,
) -> MigrationFacts:
    """Find out everything that decides about the plan.

    InputError before anything was begun when an order is wrong; what fails later is a gap in the facts.
    """
    orders = {moved.workload: ports.order(moved) for moved in plan.systems}
    started = ports.clock.utc()
    systems = []
    for group in plan.groups:
        for name in group.workloads:
            moved = next(one for one in plan.systems if one.workload == name)
            ports.progress.note(f"group {group.name}: {name}")
            work = _System(plan, moved, orders[name], hardware, ports)
            systems.append(replace(await work.verified(migration), group=group.name))
    return MigrationFacts(
        id=migration,
        plan=plan,
        plan_sha256=plan_sha256,
        hardware=hardware,
        started_at=started,
        ended_at=ports.clock.utc(),
        systems=tuple(systems),
    )


def baseline_of(moved: Moved, playbook: Playbook) -> tuple[ProbeSpec, ...]:
    """The probes that the source is asked: those that the plan names, or all that can only read."""
    named = moved.source.baseline
    return tuple(
        spec
        for spec in playbook.probes
        if spec.kind not in IN_SANDBOX_ONLY and (spec.id in named if named else spec.kind in READ_ONLY)
    )


class _System:
    """The verification of one system."""

    def __init__(
        self,
        plan: MigrationPlan,
        moved: Moved,
        order: Order,
        hardware: HardwareProfile | None,
        ports: MigrationPorts,
    ) -> None:
        self._plan = plan
        self._moved = moved
        self._order = order
        self._hardware = hardware
        self._ports = ports

    async def verified(self, migration: MigrationId) -> MovedSystem:
        """Everything about it."""
        ports, order = self._ports, self._order
        earlier = [target_drill(one, earlier=True) for one in ports.history(order)]
        source, asked = await self._source()
        async with ports.rooms.lend(DrillId(migration)) as room:
            disk = room.directory / DISK
            way_in = self._moved.target or self._moved.source.access
            surveyor = Surveyor(way_in, ports.clock, self._taker(disk), why_not=self._no_way())
            done = await self._drilled(surveyor)
            rollback, why_not = await self._back(disk, surveyor)
        own = shape_of(order.workload.payload)
        expected = (*self._moved.expected, *self._plan.expected)
        return MovedSystem(
            workload=self._moved.workload,
            group="",
            own=own,
            source=source,
            target=surveyor.inventory,
            differences=differences(source, surveyor.inventory, expected, hardware_of(self._hardware, own)),
            probes=_side_by_side(order.playbook, asked, done),
            drills=(*(target_drill(one, earlier=False) for one in done), *earlier),
            rollback=rollback,
            no_rollback=why_not,
        )

    async def _source(self) -> tuple[Inventory, tuple[Asked, ...]]:
        moved, note = self._moved, self._ports.progress.note
        note(f"{moved.workload}: asking the source, which is only read")
        try:
            async with self._ports.source(moved) as source:
                found = await source.inventory(moved.source.access)
                return found, await source.baseline(baseline_of(moved, self._order.playbook))
        except (DrverifyError, OSError, TimeoutError) as error:
            note(f"{moved.workload}: the source cannot be asked: {error}")
            return unread(f"the source cannot be asked: {error}"), ()

    def _no_way(self) -> str:
        if isinstance(self._order.workload.payload, DiskImage):
            return ""
        return f"only a machine that comes back as one disk image is taken back so far, not a {self._kind}"

    @property
    def _kind(self) -> str:
        return self._order.workload.payload.kind

    def _taker(self, disk: Path) -> Take | None:
        async def take(source: DiskSource) -> int:
            return await self._ports.copy(source, disk)

        return None if self._no_way() else take

    async def _drilled(self, surveyor: Surveyor) -> list[Concluded]:
        """The drills on the target; the first in which the guest comes up is visited."""
        done: list[Concluded] = []
        for number in range(self._plan.drills):
            self._ports.progress.note(
                f"{self._moved.workload}: drill {number + 1} of {self._plan.drills} on the target"
            )
            ports = await self._ports.ports(self._order)
            visited = ports if surveyor.has_looked else replace(ports, visitor=surveyor)
            try:
                done.append(await run_drill(self._order, visited, self._ports.signer))
            except HarnessError as error:
                self._ports.progress.note(f"{self._moved.workload}: not drilled: {error}")
        return done

    async def _back(self, disk: Path, surveyor: Surveyor) -> tuple[RollbackDrill | None, str]:
        if surveyor.not_taken:
            return None, surveyor.not_taken
        self._ports.progress.note(f"{self._moved.workload}: the way back, on the source's own shape")
        try:
            order, ports = await self._ports.back(self._moved, disk)
            plan = self._plan_back(order)
            ports.store.begin(plan.drill_id, codec.encode(plan))
            record = await conduct(plan, ports)
        except DrverifyError as error:
            return None, f"it could not be begun: {error}"
        return RollbackDrill(
            converting=whole_ms_up(surveyor.converting),
            size_bytes=surveyor.taken_bytes,
            plan=plan,
            record=record,
            recovery=recovery(plan, record, order.agreed.register(plan.incident_at)),
        ), ""

    def _plan_back(self, order: Order) -> DrillPlan:
        now = self._ports.clock.utc()
        register = order.agreed.register(now)
        return DrillPlan(
            drill_id=new_drill_id(now),
            workload=order.workload,
            playbook=order.playbook,
            register_sha256=codec.digest(register),
            obligations=(),
            requested_point="latest",
            mode="full",
            incident_at=now,
            look_back=timedelta(days=1),
            previous_success_at=None,
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


def _side_by_side(
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
