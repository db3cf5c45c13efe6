"""What a night runs beside drills: negative controls, and attempts to delete what must not be deleted.

Both are called by the process of a booking (`Booking.kind`), and by the command line.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from drverify.adapters import table
from drverify.adapters.clock import SystemClock
from drverify.adapters.storage.controls import FILE, FOLDER, keep_beside, last_caught
from drverify.adapters.storage.drills import DrillDirectory
from drverify.compose import Workshop
from drverify.engine.drills.challenge import make_challenge
from drverify.engine.drills.drill import Order, new_drill_id, plan_of
from drverify.engine.ports import Progress, Room
from drverify.engine.sources import RecoverySource
from drverify.engine.trials.control import Breaker, BrokenCopy, Controlled, OnePoint, only, run_control_drill
from drverify.engine.trials.harm import HARMS
from drverify.engine.wiring import Fence
from drverify.errors import DrverifyError, HarnessError, InputError, SupersededError
from drverify.model.booking import Booking, Ending
from drverify.model.controls import (
    CONTROL_TYPE,
    ControlKind,
    ControlOutcome,
    ControlResult,
    ControlStatement,
    Damage,
)
from drverify.model.drill import DrillId, DrillPlan, point_of
from drverify.model.recovery import RecoveryPoint, Workload
from drverify.operation.drilling import ready
from drverify.operation.endings import of_control, of_probe
from drverify.operation.immutability import probe
from drverify.planning.controls import IN_STORE, DueControl, due_controls, kinds_for, stale_age
from drverify.planning.request import LATEST
from drverify.sealing import codec
from drverify.sealing.beside import signed
from drverify.settings import Settings

Begun = Callable[[DrillId], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A control whose result is signed."""

    result: ControlResult
    statement: Path


class NoGoodPointError(HarnessError):
    """Nothing shows that a point of the workload is good: a control of it would show nothing."""


class _Room(Workshop):
    """The workshop as a control sees it: one source with one broken copy, no log, drills of its own."""

    def __init__(self, settings: Settings, source: RecoverySource) -> None:
        super().__init__(settings)
        self._source = source
        self.drills = DrillDirectory(self.state_dir / FOLDER, self._own_keys)

    def source(self, name: str) -> RecoverySource:
        """The broken copy, whatever the name."""
        del name
        return self._source

    def log(self) -> None:
        """None: a control is in no log."""


async def run_control(
    workshop: Workshop, booking: Booking, progress: Progress, fence: Fence, begun: Begun = lambda _: None
) -> Ending:
    """Run the negative control of the booking's workload that is due first; `concluded` with a statement.

    Where no good point is left to break, nothing is shown either way and nobody is at fault: it ends
    without a statement, stays owed, and the date of the last catch grows old for everybody to see.

    `begun` is told its id before anything is broken: by that its statement is found when this process dies.
    Cancellation takes everything back and signs nothing; so does SupersededError, when the fence says so.
    """
    clock = SystemClock()
    try:
        chosen = next(iter(await asyncio.to_thread(due, workshop, [booking.workload])), None)
        if chosen is None:
            return _nothing_to_break(clock.utc(), f"{booking.workload} was not drilled yet")
        done = await control(
            workshop, booking.workload, chosen.kind, progress, fence=fence, host=booking.host, begun=begun
        )
    except SupersededError:
        raise
    except NoGoodPointError as error:
        return _nothing_to_break(clock.utc(), str(error))
    except DrverifyError as error:
        return Ending(kind="failed", at=clock.utc(), faults=(str(error),), why=f"control: {error}")
    return of_control(done.result)


def _nothing_to_break(at: datetime, why: str) -> Ending:
    return Ending(kind="concluded", at=at, why=f"control: nothing to break now: {why}")


async def run_immutability(
    workshop: Workshop, booking: Booking, progress: Progress, fence: Fence, begun: Begun = lambda _: None
) -> Ending:
    """Try to delete a canary of the workload's source as who writes backups; as `run_control`."""
    clock = SystemClock()
    try:
        source = workshop.workload(booking.workload).source
        probed = await probe(workshop, source, progress, fence=fence, begun=begun)
    except SupersededError:
        raise
    except DrverifyError as error:
        return Ending(kind="failed", at=clock.utc(), faults=(str(error),), why=f"immutability: {error}")
    return of_probe(probed.result)


async def control(
    workshop: Workshop,
    name: str,
    kind: ControlKind,
    progress: Progress,
    *,
    fence: Fence | None = None,
    host: str = "",
    begun: Begun = lambda _: None,
) -> Signed:
    """Break a copy of a good point of the workload, drill it, and sign what came of it.

    `host`: where, if not on the workload's own. `begun` is told its id before anything is broken.

    InputError for a kind that cannot be made of it, NoGoodPointError when no drill recovered it last, or its
    point is not listed any more; errors
    of ours while the copy is made; whatever happens later is part of the signed result.
    """
    await ready(workshop)
    order = workshop.order(name, requested_point=LATEST, mode="full", keep=False)
    if host:
        order = replace(order, workload=replace(order.workload, host=host))
    possible = kinds_of(workshop, order.workload)
    if kind not in possible:
        raise InputError(
            f"no control of kind {kind} can be made of {name}", hint=f"possible are: {', '.join(possible)}"
        )
    clock = SystemClock()
    good, point = await _good(workshop, order.workload)
    drill_id = new_drill_id(clock.utc())
    begun(drill_id)
    progress.note(
        f"control {drill_id}: {name}, {kind}; a copy of point {point.id[:8]}, which {good} recovered"
    )
    async with AsyncExitStack() as stack:
        room = await stack.enter_async_context(workshop.rooms.lend(drill_id))
        copy, harmed = await _broken(workshop, order, kind, point, room, progress=progress)
        plan, done = await _drilled(workshop, kind, order, drill_id, harmed, progress=progress)
    result = ControlResult(
        id=drill_id,
        agreement=done.register.agreement.id,
        workload=name,
        kind=kind,
        outcome=done.outcome,
        why=done.why,
        at=clock.utc(),
        damage=copy or harmed.damage,
        point=point.id,
        good_drill=good,
    )
    if harmed.harms and harmed.damage is None and result.outcome is not ControlOutcome.NOT_RUN:
        result = replace(result, outcome=ControlOutcome.NOT_RUN, why=f"nothing was broken: {done.why}")
    if fence is not None and not await fence():
        raise SupersededError(f"another attempt took the place of control {drill_id}: nothing was signed")
    return await asyncio.to_thread(_kept, workshop, result, plan, done)


async def _drilled(
    workshop: Workshop,
    kind: ControlKind,
    order: Order,
    drill_id: DrillId,
    source: OnePoint,
    *,
    progress: Progress,
) -> tuple[DrillPlan, Controlled]:
    """The drill of the copy; its plan is kept first, in the controls' own directory."""
    ports = await _Room(workshop.settings, source).ports(order, progress)
    challenge = await asyncio.to_thread(make_challenge, drill_id, None, None, nonce="", note=progress.note)
    previous = workshop.drills.last_success(order.workload.name)
    plan = plan_of(order, ports.clock.utc(), previous, drill_id=drill_id, challenge=challenge)
    if kind == "stale":  # as if backups had been owed since then, and none were made
        since = source.listed.consistent_as_of - timedelta(hours=1)
        since = min(since, plan.workload.protected_since)
        plan = replace(plan, workload=replace(plan.workload, protected_since=since))
    ports.store.begin(drill_id, codec.encode(plan))
    for file in challenge.files:
        ports.store.keep(drill_id, file)
    return plan, await run_control_drill(kind, order, plan, ports)


async def _good(workshop: Workshop, workload: Workload) -> tuple[DrillId, RecoveryPoint]:
    """The drill that recovered the workload last, and its point; drills of further copies are left out.

    NoGoodPointError when the newest drill did not recover it: a red could then be that drill's own; and when
    its point is not listed any more: nothing shows that another one is good, and the red of a backup that is
    broken by itself would be taken for a catch.
    """
    entries = await asyncio.to_thread(lambda: list(workshop.drills.entries()))
    newest = next(
        (
            one
            for one in entries
            if one.workload == workload.name and one.outcome != "interrupted" and not one.of_copy
        ),
        None,
    )
    hint = f"drverify drill run {workload.name}"
    if newest is None or newest.outcome != "recovered":
        what = "was never drilled" if newest is None else "did not come back in its newest drill"
        raise NoGoodPointError(f"{workload.name} {what}: a red control would show nothing", hint=hint)
    sealed = await asyncio.to_thread(workshop.sealed, newest.drill_id)
    wanted = point_of(sealed.record) if sealed is not None else None
    points = await workshop.source(workload.source).points(workload.points)
    found = next((one for one in points if one.id == wanted), None)
    if found is None:
        raise NoGoodPointError(
            f"the source does not list the point of {workload.name} that drill {newest.drill_id} recovered: "
            "nothing shows that another one is good",
            hint=hint,
        )
    return newest.drill_id, found


async def _broken(
    workshop: Workshop,
    order: Order,
    kind: ControlKind,
    point: RecoveryPoint,
    room: Room,
    *,
    progress: Progress,
) -> tuple[Damage | None, OnePoint]:
    """The copy's damage, as far as it is done by now, and the source that the drill is given."""
    workload = order.workload
    payload, settings = workload.payload, workshop.settings.sources[workload.source]
    if kind == "stale":
        older = stale_age(order.agreed.register(SystemClock().utc()), workload.name)
        hours = str(older // timedelta(hours=1))
        damage = Damage(what="the newest point is as old as no promise allows", facts=(("hours", hours),))
        return damage, only(workshop.source(workload.source), point, payload, older=older)
    if kind in IN_STORE.get(settings.kind, ()):
        factory = table.load(table.BREAKERS, settings.kind, "source")
        breaker: Breaker = factory(workload.source, settings.options(), workshop.secret)
        into = room.directory / "copy"
        await asyncio.to_thread(into.mkdir)
        copy: BrokenCopy = await breaker(kind, point, payload, into=into, progress=progress)
        progress.note(f"broken: {copy.damage.what}")
        return copy.damage, only(copy.source, copy.point, payload)
    return None, only(workshop.source(workload.source), point, payload, harm=HARMS[kind])


def _kept(workshop: Workshop, result: ControlResult, plan: DrillPlan, done: Controlled) -> Signed:
    stated = ControlStatement(
        result=result,
        plan=plan,
        record=done.record,
        outcomes=tuple((one.obligation, one.outcome) for one in done.verdicts),
    )
    signer = workshop.signer()
    name = f"{result.kind} of {result.workload}"
    envelope = signed(CONTROL_TYPE, name, stated, keyid=signer.keyid, sign=signer.sign)
    path = keep_beside(workshop.state_dir / FOLDER / result.id / FILE, envelope)
    return Signed(result=result, statement=path)


# --- when ------------------------------------------------------------------------------------


def kinds_of(workshop: Workshop, workload: Workload) -> tuple[ControlKind, ...]:
    """The kinds that can be made of a workload, and that the settings do not leave out."""
    source = workshop.settings.sources.get(workload.source)
    register = workshop.agreed.register(SystemClock().utc())
    found = kinds_for(workload.payload, source.kind if source else "", register, workload.name)
    chosen = workshop.settings.controls.kinds
    return tuple(kind for kind in found if not chosen or kind in chosen)


def due(workshop: Workshop, workloads: Sequence[str] = ()) -> Iterator[DueControl]:
    """When each control of these workloads (none named: of all) is owed next, the most overdue first.

    Those of a workload that its newest drill did not recover are left out. Blocks.
    """
    wanted = [one for one in workshop.workloads if not workloads or one.name in workloads]
    yield from due_controls(
        {one.name: kinds_of(workshop, one) for one in wanted},
        last_caught(workshop.state_dir),
        _recovered(workshop),
        every=timedelta(days=workshop.settings.controls.every_days),
    )


def _recovered(workshop: Workshop) -> Mapping[str, datetime]:
    """When each workload was recovered first, as far as drills are kept; none whose newest drill failed."""
    found: dict[str, datetime] = {}
    newest: dict[str, str] = {}
    for one in workshop.drills.entries():
        if one.of_copy:
            continue
        if one.outcome != "interrupted":
            newest.setdefault(one.workload, one.outcome)
        if one.outcome == "recovered" and one.ended_at is not None:
            found[one.workload] = one.ended_at  # newest first: the oldest one stays
    return {name: at for name, at in found.items() if newest[name] == "recovered"}
