"""A way to a server that can be cut without a word: what was sent is taken by nobody, and nothing is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PIECE = 1 << 16


class Link:
    """Connections on their way through `port` of 127.0.0.1."""

    def __init__(self, host: str, port: int) -> None:
        self._there = (host, port)
        self._alive = asyncio.Event()
        self._alive.set()
        self.port = 0
        self.carried = 0
        """Bytes that went there."""

    def cut(self) -> None:
        """From now on nothing comes through."""
        self._alive.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways until one of its ends closes."""
        far_reader, far_writer = await asyncio.open_connection(*self._there)
        ways = (self._carry(reader, far_writer, out=True), self._carry(far_reader, writer, out=False))
        try:
            await asyncio.gather(*ways)
        finally:
            for one in (writer, far_writer):
                one.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, out: bool) -> None:
        with suppress(ConnectionError):
            while True:
                await self._alive.wait()
                piece = await reader.read(PIECE)
                await self._alive.wait()
                if not piece:
                    break
                writer.write(piece)
                await writer.drain()
                self.carried += len(piece) if out else 0
            writer.close()


@asynccontextmanager
async def link(host: str, port: int) -> AsyncIterator[Link]:
    """Open a way; at the end its connections are closed on both sides."""
    made = Link(host, port)
    open_ways: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_ways.add(task)
        with suppress(asyncio.CancelledError):
            await made.serve(reader, writer)
        open_ways.discard(task)

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tuple(open_ways):
            task.cancel()
        await asyncio.gather(*open_ways, return_exceptions=True)
