"""boot, ping, tcp and tls against real sockets of the loopback, and against nothing."""

import asyncio
import os
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.model.drill import ProbeStatus
from drverify.model.playbook import BootProbe, HttpProbe, PingProbe, TcpProbe, TlsProbe
from drverify.model.recovery import SecretRef
from tests.support.probing import (
    DEAF,
    LOOPBACK,
    Certificates,
    ScriptedGuest,
    ask,
    certify,
    free_port,
    in_new_network,
    serving,
)

QUICK = timedelta(seconds=2)
CA = SecretRef("file:ca.pem.pub")


async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


# --- boot -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("console", "status", "observed"),
    [
        (b"...\r\n\x1b[1mDebian\x1b[0m\r\nshop login: ", ProbeStatus.PASSED, "console pattern seen"),
        (b"Booting\n[ 1.0] panic\n", ProbeStatus.FAILED, "the console ends with: [ 1.0] panic"),
        (b"", ProbeStatus.UNANSWERED, "nothing on the console"),
        (b"\x00\x07\n", ProbeStatus.UNANSWERED, "nothing on the console"),
    ],
)
async def test_boot_by_console(console: bytes, status: ProbeStatus, observed: str) -> None:
    found = await ask(BootProbe(id="b", console="login:"), console=console)
    assert (found.status, found.observed) == (status, observed)


async def test_boot_by_agent() -> None:
    probe = BootProbe(id="b", agent=True)
    assert (await ask(probe, guest=ScriptedGuest())).status is ProbeStatus.PASSED
    assert (await ask(probe, guest=ScriptedGuest(answers=False))).status is ProbeStatus.UNANSWERED
    assert (await ask(probe)).status is ProbeStatus.ERRORED


async def test_boot_by_both_needs_both() -> None:
    probe = BootProbe(id="b", console="login:", agent=True)
    found = await ask(probe, guest=ScriptedGuest(), console=b"login:")
    assert (found.status, found.observed) == (ProbeStatus.PASSED, "console pattern seen, agent answers")
    assert (
        await ask(probe, guest=ScriptedGuest(answers=False), console=b"login:")
    ).status is ProbeStatus.UNANSWERED
    assert (await ask(probe, guest=ScriptedGuest(), console=b"no")).status is ProbeStatus.FAILED


async def test_boot_with_a_pattern_that_explodes_is_our_fault() -> None:
    pattern = "(a|aa)+$(?<=x)"  # its limit is processor time, which takes longer on a busy machine
    probe = BootProbe(id="b", console=pattern, within=timedelta(seconds=100))
    found = await ask(probe, console=b"a" * 200_000 + b"b")
    assert found.status is ProbeStatus.ERRORED
    assert "nested repetitions" in found.observed


# --- ping -----------------------------------------------------------------------------------------


@pytest.mark.needs_root
@pytest.mark.parametrize("address", [LOOPBACK, "::1"])
async def test_ping_answered(address: str) -> None:
    if address == "::1" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    found = await ask(PingProbe(id="p", address=address, count=2))
    assert found.status is ProbeStatus.PASSED, found.observed
    assert found.observed.startswith("2 of 2 echoes came back, the fastest after ")


@pytest.mark.needs_root
def test_ping_inside_of_a_network_namespace() -> None:
    async def both() -> list[tuple[ProbeStatus, str]]:
        specs = [
            PingProbe(id="p", address=address, count=2, within=timedelta(seconds=1))
            for address in ("10.20.0.1", "10.20.0.10", "10.30.0.1")
        ]
        return [(found.status, found.observed) for found in [await ask(spec) for spec in specs]]

    ours, deaf, unrouted = in_new_network(both, DEAF)
    assert ours[0] is ProbeStatus.PASSED, ours
    assert deaf == (ProbeStatus.UNANSWERED, "none of 2 echoes came back")
    assert unrouted[0] is ProbeStatus.ERRORED, "an address that is nowhere is our mistake, not the backup's"
    assert "in no network of the sandbox" in unrouted[1]


@pytest.mark.needs_root
def test_an_address_in_no_network_of_the_sandbox_is_our_mistake() -> None:
    async def both() -> list[tuple[ProbeStatus, str]]:
        specs = (TcpProbe(id="t", address="10.30.0.1", port=22), HttpProbe(id="h", url="http://10.30.0.1/"))
        return [(found.status, found.observed) for found in [await ask(spec) for spec in specs]]

    for status, observed in in_new_network(both, DEAF):
        assert status is ProbeStatus.ERRORED
        assert "in no network of the sandbox" in observed


async def test_ping_without_the_right_to_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("socket.socket.__init__", refuse)
    found = await ask(PingProbe(id="p", address=LOOPBACK, count=1))
    assert found.status is ProbeStatus.ERRORED
    assert "CAP_NET_RAW" in found.observed


# --- tcp ------------------------------------------------------------------------------------------


async def test_tcp() -> None:
    async with serving(hold) as port:
        found = await ask(TcpProbe(id="t", address=LOOPBACK, port=port))
    assert (found.status, found.observed) == (ProbeStatus.PASSED, "connection accepted")
    found = await ask(TcpProbe(id="t", address=LOOPBACK, port=free_port()))
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "connection refused")


@pytest.mark.needs_root
def test_tcp_into_the_void_ends_in_time() -> None:
    spec = TcpProbe(id="t", address="10.20.0.10", port=9, within=timedelta(milliseconds=300))
    found = in_new_network(lambda: ask(spec), DEAF)
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "no answer within 0.3 s")


async def test_our_own_exhaustion_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(24, os.strerror(24))

    monkeypatch.setattr("socket.socket.__init__", refuse)
    found = await ask(TcpProbe(id="t", address=LOOPBACK, port=1))
    assert found.status is ProbeStatus.ERRORED


async def test_cancelling_comes_through() -> None:
    async with serving(hold) as port:
        task = asyncio.create_task(ask(TlsProbe(id="t", address=LOOPBACK, port=port, server_name="x")))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# --- tls ------------------------------------------------------------------------------------------


async def tls(
    made: Certificates, *, ca: bytes | None = None, name: str = "shop.example", **more: timedelta
) -> tuple[ProbeStatus, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    server = await asyncio.start_server(hold, LOOPBACK, 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        probe = TlsProbe(id="t", address=LOOPBACK, port=port, server_name=name, ca=CA, **more)
        found = await ask(probe, secrets={CA: made.ca_pem if ca is None else ca})
    return found.status, found.observed


async def test_tls_holds_and_the_chain_is_shown(tmp_path: Path) -> None:
    status, observed = await tls(certify(tmp_path))
    assert status is ProbeStatus.PASSED, observed
    assert observed.startswith("TLSv1.3, chain: CN=shop.example [shop.example] until ")
    assert "< CN=Test CA until" in observed


async def test_tls_refusals_say_why_and_show_the_chain(tmp_path: Path) -> None:
    (other := tmp_path / "other").mkdir()
    made = certify(tmp_path)
    status, observed = await tls(made, ca=certify(other).ca_pem)
    assert status is ProbeStatus.FAILED
    assert "chain: CN=shop.example" in observed
    status, observed = await tls(made, name="other.example")
    assert status is ProbeStatus.FAILED
    assert observed.startswith("Hostname mismatch")
    status, observed = await tls(certify(tmp_path, days=-1))
    assert status is ProbeStatus.FAILED
    assert observed.startswith("certificate has expired; chain: CN=shop.example")
    status, observed = await tls(certify(tmp_path, days=5), valid_for=timedelta(days=7))
    assert status is ProbeStatus.FAILED
    assert observed.startswith("ends too soon, on ")


async def test_tls_with_a_bad_ca_file_is_our_fault(tmp_path: Path) -> None:
    made = certify(tmp_path)
    for bad in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", b"\xff"):
        status, observed = await tls(made, ca=bad)
        assert status is ProbeStatus.ERRORED, observed
    missing = TlsProbe(id="t", address=LOOPBACK, port=1, server_name="x", ca=SecretRef("file:absent"))
    assert (await ask(missing)).status is ProbeStatus.ERRORED


async def test_tls_where_none_is_spoken() -> None:
    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n" * 10)
        await reader.read()

    async with serving(garbage) as port:
        found = await ask(TlsProbe(id="t", address=LOOPBACK, port=port, server_name="x", within=QUICK))
        assert (found.status, found.observed) == (ProbeStatus.FAILED, "no TLS: wrong version number")
    async with serving(hold) as port:
        found = await ask(
            TlsProbe(id="t", address=LOOPBACK, port=port, server_name="x", within=timedelta(seconds=0.5))
        )
        assert found.status is ProbeStatus.UNANSWERED
    found = await ask(TlsProbe(id="t", address=LOOPBACK, port=free_port(), server_name="x"))
    assert found.status is ProbeStatus.UNANSWERED
