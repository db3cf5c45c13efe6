"""What every SandboxHost must do; a host's own tests inherit it and say how its guest gets into a sandbox.

`SandboxLifeSuite` asks for any guest, on any host, the one in memory included. `SandboxHostSuite` asks for
the lab's tiny guest: 10.30.0.10/24, HTTP on port 80, prints `tiny: up`.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from drverify.engine.drills.returning import TABLES
from drverify.engine.ports import Sandbox, SandboxHost, SandboxId, SandboxSpec
from drverify.errors import HostError
from drverify.model.challenge import PREFIX
from drverify.model.drill import DrillId
from drverify.model.playbook import DnsAnswer
from drverify.model.recovery import GuestShape, Network

GUEST = "10.30.0.10"
UP = b"tiny: up"
BOOT = timedelta(seconds=180)
CHALLENGE = "0123456789abcdef" * 4
DRILL = DrillId("20260101T000000Z-abcdef")
PRODUCTION = Network(
    name="production", subnet="10.30.0.0/24", gateway="10.30.0.1", dns="10.30.0.2", address=GUEST
)
SHAPE = GuestShape(memory_mib=256, vcpus=1, networks=(PRODUCTION,))


class RecordingScope:
    """A ledger in memory that remembers the order of things."""

    def __init__(self, sandbox_id: str | None = None) -> None:
        self.sandbox_id = SandboxId(sandbox_id or secrets.token_hex(4))
        self.tag = f"drverify:{self.sandbox_id}"
        self.open: dict[tuple[str, str], dict[str, str]] = {}
        self.seen: list[tuple[str, str]] = []

    def opening(self, kind: str, name: str, **facts: str) -> None:
        self.open.setdefault((kind, name), {}).update(facts)
        self.seen.append((kind, name))

    def closed(self, kind: str, name: str) -> None:
        self.open.pop((kind, name), None)


def spec_of(scope: RecordingScope, base: Path, shape: GuestShape = SHAPE) -> SandboxSpec:
    """A sandbox for tiny with a directory that QEMU's user can pass through."""
    directory = base / scope.sandbox_id
    directory.mkdir(mode=0o711, parents=True)
    return SandboxSpec(
        id=scope.sandbox_id,
        drill_id=DRILL,
        workload="tiny",
        guest=shape,
        dns=(DnsAnswer(name="db.tiny.example", address="10.30.0.20"),),
        challenge=CHALLENGE,
        directory=directory,
    )


async def until(condition: Callable[[], Awaitable[bool]], *, within: timedelta = BOOT) -> None:
    async with asyncio.timeout(within.total_seconds()):
        while not await condition():
            await asyncio.sleep(0.1)


async def up(sandbox: Sandbox) -> None:
    async def printed() -> bool:
        return UP in sandbox.console()

    await until(printed)


async def http(address: str, path: str = "/") -> bytes:
    """One HTTP request from wherever this runs."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(address, 80)
        writer.write(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer


@dataclass(frozen=True, kw_only=True)
class Able:
    """What of the contract can be seen on a host; all of it, unless the host's own tests say otherwise."""

    agent: bool = True
    console: bool = True
    """Whether the guest's serial console is read; else the guest is up when its agent answers."""
    screen: bool = True
    challenge: bool = True
    """Whether a guest is given its challenge; else the host says why not."""
    pairs: bool = True
    """Whether two sandboxes with the same network can live at the same time."""


Give = Callable[[Sandbox, SandboxSpec], Awaitable[None]]
"""Puts the host's guest into a sandbox, ready to boot: loads its disk, or has the host restore it."""


class SandboxLifeSuite:
    """How a sandbox comes and goes. Inherit and define the fixtures `host`, `give` and `base` (a directory)."""

    async def test_an_empty_sandbox_is_closed_and_leaves_nothing(self, host: SandboxHost, base: Path):
        scope = RecordingScope()
        async with host.sandbox(spec_of(scope, base), scope) as sandbox:
            assert scope.open
            record = await sandbox.isolation()
            assert record.checks
            assert [check for check in record.checks if not check.closed] == []
            assert not await sandbox.guest.ping()
            assert not (await sandbox.activity()).running
            assert sandbox.console() == b""
        assert scope.open == {}

    async def test_a_guest_runs_from_its_boot_to_the_end_of_its_sandbox(
        self, host: SandboxHost, base: Path, give: Give
    ):
        scope = RecordingScope()
        spec = spec_of(scope, base)
        async with host.sandbox(spec, scope) as sandbox:
            await give(sandbox, spec)
            assert not (await sandbox.activity()).running
            await sandbox.boot()
            assert (await sandbox.activity()).running
            planted = sandbox.planted()
            assert bool(planted.medium) != bool(planted.why_not)
            assert [check for check in (await sandbox.isolation()).checks if not check.closed] == []
            assert await sandbox.counters() is not None
            assert await sandbox.collect()
        assert scope.open == {}

    async def test_it_is_taken_back_when_the_body_fails(self, host: SandboxHost, base: Path):
        scope = RecordingScope()
        with pytest.raises(ZeroDivisionError):
            async with host.sandbox(spec_of(scope, base), scope):
                raise ZeroDivisionError
        assert scope.seen
        assert scope.open == {}

    @pytest.mark.parametrize("after", [0.0, 0.02, 0.1, 0.4])
    async def test_it_is_taken_back_when_cancelled_at_any_time(
        self, host: SandboxHost, base: Path, after: float
    ):
        scope = RecordingScope()

        async def live() -> None:
            async with host.sandbox(spec_of(scope, base), scope):
                await asyncio.sleep(60)

        task = asyncio.create_task(live())
        await asyncio.sleep(after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert scope.open == {}

    async def test_a_guest_that_does_not_fit_is_refused_with_figures(self, host: SandboxHost, base: Path):
        scope = RecordingScope()
        shape = GuestShape(memory_mib=64 * 1024 * 1024, vcpus=1, networks=(PRODUCTION,))
        with pytest.raises(HostError, match=r"67108864 MiB .* \d+ MiB are available"):
            async with host.sandbox(spec_of(scope, base, shape), scope):
                pass
        assert scope.open == {}

    async def test_it_names_its_tools(self, host: SandboxHost):
        assert all(tool.name and tool.version for tool in await host.tools())


class SandboxHostSuite(SandboxLifeSuite):
    """The whole contract, with tiny: `give` puts it into the sandbox. `able` says what can be seen here."""

    able: ClassVar[Able] = Able()

    async def arrived(self, sandbox: Sandbox) -> None:
        """Wait until tiny is up."""
        if self.able.console:
            await up(sandbox)
        if self.able.agent:
            await until(sandbox.guest.ping)

    async def test_the_vantage_has_the_sandboxs_network_and_no_other(self, host: SandboxHost, base: Path):
        scope = RecordingScope()
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]

        async def knock() -> str:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError as error:
                return type(error).__name__
            writer.close()
            return "in"

        async with server, host.sandbox(spec_of(scope, base), scope) as sandbox:
            assert await knock() == "in"
            assert await sandbox.vantage.run(knock) == "ConnectionRefusedError"
            names = await sandbox.vantage.run(lambda: asyncio.to_thread(socket.if_nameindex))
            assert {name for _, name in names}.isdisjoint({"eth0", "docker0", "virbr0"})

    async def test_a_guest_boots_answers_and_is_taken_back(self, host: SandboxHost, base: Path, give: Give):
        scope = RecordingScope()
        spec = spec_of(scope, base)
        async with host.sandbox(spec, scope) as sandbox:
            await give(sandbox, spec)
            before = await sandbox.activity()
            await sandbox.boot()
            await self.arrived(sandbox)
            after = await sandbox.activity()
            assert after.running
            assert after.disk_bytes > before.disk_bytes
            assert after.console_bytes > before.console_bytes or not self.able.console
            if self.able.agent:
                await self._asked(sandbox)
            assert b"tiny: ok" in await sandbox.vantage.run(lambda: http(GUEST))
            await self._world(sandbox)
            await self._collected(sandbox)
        assert scope.open == {}

    async def _asked(self, sandbox: Sandbox) -> None:
        assert (await sandbox.activity()).agent
        assert abs(await sandbox.guest.utc() - datetime.now(UTC)) < timedelta(minutes=5)
        within = timedelta(seconds=20)
        done = await sandbox.guest.run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], within=within)
        assert (done.exit_code, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
        with pytest.raises(TimeoutError):
            await sandbox.guest.run(["/bin/sleep", "60"], within=timedelta(seconds=2))
        assert bool(sandbox.planted().medium) == self.able.challenge
        if self.able.challenge:
            tables = await sandbox.guest.run(["cat", *TABLES], within=within)
            assert f"{PREFIX}{CHALLENGE}".encode() in tables.stdout

    async def _world(self, sandbox: Sandbox) -> None:
        """Declared names are answered, others refused; all that was tried is known afterwards."""
        script = (
            "nslookup db.tiny.example; nslookup lost.tiny.example; nc -w 2 203.0.113.9 80 </dev/null;"
            "nc -w 2 10.30.0.77 80 </dev/null; nc -w 2 10.30.0.1 9 </dev/null; true"
        )
        done = await sandbox.guest.run(["/bin/sh", "-c", script], within=timedelta(seconds=40))
        assert b"10.30.0.20" in done.stdout
        assert b"NXDOMAIN" in done.stdout
        wanted = {one.name for one in await sandbox.dependencies()}
        assert {"lost.tiny.example", "203.0.113.9", "10.30.0.77"} <= wanted
        assert "db.tiny.example" not in wanted
        record = await sandbox.isolation()
        assert [check for check in record.checks if not check.closed] == []
        counters = {counter.name: counter.value for counter in record.counters}
        assert counters["forwarded"] == 0
        assert counters["guest_to_outside_ipv4"] > 0

    async def _collected(self, sandbox: Sandbox) -> None:
        blobs = {blob.name: blob for blob in await sandbox.collect()}
        if self.able.console:
            assert UP in blobs["console.log"].content
        if self.able.screen:
            assert blobs["screen.png"].content.startswith(b"\x89PNG")
        if self.able.agent:
            assert b"lost.tiny.example" in blobs["dns.log"].content

    async def test_two_sandboxes_hold_the_same_address_at_once(
        self, host: SandboxHost, base: Path, give: Give
    ):
        one, other = RecordingScope(), RecordingScope()
        first, second = spec_of(one, base), spec_of(other, base)
        if not self.able.pairs:
            async with host.sandbox(first, one):
                with pytest.raises(HostError, match="busy"):
                    async with host.sandbox(second, other):
                        pass
            assert one.open == other.open == {}
            return
        async with host.sandbox(first, one) as left, host.sandbox(second, other) as right:
            for sandbox, spec in ((left, first), (right, second)):
                await give(sandbox, spec)
                await sandbox.boot()
            await asyncio.gather(self.arrived(left), self.arrived(right))
            for sandbox, word in ((left, "left"), (right, "right")):
                command = ["/bin/sh", "-c", f"echo {word} > /www/index.html"]
                await sandbox.guest.run(command, within=timedelta(seconds=20))
            assert b"left" in await left.vantage.run(lambda: http(GUEST))
            assert b"right" in await right.vantage.run(lambda: http(GUEST))
        assert one.open == other.open == {}
