"""A dependency group drilled as one: members restored side by side into one sandbox, each by its own limits.

Every member is a drill of its own, with its own plan, clock and evidence; what they share is the instant of
their declaration, the sandbox's networks, and the order in which they start.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.engine.companions import Companions, Declaration
from drverify.engine.drill import Begun, Concluded, Order, abandon, begin, carry_out, still_now
from drverify.engine.keeping import Signer
from drverify.engine.pacing import finish
from drverify.engine.ports import Clock, ResourceScope, Rooms, Sandbox, SandboxHost, SandboxSpec
from drverify.engine.rebuilding import RebuildWay
from drverify.engine.recovering import ImageWay
from drverify.engine.sharing import Neighbour, SharedSpec, SharingHost
from drverify.engine.wiring import DrillPorts
from drverify.errors import DrverifyError, HostError, InputError, TeardownError
from drverify.model.drill import DrillId, ToolFact
from drverify.model.group import GroupReference, needed
from drverify.model.playbook import DnsAnswer
from drverify.model.records import SlotReference
from drverify.model.steps import AskStep

TAKE_DOWN = timedelta(minutes=4)


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
    reference: GroupReference, members: Sequence[MemberDrill], host: SandboxHost, signer: Signer
) -> GroupConcluded:
    """Drill every member to its evidence. InputError for what cannot share a sandbox; nothing was begun then.

    HostError or EvidenceError when the log cannot be read or written: nothing was restored, and members that
    were logged already have a result that says why. Cancelled, it takes everything back.
    """
    sharing = _sharing(members, host)
    dns = _declared([one.order for one in members])
    _attended(reference, members)
    begun = await _begun(reference, members, signer)
    clock, rooms = members[0].ports.clock, members[0].ports.rooms
    shared = _Later(sharing, rooms, reference, _neighbours(members), dns)
    companions = Companions(reference.members, _now(clock))
    tasks = [
        asyncio.create_task(_carried_out(one, _ports_on(shared, companions, one, member.ports), companions))
        for one, member in zip(begun, members, strict=True)
    ]
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
    return GroupConcluded(reference=reference, members=tuple(done), left=left)


async def _begun(reference: GroupReference, members: Sequence[MemberDrill], signer: Signer) -> list[Begun]:
    """Log that each begins. When one cannot be, those that were have a result with that fault of ours."""
    begun: list[Begun] = []
    try:
        for member in members:
            one = await begin(_in_group(member, reference), member.ports, signer)
            begun.append(one)
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


def _attended(reference: GroupReference, members: Sequence[MemberDrill]) -> None:
    """InputError for a question nobody would answer: the allowance would be in no time of those that wait."""
    for one in members:
        asks = any(isinstance(step, AskStep) for step in one.order.playbook.steps)
        name = one.order.workload.name
        if asks and needed(reference.members, name) and not one.ports.operator.present:
            raise InputError(
                f"{name}: an unattended question in a system that others wait for is not supported yet",
                hint="run the group at a terminal, or drill its members one by one",
            )


async def _given_up(tasks: Sequence[asyncio.Task[Concluded | DrverifyError]], shared: "_Later") -> None:
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


async def _carried_out(begun: Begun, ports: DrillPorts, companions: Companions) -> Concluded | DrverifyError:
    """One member's drill; its failure is its own, and is told to nobody but who waits for it."""
    try:
        return await carry_out(begun, ports)
    except DrverifyError as error:
        ports.progress.note(f"no result: {error}")
        return error
    finally:
        companions.companion(
            begun.plan.workload.name, begun.order.agreed.register(begun.plan.incident_at)
        ).gone()


def _ports_on(shared: "_Later", companions: Companions, begun: Begun, ports: DrillPorts) -> DrillPorts:
    """The member's ports, on the shared sandbox."""
    register = begun.order.agreed.register(begun.plan.incident_at)
    if not isinstance(ports.way, ImageWay | RebuildWay):  # `_sharing` looked
        raise InputError("only a machine that the inventory states can be a member of a group")
    return replace(
        ports,
        host=shared,
        way=replace(ports.way, host=shared),
        companion=companions.companion(begun.plan.workload.name, register),
    )


def _sharing(members: Sequence[MemberDrill], host: SandboxHost) -> SharingHost:
    """The host, if it can hold them all in one sandbox; else InputError."""
    if not isinstance(host, SharingHost):
        raise InputError(
            "groups on this host are not supported yet",
            hint="drill its members one by one, or name a libvirt host in the inventory",
        )
    for one in members:
        if not isinstance(one.ports.way, ImageWay | RebuildWay):
            raise InputError(
                f"{one.order.workload.name} cannot be drilled in a group",
                hint="so far only machines whose shape the inventory states can: drill it alone",
            )
        if one.order.keep:
            raise InputError("a group's sandbox cannot be kept", hint="use --keep with one workload")
    return host


def _neighbours(members: Sequence[MemberDrill]) -> tuple[Neighbour, ...]:
    """Everybody's networks, and how much memory each takes."""
    found = []
    for one in members:
        way = one.ports.way
        guest = way.shape(None) if isinstance(way, ImageWay | RebuildWay) else None
        if guest is not None:
            found.append(
                Neighbour(
                    workload=one.order.workload.name, networks=guest.networks, memory_mib=guest.memory_mib
                )
            )
    return tuple(found)


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


class _Later:
    """Implements `SandboxHost`: makes the shared sandbox when the first member asks for its place there."""

    def __init__(
        self,
        host: SharingHost,
        rooms: Rooms,
        reference: GroupReference,
        members: tuple[Neighbour, ...],
        dns: tuple[DnsAnswer, ...],
    ) -> None:
        self._host = host
        self._rooms = rooms
        self._reference = reference
        self._members = members
        self._dns = dns
        self._stack = AsyncExitStack()
        self._making: asyncio.Task[SandboxHost] | None = None

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[Sandbox]:
        """A member's place; HostError to every member when the shared sandbox cannot be made."""
        if self._making is None:
            self._making = asyncio.create_task(self._made())
        try:
            host = await asyncio.shield(self._making)
        except asyncio.CancelledError:
            if self._making.cancelled():
                raise HostError("the group's sandbox was given up while it was made") from None
            raise
        async with host.sandbox(spec, scope) as made:
            yield made

    async def _made(self) -> SandboxHost:
        room = await self._stack.enter_async_context(self._rooms.lend(DrillId(self._reference.run)))
        spec = SharedSpec(
            id=room.scope.sandbox_id,
            members=self._members,
            dns=self._dns,
            directory=room.directory,
        )
        return await self._stack.enter_async_context(self._host.shared(spec, room.scope))

    async def tools(self) -> tuple[ToolFact, ...]:
        """The host's."""
        return await self._host.tools()

    async def end(self) -> None:
        """Take the shared sandbox back; TeardownError when something of it may still exist."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
        await finish(self._stack.aclose(), within=TAKE_DOWN, what="taking back the group's sandbox")
