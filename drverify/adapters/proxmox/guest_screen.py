"""A picture of a copy's screen: one question over RFB, through the websocket of the API.

RFB 3.8 is RFC 6143: handshake (7.1), VNC authentication (7.2.2), ServerInit (7.3.2), FramebufferUpdate
(7.6.1), Raw encoding (7.7.1). The guest chooses size and content of what it shows: everything is bounded.
"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiohttp
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from drverify.adapters.proxmox.guest_socket import GuestSocket, opened
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.values import VncAccess
from drverify.errors import HostError

WITHIN = timedelta(seconds=15)
LARGEST = 4096
"""Pixels in width or height; the guest chooses them."""
MAX_MESSAGE = 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_NONE, _VNC = 1, 2
_UPDATE, _COLOURS, _BELL, _CUT = 0, 1, 2, 3
_PIXEL = struct.pack(">BBBBHHHBBBxxx", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
"""32 bits, little-endian, blue in the lowest byte: what the picture is made of."""
Read = Callable[[int], Awaitable[bytes]]
Write = Callable[[bytes], Awaitable[None]]


class _Stream:
    """The websocket's messages as one stream of bytes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._held = bytearray()

    async def read(self, size: int) -> bytes:
        while len(self._held) < size:
            message = await self._socket.receive()
            if message.type not in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}:
                raise HostError("the screen's connection was closed before a picture came")
            data = message.data
            self._held += data if isinstance(data, bytes) else data.encode("latin-1", "replace")
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    async def write(self, data: bytes) -> None:
        await self._socket.send_bytes(data)


async def screenshot(access: Access, secret: bytes, door: VncAccess, *, node: str, vmid: int) -> bytes:
    """Fetch a picture as PNG. HostError when none comes within 15 s.

    `secret` is the API token's.
    """
    at = GuestSocket(access=access, secret=secret, node=node, vmid=vmid, port=door.port, ticket=door.ticket)
    try:
        async with asyncio.timeout(WITHIN.total_seconds()), opened(at) as socket:
            stream = _Stream(socket)
            return await picture(stream.read, stream.write, password=door.password)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise HostError(f"no picture of the screen: {type(error).__name__}") from error


async def picture(read: Read, write: Write, *, password: str) -> bytes:
    """Speak RFB as a client until one whole picture is there; return it as PNG. HostError if none comes."""
    await _handshake(read, write, password)
    await write(b"\x01")  # shared
    width, height = struct.unpack(">HH", await read(4))
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise HostError(f"the screen says that it has {width}x{height} pixels")
    await read(16)
    (length,) = struct.unpack(">I", await read(4))
    if length > MAX_MESSAGE:
        raise HostError("the screen's name is too long")
    await read(length)
    await write(b"\x00\0\0\0" + _PIXEL)
    await write(struct.pack(">BxHi", 2, 1, 0))  # Raw alone
    await write(struct.pack(">BBHHHH", 3, 0, 0, 0, width, height))
    return png(width, height, await _pixels(read, width, height))


async def _handshake(read: Read, write: Write, password: str) -> None:
    version = await read(12)
    if not version.startswith(b"RFB 003."):
        raise HostError("the screen does not speak RFB")
    await write(b"RFB 003.008\n")
    (count,) = await read(1)
    kinds = await read(count) if count else b""
    if _VNC in kinds:
        await write(bytes([_VNC]))
        await write(_answer(await read(16), password))
    elif _NONE in kinds:
        await write(bytes([_NONE]))
    else:
        raise HostError("the screen offers no authentication that drverify knows")
    if await read(4) != bytes(4):
        raise HostError("the screen refused the password that the API gave us")


def _answer(challenge: bytes, password: str) -> bytes:
    """Encrypt the challenge with DES; each byte of the key has its bits in reverse order (VNC's own way)."""
    key = bytes(
        int(f"{byte:08b}"[::-1], 2) for byte in password.encode("latin-1", "replace")[:8].ljust(8, b"\0")
    )
    encryptor = Cipher(TripleDES(key * 3), modes.ECB()).encryptor()  # noqa: S305 - RFC 6143 says so
    return encryptor.update(challenge) + encryptor.finalize()


async def _pixels(read: Read, width: int, height: int) -> bytearray:
    screen, missing = bytearray(width * height * 4), width * height
    while missing > 0:
        (kind,) = await read(1)
        if kind == _COLOURS:
            _, _, count = struct.unpack(">BHH", await read(5))
            await read(count * 6)
        elif kind == _CUT:
            _, length = struct.unpack(">3sI", await read(7))
            if length > MAX_MESSAGE:
                raise HostError("the screen sent a text that is too long")
            await read(length)
        elif kind == _UPDATE:
            _, count = struct.unpack(">BH", await read(3))
            for _ in range(count):
                missing -= await _rectangle(read, screen, width, height)
        elif kind != _BELL:
            raise HostError(f"the screen sent a message of unknown kind {kind}")
    return screen


async def _rectangle(read: Read, screen: bytearray, width: int, height: int) -> int:
    left, top, across, down, encoding = struct.unpack(">HHHHi", await read(12))
    if encoding != 0 or left + across > width or top + down > height or not across * down:
        raise HostError("the screen sent a part of a picture that was not asked for")
    data = await read(across * down * 4)
    for line in range(down):
        at = ((top + line) * width + left) * 4
        screen[at : at + across * 4] = data[line * across * 4 : (line + 1) * across * 4]
    return int(across * down)


def png(width: int, height: int, screen: bytes | bytearray) -> bytes:
    """Write pixels (blue, green, red, unused) as PNG (ISO/IEC 15948)."""
    rgb = bytearray(width * height * 3)
    rgb[0::3], rgb[1::3], rgb[2::3] = screen[2::4], screen[1::4], screen[0::4]
    row = width * 3
    lines = b"".join(b"\0" + rgb[start : start + row] for start in range(0, len(rgb), row))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
