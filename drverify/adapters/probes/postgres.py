"""Does a PostgreSQL query give what is expected.

asyncpg speaks to a relay of our own (relay.py): it bounds what a hostile server can make us hold.
The session is read-only and takes at most two rows.
"""

from datetime import datetime
from typing import Any

import asyncpg

from drverify.adapters.probes.asking import Asking, Finding, failed, passed, unanswered
from drverify.adapters.probes.matching import meets
from drverify.adapters.probes.relay import NoTlsError, Relay, relayed
from drverify.adapters.probes.transcript import one_line
from drverify.errors import HarnessError
from drverify.model.playbook import Database, PostgresProbe

_VALUE = 1000


async def ask(spec: PostgresProbe, asking: Asking) -> Finding:
    """Ask for the first column of the only row."""
    value = await only_value(spec.database, spec.query, asking)
    if isinstance(value, Finding):
        return value
    text = written(value)
    shown = "NULL" if text is None else one_line(text, 100)
    return passed(shown) if await meets(text, spec.expect) else failed(shown)


async def only_value(database: Database, query: str, asking: Asking) -> Any | Finding:
    """The value, or a Finding that says why there is none."""
    password = asking.password(database.password)
    at = f"{database.name} at {database.address} port {database.port}"
    asking.transcript.say(f"as {database.user} on {at}: {query}")
    try:
        return await _value(database, query, password, asking)
    except NoTlsError as error:
        return failed(f"no TLS: {error}")


async def _value(database: Database, query: str, password: str, asking: Asking) -> Any | Finding:
    async with relayed(database.address, database.port) as relay:
        try:
            rows = await _rows(database, query, password, relay)
        except asyncpg.PostgresConnectionError as error:
            return _broken(relay, error)
        except asyncpg.PostgresError as error:
            asking.transcript.hear(f"{error.sqlstate}: {error}")
            return failed(f"{_class(error)}: {one_line(str(error), 120)}")
        except (OSError, EOFError, ValueError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            return _broken(relay, error)
    asking.transcript.say(f"{len(rows)} row(s){f', {relay.protection}' if relay.protection else ''}:")
    asking.transcript.hear(
        "\n".join(" | ".join(str(written(value)) for value in row.values()) for row in rows)
    )
    if len(rows) != 1 or not len(rows[0]):
        return failed(f"expected one row, found {'none' if not rows else 'more than one'}")
    return rows[0][0]


async def _rows(database: Database, query: str, password: str, relay: Relay) -> list[Any]:
    connection = await asyncpg.connect(
        host=relay.folder,
        port=relay.port,
        user=database.user,
        database=database.name,
        password=password,
        passfile="/dev/null",
        ssl=False,  # the relay speaks TLS to the server, if that does
        statement_cache_size=0,
        timeout=3600,  # the prober's limit is around us
        server_settings={"application_name": "drverify", "default_transaction_read_only": "on"},
    )
    try:
        await connection.transaction(readonly=True).start()  # ends with the connection: no waiting for it
        cursor = await connection.cursor(query)
        return list(await cursor.fetch(2))
    finally:
        connection.terminate()


def _broken(relay: Relay, error: Exception) -> Finding:
    """The connection ended before an answer: say who ended it."""
    if relay.overflowed:
        return failed(f"the answer is larger than {relay.limit} bytes")
    if relay.failure is not None:
        raise relay.failure
    if isinstance(error, TimeoutError):
        raise error
    if isinstance(error, asyncpg.InterfaceError) and not relay.ended:
        raise HarnessError(f"the query cannot be asked: {error}") from error
    if isinstance(error, asyncpg.InternalClientError) and "performing authentication" in str(error):
        raise HarnessError(f"a way to log in that is not supported: {error}") from error
    if relay.received == 0 or isinstance(error, asyncpg.PostgresConnectionError):
        return unanswered("connection closed before an answer")
    return failed(f"no PostgreSQL: {one_line(str(error), 100)}")


def _class(error: asyncpg.PostgresError) -> str:
    match (error.sqlstate or "")[:2]:
        case "28":
            return "login refused"
        case "3D":
            return "no such database"
        case "57":
            return "not available"
        case _:
            return "the server refuses"


def written(value: Any) -> str | None:
    """A value as psql would show it, near enough to compare with."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case bytes():
            return value[:_VALUE].hex()
        case _:
            return str(value)[:_VALUE]
