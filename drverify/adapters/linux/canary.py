"""Isolation by trying: from inside the sandbox, reach for everything that must not answer.

The gateway and the DNS are ours and must prove it. Everything else must be silent, except the guest
itself: an answer from behind the guest's own tap is the guest speaking, whatever name it uses.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from drverify.adapters.linux import canary_wire as wire
from drverify.adapters.linux.links import Address, Segment, one_each
from drverify.engine.ports import Vantage
from drverify.model.drill import IsolationCheck

OUTSIDE4 = (
    ("cloud-metadata", "169.254.169.254", 80),
    ("public-address", "1.1.1.1", 443),
    ("private-10", "10.255.255.254", 22),
    ("private-192", "192.168.122.1", 22),
)
OUTSIDE6 = (
    ("public-ipv6", "2606:4700:4700::1111", 443),
    ("cloud-metadata-ipv6", "fd00:ec2::254", 80),
)
NEIGHBOURS = 4
"""Other production addresses of each network that are tried, for each guest on it."""
_NO_SUCH_NAME = 3


class Canary:
    """Tries to get out of one sandbox."""

    def __init__(
        self,
        planned: Sequence[Segment],
        dns_log: Callable[[], bytes],
        *,
        admits: Callable[[str], bool] = lambda _: True,
        also: Sequence[str] = (),
    ) -> None:
        """`admits` says which card addresses may answer behind our taps: any, where only a guest can be.

        `also` are further IPv4 addresses that nobody may answer for on any network.
        """
        self._planned = tuple(planned)
        self._dns_log = dns_log
        self._admits = admits
        self._also = tuple(also)
        self._taps = {one.tap for one in self._planned}
        self._ours = {str(address) for one in self._planned for address in one.ours}

    async def tries(self, vantage: Vantage) -> tuple[IsolationCheck, ...]:
        """Try everything at once; every attempt is a check with its outcome."""
        return await vantage.run(self._all)

    async def _all(self) -> tuple[IsolationCheck, ...]:
        attempts: list[Coroutine[Any, Any, IsolationCheck]] = []
        for one in one_each(self._planned):
            attempts += self._on_network(one)
        for name, address, port in (*OUTSIDE4, *OUTSIDE6):
            attempts.append(self._outside(f"try-{name}", address, port, None))
        return tuple(await asyncio.gather(*attempts))

    def _on_network(self, one: Segment) -> list[Coroutine[Any, Any, IsolationCheck]]:
        attempts: list[Coroutine[Any, Any, IsolationCheck]] = []
        if one.gateway in one.ours:
            attempts.append(self._gateway(one))
        if one.dns in one.ours:
            attempts.append(self._dns(one))
        if one.subnet.version == 4:  # noqa: PLR2004
            guests = {other.guest for other in self._planned}
            beside = [other for other in self._planned if other.bridge == one.bridge]
            nearby = (near for other in beside for near in neighbours(other) if near not in guests)
            wanted = [str(address) for address in (*one.ours, *nearby) if address in one.subnet]
            wanted += [address for address in self._also if address not in {*self._ours, str(one.guest)}]
            attempts += [self._address(one, address) for address in dict.fromkeys(wanted)]
            attempts.append(self._broadcast(one))
        attempts.append(self._everybody6(one))
        attempts += [
            self._outside(f"force-{name}-{one.bridge}", address, port, one.bridge)
            for name, address, port in OUTSIDE4
            if address not in self._ours
        ]
        return attempts

    async def _gateway(self, one: Segment) -> IsolationCheck:
        """The gateway is this very process: what connects to it gets a number that only we know."""
        name, nonce = f"gateway-is-ours-{one.bridge}", secrets.token_hex(16).encode()
        family = socket.AF_INET if one.subnet.version == 4 else socket.AF_INET6  # noqa: PLR2004

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(nonce)
            writer.close()

        server = await asyncio.start_server(serve, str(one.gateway), 0, family=family)
        async with server:
            port = server.sockets[0].getsockname()[1]
            try:
                async with asyncio.timeout(wire.LISTEN.total_seconds()):
                    reader, writer = await asyncio.open_connection(str(one.gateway), port)
                    answer = await reader.read(len(nonce) + 1)
                    writer.close()
            except OSError as error:
                return IsolationCheck(name=name, closed=False, detail=f"{one.gateway}: {error}")
        if answer == nonce:
            return IsolationCheck(name=name, closed=True, detail=f"{one.gateway} is held by us")
        return IsolationCheck(name=name, closed=False, detail=f"somebody else answers as {one.gateway}")

    async def _dns(self, one: Segment) -> IsolationCheck:
        """The DNS is our dnsmasq: it knows no such name, and its log shows that it was asked."""
        name, asked = f"dns-is-ours-{one.bridge}", f"canary-{secrets.token_hex(8)}.example"
        code = await wire.dns_answer(str(one.dns), asked)
        for _ in range(10):  # the log comes through a pipe
            if asked.encode() in self._dns_log():
                break
            await asyncio.sleep(0.05)
        logged = asked.encode() in self._dns_log()
        said = "no answer" if code is None else f"answer code {code}"
        return IsolationCheck(
            name=name,
            closed=code == _NO_SUCH_NAME and logged,
            detail=f"{one.dns}: {said}, {'logged by us' if logged else 'not in our log'}",
        )

    async def _address(self, one: Segment, address: str) -> IsolationCheck:
        claims = await wire.arp(one.bridge, one.bridge_mac, address)
        ports = [await self._place(mac, one.bridge) for mac in sorted(claims)]
        return self._judged(f"arp-{address}", address, ports)

    async def _broadcast(self, one: Segment) -> IsolationCheck:
        answers = await wire.echo_broadcast(one.bridge) - {one.bridge_mac}
        ports = [await self._place(mac, one.bridge) for mac in sorted(answers)]
        return self._judged(f"broadcast-{one.bridge}", "255.255.255.255", ports)

    async def _everybody6(self, one: Segment) -> IsolationCheck:
        try:
            answers = await wire.echo_everybody6(one.bridge)
        except OSError as error:  # a kernel without IPv6, or a bridge still without address
            return IsolationCheck(name=f"ipv6-everybody-{one.bridge}", closed=True, detail=str(error))
        ports = [await self._place(mac, one.bridge) for mac in sorted(answers - {one.bridge_mac})]
        return self._judged(f"ipv6-everybody-{one.bridge}", "ff02::1 and ff02::2", ports)

    async def _outside(self, name: str, address: str, port: int, device: str | None) -> IsolationCheck:
        if address in self._ours:
            return IsolationCheck(name=name, closed=True, detail=f"{address} is held by us")
        why_not = await wire.connect(address, port, device)
        if why_not is not None:
            return IsolationCheck(name=name, closed=True, detail=f"{address}: {why_not}")
        ports = [await self._place(await wire.mac_of(address, device), device)] if device else [""]
        return self._judged(name, address, ports)

    async def _place(self, mac: str, device: str) -> str:
        """Say where a card address answers from: the port alone only if it may be there."""
        port = await wire.port_of_mac(mac, device)
        return port if self._admits(mac) else f"{mac or 'nowhere'} behind {port or 'no port'}"

    def _judged(self, name: str, address: str, ports: Sequence[str]) -> IsolationCheck:
        """Judge by where the answers came from: behind our taps there is only the guest."""
        strangers = [port or "an unknown place" for port in ports if port not in self._taps]
        if strangers:
            return IsolationCheck(name=name, closed=False, detail=f"{address} answers from {strangers[0]}")
        detail = f"{address}: answered by the guest itself" if ports else f"{address}: no answer"
        return IsolationCheck(name=name, closed=True, detail=detail)


def neighbours(one: Segment) -> tuple[Address, ...]:
    """Pick production addresses that are neither ours nor the guest's: lowest, highest, next to it."""
    low, high = int(one.subnet.network_address) + 1, int(one.subnet.broadcast_address) - 1
    make = type(one.guest)
    wanted = (int(one.guest) + 1, int(one.guest) - 1, low, high, low + 1, low + 2)
    found = (make(number) for number in wanted if low <= number <= high)
    others = [address for address in dict.fromkeys(found) if address not in {*one.ours, one.guest}]
    return tuple(others[:NEIGHBOURS])
