"""Probes that ask one guest by one access share a connection: a real sshd, broken lines, hangers."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.guest import shared
from drverify.adapters.probes.prober import TableProber
from drverify.engine.ports import Observation, ProbeScope
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Access, CommandProbe
from tests.support.guest_sshd import KEY, OTHER, SSHD, Sshd, running_sshd
from tests.support.probing import LOOPBACK, serving

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")
SLOW = timedelta(seconds=20)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


class Asker:
    """One drill's prober, over shared connections unless told otherwise."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self.secrets = secrets
        self.prober = TableProber()

    async def ask(self, access: Access, *argv: str, lasting: bool = True, **more: Any) -> Observation:
        spec = CommandProbe(id="c", access=access, command=argv, **{"within": SLOW} | more)
        scope = ProbeScope(
            guest=None, console=bytes, files=None, secret=lambda ref: self.secrets[ref], lasting=lasting
        )
        started = asyncio.get_running_loop().time()
        found = await self.prober.ask(spec, scope)
        assert asyncio.get_running_loop().time() - started < spec.within.total_seconds() + 2
        return found


@asynccontextmanager
async def asker(secrets: Mapping[str, bytes]) -> AsyncIterator[Asker]:
    """Whatever happens meanwhile, at the end no socket and no task is left."""
    before, tasks = sockets(), asyncio.all_tasks()
    asking = Asker(secrets)
    try:
        yield asking
    finally:
        await asking.prober.hang_up()
    await asyncio.sleep(0)
    assert sockets() <= before
    assert asyncio.all_tasks() <= tasks


def sockets() -> set[str]:
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the listing's own
            target = str(file.readlink())
            if target.startswith("socket:"):
                found.add(target)
    return found


def connection(found: Observation) -> str:
    """What the transcript says of the connection."""
    (line,) = (line for line in found.transcript.decode().splitlines() if "over the connection" in line)
    return line


def opened(found: Observation) -> str:
    return connection(found).split("opened at ")[1].split(",")[0]


@asynccontextmanager
async def relay(sshd: Sshd, pauses: list[float]) -> AsyncIterator[tuple[int, list[float]]]:
    """Leads to sshd, the first connections after a pause; yields its port and when it was connected to."""
    met: list[float] = []

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(asyncio.get_running_loop().time())
        if pauses:
            await asyncio.sleep(pauses.pop(0))
        there, back = await asyncio.open_connection(LOOPBACK, sshd.port)
        try:
            await asyncio.gather(copy(reader, back), copy(there, writer))
        finally:
            back.transport.abort()

    async with serving(lead) as port:
        yield port, met


async def test_one_handshake_for_all(sshd: Sshd) -> None:
    before = sshd.logins()
    async with asker(sshd.secrets) as one:
        answers = await asyncio.gather(
            *(one.ask(sshd.access(), "echo", str(n), output=str(n)) for n in range(3))
        )
        answers.append(await one.ask(sshd.access(), "true"))
        assert [found.status for found in answers] == [ProbeStatus.PASSED] * 4
        assert sshd.logins() == before + 1
        assert len({opened(found) for found in answers}) == 1
        assert connection(answers[3]).endswith("used 3 times before")
        for found in answers:
            assert f"host key met: {sshd.fingerprint} (as expected)" in found.transcript.decode()
            assert f"(host key {sshd.fingerprint})" in found.observed


async def test_who_is_told_to_ask_alone_shares_nothing(sshd: Sshd) -> None:
    before = sshd.logins()
    async with asker(sshd.secrets) as one:
        answers = [await one.ask(sshd.access(), "true", lasting=lasting) for lasting in (False, True, False)]
        assert [found.status for found in answers] == [ProbeStatus.PASSED] * 3
        assert len({opened(found) for found in answers}) == 3
        assert sshd.logins() == before + 3


async def test_another_access_is_another_connection(sshd: Sshd) -> None:
    before = sshd.logins()
    async with asker(sshd.secrets) as one:
        assert (await one.ask(sshd.access(), "true")).status is ProbeStatus.PASSED
        found = await one.ask(sshd.access(host_key=OTHER), "true")
        assert found.status is ProbeStatus.FAILED
        assert found.observed.startswith("another machine: host key")
        found = await one.ask(sshd.access(host_key=None), "true")
        assert "recorded, not checked" in found.transcript.decode()
        assert sshd.logins() == before + 2
        one.secrets = {**sshd.secrets, KEY: (sshd.folder / "other").read_bytes()}
        found = await one.ask(sshd.access(), "true")
        assert found.observed.startswith("login refused for")
        assert sshd.logins() == before + 2


async def test_a_broken_connection_is_opened_anew(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one:
        first = await one.ask(sshd.access(), "true")
        under_way = asyncio.create_task(one.ask(sshd.access(), "sh", "-c", "sleep 1; echo ok", output="^ok$"))
        await asyncio.sleep(0.3)
        for pid in sshd.sessions():
            os.kill(pid, signal.SIGKILL)
        found = await under_way
        assert found.status is ProbeStatus.PASSED, found.observed
        assert opened(found) != opened(first)
        assert f"as the one opened at {opened(first)} is gone" in connection(found)
        for pid in sshd.sessions():
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.2)  # now it is known before it is asked for
        again = await one.ask(sshd.access(), "true")
        assert again.status is ProbeStatus.PASSED, again.observed
        assert opened(again) != opened(found)


async def test_a_silent_connection_does_not_hold_up_a_probe(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one:
        await one.ask(sshd.access(), "true")
        (frozen,) = sshd.sessions()
        for pid in (frozen, *children(frozen)):
            os.kill(pid, signal.SIGSTOP)
        try:
            found = await one.ask(sshd.access(), "true", within=timedelta(seconds=9))
            assert found.status is ProbeStatus.PASSED, found.observed
            assert "is gone" in connection(found)
        finally:
            for pid in (*children(frozen), frozen):
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


async def test_a_server_that_is_gone_is_no_answer(sshd: Sshd, tmp_path: Path) -> None:
    with running_sshd(tmp_path) as gone:
        async with asker(gone.secrets) as one:
            assert (await one.ask(gone.access(), "true")).status is ProbeStatus.PASSED
            for pid in (gone.pid, *gone.sessions()):
                os.kill(pid, signal.SIGKILL)
            found = await one.ask(gone.access(), "true")
            assert found.status is ProbeStatus.UNANSWERED
            assert found.observed in ("connection refused", "connection reset")  # by how fast it goes


async def test_who_gives_up_does_not_take_the_handshake_from_others(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one, relay(sshd, [1.5]) as (port, met):
        access = sshd.access(port=port)
        short = asyncio.create_task(one.ask(access, "true", within=timedelta(seconds=0.5)))
        cancelled = asyncio.create_task(one.ask(access, "true"))
        long = asyncio.create_task(one.ask(access, "true"))
        await asyncio.sleep(0.2)
        cancelled.cancel()
        assert (await short).status is ProbeStatus.UNANSWERED
        assert (await long).status is ProbeStatus.PASSED
        assert len(met) == 1


async def test_a_handshake_that_hangs_holds_up_its_own_question_only(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one, relay(sshd, [60]) as (port, met):
        access = sshd.access(port=port)
        first = asyncio.create_task(one.ask(access, "true", within=timedelta(seconds=4)))
        await asyncio.sleep(2.5)
        second = asyncio.create_task(one.ask(access, "true", within=timedelta(seconds=4)))
        found = await first
        assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "no answer within 4 s")
        found = await second
        assert found.status is ProbeStatus.PASSED, found.observed
        assert "as a handshake of another did not end" in connection(found)
        assert len(met) == 2


async def test_a_question_without_an_answer_takes_its_connection_with_it(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one:
        first = await one.ask(sshd.access(), "true")
        neighbour = asyncio.create_task(one.ask(sshd.access(), "sh", "-c", "sleep 2; echo ok", output="^ok$"))
        hanging = await one.ask(sshd.access(), "sleep", "60", within=timedelta(seconds=1))
        assert hanging.status is ProbeStatus.UNANSWERED
        after = await one.ask(sshd.access(), "true")
        assert (after.status, opened(after) == opened(first)) == (ProbeStatus.PASSED, False)
        found = await neighbour
        assert (found.status, opened(found)) == (ProbeStatus.PASSED, opened(first))
        await asyncio.sleep(0.3)
        assert len(sshd.sessions()) == 1


async def test_endless_output_does_not_hurt_a_neighbour(sshd: Sshd) -> None:
    async with asker(sshd.secrets) as one:
        first = await one.ask(sshd.access(), "true")
        endless, neighbour = await asyncio.gather(
            one.ask(sshd.access(), "yes", output="^y"),
            one.ask(sshd.access(), "sh", "-c", "sleep 1; echo ok", output="^ok$"),
        )
        assert endless.status is ProbeStatus.FAILED
        assert "it prints more than 1048576 bytes" in endless.observed
        assert (neighbour.status, opened(neighbour)) == (ProbeStatus.PASSED, opened(first))
        assert opened(await one.ask(sshd.access(), "true")) != opened(first)


async def test_a_server_that_wants_one_command_for_each_connection(tmp_path: Path) -> None:
    with running_sshd(tmp_path, "MaxSessions 1") as strict:
        async with asker(strict.secrets) as one:
            questions = (
                one.ask(strict.access(), "sh", "-c", "sleep 0.5; echo ok", output="ok") for _ in "123"
            )
            answers = await asyncio.gather(*questions)
            assert [found.status for found in answers] == [ProbeStatus.PASSED] * 3
            assert sorted("for this command alone" in connection(found) for found in answers) == [
                False,
                True,
                True,
            ]


async def test_a_server_that_wants_no_command(tmp_path: Path) -> None:
    with running_sshd(tmp_path, "MaxSessions 0") as strict:
        async with asker(strict.secrets) as one:
            for lasting in (True, True, False):
                found = await one.ask(strict.access(), "true", lasting=lasting)
                assert (found.status, found.observed) == (ProbeStatus.FAILED, "no SSH session: open failed")


async def test_a_connection_serves_for_a_while_only(sshd: Sshd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "LONGEST", timedelta(seconds=1))
    async with asker(sshd.secrets) as one:
        first = await one.ask(sshd.access(), "sh", "-c", "sleep 1.5; echo ok", output="^ok$")
        assert first.status is ProbeStatus.PASSED
        await asyncio.sleep(0.3)
        assert sshd.sessions() == []
        assert opened(await one.ask(sshd.access(), "true")) != opened(first)


@pytest.mark.parametrize("where", ["handshake", "command"])
async def test_nothing_is_left_after_a_cancellation(sshd: Sshd, where: str) -> None:
    with socket.create_server((LOOPBACK, 0)) as deaf:  # the kernel accepts, nobody speaks
        port = deaf.getsockname()[1] if where == "handshake" else sshd.port
        before = sshd.logins()
        async with asker(sshd.secrets) as one:
            asking = [asyncio.create_task(one.ask(sshd.access(port=port), "sleep", "60")) for _ in "123"]
            await asyncio.sleep(1)
            assert sshd.logins() - before == (where == "command")
            for task in asking:
                task.cancel()
            results = await asyncio.gather(*asking, return_exceptions=True)
            assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await asyncio.sleep(0.3)
    assert sshd.sessions() == []


@pytest.mark.parametrize("where", ["handshake", "command"])
async def test_hanging_up_while_probes_ask(sshd: Sshd, where: str) -> None:
    """Nobody does so; it must neither hang nor leave anything, nor open a connection again."""
    with socket.create_server((LOOPBACK, 0)) as deaf:
        port = deaf.getsockname()[1] if where == "handshake" else sshd.port
        async with asker(sshd.secrets) as one:
            asking = [asyncio.create_task(one.ask(sshd.access(port=port), "sleep", "60")) for _ in "12"]
            await asyncio.sleep(1)
            await one.prober.hang_up()
            for found in await asyncio.gather(*asking):
                assert found.status is ProbeStatus.UNANSWERED
        await asyncio.sleep(0.3)
        assert sshd.sessions() == []
