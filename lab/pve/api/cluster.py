"""One stand-in cluster: what tests and the lab set up, start, break and stop.

    cluster = Cluster(root, nodes=(NodeSetup(name="pve1"),), make_muscle=Still, port=0)
    cluster.add_storage(Storage(id="local"))
    async with cluster:
        cluster.url("pve1")

It is a stand-in for the published API of 8.4 and 9.x, written from its documentation, and says so (`repoid:
drlab`): it is not Proxmox VE, and what passes here has not yet passed there. Not modelled: real storage
drivers, Ceph, corosync, streaming live restores, containers' insides, migrations, a real backup server, the
speed of KVM.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab.pve.api.clock import Clock
from lab.pve.api.configs import Guests
from lab.pve.api.deeds import Deeds
from lab.pve.api.faults import Fault, Faults
from lab.pve.api.furnishing import Furnishing
from lab.pve.api.listening import Listener
from lab.pve.api.people import ROOT, Caller, People
from lab.pve.api.powering import start_guest
from lab.pve.api.releases import NINE, Release
from lab.pve.api.rights import Rights
from lab.pve.api.sdn import Fabric
from lab.pve.api.server import Server
from lab.pve.api.still import Still
from lab.pve.api.storages import Storages
from lab.pve.api.store import Store
from lab.pve.api.tasks import Tasks
from lab.pve.api.tls import authority, node_certificate
from lab.pve.api.work import Work
from lab.pve.api.world import Node, World
from lab.pve.seam import Bridge, MakeMuscle, NodePlan

PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address="192.0.2.10/24")
DRILL = Bridge(name="drill0")
DEFAULT_PORT = 8006
ADDRESS_FILE = "cluster.json"
"""Where each node listens, fingerprints, the authority's path: written once the cluster is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSetup:
    """One node to be. `address` empty: the next of 127.0.0.0/8."""

    name: str
    address: str = ""
    bridges: tuple[Bridge, ...] = (PRODUCTION, DRILL)
    memory: int = 32 << 30
    ssh_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How to reach a node that is up."""

    host: str
    port: int
    fingerprint: str
    ssh: tuple[str, int] | None = None


class Cluster(Furnishing):
    """One cluster in this process. Its directory holds all of its state; a second life finds it there.

    With guests that run, `name` must be no other running cluster's: the nodes' namespaces bear it.
    """

    def __init__(
        self,
        root: Path,
        *,
        name: str = "drlab",
        nodes: Sequence[NodeSetup] = (NodeSetup(name="pve1"),),
        release: Release = NINE,
        make_muscle: MakeMuscle = Still,
        port: int = DEFAULT_PORT,
        time_scale: float = 1.0,
        zone: tzinfo = UTC,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        self._port = port
        store, clock = Store(root / "cluster.sqlite"), Clock(scale=time_scale)
        faults = Faults(store)
        tasks = Tasks(root, store, clock, faults)
        self.authority = authority(root / "tls", name)
        self.world = World(
            name=name,
            root=root,
            release=release,
            clock=clock,
            store=store,
            people=People(store, clock),
            rights=Rights(store, release),
            guests=Guests(root, clock),
            storages=Storages(root, store, faults, zone=zone, single=len(nodes) == 1),
            fabric=Fabric(store),
            faults=faults,
            tasks=tasks,
            nodes={},
        )
        for number, setup in enumerate(nodes, start=1):
            self.world.nodes[setup.name] = self._node(setup, number, make_muscle)
        self.deeds = Deeds(self.world, self)
        self.secret = self._kept("lab-secret")
        self.root_password = self._kept("root-password")
        self.world.people.add_user(ROOT, self.root_password)
        self._server = Server(self.world, self.deeds, self.secret)
        self._listeners: dict[str, Listener] = {}

    def _node(self, setup: NodeSetup, number: int, make_muscle: MakeMuscle) -> Node:
        address = setup.address or f"127.0.0.{number}"
        if not address.startswith("127."):
            msg = f"{setup.name} would listen on {address}: a stand-in listens on loopback only"
            raise ValueError(msg)
        plan = NodePlan(
            name=setup.name,
            cluster=self.world.name,
            address=address,
            root=self.root / "nodes" / setup.name,
            bridges=setup.bridges,
            ssh_port=setup.ssh_port,
        )
        certificate = node_certificate(self.root / "tls", self.world.name, setup.name, address)
        return Node(
            name=setup.name,
            address=address,
            bridges=setup.bridges,
            muscle=make_muscle(plan),
            memory=setup.memory,
            port=self._port,
            fingerprint=certificate.fingerprint,
        )

    def _kept(self, name: str) -> str:
        """Return a secret of this cluster, made at its first life, in a file of its directory."""
        path = self.root / name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(18))
        return path.read_text()

    # -- life ------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Bring every node up; guests with `onboot` are started. Raises OSError for a port in use."""
        for name in self.world.nodes:
            await self.node_up(name)
        await self.deeds.resume()
        self._write_addresses()

    async def stop(self) -> None:
        """End tasks, listeners, guests, networks. The state stays in the directory."""
        await self.deeds.settle()
        await self.world.tasks.die()
        for name in list(self._listeners):
            await self.node_down(name)
        self.world.store.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def node_up(self, name: str) -> None:
        """Switch a node on: networks, listener, guests with `onboot`."""
        node = self.world.node(name)
        if node.up:
            return
        await node.muscle.begin()
        await node.muscle.bridges(self.world.every_bridge(name))
        certificate = node_certificate(self.root / "tls", self.world.name, name, node.address)
        listener = Listener(self._server.application(name), certificate.context())
        try:
            node.port = await listener.open(node.address, self._port or self._port_of(name))
        except OSError:
            await listener.close()
            await node.muscle.end()
            raise
        self.world.store.put("port", name, {"port": node.port})
        self._listeners[name] = listener
        node.up, node.since = True, self.world.clock.now()
        self._start_at_boot(name)

    def _port_of(self, name: str) -> int:
        """The port of this node's last life, so that those who know it find it again; 0 at the first."""
        return int((self.world.store.get("port", name) or {"port": 0})["port"])

    async def node_down(self, name: str) -> None:
        """Switch a node off as a power cut does: guests end, tasks read `unexpected status`."""
        node = self.world.node(name)
        node.up = False
        listener = self._listeners.pop(name, None)
        if listener is not None:
            await listener.close()
        await self.world.tasks.die(name)
        await node.muscle.end()

    def _start_at_boot(self, node: str) -> None:
        world = self.world
        root = Caller(user=ROOT)
        for where, kind, vmid in list(world.guests.everywhere()):
            if where != node or kind != "qemu" or world.running(node, vmid):
                continue
            if world.guests.load(where, kind, vmid).options.get("onboot") == "1":

                async def job(work: Work, vmid: int = vmid) -> None:
                    await start_guest(world, node, vmid, work)

                world.tasks.spawn(node, "qmstart", str(vmid), root, job)

    def _write_addresses(self) -> None:
        doors = {name: self.door(name) for name in self.world.nodes}
        facts = {
            "cluster": self.world.name,
            "what": "a stand-in for tests, not Proxmox VE",
            "authority": str(self.authority),
            "nodes": {
                name: {"host": door.host, "port": door.port, "fingerprint": door.fingerprint, "ssh": door.ssh}
                for name, door in doors.items()
            },
        }
        (self.root / ADDRESS_FILE).write_text(json.dumps(facts, indent=2) + "\n")

    def door(self, node: str) -> Door:
        """How to reach a node."""
        found = self.world.node(node)
        return Door(
            host=found.address, port=found.port, fingerprint=found.fingerprint, ssh=found.muscle.ssh()
        )

    def url(self, node: str) -> str:
        """Root of a node's API, `https://127.0.0.1:8006/api2/json`."""
        found = self.world.node(node)
        return f"https://{found.address}:{found.port}/api2/json"

    # -- breaking --------------------------------------------------------------------------------------------

    async def inject(self, name: str, **how: Any) -> Fault:
        """Inject a fault: `match`, `nth`, `times`, `parameters`; see `faults` and the muscle for names."""
        return await self.deeds.inject(name, **how)

    async def clear(self, id_: str = "") -> int:
        """Take one fault back, or all."""
        return await self.deeds.clear(id_)
