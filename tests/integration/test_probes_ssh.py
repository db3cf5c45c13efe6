"""command, unit, freshness by line and checksum in a guest: a real sshd, an agent, and liars."""

import asyncio
import getpass
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.engine.ports import CommandResult
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Access, ChecksumProbe, CommandProbe, FreshnessProbe, NewestLine, UnitProbe
from tests.support.guest_sshd import HOST_KEY, KEY, OTHER, SSHD, Sshd, running_sshd
from tests.support.probing import ScriptedGuest, ask, dripping, endless, free_port, serving

pytestmark = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")
SLOW = timedelta(seconds=20)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


def command(access: Access, *argv: str, **more: Any) -> CommandProbe:
    return CommandProbe(id="c", access=access, command=argv, **{"within": SLOW} | more)


async def test_command(sshd: Sshd) -> None:
    found = await ask(
        command(sshd.access(), "echo", "a  b", "$HOME;", "'", output=r"^a  b \$HOME; '$"),
        secrets=sshd.secrets,
    )
    assert found.status is ProbeStatus.PASSED, found.observed
    assert found.observed == f"exit 0: a b $HOME; ' (host key {sshd.fingerprint})"
    found = await ask(command(sshd.access(), "sh", "-c", "echo no >&2; exit 3"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith("exit 3: no (host key SHA256:")
    found = await ask(command(sshd.access(), "sh", "-c", "exit 3", exit_code=3), secrets=sshd.secrets)
    assert found.status is ProbeStatus.PASSED
    found = await ask(command(sshd.access(), "echo", "x", output="y"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.FAILED
    found = await ask(command(sshd.access(), "sh", "-c", "kill -9 $$"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.FAILED


async def test_host_key_is_recorded_or_checked(sshd: Sshd) -> None:
    found = await ask(command(sshd.access(host_key=None), "true"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.PASSED
    assert "(host key SHA256:" in found.observed
    assert b"recorded, not checked" in found.transcript
    found = await ask(command(sshd.access(host_key=OTHER), "true"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith(f"another machine: host key {sshd.fingerprint} instead of SHA256:")


async def test_login_refused(sshd: Sshd) -> None:
    secrets = {**sshd.secrets, KEY: (sshd.folder / "other").read_bytes()}
    found = await ask(command(sshd.access(), "true"), secrets=secrets)
    assert (found.status, found.observed) == (ProbeStatus.FAILED, f"login refused for {getpass.getuser()}")


async def test_our_own_faults(sshd: Sshd) -> None:
    for bad in ({}, {**sshd.secrets, KEY: b"no key"}, {**sshd.secrets, HOST_KEY: b"no key"}):
        assert (await ask(command(sshd.access(), "true"), secrets=bad)).status is ProbeStatus.ERRORED
    assert (await ask(command(Access(via="agent"), "true"))).status is ProbeStatus.ERRORED


async def test_nobody_and_too_slow(sshd: Sshd) -> None:
    found = await ask(command(sshd.access(port=free_port()), "true"), secrets=sshd.secrets)
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "connection refused")
    found = await ask(
        command(sshd.access(), "sleep", "60", within=timedelta(seconds=2)), secrets=sshd.secrets
    )
    assert found.status is ProbeStatus.UNANSWERED


async def test_a_connection_that_ends_before_its_command_is_no_exit_code(sshd: Sshd) -> None:
    """128 stands for an end by signal; no end at all is none."""
    probe = command(sshd.access(), "sh", "-c", "kill -9 $PPID; sleep 9", exit_code=128)
    found = await ask(probe, secrets=sshd.secrets)
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "connection closed before an answer")


async def test_endless_output_is_cut(sshd: Sshd) -> None:
    found = await ask(command(sshd.access(), "yes", output="^y"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.FAILED
    assert "it prints more than 1048576 bytes" in found.observed


async def test_hostile_servers(sshd: Sshd) -> None:
    async def endless_banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endless(writer, b"welcome " * 1000)

    async def endless_lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endless(writer, b"welcome\r\n" * 1000)

    async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n" + b"\x00\x00\xff\xff" * 100)
        await reader.read()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await dripping(writer, b"SSH-2.0-slow")

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    for serve in (endless_banner, endless_lines, http, garbage, slow, silent):
        async with serving(serve) as port:
            probe = command(sshd.access(port=port), "true", within=timedelta(seconds=1))
            found = await ask(probe, secrets=sshd.secrets)
            bad = {ProbeStatus.FAILED, ProbeStatus.UNANSWERED}
            assert found.status in bad, f"{serve.__name__}: {found.status} {found.observed}"


async def test_by_agent() -> None:
    agent = Access(via="agent")
    guest = ScriptedGuest(result=CommandResult(exit_code=0, stdout=b"tiny\n", stderr=b""))
    found = await ask(command(agent, "hostname", output="^tiny$"), guest=guest)
    assert (found.status, found.observed) == (ProbeStatus.PASSED, "exit 0: tiny")
    assert guest.ran == [("hostname",)]
    found = await ask(command(agent, "hostname"), guest=ScriptedGuest(answers=False))
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "no answer from the agent")
    assert (await ask(command(agent, "hostname"), guest=ScriptedGuest())).status is ProbeStatus.ERRORED


@pytest.mark.parametrize(
    ("printed", "code", "status", "observed"),
    [
        ("LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\n", 0, ProbeStatus.PASSED, "active (running)"),
        ("LoadState=loaded\nActiveState=failed\nSubState=failed\nResult=exit-code\n", 0, ProbeStatus.FAILED, "failed (failed), result exit-code"),
        ("LoadState=not-found\nActiveState=inactive\nSubState=dead\n", 0, ProbeStatus.FAILED, "there is no unit nginx.service"),
        ("", 127, ProbeStatus.FAILED, "systemctl: exit 127:"),
        ("nonsense", 0, ProbeStatus.FAILED, "systemctl: exit 0: nonsense"),
    ],
)  # fmt: skip
async def test_unit(printed: str, code: int, status: ProbeStatus, observed: str) -> None:
    guest = ScriptedGuest(result=CommandResult(exit_code=code, stdout=printed.encode(), stderr=b""))
    found = await ask(UnitProbe(id="u", access=Access(via="agent"), unit="nginx.service"), guest=guest)
    assert (found.status, found.observed) == (status, observed)


async def test_unit_over_ssh_where_there_is_no_systemd(sshd: Sshd) -> None:
    if Path("/run/systemd/system").exists():
        pytest.skip("this machine runs systemd")
    found = await ask(
        UnitProbe(id="u", access=sshd.access(), unit="nginx.service", within=SLOW), secrets=sshd.secrets
    )
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith("systemctl: exit ")


async def test_newest_line(sshd: Sshd) -> None:
    def spec(*argv: str) -> FreshnessProbe:
        return FreshnessProbe(id="f", newest=NewestLine(access=sshd.access(), command=argv), within=SLOW)

    found = await ask(spec("echo", "1763856930.5 shop cron: bye"), secrets=sshd.secrets)
    assert found.status is ProbeStatus.PASSED
    assert found.newest == datetime(2025, 11, 23, 0, 15, 30, 500000, tzinfo=UTC)
    found = await ask(spec("echo", "yesterday"), secrets=sshd.secrets)
    assert (found.status, found.newest) == (ProbeStatus.FAILED, None)
    found = await ask(spec("sh", "-c", "date -u +%FT%TZ; exit 1"), secrets=sshd.secrets)
    assert (found.status, found.newest) == (ProbeStatus.FAILED, None)


async def test_checksum_in_the_guest(sshd: Sshd, tmp_path: Path) -> None:
    def spec(name: str = "MANIFEST", count: int = 2) -> ChecksumProbe:
        path = str(tmp_path / name)
        return ChecksumProbe(id="c", manifest=path, min_files=count, access=sshd.access(), within=SLOW)

    async def answer(probe: ChecksumProbe) -> tuple[ProbeStatus, str]:
        found = await ask(probe, secrets=sshd.secrets)
        return found.status, found.observed.partition(" (host key")[0]

    lines = []
    for name in ("a b", "c"):
        (tmp_path / name).write_text(name)
        lines.append(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}\n")
    (tmp_path / "MANIFEST").write_text("".join(lines))
    assert await answer(spec()) == (ProbeStatus.PASSED, "2 files agree")
    assert await answer(spec(count=3)) == (ProbeStatus.FAILED, "only 2 files agree")
    (tmp_path / "a b").write_text("changed")
    assert await answer(spec()) == (ProbeStatus.FAILED, "1 of 2 files agree; a b: FAILED")
    (tmp_path / "MANIFEST").write_text("garbage\n" + lines[1])
    status, _ = await answer(spec())
    assert status is ProbeStatus.FAILED
    status, observed = await answer(spec("absent"))
    assert status is ProbeStatus.FAILED
    assert "No such file" in observed
