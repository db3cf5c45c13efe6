"""Everything that one cluster consists of, for those who answer calls."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.pve.api.clock import Clock
from lab.pve.api.configs import Guests
from lab.pve.api.faults import Faults
from lab.pve.api.people import Caller, People
from lab.pve.api.problems import failed
from lab.pve.api.releases import Release
from lab.pve.api.rights import Rights
from lab.pve.api.sdn import Fabric
from lab.pve.api.storages import Storages
from lab.pve.api.store import Store
from lab.pve.api.tasks import Tasks
from lab.pve.seam import Bridge, Muscle


@dataclass(slots=True, kw_only=True)
class Node:
    """One node: where it listens, what it has, whether it is up."""

    name: str
    address: str
    bridges: tuple[Bridge, ...]
    muscle: Muscle
    memory: int
    """Bytes that its status shows."""
    port: int = 0
    up: bool = False
    fingerprint: str = ""
    since: float = 0.0
    """When it came up, by the cluster's clock."""


@dataclass(slots=True, kw_only=True)
class World:
    """One cluster."""

    name: str
    root: Path
    release: Release
    clock: Clock
    store: Store
    people: People
    rights: Rights
    guests: Guests
    storages: Storages
    fabric: Fabric
    faults: Faults
    tasks: Tasks
    nodes: dict[str, Node]
    consoles: dict[int, "Console"] = field(default_factory=dict)
    asked: deque[tuple[str, str]] = field(default_factory=lambda: deque(maxlen=10_000))
    """Method and path of every call so far, the newest last."""

    def node(self, name: str) -> Node:
        """Return a node. Raises ApiError for a name that nobody has."""
        found = self.nodes.get(name)
        if found is None:
            why = "failed to get address info for"
            raise failed(f"hostname lookup '{name}' failed - {why}: {name}: Name or service not known")
        return found

    def muscle(self, node: str) -> Muscle:
        """The muscle of a node."""
        return self.node(node).muscle

    def running(self, node: str, vmid: int) -> bool:
        """Whether a guest has a process."""
        return self.muscle(node).pid(vmid) is not None

    def uptime(self, vmid: int) -> int:
        """Seconds since a guest was started, by the cluster's clock."""
        found = self.store.get("started", str(vmid))
        return int(self.clock.now() - found["at"]) if found else 0

    def note_start(self, vmid: int) -> None:
        """Remember that a guest was started now."""
        self.store.put("started", str(vmid), {"at": self.clock.now()})

    @property
    def quorate(self) -> bool:
        """Whether more than half of the nodes are up, and no fault says otherwise."""
        if self.store.get("state", "quorum-lost") is not None:
            return False
        return sum(node.up for node in self.nodes.values()) * 2 > len(self.nodes)

    def check_quorum(self) -> None:
        """Raise without quorum."""
        if not self.quorate:
            raise failed("cluster not ready - no quorum?")

    def every_bridge(self, node: str) -> list[Bridge]:
        """A node's own bridges and those of applied virtual networks."""
        return [*self.nodes[node].bridges, *self.fabric.bridges(node)]

    @property
    def firewalls(self) -> Path:
        """Directory of the guests' firewall files."""
        return self.root / "firewall"


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """A console that was asked for and waits ten seconds for its websocket."""

    vmid: int
    ticket: str
    socket: Path
    until: float
    greeting: bytes = b""
    """What has to be said first on a terminal; a screen has its own handshake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that was let in: who, where, with which checked values."""

    world: World
    caller: Caller
    node: str
    """The node that the path names, else the one that was asked."""
    asked: str
    """The node whose listener took the request."""
    names: Mapping[str, str]
    """What the path's names stand for."""
    values: Mapping[str, Any]

    @property
    def vmid(self) -> int:
        """The guest that the path names."""
        return int(self.names["vmid"])

    def may(self, path: str, *privileges: str, any_of: bool = False) -> bool:
        """Whether the caller has privileges on a path."""
        return self.world.rights.may(self.caller, path, *privileges, any_of=any_of)

    def check(self, path: str, *privileges: str, any_of: bool = False) -> None:
        """Raise 403 without privileges on a path."""
        self.world.rights.check(self.caller, path, *privileges, any_of=any_of)
