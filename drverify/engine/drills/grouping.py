"""A dependency group drilled as one: members restored side by side into one sandbox, each by its own limits.

Every member is a drill of its own, with its own plan, clock and evidence; what they share is the instant of
their declaration, the sandbox's networks, and the order in which they start.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from drverify.engine.drills.commons import Later, on
from drverify.engine.drills.companions import Companions, Declaration
from drverify.engine.drills.drill import Begun, Concluded, Order, abandon, begin, carry_out, still_now
from drverify.engine.keeping import Signer
from drverify.engine.ports import Clock, SandboxHost
from drverify.engine.recovering import FileWay
from drverify.engine.sharing import SharingHost
from drverify.engine.wiring import DrillPorts, Fence
from drverify.errors import DrverifyError, HostError, InputError, TeardownError
from drverify.model.drill import DrillId
from drverify.model.group import GroupReference, Member, needed
from drverify.model.obligation import Register
from drverify.model.playbook import DnsAnswer
from drverify.model.records import SlotReference
from drverify.model.recovery import GuestShape, stated_shape
from drverify.model.steps import AskStep

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDrill:
    """One member: what is drilled, and over which ports."""

    order: Order
    ports: DrillPorts
    slot: SlotReference | None = None
    nonce: str = ""
    """What the customer gave to be part of each challenge; empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupConcluded:
    """A group's run: the drill of each member, or why it has no result."""

    reference: GroupReference
    members: tuple[Concluded | DrverifyError, ...]
    """In the group's order."""
    left: DrverifyError | None = None
    """Why something of the shared sandbox may still exist; none: it is gone."""

    @property
    def concluded(self) -> tuple[Concluded, ...]:
        """The drills that have a result."""
        return tuple(one for one in self.members if isinstance(one, Concluded))


async def run_group(
    reference: GroupReference,
    members: Sequence[MemberDrill],
    host: SandboxHost,
    signer: Signer,
    *,
    begun: Callable[[DrillId], None] = lambda _: None,
) -> GroupConcluded:
    """Drill every member to its evidence. InputError for what cannot share a sandbox; nothing was begun then.

    `begun` is told each member's drill as soon as its start is logged. A fence is asked for each when nobody
    is left who still drills: the group is signed as a whole, or somebody else's.
    HostError or EvidenceError when the log cannot be read or written: nothing was restored, and members that
    were logged already have a result that says why. Cancelled, it takes everything back.
    """
    check_group(reference.members, members, host)
    drills = await _begun(reference, members, signer, begun)
    registers = [one.order.agreed.register(one.plan.incident_at) for one in drills]
    last = Last(len(members))

    async def work(at: int, ports: DrillPorts) -> Concluded:
        fence = last.before(at, ports.fence) if ports.fence is not None else None
        try:
            return await carry_out(drills[at], replace(ports, fence=fence))
        finally:
            last.came(at)

    done, left = await side_by_side(reference, members, registers, host, work)
    return GroupConcluded(reference=reference, members=done, left=left)


class Last:
    """Lets nobody pass before the last has come."""

    def __init__(self, number: int) -> None:
        self._away = set(range(number))
        self._all = asyncio.Event()

    def came(self, at: int) -> None:
        """Say that one has come, or never will. Idempotent."""
        self._away.discard(at)
        if not self._away:
            self._all.set()

    def before(self, at: int, fence: Fence) -> Fence:
        """The fence of one, asked when all have come."""

        async def asked() -> bool:
            self.came(at)
            await self._all.wait()
            return await fence()

        return asked


def check_group(group: Sequence[Member], members: Sequence[MemberDrill], host: SandboxHost) -> None:
    """InputError for what cannot be drilled in one sandbox; nothing is touched."""
    _sharing(members, host)
    _declared([one.order for one in members])
    _attended(group, members)


async def side_by_side(
    reference: GroupReference,
    members: Sequence[MemberDrill],
    registers: Sequence[Register],
    host: SandboxHost,
    work: Callable[[int, DrillPorts], Awaitable[T]],
) -> tuple[tuple[T | DrverifyError, ...], DrverifyError | None]:
    """Do each member's work (its place, its ports) in one sandbox, all declared now; each by its register.

    What each came to, or its own error; and why something of the shared sandbox may still exist. Cancelled,
    it takes everything back. The caller has checked the group.
    """
    dns = _declared([one.order for one in members])
    clock, rooms = members[0].ports.clock, members[0].ports.rooms
    machines = {one.order.workload.name: _stated(one) for one in members}
    shared = Later(_sharing(members, host), rooms, reference, machines, dns)
    companions = Companions(reference.members, _now(clock))

    async def done_by(at: int) -> T | DrverifyError:
        name = members[at].order.workload.name
        companion = companions.companion(name, registers[at], lambda: shared.gone(name))
        ports = replace(_on(shared, members[at]), companion=companion)
        try:
            return await work(at, ports)
        except DrverifyError as error:
            ports.progress.note(f"no result: {error}")
            return error
        finally:
            companion.gone()

    tasks = [asyncio.create_task(done_by(at)) for at in range(len(members))]
    try:
        done = await asyncio.gather(*tasks)
    except BaseException:
        await _given_up(tasks, shared)
        raise
    left: DrverifyError | None = None
    try:
        await shared.end()
    except DrverifyError as error:
        left = error
    return tuple(done), left


async def _begun(
    reference: GroupReference,
    members: Sequence[MemberDrill],
    signer: Signer,
    told: Callable[[DrillId], None],
) -> list[Begun]:
    """Log that each begins. When one cannot be, those that were have a result with that fault of ours."""
    begun: list[Begun] = []
    try:
        for member in members:
            one = await begin(_in_group(member, reference), member.ports, signer)
            begun.append(one)
            told(one.plan.drill_id)
        for one in begun:
            still_now(one.plan, members[0].ports.clock.utc())
    except DrverifyError as error:
        for one, member in zip(begun, members, strict=False):
            try:
                await abandon(one, member.ports, HostError(f"the group's drill was not begun: {error}"))
            except DrverifyError as other:
                member.ports.progress.note(f"no result: {other}")
        raise
    return begun


def _attended(group: Sequence[Member], members: Sequence[MemberDrill]) -> None:
    """InputError for a question nobody would answer: the allowance would be in no time of those that wait."""
    for one in members:
        asks = any(isinstance(step, AskStep) for step in one.order.playbook.steps)
        name = one.order.workload.name
        if asks and needed(group, name) and not one.ports.operator.present:
            raise InputError(
                f"{name}: an unattended question in a system that others wait for is not supported yet",
                hint="run the group at a terminal, or drill its members one by one",
            )


async def _given_up(tasks: Sequence[asyncio.Task[T]], shared: Later) -> None:
    """Take everything back after an interruption; TeardownError when something could not be."""
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    await shared.end()
    left = next((one for one in ended if isinstance(one, TeardownError)), None)
    if left is not None:
        raise left


def _now(clock: Clock) -> Declaration:
    return Declaration(at=clock.utc(), zero=clock.monotonic())


def _in_group(one: MemberDrill, reference: GroupReference) -> Order:
    return replace(one.order, group=reference, slot=one.slot, nonce=one.nonce)


def _on(shared: Later, one: MemberDrill) -> DrillPorts:
    """The member's ports, on the shared sandbox. InputError for what cannot stand there."""
    ports, way = one.ports, on(shared, one.ports.way, one.order.mode)
    return replace(ports, host=shared, way=way)


def _stated(one: MemberDrill) -> GuestShape | None:
    """The machine, where the inventory states it; None: it is known only from the point."""
    way = one.ports.way
    if isinstance(way, FileWay) or stated_shape(one.order.workload.payload) is None:
        return None
    return way.shape(None)


def _sharing(members: Sequence[MemberDrill], host: SandboxHost) -> SharingHost:
    """The host, if it can hold them all in one sandbox; else InputError."""
    if not isinstance(host, SharingHost):
        raise InputError(
            "groups on this host are not supported yet",
            hint="drill its members one by one, or name another host in the inventory",
        )
    for one in members:
        try:
            on(host, one.ports.way, one.order.mode)
        except InputError as error:
            name = one.order.workload.name
            raise InputError(f"{name} cannot be drilled in a group: {error}", hint=error.hint) from error
        if one.order.keep:
            raise InputError("a group's sandbox cannot be kept", hint="use --keep with one workload")
    return host


def _declared(orders: Sequence[Order]) -> tuple[DnsAnswer, ...]:
    """What the sandbox's DNS answers: all that the playbooks declare. InputError if they disagree."""
    known: dict[str, DnsAnswer] = {}
    for order in orders:
        for answer in order.playbook.dns:
            other = known.setdefault(answer.name.lower(), answer)
            if other.address != answer.address:
                raise InputError(
                    f"playbook {order.playbook.name} declares {answer.name} as {answer.address}, "
                    f"another member's as {other.address}",
                    hint="one sandbox has one DNS: let them agree",
                )
    return tuple(known.values())
