"""What a copy writes to its serial port, followed from its start on: the API keeps no record of it.

Needs `serial0: socket` in the machine's configuration and a console on that port in the guest. The terminal
of the API wants the account's name and the ticket as its first line and answers `OK`; nothing is typed.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import aiohttp

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError
from drverify.adapters.proxmox.guest_socket import GuestSocket, opened
from drverify.adapters.proxmox.settings import Access
from drverify.errors import GuestError

KEPT = 1024 * 1024
"""Bytes of its end that are kept."""
AGAIN = 1.0
"""Seconds before a terminal that broke off is opened again."""
ALIVE = 20.0
"""Seconds between two signs of life of ours."""
PORT = "serial0"
_TEXT = {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}


class SerialConsole:
    """Follows one guest's port. Begin once, end once; between them `text` grows."""

    def __init__(self, client: ProxmoxClient, access: Access, secret: Callable[[], bytes]) -> None:
        self._client = client
        self._access = access
        self._secret = secret
        self._kept = bytearray()
        self._following: asyncio.Task[None] | None = None
        self._why_not = ""
        self.count = 0
        """Bytes that came so far."""

    def begin(self, node: str, vmid: int, port: str | None) -> None:
        """Follow from now on; `port` is the configuration's `serial0`, and another one is no socket."""
        if port != "socket":
            self._why_not = "the machine has no serial port that the cluster hands out (serial0: socket)"
        elif not self._access.token:
            self._why_not = "its serial port can be followed with an API token only"
        else:
            self._following = asyncio.create_task(self._follow(node, vmid))

    @property
    def kept(self) -> bytes:
        """What came so far, its last MiB; nothing where there is no port."""
        return bytes(self._kept[-KEPT:])

    @property
    def text(self) -> bytes:
        """The last MiB. GuestError when this machine's port cannot be followed at all."""
        if self._why_not:
            raise GuestError(
                self._why_not, hint="add one to the original, or ask its agent in the playbook's boot probe"
            )
        return self.kept

    async def end(self) -> None:
        """Follow no more. Idempotent."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            self._following = None

    async def _follow(self, node: str, vmid: int) -> None:
        while True:
            with suppress(ApiError, aiohttp.ClientError, OSError, ValueError, TimeoutError):
                await self._once(node, vmid)
            await asyncio.sleep(AGAIN)

    async def _once(self, node: str, vmid: int) -> None:
        """Read until the terminal breaks off."""
        door = await self._client.qemu.termproxy(node, vmid)
        at = GuestSocket(
            access=self._access,
            secret=self._secret(),
            node=node,
            vmid=vmid,
            port=door.port,
            ticket=door.ticket,
        )
        async with opened(at) as socket:
            await socket.send_str(f"{door.user}:{door.ticket}\n")
            beating = asyncio.create_task(_beat(socket))
            try:
                await self._read(socket)
            finally:
                beating.cancel()
                await asyncio.gather(beating, return_exceptions=True)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        greeted = b""
        async for message in socket:
            if message.type not in _TEXT:
                return
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            if len(greeted) < 2:  # noqa: PLR2004 - "OK"
                missing = 2 - len(greeted)
                greeted, data = greeted + data[:missing], data[missing:]
                if not b"OK".startswith(greeted):
                    return
            self._take(data)

    def _take(self, data: bytes) -> None:
        self.count += len(data)
        self._kept += data
        if len(self._kept) > 2 * KEPT:
            del self._kept[:-KEPT]


async def _beat(socket: aiohttp.ClientWebSocketResponse) -> None:
    """The terminal's own sign of life."""
    while True:
        await asyncio.sleep(ALIVE)
        await socket.send_str("2")
