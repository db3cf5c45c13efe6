"""postgres and freshness by row against a real PostgreSQL, and against hostile ones."""

import asyncio
import resource
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.probes import relay
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Database, Expectation, FreshnessProbe, NewestRow, PostgresProbe
from drverify.model.recovery import SecretRef
from tests.support.databases import Server, postgres, programs
from tests.support.probing import LOOPBACK, ask, certify, endless, free_port, serving

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL's server is not installed")

PASSWORD = SecretRef("file:probe-password")
SECRET = b"s3cret-of-the-probe"
SETUP = f"""
CREATE ROLE probe LOGIN PASSWORD '{SECRET.decode()}';
CREATE DATABASE shop;
\\connect shop
CREATE TABLE orders (id int);
INSERT INTO orders SELECT generate_series(1, 42);
CREATE TABLE beats (at timestamptz, plain timestamp);
INSERT INTO beats VALUES ('2025-11-23 00:15:30Z', '2025-11-23 00:15:30');
GRANT SELECT ON orders, beats TO probe;
GRANT INSERT ON orders TO probe;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        running.sql(SETUP)
        yield running


def database(port: int, **more: Any) -> Database:
    return Database(
        **{"address": LOOPBACK, "port": port, "name": "shop", "user": "probe", "password": PASSWORD} | more
    )


def probe(port: int, query: str, op: Any = "ge", value: str = "1", **more: Any) -> PostgresProbe:
    within = more.pop("within", timedelta(seconds=10))
    return PostgresProbe(
        id="p",
        database=database(port, **more),
        query=query,
        expect=Expectation(op=op, value=value),
        within=within,
    )


async def answer(spec: PostgresProbe | FreshnessProbe, secret: bytes = SECRET) -> tuple[ProbeStatus, str]:
    found = await ask(spec, secrets={PASSWORD: secret})
    return found.status, found.observed


@pytest.mark.parametrize(
    ("query", "expect", "status", "observed"),
    [
        ("select count(*) from orders", "ge 1", ProbeStatus.PASSED, "42"),
        ("select count(*) from orders", "gt 42", ProbeStatus.FAILED, "42"),
        ("select 'ok'::text, 1", "eq ok", ProbeStatus.PASSED, "ok"),
        ("select true", "eq true", ProbeStatus.PASSED, "true"),
        ("select 1.50", "eq 1.5", ProbeStatus.PASSED, "1.50"),
        ("select null", "ne x", ProbeStatus.FAILED, "NULL"),
        ("select id from orders", "ge 1", ProbeStatus.FAILED, "expected one row, found more than one"),
        ("select id from orders where false", "ge 1", ProbeStatus.FAILED, "expected one row, found none"),
        ("select 1 from absent", "ge 1", ProbeStatus.FAILED, 'the server refuses: relation "absent" does not exist'),
        ("insert into orders values (1) returning 1", "eq 1", ProbeStatus.FAILED, "the server refuses: cannot execute INSERT in a read-only transaction"),
        ("select repeat('x', 10000000)", "ge 1", ProbeStatus.FAILED, f"the answer is larger than {relay.LIMIT} bytes"),
    ],
)  # fmt: skip
async def test_queries(server: Server, query: str, expect: str, status: ProbeStatus, observed: str) -> None:
    op, value = expect.split()
    assert await answer(probe(server.port, query, op, value)) == (status, observed)


async def test_refusals(server: Server) -> None:
    status, observed = await answer(probe(server.port, "select 1"), b"wrong password\n")
    assert (status, observed) == (
        ProbeStatus.FAILED,
        'login refused: password authentication failed for user "probe"',
    )
    status, observed = await answer(probe(server.port, "select 1", name="absent"))
    assert (status, observed) == (ProbeStatus.FAILED, 'no such database: database "absent" does not exist')
    status, observed = await answer(probe(free_port(), "select 1"))
    assert (status, observed) == (ProbeStatus.UNANSWERED, "connection refused")
    assert (await ask(probe(server.port, "select 1"))).status is ProbeStatus.ERRORED  # no password of ours


async def test_a_query_that_never_ends(server: Server) -> None:
    status, _ = await answer(probe(server.port, "select pg_sleep(60)", within=timedelta(seconds=1)))
    assert status is ProbeStatus.UNANSWERED


async def test_over_tls_only(tmp_path: Path) -> None:
    with postgres(certify(tmp_path)) as running:
        running.sql(SETUP)
        found = await ask(probe(running.port, "select count(*) from orders"), secrets={PASSWORD: SECRET})
    assert (found.status, found.observed) == (ProbeStatus.PASSED, "42")
    assert b"encrypted, not verified" in found.transcript


@pytest.mark.parametrize(
    ("query", "status", "observed"),
    [
        ("select max(at) from beats", ProbeStatus.PASSED, "newest 2025-11-23 00:15:30 UTC"),
        ("select max(at) from beats where false", ProbeStatus.FAILED, "no record (NULL)"),
        ("select at from beats where false", ProbeStatus.FAILED, "expected one row, found none"),
        ("select 'infinity'::timestamptz", ProbeStatus.FAILED, None),
        ("select '3000-01-01Z'::timestamptz", ProbeStatus.FAILED, "the newest record claims to be of 3000-01-01T00:00:00+00:00"),
        ("select max(plain) from beats", ProbeStatus.ERRORED, None),
        ("select 5", ProbeStatus.ERRORED, "the query gives int, not a timestamp with time zone"),
    ],
)  # fmt: skip
async def test_freshness(server: Server, query: str, status: ProbeStatus, observed: str | None) -> None:
    spec = FreshnessProbe(id="f", newest=NewestRow(database=database(server.port), query=query))
    found = await ask(spec, secrets={PASSWORD: SECRET})
    assert found.status is status, found.observed
    assert observed is None or found.observed == observed
    newest = datetime(2025, 11, 23, 0, 15, 30, tzinfo=UTC) if status is ProbeStatus.PASSED else None
    assert found.newest == newest


async def test_hostile_servers() -> None:  # noqa: C901 - many small servers
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    async def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await reader.read(1000)

    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def greeting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await start(reader, writer)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
        await writer.drain()

    async def huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await start(reader, writer)
        writer.write(b"E" + struct.pack("!I", 2**30))
        await endless(writer, b"x" * 65536)

    async def error(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await start(reader, writer)
        writer.write(message(b"E", b"SFATAL\0C57P03\0M\x1b[2Jstarting\n> passed\0\0"))
        await writer.drain()
        await reader.read()

    async def strange_login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await start(reader, writer)
        writer.write(message(b"R", struct.pack("!I", 7)))
        await reader.read()

    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        await reader.read(1000)
        writer.write(b"no handshake" * 100)
        await reader.read()

    good = {
        gone: {ProbeStatus.UNANSWERED},
        silent: {ProbeStatus.UNANSWERED},
        greeting: {ProbeStatus.FAILED, ProbeStatus.UNANSWERED},
        huge: {ProbeStatus.FAILED},
        error: {ProbeStatus.FAILED},
        strange_login: {ProbeStatus.ERRORED},
        no_tls: {ProbeStatus.FAILED},
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for serve, statuses in good.items():
        async with serving(serve) as port:
            spec = probe(port, "select 1", within=timedelta(seconds=1))
            found = await ask(spec, secrets={PASSWORD: SECRET})
            assert found.status in statuses, f"{serve.__name__}: {found.status} {found.observed}"
            assert b"\n> passed\n" not in found.transcript
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB
