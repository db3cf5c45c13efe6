"""One guest as libvirt sees it: defined, started paused, asked, taken back. Names and tags, no policy."""

import contextlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import libvirt

from drverify.adapters.libvirt.calls import Calls, NoDomain
from drverify.adapters.libvirt.xml import tag_in, with_uuid
from drverify.adapters.linux.starving import longest_wait
from drverify.errors import HostError, TeardownError

QEMU_LOGS = Path("/var/log/libvirt/qemu")
SCREENSHOT_LIMIT = 32 * 1024 * 1024
LOG_LIMIT = 256 * 1024
_CHUNK = 256 * 1024
_LOOKS, _PAUSE = 12, 0.25
_ALL_DISKS = ""
_TERMINATED = re.compile(
    rb"terminating on signal \d+ from pid \d+ \((?!(?:/\S*/)?(?:libvirtd|virtqemud)\b)[^\n]{0,99}"
)
"""QEMU's own words when it is asked to go. libvirt takes that for the guest's own shutdown, after which it
asks, too: QEMU waits for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What libvirt says about a guest at one moment."""

    running: bool
    stopped: str = ""
    """Who or what stopped it, when that was neither the guest itself nor we; else empty."""
    disk_bytes: int = 0


IO_ERROR = "QEMU stopped the guest: the restore host could not read or write its disk"
_PAUSED: Mapping[int, str] = {
    libvirt.VIR_DOMAIN_PAUSED_IOERROR: IO_ERROR,
    libvirt.VIR_DOMAIN_PAUSED_USER: "somebody suspended the guest",
    libvirt.VIR_DOMAIN_PAUSED_SAVE: "somebody is saving the guest's state",
    libvirt.VIR_DOMAIN_PAUSED_MIGRATION: "somebody is migrating the guest",
    libvirt.VIR_DOMAIN_PAUSED_DUMP: "somebody is dumping the guest's memory",
    libvirt.VIR_DOMAIN_PAUSED_SNAPSHOT: "somebody is taking a snapshot of the guest",
}
_OFF: Mapping[int, str] = {
    libvirt.VIR_DOMAIN_SHUTOFF_CRASHED: "QEMU ended under the guest (killed by the OOM killer?)",
    libvirt.VIR_DOMAIN_SHUTOFF_DESTROYED: "somebody destroyed the guest's domain",
    libvirt.VIR_DOMAIN_SHUTOFF_FAILED: "libvirt could not keep the guest running",
    libvirt.VIR_DOMAIN_SHUTOFF_SAVED: "somebody saved the guest's state and stopped it",
    libvirt.VIR_DOMAIN_SHUTOFF_MIGRATED: "somebody migrated the guest away",
}
_OWN_PAUSE = frozenset({libvirt.VIR_DOMAIN_PAUSED_SHUTTING_DOWN, libvirt.VIR_DOMAIN_PAUSED_STARTING_UP})
GONE = "somebody removed the guest's domain"


def stopped_by_host(state: int, reason: int) -> str:
    """Say who stopped a guest that was running; empty when it runs, or ended by itself.

    A guest that switches itself off is SHUTOFF_SHUTDOWN (or, on its way, SHUTDOWN); it has no panic
    device, so SHUTOFF_CRASHED is QEMU's end, never the guest's. Source: virDomainPausedReason and
    virDomainShutoffReason of libvirt 9, and what they were seen to be when it was done to a guest.
    """
    if state == libvirt.VIR_DOMAIN_PAUSED and reason not in _OWN_PAUSE:
        return _PAUSED.get(reason, f"libvirt stopped the guest (pause reason {reason})")
    if state == libvirt.VIR_DOMAIN_SHUTOFF and reason != libvirt.VIR_DOMAIN_SHUTOFF_SHUTDOWN:
        return _OFF.get(reason, f"libvirt ended the guest (reason {reason})")
    return ""


class Domain:
    """The domain `name`, which is ours only while its metadata carries `tag`."""

    def __init__(self, calls: Calls, name: str, tag: str) -> None:
        self._calls = calls
        self.name = name
        self._tag = tag

    async def define(self, xml: str) -> None:
        """Define it, not started, or define it anew: it stays the same machine. Twice is once.

        HostError when the name is somebody else's.
        """

        def work(connection: Any) -> None:
            known = xml
            with contextlib.suppress(libvirt.libvirtError):
                found = connection.lookupByName(self.name)
                if tag_in(found.XMLDesc()) != self._tag:
                    raise HostError(f"domain {self.name} exists and is not ours")
                known = with_uuid(xml, found.UUIDString())
            connection.defineXMLFlags(known, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)

        await self._calls.call(work, what=f"defining domain {self.name}")

    async def start_paused(self) -> None:
        """Start QEMU with the guest stopped before its first instruction. Twice is once."""

        def work(domain: Any) -> None:
            if not domain.isActive():
                domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)

        await self._calls.domain(self.name, work, what="starting domain")

    async def resume(self) -> None:
        """Let the guest run."""

        def work(domain: Any) -> None:
            if domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED:
                domain.resume()

        await self._calls.domain(self.name, work, what="resuming domain")

    async def press_power(self) -> None:
        """Press the power button, as ACPI has it. A guest that is off already is none to press it of."""

        def work(domain: Any) -> None:
            if domain.isActive():
                domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)

        await self._calls.domain(self.name, work, what="pressing the power button of")

    async def pulse(self) -> Pulse:
        """Read state and disk counters of a guest that was started. A domain that is gone does not run."""

        def work(domain: Any) -> Pulse:
            disk_bytes, (state, reason) = _read(domain)
            return Pulse(
                running=state == libvirt.VIR_DOMAIN_RUNNING,
                stopped=stopped_by_host(state, reason),
                disk_bytes=disk_bytes,
            )

        try:
            pulse = await self._calls.domain(self.name, work, what="asking domain")
        except NoDomain:
            return Pulse(running=False, stopped=GONE)
        if not pulse.running and not pulse.stopped and (by := _TERMINATED.search(self.qemu_log())):
            said = by[0].decode("utf-8", "replace")
            return Pulse(running=False, stopped=f"somebody ended QEMU under the guest: it was {said}")
        return pulse

    async def xml(self) -> str:
        """Return the XML as libvirt sees it now (no security-sensitive parts)."""
        what = "reading domain"
        text: str = await self._calls.domain(self.name, lambda domain: domain.XMLDesc(), what=what)
        return text

    async def screenshot(self) -> tuple[str, bytes]:
        """Return the screen's picture and its media type; HostError when it is off or too large."""
        return await self._calls.domain(
            self.name, _screen, what="taking the screen of", within=timedelta(seconds=20)
        )

    async def agent(self, command: str, within: timedelta) -> str:
        """Send one command to the guest agent and return its raw answer (untrusted).

        NotRunning when there is no agent or it does not answer within `within` (at least 1 s).
        """
        import libvirt_qemu  # noqa: PLC0415 - loads a second C library, only drills of guests need it

        seconds = max(1, round(within.total_seconds()))

        def work(domain: Any) -> str:
            answer: str = libvirt_qemu.qemuAgentCommand(domain, command, seconds, 0)
            return answer

        return await self._calls.domain(
            self.name, work, what="asking the agent of", within=within + timedelta(seconds=10)
        )

    def qemu_log(self) -> bytes:
        """Return the end of what QEMU itself wrote."""
        try:
            with (QEMU_LOGS / f"{self.name}.log").open("rb") as log:
                log.seek(max(0, log.seek(0, 2) - LOG_LIMIT))
                return log.read(LOG_LIMIT)
        except OSError:
            return b""

    def qemu_pid(self) -> int | None:
        """Process id of the running QEMU, by libvirt's own pid file."""
        try:
            return int((Path("/run/libvirt/qemu") / f"{self.name}.pid").read_text())
        except (OSError, ValueError):
            return None

    def starved(self) -> timedelta | None:
        """How long the processor that waited longest has waited for one of this host; None: not known."""
        pid = self.qemu_pid()
        return None if pid is None else longest_wait(Path(f"/proc/{pid}"))

    async def remove(self) -> None:
        """Destroy and undefine it if it is ours, and verify that it is gone. Absent is success.

        TeardownError when a domain of that name is not ours or does not go.
        """
        try:
            await self._calls.domain(self.name, self._removed, what="removing domain")
        except NoDomain:
            pass
        except TeardownError:
            raise
        except HostError as error:
            raise TeardownError(str(error), hint="run `drverify sandbox reap`") from error
        if await self.exists():
            raise TeardownError(f"domain {self.name} is still there")
        for log in QEMU_LOGS.glob(f"{self.name}.log*"):
            try:
                log.unlink(missing_ok=True)
            except OSError as error:
                hint = f"let drverify write {QEMU_LOGS}; its systemd units do (`drverify config units`)"
                raise TeardownError(f"QEMU's log {log} stays: {error.strerror}", hint=hint) from error

    def _removed(self, domain: Any) -> None:
        found = tag_in(domain.XMLDesc())
        if found != self._tag:
            raise TeardownError(
                f"domain {self.name} is marked {found!r}, not {self._tag!r}: not ours, left alone",
                hint=f"look at it with `virsh dumpxml {self.name}`",
            )
        with contextlib.suppress(libvirt.libvirtError):  # it may have ended by itself: undefine tells
            if domain.isActive():
                domain.destroy()
        if domain.isPersistent():
            domain.undefineFlags(
                libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
                | libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                | libvirt.VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA
                | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
            )

    async def exists(self) -> bool:
        """Say whether there is a domain of that name, running or defined."""
        try:
            await self._calls.domain(self.name, lambda _: None, what="looking for domain")
        except NoDomain:
            return False
        return True


def _read(domain: Any) -> tuple[int, tuple[int, int]]:
    """Bytes of traffic of all disks so far, and the domain's state with its reason.

    While QEMU goes down its counters cannot be read any more, but libvirt still calls it running: then
    the state is what is waited for.
    """
    for left in reversed(range(_LOOKS)):
        try:
            counters = domain.blockStats(_ALL_DISKS)
        except libvirt.libvirtError:
            state, reason = domain.state()
            if state != libvirt.VIR_DOMAIN_RUNNING:
                return 0, (state, reason)
            if not left:
                raise
            threading.Event().wait(_PAUSE)
        else:
            state, reason = domain.state()
            return counters[1] + counters[3], (state, reason)
    raise AssertionError("unreachable")


def _screen(domain: Any) -> tuple[str, bytes]:
    stream = domain.connect().newStream()
    media_type: str = domain.screenshot(stream, 0)
    picture = bytearray()
    try:
        while (chunk := stream.recv(_CHUNK)) and len(picture) <= SCREENSHOT_LIMIT:
            picture += chunk
        if len(picture) <= SCREENSHOT_LIMIT:
            stream.finish()
            return media_type, bytes(picture)
    except BaseException:
        _abort(stream)
        raise
    _abort(stream)
    raise HostError("the screen is larger than we keep")


def _abort(stream: Any) -> None:
    with contextlib.suppress(libvirt.libvirtError):
        stream.abort()
