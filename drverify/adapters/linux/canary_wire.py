"""Packets that try to get out, sent from inside the vantage: each function asks once and listens a while.

Formats: ARP RFC 826, ICMP RFC 792, ICMPv6 RFC 4443 and 4861, DNS RFC 1035.
"""

import asyncio
import errno
import json
import socket
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from drverify.adapters.linux import command
from drverify.adapters.linux.links import QUICK

T = TypeVar("T")
LISTEN = timedelta(seconds=1)
_ETH_IP, _ETH_ARP, _ETH_IP6 = 0x0800, 0x0806, 0x86DD
_FRAME = 14
"""Bytes of an Ethernet header."""
_ICMP, _ICMP6 = socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6
_BROADCAST = b"\xff" * 6
_REQUEST, _REPLY = 1, 2
_ECHO, _ECHO_REPLY = 8, 0
_ECHO6, _ECHO6_REPLY, _SOLICIT6, _ADVERT6 = 128, 129, 133, 134
_ANSWERED = frozenset({errno.ECONNREFUSED, errno.ECONNRESET})


async def arp(device: str, own_mac: str, address: str) -> frozenset[str]:
    """Ask on `device` who has an IPv4 address; return the card addresses that claim it."""
    sender = bytes.fromhex(own_mac.replace(":", ""))
    target = socket.inet_aton(address)
    request = struct.pack(">HHBBH", 1, 0x0800, 6, 4, _REQUEST) + sender + bytes(4) + bytes(6) + target
    with _ear(device, _ETH_ARP) as wire:
        await asyncio.get_running_loop().sock_sendall(wire, _BROADCAST + sender + b"\x08\x06" + request)
        return await _gathered(wire, lambda frame: _claimant(frame, target, sender))


def _claimant(frame: bytes, target: bytes, own: bytes) -> str | None:
    operation, mac, address = frame[20:22], frame[22:28], frame[28:32]
    if operation == _REPLY.to_bytes(2, "big") and address == target and mac != own:
        return mac.hex(":")
    return None


async def echo_broadcast(device: str) -> frozenset[str]:
    """Ping everybody on `device` over IPv4; return the card addresses that answer."""
    packet = _icmp(_ECHO, b"\0\0\0\1drverify")
    loop = asyncio.get_running_loop()
    with _ear(device, _ETH_IP) as ear, socket.socket(socket.AF_INET, socket.SOCK_RAW, _ICMP) as wire:
        wire.settimeout(0)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        await loop.sock_sendto(wire, packet, ("255.255.255.255", 0))
        return await _gathered(ear, lambda frame: _speaker(frame, _icmp_type(frame), {_ECHO_REPLY}))


async def echo_everybody6(device: str) -> frozenset[str]:
    """Ping all nodes and solicit all routers on `device` over IPv6; return who answers, by card address.

    OSError when the device has no IPv6 address to ask from.
    """
    scope, loop = socket.if_nametoindex(device), asyncio.get_running_loop()
    with _ear(device, _ETH_IP6) as ear, socket.socket(socket.AF_INET6, socket.SOCK_RAW, _ICMP6) as wire:
        wire.settimeout(0)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        for kind, where, body in ((_ECHO6, "ff02::1", b"\0\0\0\1drverify"), (_SOLICIT6, "ff02::2", bytes(4))):
            packet = bytes([kind, 0, 0, 0]) + body  # the kernel fills in the checksum (RFC 3542, 3.1)
            await loop.sock_sendto(wire, packet, (where, 0, 0, scope))
        wanted = {_ECHO6_REPLY, _ADVERT6}
        return await _gathered(ear, lambda frame: _speaker(frame, _icmp6_type(frame), wanted))


def _ear(device: str, protocol: int) -> socket.socket:
    """Open a socket that hears what arrives on `device` before any rule drops it."""
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    ear.settimeout(0)
    ear.bind((device, protocol))
    return ear


def _speaker(frame: bytes, kind: int | None, wanted: set[int]) -> str | None:
    return frame[6:12].hex(":") if kind in wanted else None


def _icmp_type(frame: bytes) -> int | None:
    at = _FRAME + (frame[_FRAME] & 15) * 4 if len(frame) > _FRAME else 0
    return frame[at] if len(frame) > max(at, _FRAME + 9) and frame[_FRAME + 9] == _ICMP else None


def _icmp6_type(frame: bytes) -> int | None:
    """Read the type when ICMPv6 follows the IPv6 header at once, as in an echo reply it does."""
    at = _FRAME + 40
    return frame[at] if len(frame) > at and frame[_FRAME + 6] == _ICMP6 else None


async def connect(address: str, port: int, device: str | None) -> str | None:
    """Try a TCP connection, forced out through `device` if one is named.

    Returns nothing when something answered, or else why nothing did.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as wire:
        wire.settimeout(0)
        if device is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        try:
            async with asyncio.timeout(LISTEN.total_seconds()):
                await asyncio.get_running_loop().sock_connect(wire, (address, port))
        except TimeoutError:
            return "no answer"
        except OSError as error:
            return None if error.errno in _ANSWERED else (error.strerror or str(error)).lower()
    return None


async def dns_answer(server: str, name: str) -> int | None:
    """Ask a DNS server for an address of `name`; return the answer's code (3: no such name), if any."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    question = struct.pack(">6H", 0x4452, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as wire:
        wire.settimeout(0)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LISTEN.total_seconds()):
                await loop.sock_connect(wire, (server, 53))
                await loop.sock_sendall(wire, question)
                answer = await loop.sock_recv(wire, 1500)
        except OSError:  # TimeoutError is one
            return None
    return answer[3] & 15 if len(answer) >= len(question) else None


async def mac_of(address: str, device: str) -> str:
    """Return the card address that answered for an address of this network, or nothing."""
    neighbours = await command.checked(["ip", "-json", "neigh", "show", "dev", device], within=QUICK)
    macs = {str(one["dst"]): str(one.get("lladdr", "")) for one in json.loads(neighbours.stdout or b"[]")}
    return macs.get(address.partition("%")[0], "")


async def port_of_mac(mac: str, device: str) -> str:
    """Return the bridge port behind which a card address was seen last, or nothing."""
    done = await command.checked(["bridge", "-json", "fdb", "show", "br", device], within=QUICK)
    ports = {str(one["mac"]): str(one["ifname"]) for one in json.loads(done.stdout or b"[]")}
    return ports.get(mac, "")


def _icmp(kind: int, body: bytes) -> bytes:
    packet = bytes([kind, 0, 0, 0]) + body
    words = struct.unpack(f">{len(packet) // 2}H", packet)
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return bytes(packet[:2] + checksum.to_bytes(2, "big") + packet[4:])


async def _gathered(wire: socket.socket, read: Callable[[bytes], str | None]) -> frozenset[str]:
    """Listen for a while; return what `read` finds in the packets."""
    found: set[str] = set()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LISTEN.total_seconds()):
            while True:
                if one := read(await loop.sock_recv(wire, 2048)):
                    found.add(one)
    except TimeoutError:
        return frozenset(found)
