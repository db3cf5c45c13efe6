"""One drill from order to evidence: plan it, log that it begins, conduct it, judge it, seal it.

Until the plan is logged nothing was begun, and nothing is left of a request that makes no sense. From then
on the drill counts, whatever happens: it has a result, or stays in the log without one.
"""

import asyncio
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from drverify.engine.drills.challenge import Challenge, make_challenge
from drverify.engine.drills.conductor import conduct
from drverify.engine.drills.journal import Journal
from drverify.engine.drills.recorder import Recorder
from drverify.engine.drills.scene import Scene
from drverify.engine.keeping import Signer
from drverify.engine.staying import Held
from drverify.engine.wiring import DrillPorts
from drverify.errors import DrverifyError, HarnessError, HostError, SupersededError
from drverify.judging.objectives import judge_all, recovered
from drverify.model.challenge import basis_in_words
from drverify.model.drill import DrillId, DrillPlan, DrillRecord, LoggedStart, PhaseName
from drverify.model.group import GroupReference
from drverify.model.hardware import HardwareProfile
from drverify.model.obligation import Mode, Register, in_scope
from drverify.model.playbook import Playbook
from drverify.model.records import SlotReference
from drverify.model.recovery import Workload
from drverify.model.verdict import Verdict
from drverify.planning.request import AtTime, ById, incident_of, parse
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.redaction import Concealer
from drverify.sealing.seal import Sealing, seal
from drverify.sealing.stamps import PLANNING

PATIENCE = (timedelta(seconds=5), timedelta(seconds=20), timedelta(minutes=1))
"""How long to wait before a signer that failed is asked again: an agent is locked, a token was pulled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator wants drilled."""

    workload: Workload
    playbook: Playbook
    agreed: Agreed
    requested_point: str
    mode: Mode
    keep: bool = False
    slot: SlotReference | None = None
    """The scheduled slot that it is drilled for; none: it was not planned."""
    hardware: HardwareProfile | None = None
    """What it is booted on instead of its own hardware; none: its own."""
    group: GroupReference | None = None
    """The run of a dependency group that it is part of; none: it is drilled alone."""
    nonce: str = ""
    """What the customer gave to be part of the challenge; empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """A drill with its judgement and its evidence."""

    register: Register
    plan: DrillPlan
    record: DrillRecord
    verdicts: tuple[Verdict, ...]
    evidence: Path
    unlogged: DrverifyError | None = None
    """Why the result could not be written into the log, where it is missing now; none: it was."""
    stood: bool = False
    """Whether its sandbox stood on after the evidence was signed, for somebody to look into."""
    left: DrverifyError | None = None
    """Why something of a sandbox that stood on may still exist; none: it is gone."""

    @property
    def left_behind(self) -> bool:
        """Whether something of it may still exist now."""
        return self.left is not None if self.stood else not self.record.cleaned_up


def new_drill_id(now: datetime) -> DrillId:
    """Make an id that sorts by start and meets no other one."""
    return DrillId(f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}")


def plan_of(
    order: Order,
    now: datetime,
    previous_success_at: datetime | None,
    *,
    drill_id: DrillId,
    challenge: Challenge,
) -> DrillPlan:
    """Fix everything before anything happens."""
    incident_at = incident_of(order.requested_point, now)
    register = order.agreed.register(incident_at)
    return DrillPlan(
        drill_id=drill_id,
        workload=order.workload,
        playbook=order.playbook,
        register_sha256=codec.digest(register),
        obligations=tuple(obligation.id for obligation in in_scope(register, order.workload.name)),
        requested_point=order.requested_point,
        mode=order.mode,
        incident_at=incident_at,
        look_back=register.look_back,
        previous_success_at=previous_success_at,
        slot=order.slot,
        hardware=order.hardware,
        group=order.group,
        challenge=challenge.value,
        challenge_basis=challenge.basis,
    )


async def run_drill(order: Order, ports: DrillPorts, signer: Signer) -> Concluded:
    """Run a drill to its signed evidence. Cancellation leaves a plan without evidence.

    InputError for a request that no point can answer, HostError or EvidenceError when the log cannot be
    read or written: nothing was restored then. Once something was, only `Concluded.unlogged` tells of a log
    that could not be written. SupersededError when the fence says so, after everything was taken back.
    """
    return await carry_out(await begin(order, ports, signer), ports)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A drill whose start is logged: it counts, whatever becomes of it."""

    order: Order
    plan: DrillPlan
    told: DrillPlan
    """The plan as it is signed: with names hidden, if they are."""
    hiding: Concealer | None
    journal: Journal
    start: LoggedStart | None
    signer: Signer


async def begin(order: Order, ports: DrillPorts, signer: Signer) -> Begun:
    """Plan a drill and log that it begins. Errors as `run_drill`; nothing was restored then."""
    await _looked_at(order, ports)
    plan, challenge = await _planned(order, ports)
    hiding = Concealer(ports.disclosures.salt) if ports.disclosures is not None else None
    told = hiding.plan(plan) if hiding is not None else plan
    ports.store.begin(plan.drill_id, codec.encode(told))
    for file in challenge.files:
        ports.store.keep(plan.drill_id, file)
    note = ports.progress.note
    note(f"drill {plan.drill_id}: {order.workload.name}, {order.mode} restore")
    note(f"challenge: made of {basis_in_words(challenge.basis)}")
    journal = Journal(ports.log, ports.store, plan.drill_id, stamps=ports.stamps, note=note)
    start = await asyncio.to_thread(journal.started, told, signer)
    return Begun(
        order=order, plan=plan, told=told, hiding=hiding, journal=journal, start=start, signer=signer
    )


async def carry_out(begun: Begun, ports: DrillPorts) -> Concluded:
    """Conduct a drill that was begun, judge it and seal it. Errors as `run_drill`.

    Where `ports.stay` wants it, what was made is taken back only when the stay is over; the evidence is
    sealed and logged before that.
    """
    still_now(begun.plan, ports.clock.utc())
    async with Held(ports.stay, ports.progress) as held:
        record = await conduct(begun.plan, ports, keep=begun.order.keep, start=begun.start, held=held)
        concluded = await _concluded(begun, ports, record)
        await held.over()
    return replace(concluded, stood=held.standing is not None, left=held.left)


async def abandon(begun: Begun, ports: DrillPorts, why: HarnessError) -> Concluded:
    """Conclude a drill that was begun and cannot be conducted, with `why` as our fault.

    Errors as `run_drill`.
    """
    still_now(begun.plan, ports.clock.utc())
    recorder = Recorder(ports.clock, ports.progress)
    scene = Scene(plan=begun.plan, recorder=recorder, store=ports.store, keep_sandbox=False)
    scene.start = begun.start
    with recorder.measured(PhaseName.SELECT):
        recorder.failed(why)
    scene.tools = ports.own_tools
    return await _concluded(begun, ports, scene.record(ended_at=ports.clock.utc()))


async def _concluded(begun: Begun, ports: DrillPorts, record: DrillRecord) -> Concluded:
    """Judge, seal and log what was recorded. SupersededError when that is another attempt's to do."""
    if ports.fence is not None and not await ports.fence():
        raise SupersededError(
            f"another attempt took the place of drill {begun.plan.drill_id}: nothing was signed"
        )
    order, plan, told, hiding = begun.order, begun.plan, begun.told, begun.hiding
    register = order.agreed.register(plan.incident_at)
    verdicts = judge_all(register, plan, record)
    said, judged = record, verdicts
    if hiding is not None and ports.disclosures is not None:
        said = hiding.record(record)
        judged = judge_all(register, told, said)
        ports.disclosures.keep(plan.drill_id, hiding.content())
    envelope = await _sealed(
        Sealing(plan=told, record=said, agreed=order.agreed, register=register, verdicts=judged),
        ports,
        begun.signer,
    )
    evidence = ports.store.seal(plan.drill_id, envelope)
    ports.store.summarise(
        plan.drill_id, plan.workload.name, recovered=recovered(plan, record), ended_at=record.ended_at
    )
    return Concluded(
        register=register,
        plan=plan,
        record=record,
        verdicts=verdicts,
        evidence=evidence,
        unlogged=await _logged(begun.journal, envelope),
    )


async def _looked_at(order: Order, ports: DrillPorts) -> None:
    """See that the request can lead to a point: a slip of the pen is no drill. Only an id can be wrong.

    A source that cannot be listed now is a finding of the drill itself.
    """
    now = ports.clock.utc()
    incident_at = incident_of(order.requested_point, now)
    if not isinstance(parse(order.requested_point), ById):
        return
    try:
        points = await ports.source.points(order.workload.points)
    except DrverifyError as error:
        ports.progress.note(f"the points cannot be looked at before the drill: {error}")
        return
    ports.select(points, order.requested_point, incident_at, now)


async def _planned(order: Order, ports: DrillPorts) -> tuple[DrillPlan, Challenge]:
    """The plan, with an incident of now unless a time was asked for, and what its challenge was made of."""
    drill_id = new_drill_id(ports.clock.utc())
    challenge = await asyncio.to_thread(
        make_challenge, drill_id, ports.log, ports.stamps, nonce=order.nonce, note=ports.progress.note
    )
    previous = ports.store.last_success(order.workload.name)
    now = ports.clock.utc()
    return plan_of(order, now, previous, drill_id=drill_id, challenge=challenge), challenge


def still_now(plan: DrillPlan, now: datetime) -> None:
    """HostError when the incident is not of now any more: a recovery that began so late shows nothing."""
    if not isinstance(parse(plan.requested_point), AtTime) and now - plan.incident_at > PLANNING:
        raise HostError(
            f"logging the start of drill {plan.drill_id} took longer than {PLANNING.seconds} s: not begun",
            hint="it stays in the log as a drill without a result; was this machine suspended?",
        )


async def _sealed(sealing: Sealing, ports: DrillPorts, signer: Signer) -> bytes:
    """Seal the evidence. A key that cannot sign now is asked again: its drill cannot be repeated.

    What it raises the last time ends the drill without evidence, so that its start counts as failed.
    """

    def sealed() -> bytes:
        return seal(sealing, keep=lambda blob: ports.store.keep(sealing.plan.drill_id, blob), signer=signer)

    for pause in PATIENCE:
        try:
            return await asyncio.to_thread(sealed)
        except HarnessError as error:
            seconds = pause.total_seconds()
            ports.progress.note(f"the evidence was not signed: {error}; asked again in {seconds:.0f} s")
            await asyncio.sleep(seconds)
    return await asyncio.to_thread(sealed)


async def _logged(journal: Journal, envelope: bytes) -> DrverifyError | None:
    """Log the result; an error is told with the verdicts, which it must not hide."""
    try:
        await asyncio.to_thread(journal.ended, envelope)
    except DrverifyError as error:
        return error
    return None
