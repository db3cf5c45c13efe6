"""The sandbox that the members of a group share: made once, when all their machines are known."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from drverify.engine.drills.hardware import HardwareWay
from drverify.engine.drills.rebuilding import RebuildWay
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, Rooms, Sandbox, SandboxHost, SandboxSpec
from drverify.engine.recovering import HostWay, ImageWay, MachineWay, Way
from drverify.engine.sharing import Neighbour, SharedSpec, SharingHost
from drverify.engine.sources import RestoringHost, RestoringSandbox
from drverify.errors import HostError, InputError
from drverify.model.drill import DrillId, ToolFact
from drverify.model.group import GroupReference
from drverify.model.obligation import Mode
from drverify.model.playbook import DnsAnswer
from drverify.model.recovery import GuestShape

TAKE_DOWN = timedelta(minutes=8)
"""Longer than any host gives itself for the ground alone: a cluster six minutes."""


def on(host: SandboxHost, way: Way, mode: Mode) -> Way:
    """The same way into a sandbox that others share. InputError for what cannot come back there."""
    match way:
        case ImageWay() | RebuildWay() | MachineWay():
            return replace(way, host=host)
        case HostWay():
            if mode == "instant":
                raise InputError(
                    "the host would start this machine while it restores it, before its turn in the group",
                    hint="leave out --mode instant",
                )
            return replace(way, host=_Restoring(host, way.host))
        case HardwareWay():
            return way.on(host)
        case _:
            raise InputError("only a machine can be a member of a group", hint="drill it alone")


def neighbour(workload: str, guest: GuestShape) -> Neighbour:
    """What a guest takes of the sandbox."""
    return Neighbour(
        workload=workload,
        networks=guest.networks,
        memory_mib=guest.memory_mib,
        disk_bytes=sum(disk.size_bytes or 0 for disk in guest.disks),
    )


def require_apart(members: Sequence[Neighbour]) -> None:
    """HostError when two cards on one network have the same address: neither guest could be asked.

    What the inventory states was looked at when it was read; a backup's own cards are known only now.
    """
    held: dict[tuple[str, str], str] = {}
    for one in members:
        for network in one.networks:
            mac = network.mac.lower()
            other = held.setdefault((network.name, mac), one.workload) if mac else one.workload
            if other != one.workload:
                raise HostError(
                    f"{one.workload} and {other} have the same card address {mac} on network {network.name}",
                    hint="copies keep their card addresses: drill them one by one",
                )


class Later:
    """Implements `SandboxHost`: makes the shared sandbox as soon as every member's machine is known.

    What the inventory states is known from the beginning; of the others each says it when it asks for its
    place, or that it never will.
    """

    def __init__(
        self,
        host: SharingHost,
        rooms: Rooms,
        reference: GroupReference,
        members: Mapping[str, GuestShape | None],
        dns: tuple[DnsAnswer, ...],
    ) -> None:
        """`members` are their machines by workload, in the group's order; None: not known yet."""
        self._host = host
        self._rooms = rooms
        self._reference = reference
        self._machines = dict(members)
        self._unknown = {name for name, guest in members.items() if guest is None}
        self._known = asyncio.Event()
        self._dns = dns
        self._stack = AsyncExitStack()
        self._making: asyncio.Task[SandboxHost] | None = None
        self._is_known()

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[Sandbox]:
        """A member's place; HostError to every member when the shared sandbox cannot be made."""
        if spec.workload in self._unknown:
            self._machines[spec.workload] = spec.guest
            self._is_known(spec.workload)
        await self._known.wait()
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

    def gone(self, workload: str) -> None:
        """Let nobody wait for this member's machine any more. Idempotent."""
        self._is_known(workload)

    def _is_known(self, workload: str = "") -> None:
        self._unknown.discard(workload)
        if not self._unknown:
            self._known.set()

    async def _made(self) -> SandboxHost:
        members = tuple(neighbour(name, one) for name, one in self._machines.items() if one is not None)
        require_apart(members)
        room = await self._stack.enter_async_context(self._rooms.lend(DrillId(self._reference.run)))
        spec = SharedSpec(
            id=room.scope.sandbox_id,
            members=members,
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


class _Restoring:
    """Implements `RestoringHost` in the shared sandbox of a host that restores by itself."""

    def __init__(self, shared: SandboxHost, alone: RestoringHost) -> None:
        self._shared = shared
        self._alone = alone

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[RestoringSandbox]:
        """A member's place. HostError when the host cannot restore there."""
        async with self._shared.sandbox(spec, scope) as made:
            if not isinstance(made, RestoringSandbox):
                raise HostError("this host cannot restore into a sandbox that several share")
            yield made

    def restores(self, source: str) -> bool:
        """As the host does where a machine stands alone."""
        return self._alone.restores(source)

    async def tools(self) -> tuple[ToolFact, ...]:
        """The host's."""
        return await self._alone.tools()
