"""Sandboxes on this machine's libvirt: the SandboxHost port."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.libvirt import acceleration, daemon, disks
from drverify.adapters.libvirt.calls import Calls
from drverify.adapters.libvirt.processor import check_known
from drverify.adapters.libvirt.sandbox import LibvirtSandbox
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.adapters.libvirt.xml import Acceleration, QemuAccount, qemu_account
from drverify.adapters.linux import command
from drverify.adapters.linux.links import joined, segments
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.plot import Plot
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxSpec
from drverify.engine.sharing import SharedSpec
from drverify.errors import HostError
from drverify.model.drill import ToolFact
from drverify.model.recovery import GuestShape

TAKE_DOWN = timedelta(seconds=90)
_MILLION, _THOUSAND = 1_000_000, 1000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class LibvirtHost:
    """Runs sandboxes under the libvirt that `settings.uri` names."""

    def __init__(self, settings: LibvirtSettings) -> None:
        self._settings = settings
        self._calls = Calls(settings.uri)
        self._qemu: str | None = None

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[LibvirtSandbox]:
        """Make an isolated sandbox and take it back when the context ends; as the port says."""
        ground = Ground(segments(spec.id, spec.guest.networks), spec.dns, scope)
        async with self.standing(spec, scope, ground) as sandbox:
            yield sandbox

    @asynccontextmanager
    async def shared(self, spec: SharedSpec, scope: ResourceScope) -> AsyncIterator["Commons"]:
        """Make the ground that the guests of a group stand on together; as the port says."""
        self._check_room(spec.directory, sum(one.memory_mib for one in spec.members))
        await self._acceleration()  # measured before anything else keeps the processors busy
        laid_out = joined(spec.id, [one.networks for one in spec.members])
        ground = Ground([one for own in laid_out for one in own], spec.dns, scope)
        moving = asyncio.Lock()
        try:
            await finish(ground.make(), within=TAKE_DOWN, what="making the group's network")
            members = zip(spec.members, laid_out, strict=True)
            yield Commons(self, {one.workload: Plot(ground, own, moving) for one, own in members})
        finally:
            await finish(ground.take_down(), within=TAKE_DOWN, what=f"taking back sandbox {spec.id}")

    def _check_room(self, directory: Path, memory_mib: int) -> None:
        disks.check_room(
            directory,
            memory_mib=memory_mib,
            reserve_mib=self._settings.reserve_mib,
            disk_mib=self._settings.disk_mib,
        )

    @asynccontextmanager
    async def standing(
        self, spec: SandboxSpec, scope: ResourceScope, ground: Ground | Plot
    ) -> AsyncIterator[LibvirtSandbox]:
        """Make a sandbox on a ground, and take back both as far as they are the sandbox's own."""
        self._check_room(spec.directory, spec.guest.memory_mib)
        await daemon.ensure_running()
        account = await self._account()
        disks.admit(spec.directory, account)
        chosen = await self._acceleration()
        await self._check_cpu(spec.guest, chosen)
        sandbox = LibvirtSandbox(
            spec, scope, calls=self._calls, ground=ground, account=account, acceleration=chosen
        )
        try:
            await finish(ground.make(), within=TAKE_DOWN, what="making the sandbox's network")
            yield sandbox
        finally:
            await finish(sandbox.end(), within=TAKE_DOWN, what=f"taking back sandbox {spec.id}")

    async def tools(self) -> tuple[ToolFact, ...]:
        """Name QEMU, libvirt, dnsmasq and the acceleration in use."""
        await daemon.ensure_running()
        number = await self._calls.call(lambda connection: connection.getLibVersion(), what="asking libvirt")
        dnsmasq = await command.checked(["dnsmasq", "--version"], within=timedelta(seconds=10))
        major, rest = divmod(number, _MILLION)
        minor, release = divmod(rest, _THOUSAND)
        return (
            ToolFact(name="qemu", version=await self._qemu_version()),
            ToolFact(name="libvirt", version=f"{major}.{minor}.{release}"),
            ToolFact(name="dnsmasq", version=dnsmasq.stdout.decode("utf-8", "replace").split()[2]),
            ToolFact(name="acceleration", version=await self._acceleration()),
        )

    async def _acceleration(self) -> Acceleration:
        if self._settings.acceleration != "auto":
            return self._settings.acceleration
        return await acceleration.measured(
            self._settings.state / "acceleration.json",
            await self._qemu_version(),
            _BOOT_ID.read_text().strip(),
        )

    async def _qemu_version(self) -> str:
        """Ask QEMU once: one host serves one drill."""
        if self._qemu is None:
            self._qemu = await acceleration.qemu_version()
        return self._qemu

    async def _check_cpu(self, guest: GuestShape, chosen: Acceleration) -> None:
        """InputError when the guest shall have a processor that this host does not know."""
        if guest.cpu_model:
            kind = "kvm" if chosen == "kvm" else "qemu"
            text = await self._calls.call(
                lambda connection: connection.getDomainCapabilities(None, "x86_64", guest.chipset, kind, 0),
                what="asking libvirt which processors it knows",
            )
            check_known(guest.cpu_model, text)

    async def _account(self) -> QemuAccount:
        text = await self._calls.call(lambda connection: connection.getCapabilities(), what="asking libvirt")
        account = qemu_account(text, "qemu")
        if account is None or account.uid == 0:
            raise HostError(
                "libvirt runs QEMU as root: a restored system could break out to this machine",
                hint='set user = "libvirt-qemu" in /etc/libvirt/qemu.conf and restart libvirtd',
            )
        return account


class Commons:
    """Implements `SandboxHost` on a ground that several guests share."""

    def __init__(self, host: LibvirtHost, plots: Mapping[str, Plot]) -> None:
        """`plots` are the guests' parts of the ground, by workload."""
        self._host = host
        self._plots = plots

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[LibvirtSandbox]:
        """Make one guest's sandbox. HostError for a workload that is not of the group."""
        plot = self._plots.get(spec.workload)
        if plot is None or len(plot.own) != len(spec.guest.networks):
            raise HostError(f"the group's sandbox has no such place for {spec.workload}")
        async with self._host.standing(spec, scope, plot) as sandbox:
            yield sandbox

    async def tools(self) -> tuple[ToolFact, ...]:
        """The host's."""
        return await self._host.tools()
