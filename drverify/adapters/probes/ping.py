"""Does an ICMP echo come back (RFC 792, RFC 4443).

A raw socket of our own: the unprivileged kind is switched off in a new network namespace
(net.ipv4.ping_group_range), and the sandbox needs root anyway.
"""

import asyncio
import ipaddress
import secrets
import socket
import struct
from datetime import timedelta

from drverify.adapters.probes.asking import Asking, Finding, passed, unanswered
from drverify.errors import HarnessError
from drverify.model.playbook import PingProbe

_HEADER = struct.Struct("!BBHHH")
_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_TOKEN_BYTES = 24
_PATIENCE = timedelta(seconds=1)
"""Longest wait for one echo; a guest that is slower is asked again anyway."""
_APART = timedelta(milliseconds=100)
"""Between two echoes."""


async def ask(spec: PingProbe, asking: Asking) -> Finding:
    """Send `count` echoes, a moment apart; one that comes back is enough."""
    version = ipaddress.ip_address(spec.address).version
    patience = min(spec.within / (spec.count + 1), _PATIENCE)
    apart = min(patience, _APART)
    echoes = (
        _later(apart * number, spec.address, version, number + 1, patience) for number in range(spec.count)
    )
    answers = await asyncio.gather(*echoes)
    for sequence, took in enumerate(answers, start=1):
        said = "no answer" if took is None else f"answered after {_ms(took)}"
        asking.transcript.say(f"echo {sequence} to {spec.address}: {said}")
    times = [took for took in answers if took is not None]
    if not times:
        return unanswered(f"none of {spec.count} echoes came back")
    return passed(f"{len(times)} of {spec.count} echoes came back, the fastest after {_ms(min(times))}")


def _socket(version: int) -> socket.socket:
    family, protocol = (
        (socket.AF_INET, socket.IPPROTO_ICMP) if version == 4 else (socket.AF_INET6, socket.IPPROTO_ICMPV6)  # noqa: PLR2004
    )
    try:
        return socket.socket(family, socket.SOCK_RAW, protocol)
    except PermissionError as error:
        raise HarnessError("a raw socket for ICMP needs root (CAP_NET_RAW)") from error


async def _later(
    pause: timedelta, address: str, version: int, sequence: int, patience: timedelta
) -> timedelta | None:
    """Send one echo after a pause. A socket for each: one would take the other's answer."""
    await asyncio.sleep(pause.total_seconds())
    with _socket(version) as raw:
        raw.setblocking(False)  # noqa: FBT003 - socket's own signature
        return await _echo(raw, address, version, sequence, patience)


async def _echo(
    raw: socket.socket, address: str, version: int, sequence: int, patience: timedelta
) -> timedelta | None:
    """Send one echo and wait for exactly its answer: same address, same random token."""
    loop = asyncio.get_running_loop()
    token = secrets.token_bytes(_TOKEN_BYTES)
    packet = _packet(_REQUEST[version], secrets.randbits(16), sequence, token)
    started = loop.time()
    try:
        async with asyncio.timeout(patience.total_seconds()):
            await loop.sock_sendto(raw, packet, (address, 0))
            while True:
                data, sender = await loop.sock_recvfrom(raw, 2048)
                body = data[(data[0] & 15) * 4 :] if version == 4 else data  # noqa: PLR2004 - IPv4's header is there
                if _same(sender[0], address) and body[:1] == bytes([_REPLY[version]]) and body[8:] == token:
                    return timedelta(seconds=loop.time() - started)
    except TimeoutError:
        return None


def _same(left: str, right: str) -> bool:
    return ipaddress.ip_address(left.partition("%")[0]) == ipaddress.ip_address(right.partition("%")[0])


def _packet(kind: int, identifier: int, sequence: int, payload: bytes) -> bytes:
    """ICMPv4 needs the checksum from us; for ICMPv6 the kernel writes its own over it."""
    bare = _HEADER.pack(kind, 0, 0, identifier, sequence) + payload
    return _HEADER.pack(kind, 0, checksum(bare), identifier, sequence) + payload


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _ms(time: timedelta) -> str:
    return f"{time.total_seconds() * 1000:.1f} ms"
