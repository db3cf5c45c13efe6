"""Sandboxes on this machine's libvirt: the SandboxHost port."""

from collections.abc import AsyncIterator
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
from drverify.adapters.linux.links import segments
from drverify.adapters.linux.netns_ground import Ground
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxSpec
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
        disks.check_room(
            spec.directory,
            memory_mib=spec.guest.memory_mib,
            reserve_mib=self._settings.reserve_mib,
            disk_mib=self._settings.disk_mib,
        )
        await daemon.ensure_running()
        account = await self._account()
        disks.admit(spec.directory, account)
        chosen = await self._acceleration()
        await self._check_cpu(spec.guest, chosen)
        ground = Ground(segments(spec.id, spec.guest.networks), spec.dns, scope)
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
