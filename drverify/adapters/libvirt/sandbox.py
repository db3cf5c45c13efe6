"""One living sandbox under libvirt: the ports Sandbox and GivingSandbox."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from drverify.adapters.libvirt import disks as files
from drverify.adapters.libvirt import firmware
from drverify.adapters.libvirt.agent import AgentGuest
from drverify.adapters.libvirt.calls import WITHIN, Calls
from drverify.adapters.libvirt.confinement import qemu_check
from drverify.adapters.libvirt.domain import IO_ERROR, Domain
from drverify.adapters.libvirt.drives import disks_of
from drverify.adapters.libvirt.power import switched_off
from drverify.adapters.libvirt.screen import as_png
from drverify.adapters.libvirt.xml import (
    Acceleration,
    DomainPlan,
    Firmware,
    QemuAccount,
    domain_name,
    domain_xml,
)
from drverify.adapters.linux.canary import Canary
from drverify.adapters.linux.guard_preflight import inspect
from drverify.adapters.linux.netns import entrances
from drverify.adapters.linux.netns_ground import Ground, run_all
from drverify.adapters.linux.plot import Plot
from drverify.adapters.linux.raw_image import copied
from drverify.engine.pacing import finish
from drverify.engine.ports import Activity, Blob, DiskSource, Planted, ResourceScope, SandboxSpec
from drverify.errors import DrverifyError, HostError
from drverify.model.drill import Counter, IsolationRecord, UndeclaredDependency
from drverify.model.recovery import GuestShape

CONSOLE = "console.log"
CONSOLE_KEPT = 1024 * 1024
_ROTATED = 3
"""virtlogd begins a new file at 2 MiB and keeps so many old ones."""


class LibvirtSandbox:
    """A sandbox with at most one guest. Made and taken down by `LibvirtHost`."""

    def __init__(
        self,
        spec: SandboxSpec,
        scope: ResourceScope,
        *,
        calls: Calls,
        ground: Ground | Plot,
        account: QemuAccount,
        acceleration: Acceleration,
    ) -> None:
        self._spec = spec
        self._scope = scope
        self._ground = ground
        self._account = account
        self._acceleration = acceleration
        self._calls = calls
        self._domain = Domain(calls, domain_name(spec.id), scope.tag)
        self._canary = Canary(ground.planned, lambda: ground.dns_log)
        self._console = spec.directory / CONSOLE
        self._booted = False
        self._first_console = b""
        self._disks: Sequence[DiskSource] = ()
        self._variables: Firmware | None = None
        """What its firmware remembers, from one boot to the next."""
        self.kept = False
        self.vantage = ground.vantage
        self.guest = AgentGuest(self._domain)

    async def isolation(self) -> IsolationRecord:
        """Look at the configuration and try to get out; counters with it. Reports, never judges."""
        trying = asyncio.create_task(self._canary.tries(self.vantage))
        try:
            async with self._ground.still():
                checks = [*await inspect(self._ground)]
            checks += await trying
        finally:
            trying.cancel()
            await asyncio.gather(trying, return_exceptions=True)
        if (pid := self._domain.qemu_pid()) is not None and self._booted:
            checks.append(qemu_check(Path(f"/proc/{pid}")))
        return IsolationRecord(checks=tuple(checks), counters=await self.counters())

    async def load(self, disks: Sequence[DiskSource]) -> None:
        """Define the guest around its disks; an overlay that is not there yet is made."""
        await self.stage(self._spec.guest, disks)

    async def stage(self, guest: GuestShape, disks: Sequence[DiskSource]) -> None:
        """The same for another machine; as the port says."""
        wanted = disks_of(guest)
        if len(disks) != len(wanted):
            raise HostError(f"the guest has {len(wanted)} disks, and {len(disks)} are given")
        for disk, given in zip(wanted, disks, strict=True):
            if disk.bus != "pflash" or self._variables is None:  # those lie elsewhere then
                await files.prepare_disk(given, self._spec.directory, self._account)
        if guest.firmware == "uefi" and self._variables is None:
            self._variables = await self._firmware(guest, disks)
        plan = DomainPlan(
            sandbox_id=self._spec.id,
            drill_id=self._spec.drill_id,
            workload=self._spec.workload,
            tag=self._scope.tag,
            guest=guest,
            segments=self._ground.own,
            disks=tuple(given for disk, given in zip(wanted, disks, strict=True) if disk.bus != "pflash"),
            console=self._console,
            acceleration=self._acceleration,
            challenge=self._spec.challenge,
            firmware=self._variables,
        )
        self._disks = disks
        self._scope.opening("domain", self._domain.name, uri=self._calls.uri)
        await finish(self._domain.define(domain_xml(plan)), within=WITHIN, what="defining the guest")

    async def _firmware(self, guest: GuestShape, disks: Sequence[DiskSource]) -> Firmware:
        """The firmware with what it remembered in the backup, or with nothing."""
        pairs = zip(disks_of(guest), disks, strict=True)
        remembered = next((given.path for disk, given in pairs if disk.bus == "pflash"), None)
        into = self._spec.directory / "nvram.fd"
        return await asyncio.to_thread(firmware.prepared, into, self._account, remembered)

    async def boot(self) -> None:
        """Start the guest; its taps are back in the sandbox before its first instruction."""
        async with self._ground.lent():  # taken back after an error, or the look back calls the sandbox open
            await finish(self._domain.start_paused(), within=2 * WITHIN, what="starting QEMU")
        await self._domain.resume()
        self._booted = True

    async def switch_off(self, *, within: timedelta) -> None:
        """Press the power button, or ask the agent, until it is off; as the port says."""
        await switched_off(self._domain, within)
        self._booted = False
        await asyncio.to_thread(self._put_by)

    def _put_by(self) -> None:
        """Keep the console of a first boot apart: the next one begins with nothing printed."""
        text = self.console()
        for path in self._console_files():
            path.unlink(missing_ok=True)
        self._first_console = text

    def planted(self) -> Planted:
        """As an OEM string: no other field of the hardware differs by it."""
        return Planted(medium="SMBIOS OEM string")

    async def activity(self) -> Activity:
        """Read the signs of life; HostError when the guest was stopped, and not by itself."""
        if not self._booted:
            return Activity(running=False, console_bytes=0, disk_bytes=0, agent=False)
        pulse = await self._domain.pulse()
        if pulse.stopped:
            raise HostError(
                pulse.stopped,
                hint=(
                    f"look at the free space below {self._spec.directory}, and at its disk"
                    if pulse.stopped == IO_ERROR
                    else "look at dmesg and at libvirt's logs: nobody else may touch a sandbox's guest"
                ),
            )
        return Activity(
            running=pulse.running,
            console_bytes=sum(len_of(path) for path in self._console_files()),
            disk_bytes=pulse.disk_bytes,
            agent=pulse.running and await self.guest.ping(),
            starved=self._domain.starved(),
        )

    def console(self) -> bytes:
        """Return the last 1 MiB that the serial console printed."""
        text = b"".join(tail_of(path) for path in self._console_files())
        return text[-CONSOLE_KEPT:]

    def _console_files(self) -> list[Path]:
        """List the console's files, oldest first."""
        older = [self._console.with_name(f"{CONSOLE}.{n}") for n in reversed(range(_ROTATED))]
        return [path for path in (*older, self._console) if path.exists()]

    async def counters(self) -> tuple[Counter, ...]:
        """Read the counters of the sandbox's rules."""
        count = await self._ground.count()
        return tuple(Counter(name=name, value=value) for name, value in count.counters)

    async def dependencies(self) -> tuple[UndeclaredDependency, ...]:
        """Names and addresses that the guest wanted and nobody declared."""
        return await self._ground.dependencies()

    async def collect(self) -> tuple[Blob, ...]:
        """Console log, screenshot, DNS log, domain XML, QEMU's log: whatever can be had now."""
        found = [
            ("console.log", "text/plain", self.console()),
            ("first-boot.log", "text/plain", self._first_console),
            ("dns.log", "text/plain", self._ground.dns_log),
            ("qemu.log", "text/plain", self._domain.qemu_log()),
        ]
        try:
            found.append(("domain.xml", "application/xml", (await self._domain.xml()).encode()))
            media_type, picture = await self._domain.screenshot()
            found.append(("screen.png", "image/png", as_png(media_type, picture)))
        except DrverifyError as error:
            found.append(("not-collected.txt", "text/plain", f"{error}\n".encode()))
        return tuple(
            Blob(name=name, media_type=kind, content=content) for name, kind, content in found if content
        )

    async def give_back(self, into: Path) -> int:
        """Copy the file that the guest ran from; as the port says."""
        if len(self._disks) != 1:
            raise HostError(f"the guest has {len(self._disks)} disks here, and only one is given back so far")
        if (await self.activity()).running:
            raise HostError("the guest still runs, and its disk is not given back")
        return await copied(self._disks[0], into)

    def ways_in(self) -> tuple[str, ...]:
        """Its namespace, its addresses from there, its screen and its serial console."""
        name, uri = self._domain.name, self._calls.uri
        return (
            *entrances(self._ground.namespace, [one.guest for one in self._ground.own]),
            f"virsh -c {uri} screenshot {name}",
            f"virsh -c {uri} send-key {name} KEY_ENTER",
            f"tail -F {self._console}",
        )

    def keep(self) -> None:
        """Leave everything in place when the context ends; a later reap removes it."""
        self.kept = True

    async def end(self) -> None:
        """Take everything back, or let go of it when it is to be kept. Called once, by the host."""
        if self.kept:
            await self._ground.leave()
            return
        removing = asyncio.create_task(self._remove_domain())  # QEMU takes a second to go
        try:
            await run_all((self._ground.take_down, lambda: removing))
        finally:
            removing.cancel()
            await asyncio.gather(removing, return_exceptions=True)

    async def _remove_domain(self) -> None:
        await self._domain.remove()
        self._scope.closed("domain", self._domain.name)


def len_of(path: Path) -> int:
    """Size of a file that may just have been renamed away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def tail_of(path: Path) -> bytes:
    """Last bytes of a file that may just have been renamed away."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - CONSOLE_KEPT))
            return log.read(CONSOLE_KEPT)
    except FileNotFoundError:
        return b""
