"""The interfaces of a sandbox: one bridge per production network, one tap per network card.

`segments` decides what there shall be (pure); the rest makes it. A tap is born inside the namespace,
with its mark; it visits the host's namespace only while libvirt opens it, down and with its guest
paused, and goes back before the guest runs. A tap for a guest elsewhere never leaves: we open it from inside.
"""

import fcntl
import ipaddress
import os
import struct
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from drverify.adapters.linux import command, netns
from drverify.errors import HostError, InputError, TeardownError
from drverify.model.recovery import Network

QUICK = timedelta(seconds=20)
_PLAIN = "stp_state 0 forward_delay 0 mcast_snooping 0"
MAC_PREFIX = "52:54:00"
_TUN = "/dev/net/tun"
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
"""Of linux/if_tun.h: bind a descriptor to a device that carries whole Ethernet frames and nothing else."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Subnet = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One production network as it stands in the sandbox."""

    index: int
    bridge: str
    tap: str
    mac: str
    subnet: Subnet
    guest: Address
    gateway: Address
    dns: Address
    ours: tuple[Address, ...]
    """Addresses that we hold on the bridge; the first is the one that probes come from."""
    first_mac: str = ""
    """Card address of the first guest on the bridge; empty: this one's."""

    @property
    def bridge_mac(self) -> str:
        """The bridge's own card address, fixed, so that the guest sees one gateway all along."""
        mac = self.first_mac or self.mac
        return f"fe:{mac[3:]}" if mac[:2] != "fe" else f"fa:{mac[3:]}"

    @property
    def interfaces(self) -> tuple[str, ...]:
        """Our addresses with their prefix length: the first opens the subnet, the others stand alone."""
        first, *more = self.ours
        return (f"{first}/{self.subnet.prefixlen}", *(f"{one}/{one.max_prefixlen}" for one in more))


def segments(sandbox_id: str, networks: Sequence[Network]) -> tuple[Segment, ...]:
    """Lay out the networks of a sandbox. InputError when an address does not fit its network."""
    return tuple(_segment(sandbox_id, index, network) for index, network in enumerate(networks))


def joined(sandbox_id: str, members: Sequence[Sequence[Network]]) -> tuple[tuple[Segment, ...], ...]:
    """Lay out the networks of several guests in one sandbox, in the order of `members`.

    Networks of the same name are one bridge; no address of a guest is held by us on it. InputError as
    `segments`.
    """
    every = [network for networks in members for network in networks]
    bridges = list(dict.fromkeys(network.name for network in every))
    first: dict[str, str] = {}
    made = []
    for index, network in enumerate(every):
        guests = {ipaddress.ip_address(one.address) for one in every if one.name == network.name}
        one = _segment(sandbox_id, index, network, guests)
        bridge = f"br{bridges.index(network.name)}"
        made.append(replace(one, bridge=bridge, first_mac=first.setdefault(bridge, one.mac)))
    rest = iter(made)
    return tuple(tuple(islice(rest, len(networks))) for networks in members)


def tunnelled(laid_out: Sequence[Sequence[Segment]]) -> tuple[tuple[Segment, ...], ...]:
    """The same networks where all guests are elsewhere: one tap on each bridge, and a tunnel behind it."""
    taps: dict[str, str] = {}
    return tuple(
        tuple(replace(one, tap=taps.setdefault(one.bridge, one.tap)) for one in own) for own in laid_out
    )


def one_each(planned: Iterable[Segment]) -> tuple[Segment, ...]:
    """The first segment of each bridge."""
    firsts: dict[str, Segment] = {}
    for one in planned:
        firsts.setdefault(one.bridge, one)
    return tuple(firsts.values())


def one_each_tap(planned: Iterable[Segment]) -> tuple[Segment, ...]:
    """The first segment of each tap."""
    firsts: dict[str, Segment] = {}
    for one in planned:
        firsts.setdefault(one.tap, one)
    return tuple(firsts.values())


def _segment(
    sandbox_id: str, index: int, network: Network, guests: Collection[Address] = frozenset()
) -> Segment:
    """One network of a guest; `guests` are the addresses of all guests on it."""
    try:
        subnet = ipaddress.ip_network(network.subnet)
        guest, gateway, dns = (
            ipaddress.ip_address(text) for text in (network.address, network.gateway, network.dns)
        )
    except ValueError as error:
        raise InputError(f"network {network.name}: {error}") from error
    if guest not in subnet or {guest.version, gateway.version, dns.version} != {subnet.version}:
        raise InputError(f"network {network.name}: {guest}, {gateway} and {dns} do not fit {subnet}")
    theirs = {guest, *guests}
    held = [gateway] if gateway in subnet and gateway not in theirs else [_free(subnet, {*theirs, dns})]
    held += [one for one in (gateway, dns) if one not in {*held, *theirs}]
    return Segment(
        index=index,
        bridge=f"br{index}",
        tap=tap_name(sandbox_id, index),
        mac=network.mac.lower() or mac_address(sandbox_id, index),
        subnet=subnet,
        guest=guest,
        gateway=gateway,
        dns=dns,
        ours=tuple(dict.fromkeys(held)),
    )


def tap_name(sandbox_id: str, index: int) -> str:
    """Name of a tap: at most 15 characters, as the kernel wants it."""
    return f"dv{sandbox_id}-{index}"


def mac_address(sandbox_id: str, index: int) -> str:
    """Make up a card address in QEMU's range from the sandbox's id."""
    number = (int(sandbox_id, 16) + index) & 0xFFFFFF
    return f"{MAC_PREFIX}:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def _free(subnet: Subnet, taken: set[Address]) -> Address:
    last = int(subnet.broadcast_address) - 1
    for number in range(last, int(subnet.network_address), -1):
        address = type(subnet.network_address)(number)
        if address not in taken:
            return address
    raise InputError(f"no address is free in {subnet}")


def script(tag: str, planned: Iterable[Segment]) -> str:
    """Write the commands (`ip -batch`) that make the bridges and the taps in the namespace."""
    lines = []
    planned = tuple(planned)
    for one in one_each(planned):
        lines += [
            f"link add {one.bridge} address {one.bridge_mac} type bridge {_PLAIN}",
            *(f"addr add {address} dev {one.bridge}" for address in one.interfaces),
            f"link set {one.bridge} alias {tag} up",
        ]
    for one in one_each_tap(planned):
        lines += [
            f"tuntap add dev {one.tap} mode tap",
            f"link set {one.tap} alias {tag} master {one.bridge}",
        ]
    return "\n".join(lines) + "\n"


async def make(namespace: str, tag: str, planned: Sequence[Segment]) -> None:
    """Make bridges and taps; HostError when the kernel refuses."""
    await command.checked(
        ["ip", "-n", namespace, "-batch", "-"], within=QUICK, stdin=script(tag, planned).encode()
    )


async def lend(namespace: str, tap: str) -> None:
    """Move a tap out to our own network namespace, down, so that libvirt can open it."""
    here = str(os.getpid())
    await command.checked(["ip", "-n", namespace, "link", "set", tap, "netns", here], within=QUICK)


async def take_in(namespace: str, segment: Segment) -> None:
    """Move a tap back into its namespace, onto its bridge, and bring it up."""
    await command.checked(["ip", "link", "set", segment.tap, "netns", namespace], within=QUICK)
    await plug_in(namespace, segment)


async def plug_in(namespace: str, segment: Segment) -> None:
    """Bring a tap up on its bridge."""
    await command.checked(
        ["ip", "-n", namespace, "link", "set", segment.tap, "master", segment.bridge, "up"], within=QUICK
    )


def open_tap(name: str) -> int:
    """Open an existing tap of the calling thread's namespace: one read or write is one Ethernet frame.

    Never blocks. The caller closes the descriptor. HostError when the kernel refuses.
    """
    try:
        descriptor = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
        except BaseException:
            os.close(descriptor)
            raise
    except OSError as error:
        raise HostError(f"cannot open interface {name}: {error.strerror}") from error
    return descriptor


async def remove_tap(tap: str, tag: str, namespace: str | None) -> None:
    """Delete a tap, in the host's namespace or in `namespace`, if it carries `tag`. Absent is success.

    Raises TeardownError when it is not ours or still there.
    """
    places: list[str | None] = [None]
    if namespace and netns.exists(namespace) and netns.is_mounted(namespace):
        places.append(namespace)
    for place in places:
        found = await _find(tap, place)
        if found is None:
            continue
        if found.get("ifalias") != tag:
            raise TeardownError(f"interface {tap} does not carry our mark {tag}: left alone")
        where = ["-n", place] if place else []
        await command.run(["ip", *where, "link", "delete", tap], within=QUICK)
        if await _find(tap, place) is not None:
            raise TeardownError(f"interface {tap} is still there")


async def _find(tap: str, namespace: str | None) -> dict[str, object] | None:
    try:
        present = await netns.links(namespace)
    except HostError as error:
        if namespace and not netns.exists(namespace):
            return None
        raise TeardownError(f"cannot look for interface {tap}: {error}") from error
    return next((link for link in present if link["ifname"] == tap), None)
