"""A witness over HTTP: `add-checkpoint` of https://c2sp.org/tlog-witness, in front of a desk.

Whoever can reach the port may ask; only the log's own signature opens anything. So the limits are for the
asking itself: few connections, short ones, small questions. TLS is a reverse proxy's work.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web

from drverify.errors import DrverifyError
from drverify.transparency.witnessing import MAX_BYTES, SIZE_TYPE, Refused

PATH = "/add-checkpoint"
CONNECTIONS = 32
"""At a time; one more is closed."""
LIFETIME = 20.0
"""Seconds, of one connection, whatever is said on it."""
_SOON = 0.2
"""Seconds within which an accepted connection has its transport."""
Answer = Callable[[bytes], bytes | Refused]
"""(question) -> signature lines, or why not. Blocks; DrverifyError when it cannot be answered now."""


async def serve(
    answer: Answer,
    host: str,
    port: int,
    listening: Callable[[str, int], None],
    *,
    lifetime: float = LIFETIME,
) -> None:
    """Serve until cancelled; `listening` is told where. OSError when the address cannot be had."""
    application = web.Application(client_max_size=MAX_BYTES)
    application.router.add_post(PATH, _handler(answer))
    runner = web.AppRunner(application, access_log=None, keepalive_timeout=lifetime)
    await runner.setup()
    loop = asyncio.get_running_loop()
    try:
        if runner.server is None:
            raise RuntimeError("aiohttp did not set up")
        server = await loop.create_server(_Door(runner.server, loop, lifetime), host, port)
        async with server:
            listening(*server.sockets[0].getsockname()[:2])
            await server.serve_forever()
    finally:
        await runner.cleanup()


class _Door:
    """Makes connections that end by themselves, of which there are only so many at a time."""

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop, lifetime: float) -> None:
        self._server = server
        self._loop = loop
        self._lifetime = lifetime
        self._open: set[web.RequestHandler] = set()
        self._new: set[web.RequestHandler] = set()
        """Those that may have no transport yet: many are accepted at once."""

    def __call__(self) -> asyncio.Protocol:
        protocol = self._server()
        self._open = {one for one in self._open if one.transport is not None or one in self._new}
        if len(self._open) < CONNECTIONS:
            self._open.add(protocol)
            self._new.add(protocol)
            self._loop.call_later(_SOON, self._new.discard, protocol)
        else:
            self._loop.call_later(_SOON, protocol.force_close)
        self._loop.call_later(self._lifetime, protocol.force_close)
        return protocol


def _handler(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        content = await request.read()
        try:
            found = await asyncio.to_thread(answer, content)
        except DrverifyError:
            return web.Response(status=503, text="not now\n")
        if isinstance(found, Refused):
            kind = SIZE_TYPE if found.is_size else "text/plain"
            return web.Response(status=found.status, body=f"{found.why}\n".encode(), content_type=kind)
        return web.Response(body=found, content_type="text/plain", charset="utf-8")

    return handle


def run(answer: Answer, host: str, port: int, listening: Callable[[str, int], None]) -> None:
    """`serve`, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(answer, host, port, listening))
