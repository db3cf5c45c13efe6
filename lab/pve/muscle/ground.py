"""The node's network: a namespace of its own, the bridges in it, their uplinks and vantage taps.

An uplink is one end of a pair whose other end nobody listens to: what goes out there has left the
node. A vantage tap is persistent and owned by an unprivileged user, so that a tunnel of the node's sshd
can take it and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux import command, netns
from lab.pve.muscle.inside import inside
from lab.pve.muscle.names import Names, unit_of
from lab.pve.seam import Bridge

QUICK = timedelta(seconds=20)
VANTAGE_UID = 64909
"""Owner of the vantage taps: `drverify` in the node's own table of users (see `sshd`)."""
FAR = "-far"
"""What the name of an uplink's other end ends with. It answers nothing (no ARP, no address)."""
_PLAIN = "stp_state 0 forward_delay 0 mcast_snooping 0"
Link = dict[str, Any]


@dataclass(slots=True)
class Ground:
    """Namespace and bridges of one node. `make` puts right whatever an earlier life left."""

    names: Names
    wanted: tuple[Bridge, ...] = field(default=())

    async def make(self, wanted: Sequence[Bridge]) -> None:
        """Make the namespace if need be, and its bridges. Idempotent. HostError when the kernel refuses."""
        name = self.names.namespace
        if netns.exists(name) and not netns.is_mounted(name):
            await netns.remove(name, self.names.tag)
        if not netns.exists(name):
            await netns.create(name, self.names.tag)
            await inside(name, _close_off)
        await self.shape(wanted)

    async def shape(self, wanted: Sequence[Bridge]) -> None:
        """Make the bridges be these. What is plugged into a bridge that stays is not touched."""
        self.wanted = tuple(wanted)
        present = {link["ifname"]: link for link in await netns.links(self.names.namespace)}
        script = changes(present, self.wanted, self.names.tag)
        if script:
            await self.batch("\n".join(script) + "\n")
        closed = [one.name for one in self.wanted if not (one.ports or one.address)]
        await inside(self.names.namespace, lambda: _silence(closed))

    async def batch(self, script: str) -> None:
        """Run commands of ip(8) inside; HostError with the first that failed."""
        argv = ["ip", "-n", self.names.namespace, "-batch", "-"]
        await command.checked(argv, within=QUICK, stdin=script.encode())

    async def bridges(self) -> frozenset[str]:
        """Names of the bridges that there are now."""
        return frozenset(
            link["ifname"] for link in await netns.links(self.names.namespace) if _kind(link) == "bridge"
        )

    def is_production(self, bridge: str) -> bool:
        """Whether a bridge leads anywhere: it has an uplink or an address."""
        return any(one.name == bridge and (one.ports or one.address) for one in self.wanted)

    @property
    def exists(self) -> bool:
        """Whether the namespace is there."""
        return netns.exists(self.names.namespace) and netns.is_mounted(self.names.namespace)

    async def plug(self, tap: str, bridge: str) -> None:
        """Put a tap onto a bridge and bring it up."""
        await self.batch(f"link set {tap} alias {self.names.tag} master {bridge} up\n")

    async def unplug(self, tap: str) -> None:
        """Take a tap off its bridge; it stays where it is, down."""
        await self.batch(f"link set {tap} nomaster down\n")

    async def remove(self) -> None:
        """Remove the namespace and all in it. Idempotent; TeardownError when it stays or is not ours."""
        await netns.remove(self.names.namespace, self.names.tag)


def changes(present: dict[str, Link], wanted: Sequence[Bridge], tag: str) -> list[str]:
    """Write the commands that turn the interfaces that are present into the wanted ones."""
    keep = {name for one in wanted for name in (one.name, *one.ports, *one.taps)}
    lines = [
        f"link delete {name}"
        for name, link in present.items()
        if name not in keep and _is_ours(name, link, tag)
    ]
    for one in wanted:
        if one.name not in present:
            lines.append(f"link add {one.name} type bridge {_PLAIN}")
        else:
            lines.append(f"addr flush dev {one.name}")
        lines += [f"addr add {one.address} dev {one.name}"] if one.address else []
        lines.append(f"link set {one.name} alias {tag} up")
        lines += [line for port in one.ports if port not in present for line in _uplink(port)]
        lines += [_tap(tap) for tap in one.taps if tap not in present]
        lines += [f"link set {port} alias {tag} master {one.name} up" for port in (*one.ports, *one.taps)]
    return lines


def _uplink(name: str) -> list[str]:
    return [f"link add {name} type veth peer name {name}{FAR}", f"link set {name}{FAR} arp off up"]


def _tap(name: str) -> str:
    unit_of(name)
    return f"tuntap add dev {name} mode tap user {VANTAGE_UID}"


def _kind(link: Link) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))


def _is_ours(name: str, link: Link, tag: str) -> bool:
    """Whether `changes` made it: a guest's tap carries the mark too, but is no persistent one."""
    if link.get("ifalias") != tag or name == "lo":
        return False
    persistent = bool(link.get("linkinfo", {}).get("info_data", {}).get("persist", False))
    return _kind(link) in {"bridge", "veth"} or (_kind(link) == "tun" and persistent)


def _close_off(root: Path = Path("/proc/sys/net/ipv6/conf")) -> None:
    """No bridge gets an IPv6 address by itself: a drill bridge has none at all."""
    for scope in ("all", "default"):
        path = root / scope / "disable_ipv6"
        if path.exists():
            path.write_text("1")


def _silence(bridges: Sequence[str], root: Path = Path("/proc/sys/net/ipv4/conf")) -> None:
    """The node does not answer there for addresses that it has elsewhere, as docs/proxmox.md asks."""
    for name in bridges:
        for setting, value in (("arp_ignore", "8"), ("rp_filter", "1")):
            (root / name / setting).write_text(value)
