"""A stand-in cluster that drills may run on: an account with the least rights, archives, a host for it."""

import asyncio
import json
import secrets
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from drverify.adapters.linux import netns
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings, SshDoor
from drverify.adapters.proxmox.settings import Access, SourceSettings, endpoint
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.engine.ports import SandboxSpec
from drverify.engine.sources import Described
from drverify.model.recovery import Network, PointFilter, RecoveryPoint, SecretRef
from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.releases import NINE, Release
from lab.pve.api.still import Still
from lab.pve.api.storages import Storage
from lab.pve.muscle.node import Node
from lab.pve.seam import Bridge
from lab.vma.writer import write
from tests.conformance.host_suite import DRILL, RecordingScope
from tests.support.guests import traversable

USER, TOKEN = "drverify@pve", "drverify@pve!drill"
SOURCE = 100
"""VMID of the guest that is backed up."""
OURS = range(9000, 9006)
PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address="192.0.2.10/24")
DRILLS = (Bridge(name="drill0", taps=("tap0",)), Bridge(name="drill1", taps=("tap1",)))
MAC = "BC:24:11:00:00:10"
NETWORK = Network(
    name="production", subnet="10.30.0.0/24", gateway="10.30.0.1", dns="10.30.0.2", address="10.30.0.10"
)
SMALL = f"""\
name: small
memory: 32
agent: 1
boot: order=scsi0
scsi0: local:100/vm-100-disk-0.raw,size=1M
net0: virtio={MAC},bridge=vmbr0,tag=7
onboot: 1
#qmdump#map:scsi0:drive-scsi0:local:raw:
"""
TINY = f"""\
name: tiny
memory: 256
agent: 1
ostype: l26
scsihw: virtio-scsi-single
boot: order=virtio0
virtio0: local:100/vm-100-disk-0.raw,size=56M
net0: virtio={MAC},bridge=vmbr0
serial0: socket
#qmdump#map:virtio0:drive-virtio0:local:raw:
"""
"""The lab's tiny guest as a Proxmox machine."""
ON_POOL = (
    "VM.Allocate", "VM.Audit", "VM.PowerMgmt", "VM.Config.Network", "VM.Config.Options", "VM.Config.CDROM",
    "VM.Config.Disk", "VM.Config.HWType", "VM.Console", "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted",
    "Pool.Audit",
)  # fmt: skip


@dataclass
class Silent:
    """Progress that is remembered."""

    notes: list[str] = field(default_factory=list)
    done: list[tuple[int, int | None]] = field(default_factory=list)

    def phase(self, name: object, state: object) -> None:
        pass

    def bytes(self, done: int, total: int | None) -> None:
        self.done.append((done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass(kw_only=True)
class Bench:
    """A cluster that is up, and what drills on it need."""

    cluster: Cluster
    root: Path
    secret: str
    vantage: Literal["ssh", "agent"]
    changes: dict[str, Any] = field(default_factory=dict)
    sources: list[ProxmoxSource] = field(default_factory=list)
    """Made here, and closed when the cluster goes."""

    def resolve(self, reference: SecretRef) -> bytes:
        """The token's secret, and the keys of the drill bridges."""
        kind, _, where = reference.partition(":")
        return self.secret.encode() if kind == "token" else Path(where).read_bytes()

    @property
    def access(self) -> Access:
        """How drverify gets in: the token and the pinned certificate."""
        door = self.cluster.door("pve1")
        return Access(
            endpoint=endpoint(f"{door.host}:{door.port}", door.fingerprint),
            token=TOKEN,
            token_secret=SecretRef("token:"),
            within=timedelta(seconds=20),
        )

    def settings(self, **changes: Any) -> HostSettings:
        """What would stand in the settings file."""
        made = HostSettings(
            name="pve",
            access=self.access,
            run_on=("pve1",),
            first_vmid=OURS.start,
            last_vmid=OURS.stop - 1,
            pool="drverify",
            storage="drill",
            bridges=self._bridges(),
            restores_from=frozenset({"pve"}),
            vantage=self.vantage,
            ssh=self._ssh(),
            reserve_mib=64,
            margin_mib=16,
            state=self.root / "state",
        )
        return replace(made, **changes)

    def _bridges(self) -> tuple[DrillBridge, ...]:
        if self.vantage == "agent":
            return (DrillBridge(bridge="drill0"),)
        node = self.node
        return tuple(
            DrillBridge(bridge=one.bridge, tap=one.unit, key=SecretRef(f"file:{one.key}"))
            for one in node.vantages()
        )

    def _ssh(self) -> dict[str, SshDoor]:
        if self.vantage == "agent":
            return {}
        at, first = self.node.ssh(), self.node.vantages()[0]
        assert at is not None
        return {
            "pve1": SshDoor(
                address=at[0],
                port=at[1],
                user=first.user,
                key=SecretRef(f"file:{first.key}"),
                host_key=first.host_key.read_text().strip(),
            )
        }

    @property
    def node(self) -> Node:
        """The real muscle."""
        muscle = self.cluster.world.muscle("pve1")
        assert isinstance(muscle, Node)
        return muscle

    def host(self, **changes: Any) -> ProxmoxHost:
        """The host under test."""
        return ProxmoxHost(self.settings(**changes), self.resolve)

    def source(self) -> ProxmoxSource:
        """The cluster's backups."""
        settings = SourceSettings(name="pve", access=self.access, storages=("local",), timezone="UTC")
        made = ProxmoxSource(settings, self.resolve)
        self.sources.append(made)
        return made

    async def newest(self, vmid: int = SOURCE) -> RecoveryPoint:
        """The newest backup of a guest."""
        return (await self.source().points(PointFilter(host=str(vmid))))[0]

    async def described(self, point: RecoveryPoint, networks: Iterable[Network] = (NETWORK,)) -> Described:
        """What a backup says of its machine."""
        return await self.source().describe(point, tuple(networks))

    def spec(self, scope: RecordingScope, described: Described) -> SandboxSpec:
        """A sandbox for it."""
        directory = self.root / "sandboxes" / scope.sandbox_id
        directory.mkdir(parents=True)
        return SandboxSpec(
            id=scope.sandbox_id,
            drill_id=DRILL,
            workload="small",
            guest=described.machine.shape,
            dns=(),
            directory=directory,
        )

    def left(self) -> list[str]:
        """Everything in our range of VMIDs that is still there, and namespaces of sandboxes."""
        world = self.cluster.world
        found = [f"guest {vmid}" for _, _, vmid in world.guests.everywhere() if vmid in OURS]
        images = self.cluster.root.glob("storages/drill/**/*")
        found += [str(path) for path in images if path.is_file()]
        pids = [vmid for vmid in OURS if world.muscle("pve1").pid(vmid) is not None]
        return found + [f"process of guest {vmid}" for vmid in pids]


def archived(path: Path, config: str = SMALL, disks: Mapping[str, bytes] | None = None) -> Path:
    """Write an archive of these disks by drive name; one sector that does nothing, if none are given."""
    folder = path.with_suffix(".disks")
    folder.mkdir()
    files = {}
    for name, content in (disks if disks is not None else {"scsi0": _sector()}).items():
        files[f"drive-{name}"] = folder / name
        files[f"drive-{name}"].write_bytes(content)
    return packed(path, config, files)


def packed(path: Path, config: str, files: Mapping[str, Path]) -> Path:
    """Write an archive of image files by device name."""
    write(
        path,
        configs={"qemu-server.conf": config.encode()},
        devices=files,
        ctime=datetime(2026, 10, 19, 2, tzinfo=UTC),
        uuid=uuid.uuid4(),
        compression="zstd",
    )
    return path


def _sector() -> bytes:
    """A megabyte that boots, hangs, and has something in every part."""
    sector = b"\xfa\xf4\xeb\xfd".ljust(510, b"\0") + b"\x55\xaa"
    return sector + secrets.token_bytes(300_000).ljust((1 << 20) - 512, b"\0")


@asynccontextmanager
async def bench(
    *,
    real: bool = False,
    release: Release = NINE,
    config: str = SMALL,
    archive: Path | None = None,
    nodes: int = 1,
) -> AsyncIterator[Bench]:
    """A cluster with one backup of guest 100; with `real` guests, or with guests that are claimed."""
    with traversable() as root:
        setups = [
            NodeSetup(name=f"pve{n}", address=_address(), bridges=(PRODUCTION, *DRILLS))
            for n in range(1, nodes + 1)
        ]
        cluster = Cluster(
            root / "cluster",
            name=f"t{secrets.token_hex(3)}",
            nodes=setups,
            release=release,
            make_muscle=Node if real else Still,
            port=0,
            time_scale=0.02,
        )
        secret = furnished(cluster)
        name = "vzdump-qemu-100-2026_10_19-02_00_00.vma.zst"
        made = archive or await asyncio.to_thread(archived, root / name, config)
        cluster.add_archive("pve1", "local", made, name=name)
        async with cluster:
            made = Bench(cluster=cluster, root=root, secret=secret, vantage="ssh" if real else "agent")
            try:
                yield made
            finally:
                for source in made.sources:
                    source.client.close()


def _address() -> str:
    """A loopback address that no other cluster of this machine is likely to have."""
    number = secrets.randbelow(250 * 250)
    return f"127.77.{number // 250 + 1}.{number % 250 + 1}"


def furnished(cluster: Cluster) -> str:
    """Storages, pool and an account with the least rights; return the token's secret."""
    cluster.add_storage(Storage(id="local", content=("backup", "images", "iso")))
    cluster.add_storage(Storage(id="drill", content=("images", "rootdir"), total=1 << 30))
    cluster.add_pool("drverify")
    cluster.add_user(USER, secrets.token_hex(8))
    secret = cluster.add_token(USER, "drill")
    who = (USER, TOKEN)
    for role, privileges, path in (
        ("DrillGuests", ON_POOL, "/pool/drverify"),
        (
            "DrillTarget",
            ("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"),
            "/storage/drill",
        ),
        ("DrillBackups", ("Datastore.AllocateSpace", "Datastore.Audit"), "/storage/local"),
        ("DrillSource", ("VM.Backup", "VM.Audit"), f"/vms/{SOURCE}"),
        ("DrillNet", ("SDN.Use", "SDN.Audit"), "/sdn/zones/localnetwork/drill0"),
        ("DrillNet1", ("SDN.Use", "SDN.Audit"), "/sdn/zones/localnetwork/drill1"),
        ("DrillLook", ("Sys.Audit",), "/"),
    ):
        cluster.add_role(role, {cluster.world.release.spelt(name) for name in privileges})
        cluster.allow(path, who, role, propagate=path != "/")
    for name in cluster.world.nodes:
        cluster.allow(f"/nodes/{name}", who, "DrillLook")
    return secret


def sandboxes_left(scope: RecordingScope) -> list[str]:
    """What of a sandbox is still on this machine."""
    return [name for name in (f"drv-{scope.sandbox_id}",) if netns.exists(name)]


def state_of(cluster: Cluster) -> dict[str, Any]:
    """Facts of a cluster for another process."""
    return dict(json.loads((cluster.root / "cluster.json").read_text()))
