"""One guest as libvirt sees it: defined, started paused, asked, taken back. Names and tags, no policy."""

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import libvirt

from drverify.adapters.libvirt.calls import Calls, NoDomain, NotRunning
from drverify.adapters.libvirt.xml import tag_in
from drverify.errors import HostError, TeardownError

QEMU_LOGS = Path("/var/log/libvirt/qemu")
SCREENSHOT_LIMIT = 32 * 1024 * 1024
LOG_LIMIT = 256 * 1024
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What libvirt says about a guest at one moment."""

    running: bool
    starved: bool
    """Stopped by QEMU because the host could not write for it (no space, dead disk)."""
    disk_bytes: int


class Domain:
    """The domain `name`, which is ours only while its metadata carries `tag`."""

    def __init__(self, calls: Calls, name: str, tag: str) -> None:
        self._calls = calls
        self.name = name
        self._tag = tag

    async def define(self, xml: str) -> None:
        """Define it, not started. Twice is once. HostError when the name is somebody else's."""

        def work(connection: Any) -> None:
            with contextlib.suppress(libvirt.libvirtError):
                if tag_in(connection.lookupByName(self.name).XMLDesc()) != self._tag:
                    raise HostError(f"domain {self.name} exists and is not ours")
            connection.defineXMLFlags(xml, libvirt.VIR_DOMAIN_DEFINE_VALIDATE)

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

    async def pulse(self, disk: str) -> Pulse:
        """Read state and disk counters. A domain that is gone or off is one that does not run."""

        def work(domain: Any) -> Pulse:
            state, reason = domain.state()
            if state not in {libvirt.VIR_DOMAIN_RUNNING, libvirt.VIR_DOMAIN_PAUSED}:
                return Pulse(running=False, starved=False, disk_bytes=0)
            starved = state == libvirt.VIR_DOMAIN_PAUSED and reason == libvirt.VIR_DOMAIN_PAUSED_IOERROR
            read = domain.blockStats(disk)
            return Pulse(
                running=state == libvirt.VIR_DOMAIN_RUNNING, starved=starved, disk_bytes=read[1] + read[3]
            )

        try:
            return await self._calls.domain(self.name, work, what="asking domain")
        except (NoDomain, NotRunning):
            return Pulse(running=False, starved=False, disk_bytes=0)

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
            log.unlink(missing_ok=True)

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
