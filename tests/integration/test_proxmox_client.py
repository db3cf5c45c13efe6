"""The client against servers that behave badly, and against fakepve where the suite does not reach."""

import asyncio
import json
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from drverify.adapters.proxmox import wire
from drverify.adapters.proxmox.authority import authority
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import (
    Malformed,
    NoAgent,
    NoAnswer,
    NodeUnreachable,
    NotTrusted,
    OutcomeUnknown,
)
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.adapters.proxmox.tasks import Following, Upid
from drverify.adapters.proxmox.wire import HttpsWire, Question
from drverify.model.recovery import SecretRef
from tests.support.fakepve import SECRET, FakeCluster, fake_cluster, secret
from tests.support.probing import Certificates, certify

JSON = b'{"data":{"version":"9.1.4"}}'
Behaviour = Callable[[ssl.SSLSocket, bytes], None]


def answer(body: bytes, *, status: str = "200 OK", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


class BadServer:
    """Takes TLS connections one after another and answers each request as told."""

    def __init__(self, certificates: Certificates) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.chain, certificates.key)
        leaf = ssl.PEM_cert_to_DER_cert(
            certificates.chain.read_text().split("-----END CERTIFICATE-----")[0]
            + "-----END CERTIFICATE-----\n"
        )
        self.fingerprint = sha256(leaf).hexdigest()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.behave: Behaviour = lambda sock, _: sock.sendall(answer(JSON))
        self.requests: list[bytes] = []
        self.ending = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self.ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept()
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        try:
            with self._context.wrap_socket(raw, server_side=True) as sock:
                while request := self._read(sock):
                    self.requests.append(request)
                    self.behave(sock, request)
        except (OSError, ValueError):
            return

    def _read(self, sock: ssl.SSLSocket) -> bytes:
        request = b""
        while b"\r\n\r\n" not in request and (got := sock.recv(65536)):
            request += got
        head, _, body = request.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ),
            0,
        )
        while len(body) < length and (got := sock.recv(65536)):
            request, body = request + got, body + got
        return request


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certify(tmp_path_factory.mktemp("tls"), names=("127.0.0.1",))


@pytest.fixture
def server(certificates: Certificates) -> Iterator[BadServer]:
    made = BadServer(certificates)
    yield made
    with suppress(OSError):
        made.close()


def access(server: BadServer, **more: object) -> Access:
    door = endpoint(f"127.0.0.1:{server.port}", server.fingerprint)
    made = Access(endpoint=door, token="drill@pve!one", token_secret=SecretRef("env:SECRET"), pauses=(0.01,))
    return replace(made, **more)  # type: ignore[arg-type]


def client(server: BadServer, **more: object) -> ProxmoxClient:
    return ProxmoxClient(access(server, **more), secret)


def bytes_then_close(content: bytes) -> Behaviour:
    def behave(sock: ssl.SSLSocket, _: bytes) -> None:
        sock.sendall(content)
        sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    return behave


@pytest.mark.parametrize(
    "content",
    [
        answer(b"<html>login</html>"),
        answer(b""),
        answer(b"null"),
        answer(b"[1]"),
        answer(b'{"datum": 1}'),
        answer(b'{"data": '),
        answer(b"[" * 100_000),
        answer(b"\xff\xfe"),
        answer(b'{"data": null}'),
        answer(b'{"data": []}'),
        answer(b"", status="302 Found", more="Location: https://127.0.0.1:1/elsewhere\r\n"),
        answer(b"", status="204 No Content"),
    ],
)
async def test_what_is_not_the_api_is_said_so(server: BadServer, content: bytes) -> None:
    server.behave = lambda sock, _: sock.sendall(content)
    async with client(server) as pve:
        with pytest.raises(Malformed):
            await pve.cluster.version()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        answer(JSON)[:-5],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n{",
        b"\0" * 100,
    ],
    ids=["nothing", "half-a-body", "half-a-chunk", "rubbish"],
)
async def test_a_connection_that_breaks(server: BadServer, content: bytes) -> None:
    server.behave = bytes_then_close(content)
    async with client(server) as pve:
        with pytest.raises(NodeUnreachable):
            await pve.cluster.version()
        assert len(server.requests) == 2  # asked again once
        with pytest.raises(OutcomeUnknown):
            await pve.agent.exec("pve1", 9100, ["true"])
    assert len(server.requests) == 3  # a change is sent once


@pytest.mark.parametrize(
    "content", [b"HTTP/1.1 200", answer(JSON[:-1]), answer(b"<html>")], ids=["half-a-head", "half", "other"]
)
async def test_a_change_with_an_answer_that_says_nothing_may_be_done(
    server: BadServer, content: bytes
) -> None:
    server.behave = bytes_then_close(content)
    async with client(server) as pve:
        with pytest.raises(Malformed):
            await pve.cluster.version()
        with pytest.raises(OutcomeUnknown):
            await pve.agent.exec("pve1", 9100, ["true"])


async def test_a_question_that_breaks_once_is_answered(server: BadServer) -> None:
    def behave(sock: ssl.SSLSocket, _: bytes) -> None:
        if len(server.requests) == 1:
            sock.close()
        else:
            sock.sendall(answer(JSON))

    server.behave = behave
    async with client(server) as pve:
        assert (await pve.cluster.version()).version == "9.1.4"


@pytest.mark.parametrize("at", ["before the answer", "in the answer"])
async def test_nobody_waits_longer_than_was_said(server: BadServer, at: str) -> None:
    def behave(sock: ssl.SSLSocket, _: bytes) -> None:
        if at == "in the answer":
            sock.sendall(answer(JSON)[:-20])
            for one in answer(JSON)[-20:]:
                time.sleep(0.2)
                sock.sendall(bytes([one]))
        server.ending.wait(10)

    server.behave = behave
    async with client(server, within=timedelta(seconds=1)) as pve:
        began = time.monotonic()
        with pytest.raises(NodeUnreachable):
            await pve.cluster.version()
        assert 0.9 < time.monotonic() - began < 8
        with pytest.raises(NoAnswer):
            await pve.qemu.vncproxy("pve1", 9100)


async def test_an_endless_answer_is_cut_off(server: BadServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1_000_000)

    def behave(sock: ssl.SSLSocket, _: bytes) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while not server.ending.is_set():
            sock.sendall(b'{"data": "' + b"x" * 65536)

    server.behave = behave
    async with client(server) as pve:
        with pytest.raises(Malformed, match="larger than 1000000 bytes"):
            await pve.cluster.version()


async def test_a_closed_port_is_told_from_a_lost_change(server: BadServer) -> None:
    server.close()
    async with client(server) as pve:
        with pytest.raises(NodeUnreachable, match="refused"):
            await pve.agent.exec("pve1", 9100, ["true"])


async def test_a_connection_that_was_closed_meanwhile_costs_no_change(server: BadServer) -> None:
    """A node closes an idle connection; a change into such a connection could not be told from a lost one."""

    def behave(sock: ssl.SSLSocket, request: bytes) -> None:
        sock.sendall(answer(b'{"data": {"pid": 7}}' if request.startswith(b"POST") else JSON))
        sock.close()  # without a word

    server.behave = behave
    async with client(server) as pve:
        for _ in range(5):
            await pve.cluster.version()
            assert await pve.agent.exec("pve1", 9100, ["true"]) == 7
    closing = {request.split()[0]: b"Connection: close" in request for request in server.requests}
    assert closing == {b"GET": False, b"POST": True}


async def test_a_node_with_an_address_of_its_own_is_asked_itself(
    server: BadServer, certificates: Certificates
) -> None:
    other = BadServer(certificates)
    nodes = {"pve2": endpoint(f"127.0.0.1:{other.port}", other.fingerprint)}
    body = json.dumps({"data": {"time": 1_700_000_000, "timezone": "UTC"}}).encode()
    server.behave = other.behave = lambda sock, _: sock.sendall(answer(body))
    async with client(server, nodes=nodes) as pve:
        await pve.nodes.time("pve1")
        await pve.nodes.time("pve2")
    other.close()
    assert [one.split()[1] for one in server.requests] == [b"/api2/json/nodes/pve1/time"]
    assert [one.split()[1] for one in other.requests] == [b"/api2/json/nodes/pve2/time"]


async def test_nothing_is_sent_to_a_stranger_and_no_error_shows_a_secret(
    server: BadServer, certificates: Certificates, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificates.ca_pem)
    stranger = replace(access(server), endpoint=endpoint(f"127.0.0.1:{server.port}"), ca=ca)
    by_name = replace(stranger, endpoint=endpoint(f"localhost:{server.port}"))
    both = replace(stranger, endpoint=endpoint(f"127.0.0.1:{server.port}", server.fingerprint))
    pinned = replace(access(server), endpoint=endpoint(f"127.0.0.1:{server.port}", "00" * 32))
    for good in (stranger, both):
        async with ProxmoxClient(good, secret) as pve:
            await pve.cluster.version()
    assert len(server.requests) == 2
    for bad in (by_name, pinned, replace(stranger, ca=None)):
        async with ProxmoxClient(bad, secret) as pve:
            with pytest.raises(NotTrusted) as caught:
                await pve.cluster.version()
        assert SECRET not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None  # the library's exceptions carry the request
    assert len(server.requests) == 2


async def test_the_token_goes_into_a_header_and_nowhere_else(server: BadServer) -> None:
    async with client(server) as pve:
        await pve.cluster.version()
    (request,) = server.requests
    assert b"Authorization: PVEAPIToken=drill@pve!one=" + SECRET.encode() in request
    assert request.count(SECRET.encode()) == 1
    assert SECRET.encode() not in request.split(b"\r\n")[0]


async def test_an_answer_that_repeats_our_secret_is_not_repeated_by_us(server: BadServer) -> None:
    body = json.dumps({"data": None, "message": f"invalid token value {SECRET}!\n"}).encode()
    server.behave = lambda sock, _: sock.sendall(answer(body, status=f"500 invalid {SECRET}"))
    async with client(server) as pve:
        with pytest.raises(Exception, match="invalid token value") as caught:
            await pve.cluster.version()
    assert SECRET not in str(caught.value)


async def test_parameters_are_quoted_and_lists_repeated(server: BadServer) -> None:
    server.behave = lambda sock, _: sock.sendall(answer(b'{"data": {"pid": 3}}'))
    async with client(server) as pve:
        await pve.agent.exec("pve1", 9100, ["sh", "-c", "a b&c=d"], stdin="x\ny")
    (request,) = server.requests
    assert request.split(b"\r\n\r\n")[1] == b"command=sh&command=-c&command=a+b%26c%3Dd&input-data=x%0Ay"


async def test_a_path_cannot_leave_its_place(server: BadServer) -> None:
    async with client(server) as pve:
        await pve.qemu.config("../../access/ticket?x=", 100)
        for node in ("..", ".", ""):
            with pytest.raises(Malformed):
                await pve.qemu.config(node, 100)
    (request,) = server.requests
    assert request.split()[1] == b"/api2/json/nodes/..%2F..%2Faccess%2Fticket%3Fx%3D/qemu/100/config"


def test_a_client_works_from_several_event_loops_at_once(server: BadServer) -> None:
    server.behave = lambda sock, _: sock.sendall(answer(JSON))
    pve = client(server)
    found: list[str] = []

    def ask() -> None:
        async def several() -> None:
            found.extend([(await pve.cluster.version()).version for _ in range(5)])

        asyncio.run(several())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pve.close()
    assert found == ["9.1.4"] * 20


async def test_a_node_never_has_more_than_two_of_our_calls(server: BadServer) -> None:
    now, most, lock = 0, 0, threading.Lock()

    def behave(sock: ssl.SSLSocket, request: bytes) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.03)
        with lock:
            now -= 1
        sock.sendall(answer(b'{"data": []}'))

    server.behave = behave
    async with client(server) as pve:
        await asyncio.gather(
            *(pve.storages.list("pve1") for _ in range(4)), *(pve.nodes.bridges("pve1") for _ in range(4))
        )
    assert most == 2


async def test_a_call_that_was_not_begun_is_never_made(server: BadServer) -> None:
    release = threading.Event()

    def behave(sock: ssl.SSLSocket, _: bytes) -> None:
        release.wait(5)
        sock.sendall(answer(b'{"data": {"pid": 1}}'))

    server.behave = behave
    async with client(server) as pve:
        first = asyncio.create_task(pve.agent.exec("pve1", 9100, ["first"]))
        while not server.requests:
            await asyncio.sleep(0.01)
        second = asyncio.create_task(pve.agent.exec("pve1", 9100, ["second"]))
        await asyncio.sleep(0.02)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        release.set()
        assert await first == 1
        await pve.agent.exec("pve1", 9100, ["third"])
    assert [one.split(b"command=")[1] for one in server.requests] == [b"first", b"third"]


# --- fakepve, where the suite does not reach -------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


@contextmanager
def guest(cluster: FakeCluster, vmid: int, **agent: object) -> Iterator[None]:
    cluster.call("add_vm", vmid, "shop", status="running", config={"memory": "512", "agent": "1"})
    cluster.tell("vm", vmid, "agent", agent)
    try:
        yield
    finally:
        cluster.set("vms", [])


async def test_what_a_guest_tells_its_agent(cluster: FakeCluster) -> None:
    answers = {
        "exec": {"uname -r": {"exitcode": 3, "out-data": "6.1\n", "err-data": "oh", "out-truncated": True}},
        "files": {"/etc/hostname": "shop\n"},
        "get-time": 1_700_000_000_123_456_789,
    }
    with guest(cluster, 100, **answers):
        async with cluster.client() as pve:
            await pve.agent.ping("pve1", 100)
            done = await pve.agent.exec_status(
                "pve1", 100, await pve.agent.exec("pve1", 100, ["uname", "-r"])
            )
            assert (done.exited, done.exit_code, done.stdout, done.stderr) == (True, 3, "6.1\n", "oh")
            assert done.truncated
            assert (await pve.agent.read_file("pve1", 100, "/etc/hostname")).content == "shop\n"
            interfaces = {one.name: one.addresses for one in await pve.agent.interfaces("pve1", 100)}
            assert interfaces == {"lo": ("127.0.0.1/8",), "eth0": ("192.0.2.10/24",)}
            assert [one.mountpoint for one in await pve.agent.filesystems("pve1", 100)] == ["/"]
            assert (await pve.agent.time("pve1", 100)).isoformat() == "2023-11-14T22:13:20.123456+00:00"
            assert await pve.agent.os("pve1", 100) == "Debian GNU/Linux 13 (trixie)"


async def test_an_agent_that_hangs_is_told_apart(cluster: FakeCluster) -> None:
    with guest(cluster, 100):
        cluster.tell("vm", 100, "agent_hangs", True)
        async with cluster.client() as pve:
            with pytest.raises(NoAgent):
                await pve.agent.ping("pve1", 100)


async def test_a_task_is_followed_while_it_runs(cluster: FakeCluster) -> None:
    with guest(cluster, 100):
        cluster.tell("vm", 100, "status", "stopped")
        cluster.tell("vm", 100, "start_secs", 20)
        cluster.set("time_scale", 0.1)
        try:
            async with cluster.client() as pve:
                heard: list[Upid] = []
                began = time.monotonic()
                await pve.qemu.start("pve1", 100, following=Following(announce=heard.append))
                assert time.monotonic() - began > 1.5
                assert len(heard) == 1
                assert (await pve.qemu.status("pve1", 100)).is_running
        finally:
            cluster.set("time_scale", 0)


async def test_questions_survive_a_network_that_drops_a_third_of_them(cluster: FakeCluster) -> None:
    cluster.call("flaky_network", drop_rate=0.33, seed=7)
    try:
        asked = replace(cluster.access(), pauses=(0.01,) * 12)
        async with ProxmoxClient(asked, secret) as pve:
            for _ in range(30):
                assert (await pve.cluster.version()).version
    finally:
        cluster.call("flaky_network")


async def test_a_user_with_a_second_factor_is_told_to_use_a_token(cluster: FakeCluster) -> None:
    cluster.set("tfa", True)
    try:
        async with cluster.client(ticket=True) as pve:
            with pytest.raises(Exception, match="second factor") as caught:
                await pve.cluster.version()
        assert "API token" in getattr(caught.value, "hint", "")
    finally:
        cluster.set("tfa", False)


def test_the_password_is_fetched_when_needed_and_a_token_kept(cluster: FakeCluster) -> None:
    fetched: list[SecretRef] = []

    def fetch(reference: SecretRef) -> bytes:
        fetched.append(reference)
        return secret(reference)

    for ticket, name in ((True, "env:PASSWORD"), (False, "env:SECRET")):
        who = cluster.access(ticket=ticket)
        made = HttpsWire(who, lambda who=who: authority(who, fetch))  # type: ignore[misc]
        assert fetched == []
        for _ in range(3):
            question = Question(method="GET", path="/version", params={}, node="")
            assert made.send(question, within=timedelta(seconds=5)).status == 200
        assert fetched == [name]
        fetched.clear()
        made.close()
