"""QEMU's monitor (QMP): one short conversation at a time over a unix socket.

Source: QEMU Machine Protocol Specification and QMP Reference Manual. Events are skipped.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from lab.pve.seam import MonitorError

WITHIN = 10.0
"""Seconds for one answer."""
LONGEST = 16 * 1024 * 1024
NO_ARGUMENTS: Mapping[str, Any] = {}


class Monitor:
    """A conversation; see `monitor`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    async def ask(
        self,
        command: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        descriptor: int | None = None,
        within: float = WITHIN,
    ) -> Any:
        """Run a command and return what it returns; a descriptor goes along with it (SCM_RIGHTS).

        MonitorError when QEMU refuses, goes away or does not answer in time.
        """
        question = json.dumps({"execute": command, "arguments": dict(arguments)}).encode() + b"\n"
        try:
            async with asyncio.timeout(within):
                await self._send(question, descriptor)
                while "return" not in (answer := await self.read()):
                    if "error" in answer:
                        raise MonitorError(str(answer["error"].get("desc", answer["error"])))
        except TimeoutError as error:
            raise MonitorError(f"qmp command '{command}' failed - got timeout") from error
        except OSError as error:
            raise MonitorError(f"qmp command '{command}' failed - {error}") from error
        return answer["return"]

    async def read(self) -> dict[str, Any]:
        """Read the next message. MonitorError at the end of the stream or when it is no JSON object."""
        loop = asyncio.get_running_loop()
        while b"\n" not in self._rest:
            chunk = await loop.sock_recv(self._connection, 65536)
            if not chunk or len(self._rest) > LONGEST:
                raise MonitorError("QEMU closed its monitor")
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise MonitorError(f"QEMU's monitor said {line[:100]!r}")
        return message

    async def _send(self, data: bytes, descriptor: int | None) -> None:
        if descriptor is not None:  # the first byte carries it; the socket's buffer is empty here
            socket.send_fds(self._connection, [data[:1]], [descriptor])
            data = data[1:]
        await asyncio.get_running_loop().sock_sendall(self._connection, data)


@asynccontextmanager
async def monitor(path: Path) -> AsyncIterator[Monitor]:
    """Talk to the QEMU whose monitor listens at `path`; nobody else can meanwhile. MonitorError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)  # noqa: FBT003 - socket's signature
        talk = Monitor(connection)
        try:
            async with asyncio.timeout(WITHIN):
                await asyncio.get_running_loop().sock_connect(connection, str(path))
                while "QMP" not in await talk.read():
                    pass
        except (OSError, TimeoutError) as error:
            raise MonitorError(f"unable to connect to VM qmp socket - {str(error) or 'timeout'}") from error
        await talk.ask("qmp_capabilities")
        yield talk


async def quit_now(path: Path) -> None:
    """Ask QEMU to end; it may be gone before it answers."""
    with suppress(MonitorError):
        async with monitor(path) as talk:
            await talk.ask("quit")
