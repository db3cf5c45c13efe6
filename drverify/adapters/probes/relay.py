"""A bounded relay between a database driver and a hostile server.

The driver keeps whole messages in memory, and a server may announce one of 1 GiB. So it talks to a
Unix socket of ours, and no more than `LIMIT` bytes come back through it. The relay also does what
`sslmode=prefer` would do: TLS when the server offers it (protocol: PostgreSQL manual, section
"SSL Session Encryption"), without verification, as nothing outside of the sandbox can be met.
"""

import asyncio
import ssl
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

LIMIT = 4 * 1024 * 1024
_PIECE = 64 * 1024
_SSL_REQUEST = struct.pack("!II", 8, 80877103)


@dataclass(slots=True, kw_only=True)
class Relay:
    """Where the driver connects, and what came through."""

    folder: str
    port: int
    limit: int = LIMIT
    received: int = 0
    overflowed: bool = False
    ended: bool = False
    protection: str = ""
    failure: OSError | None = None


class NoTlsError(Exception):
    """The server offered TLS and did not speak it."""


@asynccontextmanager
async def relayed(address: str, port: int) -> AsyncIterator[Relay]:
    """Lend a relay to `address`; its socket and connections are gone when the context ends.

    OSError when nothing answers there, NoTlsError when its offer of TLS was none.
    """
    reader, writer = await asyncio.open_connection(address, port, limit=_PIECE)
    try:
        protection = await _protected(reader, writer)
        with tempfile.TemporaryDirectory(prefix="drverify-relay-") as folder:
            relay = Relay(folder=folder, port=port, protection=protection)
            tasks: set[asyncio.Task[None]] = set()

            def serve(client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
                if tasks:  # the driver's request to cancel; the end of this connection does that
                    answer.close()
                    return
                work = _both_ways(relay, (client, answer), (reader, writer))
                tasks.add(asyncio.get_running_loop().create_task(work))

            path = Path(folder) / f".s.PGSQL.{port}"
            server = await asyncio.start_unix_server(serve, path=path, limit=_PIECE)
            try:
                yield relay
            finally:
                server.close()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        writer.transport.abort()


async def _protected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Ask for TLS; `S` is followed by a handshake, anything else goes on in the clear."""
    writer.write(_SSL_REQUEST)
    answer = await reader.readexactly(1)
    if answer != b"S":
        return "not encrypted"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        await writer.start_tls(context)
    except ssl.SSLError as error:  # an OSError, but not one of ours
        raise NoTlsError(str(error.reason or error)) from error
    return "encrypted, not verified"


async def _both_ways(
    relay: Relay,
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    forth = asyncio.create_task(_copy(client[0], server[1]))
    try:
        await _copy(server[0], client[1], relay)
    except OSError as error:
        relay.failure = error
    finally:
        relay.ended = True
        forth.cancel()
        await asyncio.gather(forth, return_exceptions=True)
        client[1].close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, relay: Relay | None = None
) -> None:
    while piece := await reader.read(_PIECE):
        if relay is not None:
            relay.received += len(piece)
            if relay.received > relay.limit:
                relay.overflowed = True
                return
        writer.write(piece)
        await writer.drain()
