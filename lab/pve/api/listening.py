"""One node's listener: TLS on a loopback address, closed at once when the node goes."""

import asyncio
import ssl

from aiohttp import web

KEEP_ALIVE_SECONDS = 5.0


class Listener:
    """Listens from `open` to `close`."""

    def __init__(self, application: web.Application, context: ssl.SSLContext) -> None:
        self._runner = web.AppRunner(
            application, access_log=None, keepalive_timeout=KEEP_ALIVE_SECONDS, shutdown_timeout=0.1
        )
        self._context = context

    async def open(self, address: str, port: int) -> int:
        """Listen; return the port, chosen by the system when 0 was asked for. Raises OSError.

        A port may be taken again at once after a life that was killed.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, address, port, ssl_context=self._context, reuse_address=True)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening and cut what is connected, without waiting for the other side's farewell."""
        server = self._runner.server
        for connection in list(server.connections) if server is not None else ():
            if connection.transport is not None:
                connection.transport.abort()
        await self._runner.cleanup()
        await asyncio.sleep(0)  # what was cut is closed by the loop's next turn
