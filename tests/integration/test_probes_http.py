"""The http probe against a real web server, with and without TLS, and against hostile ones."""

import asyncio
import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Expectation, HttpProbe
from drverify.model.recovery import SecretRef
from tests.support.probing import LOOPBACK, ask, certify, dripping, endless, free_port, serving

PAGE = b"<html><title>Lab shop</title>Latest orders</html>"
CA = SecretRef("file:ca.pem.pub")
QUICK = timedelta(seconds=1)


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host = self.headers["Host"]
        answers: dict[str, tuple[int, str, bytes]] = {
            "/": (200, "text/html", PAGE),
            "/health": (200, "application/json", json.dumps({"status": "ok", "orders": 12, "rate": 0.5, "host": host, "none": None, "list": [1, 2]}).encode()),
            "/bad": (502, "text/plain", b"upstream is down"),
            "/moved": (302, "text/plain", b""),
            "/deep": (200, "application/json", b"[" * 200_000),
            "/zip": (200, "text/html", gzip.compress(PAGE)),
        }  # fmt: skip
        status, kind, body = answers.get(self.path, (404, "text/plain", b"nothing here"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "http://192.0.2.1/")
        if self.path == "/zip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def shop() -> Iterator[int]:
    yield from running(None)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, bytes]]:
    made = certify(tmp_path_factory.mktemp("certificates"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    for port in running(context):
        yield port, made.ca_pem


def running(context: ssl.SSLContext | None) -> Iterator[int]:
    server = ThreadingHTTPServer((LOOPBACK, 0), Shop)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def probe(port: int, path: str = "/", **more: Any) -> HttpProbe:
    return HttpProbe(id="h", url=f"http://shop.example:{port}{path}", address=LOOPBACK, **more)


@pytest.mark.parametrize(
    ("path", "wanted", "status", "observed"),
    [
        ("/", {"body": "<title>Lab shop</title>"}, ProbeStatus.PASSED, f"200 OK, {len(PAGE)} bytes, body matches"),
        ("/", {"headers": (("content-type", "^text/html"),)}, ProbeStatus.PASSED, f"200 OK, {len(PAGE)} bytes, content-type as expected"),
        ("/", {"headers": (("Content-Type", "json"),)}, ProbeStatus.FAILED, "200 OK, Content-Type: text/html"),
        ("/", {"headers": (("X-Absent", ""),)}, ProbeStatus.FAILED, "200 OK, no header X-Absent"),
        ("/", {"body": "Other shop"}, ProbeStatus.FAILED, f"200 OK, body without a match ({len(PAGE)} bytes): {PAGE.decode()}"),
        ("/bad", {}, ProbeStatus.FAILED, "502 Bad Gateway"),
        ("/bad", {"status": 502}, ProbeStatus.PASSED, "502 Bad Gateway, 16 bytes"),
        ("/moved", {}, ProbeStatus.FAILED, "302 Found"),
        ("/zip", {"body": "Lab shop"}, ProbeStatus.FAILED, None),
        ("/health", {"json_path": "$.status", "json_expect": Expectation(op="eq", value="ok")}, ProbeStatus.PASSED, None),
        ("/health", {"json_path": "$.orders", "json_expect": Expectation(op="ge", value="12")}, ProbeStatus.PASSED, None),
        ("/health", {"json_path": "$.orders", "json_expect": Expectation(op="gt", value="12")}, ProbeStatus.FAILED, "200 OK, $.orders is 12"),
        ("/health", {"json_path": "$.rate", "json_expect": Expectation(op="eq", value="0.50")}, ProbeStatus.PASSED, None),
        ("/health", {"json_path": "$.none", "json_expect": Expectation(op="ne", value="x")}, ProbeStatus.FAILED, "200 OK, $.none is null"),
        ("/health", {"json_path": "$.list[*]", "json_expect": Expectation(op="le", value="1")}, ProbeStatus.FAILED, "200 OK, $.list[*] is 2"),
        ("/health", {"json_path": "$.absent"}, ProbeStatus.FAILED, "200 OK, nothing at $.absent"),
        ("/health", {"json_path": "$.host", "json_expect": Expectation(op="matches", value=r"^shop\.example:\d+$")}, ProbeStatus.PASSED, None),
        ("/", {"json_path": "$.status"}, ProbeStatus.FAILED, None),
        ("/deep", {"json_path": "$.status"}, ProbeStatus.FAILED, None),
    ],
)  # fmt: skip
async def test_answers(
    shop: int, path: str, wanted: dict[str, Any], status: ProbeStatus, observed: str | None
) -> None:
    found = await ask(probe(shop, path, **wanted))
    assert found.status is status, found.observed
    assert observed is None or found.observed == observed


async def test_https_with_the_name_of_the_url(secure: tuple[int, bytes]) -> None:
    port, ca = secure
    spec = HttpProbe(id="h", url=f"https://shop.example:{port}/", address=LOOPBACK, ca=CA, body="Lab shop")
    found = await ask(spec, secrets={CA: ca})
    assert found.status is ProbeStatus.PASSED, found.observed


async def test_https_refusals(secure: tuple[int, bytes]) -> None:
    port, ca = secure
    other = HttpProbe(id="h", url=f"https://other.example:{port}/", address=LOOPBACK, ca=CA)
    found = await ask(other, secrets={CA: ca})
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith("certificate refused: Hostname mismatch")
    untrusted = HttpProbe(id="h", url=f"https://shop.example:{port}/", address=LOOPBACK)
    found = await ask(untrusted)
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith("certificate refused: ")
    found = await ask(HttpProbe(id="h", url=f"https://shop.example:{port}/", address=LOOPBACK, ca=CA))
    assert found.status is ProbeStatus.ERRORED  # the CA file leads nowhere


async def test_https_where_none_is_spoken(shop: int) -> None:
    found = await ask(HttpProbe(id="h", url=f"https://shop.example:{shop}/", address=LOOPBACK))
    assert found.status is ProbeStatus.FAILED
    assert found.observed.startswith("no TLS: ")


async def test_an_address_in_the_url_is_enough_and_a_name_is_not(shop: int) -> None:
    found = await ask(HttpProbe(id="h", url=f"http://{LOOPBACK}:{shop}/"))
    assert found.status is ProbeStatus.PASSED
    found = await ask(HttpProbe(id="h", url=f"http://localhost:{shop}/"))
    assert found.status is ProbeStatus.ERRORED
    assert "not looked up" in found.observed


async def test_nobody_there() -> None:
    found = await ask(probe(free_port()))
    assert (found.status, found.observed) == (ProbeStatus.UNANSWERED, "connection refused")


async def test_hostile_servers() -> None:  # noqa: C901 - many small servers
    head = b"HTTP/1.1 200 OK\r\n"

    async def body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"\r\n")
        await endless(writer, b"Lab shop \x1b[2J\x00" * 1000)

    async def chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n")
        await endless(writer, b"x" * 10_000)

    async def headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await endless(writer, b"X-A: b\r\n" * 100)

    async def header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"X-A: ")
        await endless(writer, b"b" * 10_000)

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await dripping(writer, head)

    async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"Content-Length: 1000000\r\n\r\n")
        await dripping(writer, b"x")

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endless(writer, b"\x00\xff\r\n\x1b" * 1000)

    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async def short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + b"Content-Length: 100\r\n\r\nshort")
        await writer.drain()

    async def switching(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await endless(writer, b"HTTP/1.1 100 Continue\r\n\r\n")

    expected = {
        body: ProbeStatus.PASSED,
        chunks: ProbeStatus.FAILED,
        headers: ProbeStatus.FAILED,
        header: ProbeStatus.FAILED,
        slow: ProbeStatus.UNANSWERED,
        slow_body: ProbeStatus.UNANSWERED,
        garbage: ProbeStatus.FAILED,
        gone: ProbeStatus.UNANSWERED,
        silent: ProbeStatus.UNANSWERED,
        short: ProbeStatus.FAILED,
        switching: ProbeStatus.UNANSWERED,
    }
    for serve, status in expected.items():
        async with serving(serve) as port:
            found = await ask(probe(port, body="Lab shop", within=QUICK))
            assert found.status is status, f"{serve.__name__}: {found.status} {found.observed}"
