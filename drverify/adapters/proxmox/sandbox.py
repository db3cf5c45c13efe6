"""One living sandbox on a Proxmox cluster: the RestoringSandbox port."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.canary import Canary
from drverify.adapters.linux.guard_preflight import inspect
from drverify.adapters.linux.netns import entrances
from drverify.adapters.linux.netns_ground import Ground, run_all
from drverify.adapters.linux.plot import Plot
from drverify.adapters.proxmox import host_preflight, isolation
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.guest import ApiGuest
from drverify.adapters.proxmox.guest_serial import PORT, SerialConsole
from drverify.adapters.proxmox.handover import Handover
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.images import Images
from drverify.adapters.proxmox.points import tag_value
from drverify.adapters.proxmox.restoring import Copy
from drverify.adapters.proxmox.restoring_log import Logbook, figures
from drverify.adapters.proxmox.restoring_plan import Plan, plan_of
from drverify.adapters.proxmox.restoring_reach import require_live, require_reach
from drverify.adapters.proxmox.sandbox_collecting import Collecting
from drverify.adapters.proxmox.sandbox_pulse import Pulse
from drverify.adapters.proxmox.space import Room
from drverify.adapters.proxmox.taking import Taking, check_way_in, wish_of
from drverify.adapters.proxmox.tasks import Following, TaskResult
from drverify.adapters.proxmox.tunnel import Branch, Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.adapters.proxmox.upids import TaskProgress
from drverify.engine.ports import (
    Activity,
    Blob,
    DiskSource,
    Guest,
    Planted,
    Progress,
    ResourceScope,
    SandboxSpec,
    Vantage,
)
from drverify.engine.sources import Described, Restored
from drverify.errors import DeadlineError, HostError
from drverify.model.challenge import PREFIX
from drverify.model.drill import Counter, IsolationCheck, IsolationRecord, UndeclaredDependency
from drverify.model.obligation import Mode
from drverify.model.recovery import Deviation, RecoveryPoint
from drverify.pveconf.smbios import family_of

RUNNING = timedelta(minutes=5)
"""How long a live restore may take until the guest runs."""
LOOK = 1.0
"""Seconds between two looks at whether it does."""
Secret = Callable[[], bytes]


class ProxmoxSandbox:
    """A sandbox with at most one guest. Made and taken down by `ProxmoxHost`."""

    def __init__(
        self,
        spec: SandboxSpec,
        scope: ResourceScope,
        *,
        client: ProxmoxClient,
        settings: HostSettings,
        node: str,
        bridges: Sequence[DrillBridge],
        ground: Ground | Plot,
        secret: Secret,
        theirs: Sequence[str] = (),
        watch: FrameWatch,
        room: Room,
    ) -> None:
        """`theirs` are the node's own addresses, which must not answer on a drill bridge.

        On a plot of a ground the guest has neighbours, and `watch` counts the frames of them all.
        """
        self._spec = spec
        self._client = client
        self._settings = settings
        self._bridges = tuple(bridges)
        self._ground = ground
        self._watch = watch
        self._room = room
        self._tunnel: Tunnel | Branch | None = None
        self._logs = Logbook()
        self._copy = Copy(
            client, settings, node=node, scope=scope, logs=self._logs, meets=isinstance(ground, Plot)
        )
        self._images = Images(client, settings, node=node, scope=scope, logs=self._logs)
        self._handover = Handover(client, settings, self._copy, scope, self._logs)
        admits = self._watch.admits
        self._canary = Canary(ground.planned, lambda: ground.dns_log, admits=admits, also=theirs)
        self._live: asyncio.Task[TaskResult] | None = None
        """A live restore, which goes on while the guest runs."""
        self._booted = False
        self._planted = Planted(why_not="nothing was restored")
        self.kept = False
        self.vantage: Vantage = ground.vantage
        self.guest: Guest = ApiGuest(client.agent, self._copy)
        self._serial = SerialConsole(client, settings.access, secret)
        self._pulse = Pulse(self._copy, self.guest, self._serial)
        self._collecting = Collecting(
            client, settings, self._copy, secret=secret, answers=lambda: self._pulse.agent
        )

    async def connect(self, tunnel: Tunnel | Branch) -> None:
        """Couple the sandbox's taps with the drill bridges; HostError when that cannot be done."""
        self._tunnel = tunnel
        await tunnel.open(await self._ground.open_taps())

    async def isolation(self) -> IsolationRecord:
        """Look at the cluster, at the copy and at our end, and try to get out. Reports, never judges."""
        self._require_tunnel()
        trying = asyncio.create_task(self._canary.tries(self.vantage))
        try:
            with for_host():
                checks = [*await self._seen_by_api(), *await inspect(self._ground), *await trying]
        finally:
            trying.cancel()
            await asyncio.gather(trying, return_exceptions=True)
        if self._tunnel is not None:
            self._require_tunnel()
            checks += self._watch.checks()
        return IsolationRecord(checks=tuple(checks), counters=await self.counters())

    async def _seen_by_api(self) -> tuple[IsolationCheck, ...]:
        checks = await host_preflight.bridge_checks(self._client, self._copy.node, self._bridges)
        if not self._booted:
            return checks
        return (*checks, isolation.config_check(await self._copy.problems()))

    async def restore(
        self, point: RecoveryPoint, described: Described, *, mode: Mode, stall: timedelta, progress: Progress
    ) -> Restored:
        """Restore the point, harmless from the first instant on; as the port says."""
        plan = plan_of(
            described.statement.content,
            self._settings,
            self._bridges,
            plugged=len(self._spec.guest.networks),
            mark=self._copy.mark,
            family=await self._family(),
        )
        total = sum(disk.size_bytes or 0 for disk in described.machine.shape.disks) or None

        def told(at: TaskProgress) -> None:
            progress.bytes(at.done if at.done is not None else int((total or 0) * at.percent / 100), total)

        following = Following(on_progress=told, stall=stall, stop_when_cancelled=True)
        done: TaskResult | None = None
        further: tuple[Deviation, ...] = ()
        with for_host():
            await self._room.promise(self._client, self._settings, disks=total or 0)
            lies_on = tag_value(point, "node")
            await require_reach(self._client, self._settings, self._copy.node, str(point.id), lies_on=lies_on)
            if mode == "instant":
                await self._restored_live(str(point.id), plan, following)
            else:
                done = await self._copy.restore(str(point.id), plan, live=False, following=following)
                further = (await self._copy.make_harmless(),)
                await self._copy.require_as_planned()
            await self._look_planted(plan.policy.family)
        for note in (*self._copy.notes, *(done.warnings if done else ())):
            progress.note(note)
        seen = figures(done.log if done else ())
        return Restored(
            logical_bytes=seen.logical or total or 0,
            allocated_bytes=seen.allocated or 0,
            read_bytes=point.size_bytes if mode == "full" else None,
            files=seen.disks or max(1, len(described.machine.shape.disks)),
            deviations=(*plan.deviations({one.what for one in described.machine.deviations}), *further),
        )

    async def check_way_in(self) -> None:
        """HostError when the cluster would not take disks; as the port says."""
        with for_host():
            await check_way_in(self._client, self._settings, self._copy.node)

    async def take(self, disks: Sequence[DiskSource], *, stall: timedelta, progress: Progress) -> None:
        """Send the disks to the cluster and make the machine of them; as the port says."""
        family = await self._family()
        wish = wish_of(self._spec, self._settings, self._bridges, mark=self._copy.mark, family=family)
        taking = Taking(self._client, self._settings, self._copy, self._images, self._room)
        with for_host():
            await taking.run(wish, disks, stall=stall, progress=progress)
            await self._look_planted(wish.plan.policy.family)
        for note in self._copy.notes:
            progress.note(note)

    async def _family(self) -> str:
        """The challenge as the hardware shall tell it; empty without one, or the right to write it."""
        if not self._spec.challenge:
            return ""
        with for_host():
            may = await host_preflight.may_set_hardware(self._client, self._settings)
        if not may:
            self._planted = Planted(why_not=f"{self._settings.access.account} lacks VM.Config.HWType")
        return PREFIX + self._spec.challenge if may else ""

    async def _look_planted(self, family: str) -> None:
        """See in the copy's own configuration whether it was given the challenge."""
        if self._copy.is_container:
            self._planted = Planted(possible=False, why_not="a container has no hardware of its own")
        elif family:
            config = await self._copy.guests.config(self._copy.node, self._copy.vmid)
            if family_of(config.values.get("smbios1", "")) == family:
                self._planted = Planted(medium="SMBIOS family")
            else:
                self._planted = Planted(why_not="the machine states a family of its own, or no room for one")

    async def load(self, disks: Sequence[DiskSource]) -> None:
        """Nothing: the host has the disks."""
        if disks:
            raise HostError("this host restores disks by itself and takes none")

    async def boot(self) -> None:
        """Start the guest, if it is still what was looked at; a live restore has started it already."""
        self._require_tunnel()
        await self._ground.expect_guest()
        self._watch.expect(self._copy.cards())
        self._booted = True
        with for_host():
            if self._live is None:
                await self._copy.start()
            await self._follow_console()

    def planted(self) -> Planted:
        """As the family of its `smbios1`, if it states none and the account may write one."""
        return self._planted

    async def activity(self) -> Activity:
        """Read the signs of life; HostError when the guest was stopped, and not by itself."""
        if not self._booted:
            return Activity(running=False, console_bytes=0, disk_bytes=0, agent=False)
        self._require_tunnel()
        if self._live is not None and self._live.done():
            with for_host():
                self._live.result()
        with for_host():
            return await self._pulse.read()

    def console(self) -> bytes:
        """What the first serial port printed since the start; GuestError when it cannot be followed."""
        return self._serial.text

    async def _follow_console(self) -> None:
        """A container has no port; of a machine the one that its configuration names is followed."""
        copy = self._copy
        config = await copy.guests.config(copy.node, copy.vmid)
        port = None if copy.is_container else config.values.get(PORT)
        self._serial.begin(copy.node, copy.vmid, port)

    async def counters(self) -> tuple[Counter, ...]:
        """Read the counters of the sandbox's rules and of the tunnel."""
        count = await self._ground.count()
        own = tuple(Counter(name=name, value=value) for name, value in count.counters)
        return own if self._tunnel is None else (*own, *self._watch.counters())

    async def dependencies(self) -> tuple[UndeclaredDependency, ...]:
        """Names and addresses that the guest wanted and nobody declared."""
        return await self._ground.dependencies()

    async def collect(self) -> tuple[Blob, ...]:
        """Configuration, task logs, screenshot, DNS log, the agent's view: whatever can be had now."""
        found = [
            ("console.log", "text/plain", self._serial.text if self._serial.count else b""),
            ("dns.log", "text/plain", self._ground.dns_log),
            ("tasks.log", "text/plain", self._logs.text().encode()),
            ("surroundings.txt", "text/plain", "".join(f"{one}\n" for one in self._copy.notes).encode()),
            *(await self._collecting.everything() if self._copy.exists else ()),
        ]
        return tuple(
            Blob(name=name, media_type=kind, content=content) for name, kind, content in found if content
        )

    def ways_in(self) -> tuple[str, ...]:
        """Its namespace here, its addresses from there, and its console on the cluster."""
        told = entrances(self._ground.namespace, [one.guest for one in self._ground.own])
        if self._copy.exists:
            told += (f"Proxmox: guest {self._copy.vmid} on node {self._copy.node}, Console",)
        return told

    async def give_back(self, into: Path) -> int:
        """Let the cluster back the guest up, and take its disk out of the archive; as the port says."""
        return await self._handover.disk(into)

    def keep(self) -> None:
        """Leave everything in place when the context ends; a later reap removes it."""
        self.kept = True

    async def end(self) -> None:
        """Take everything back, or let go of it when it is to be kept. Called once, by the host."""
        await self._pulse.end()
        await self._serial.end()
        if self._live is not None:
            self._live.cancel()
            await asyncio.gather(self._live, return_exceptions=True)
        if self.kept:
            await run_all((self._close_tunnel, self._ground.leave))
            return
        removing = asyncio.create_task(self._remove())  # the cluster takes seconds
        try:
            await run_all((self._close_tunnel, self._ground.take_down, lambda: removing))
        finally:
            removing.cancel()
            await asyncio.gather(removing, return_exceptions=True)

    async def _remove(self) -> None:
        """The archive first: once its guest is gone fewer accounts may see it. Images when none is read."""
        await run_all((self._handover.clear, self._copy.remove, self._images.remove))
        self._room.give_back()

    async def _close_tunnel(self) -> None:
        if self._tunnel is not None:
            await self._tunnel.close()

    def _require_tunnel(self) -> None:
        """A way that broke is our fault; without it the guest's silence would say nothing."""
        if self._tunnel is not None and self._tunnel.lost:
            raise HostError(self._tunnel.lost, hint="is the node up, and its sshd? What does its log say?")

    async def _restored_live(self, archive: str, plan: Plan, following: Following) -> None:
        """Start the guest on the backup itself; the restore goes on behind it until the sandbox ends."""
        await require_live(self._client, self._copy.node, archive, plan)
        await self._ground.expect_guest()
        self._watch.expect(plan.cards)
        self._live = asyncio.create_task(self._copy.restore(archive, plan, live=True, following=following))
        try:
            async with asyncio.timeout(RUNNING.total_seconds()):
                while not await self._copy.runs():
                    if self._live.done():
                        self._live.result()
                        break
                    await asyncio.sleep(LOOK)
        except TimeoutError as error:
            raise DeadlineError("the live restore did not start the guest in time") from error
        self._booted = True
        await self._copy.require_as_planned()
