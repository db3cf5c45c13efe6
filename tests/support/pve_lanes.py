"""A stand-in cluster with real guests that whole drills run on by the command line, several at a time.

Each drill has a lane: a drill bridge, VMIDs, a token, a state directory of its own. So a fault that is matched by
VMID or token meets one drill alone, and what is left can be told apart.
"""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from drverify.adapters.linux import netns
from drverify.pveconf.rights import Drills, Wants, needed
from lab.estate import tiny
from lab.estate.layout import Estate, make_directories, write_secret
from lab.estate.tiny import NETWORK, stamp
from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.storages import Storage
from lab.pve.muscle.node import Node
from lab.pve.seam import Bridge
from lab.vma.writer import write
from tests.support.dumps import settle
from tests.support.estates import Ran, left_on_machine, started
from tests.support.guests import tiny_disk, traversable

PAPERS = Path(tiny.__file__).parent
USER = "drverify@pve"
VMID = 100
"""The production guest."""
LANES = 10
FIRST, EACH = 9000, 10
NODE = "pve1"
PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address="192.0.2.10/24")
DRILLS = tuple(Bridge(name=f"drill{n}", taps=(f"tap{n}",)) for n in range(LANES))
STORAGES = ("drill", "drill-full", "drill-gone")
"""Where copies go; the last two are for faults of a storage."""
AGE = timedelta(minutes=2)
CONFIG = """\
#The smallest server%3A one page
agent: 1
boot: order=virtio0
cores: 1
memory: 192
name: tiny
net0: virtio=BC:24:11:00:00:10,bridge=vmbr0,firewall=1
onboot: 1
ostype: l26
scsihw: virtio-scsi-single
serial0: socket
smbios1: uuid=0f9f4d8e-2f53-4c5b-9a3c-6a1d2b3c4d5e
virtio0: local:100/vm-100-disk-0.raw,size=56M
#qmdump#map:virtio0:drive-virtio0:local:raw:
"""
PATIENT = {"boot_stall": "90s", "healthy": "150s"}
QUICK = {"restore_stall": "4s", "boot_stall": "50s", "healthy": "55s"}
"""Limits for guests that will not get healthy, and tasks that will not end."""
SILENT = {"boot_stall": "20s", "healthy": "120s"}
"""Limits for guests that will say nothing more."""


@dataclass(frozen=True, kw_only=True)
class Lane:
    """What one drill has for itself."""

    number: int
    token: str
    state: Path
    vmids: range

    @property
    def config(self) -> Path:
        """Its settings."""
        return Path(f"{self.state}.toml")

    @property
    def vmid(self) -> int:
        """The one VMID that its copy gets, unless more were asked for."""
        return self.vmids.start


@dataclass(kw_only=True)
class PveEstate:
    """The cluster that is up, and papers for drills on it."""

    cluster: Cluster
    root: Path
    papers: Estate
    """Lends agreement, playbook, signing keys."""
    archive: Path
    """The good archive of guest 100, as it lies in the cluster's storage."""
    free: asyncio.Queue[int] = field(default_factory=asyncio.Queue)

    @property
    def node(self) -> Node:
        """The real muscle."""
        muscle = self.cluster.world.muscle(NODE)
        assert isinstance(muscle, Node)
        return muscle

    @asynccontextmanager
    async def lane(self, **how: Any) -> AsyncIterator[Lane]:
        """Wait for a free lane and furnish it (see `furnish`); nobody else has it meanwhile."""
        number = await self.free.get()
        try:
            yield self.furnish(number, **how)
        finally:
            self.free.put_nowait(number)

    def furnish(
        self,
        number: int,
        *,
        guest: int = VMID,
        vmids: int = 1,
        limits: Mapping[str, str] = PATIENT,
        host: Mapping[str, str] | None = None,
        vantage: str = "ssh",
        rights: bool = True,
        more: Sequence[Mapping[str, Any]] = (),
    ) -> Lane:
        """Make a token, a state directory and settings.

        `host` are further lines of its table, as TOML; `more` further probes of the playbook.
        """
        name, first = f"c{secrets.token_hex(4)}", FIRST + EACH * number
        lane = Lane(
            number=number,
            token=f"{USER}!{name}",
            state=self.root / "states" / name,
            vmids=range(first, first + vmids),
        )
        lane.state.mkdir(parents=True)
        self.grant(lane, rights=rights)
        self._playbook(lane, limits, more, by_agent=vantage == "agent")
        self._inventory(lane, guest)
        self._settings(lane, host or {}, vantage)
        return lane

    def grant(self, lane: Lane, *, rights: bool = True) -> None:
        """Give the lane its token, and that the rights that drills need."""
        secret = self.cluster.add_token(USER, lane.token.partition("!")[2])
        Path(f"{lane.state}.token").unlink(missing_ok=True)
        write_secret(Path(f"{lane.state}.token"), secret.encode())
        if rights:
            self.allow(lane)

    def allow(self, lane: Lane) -> None:
        """Give the lane's token, and its user, the rights that drills need."""
        for number, path in enumerate(sorted(_rights())):
            self.cluster.allow(path, (USER, lane.token), f"Drill{number}", propagate=path != "/")

    # -- papers ----------------------------------------------------------------------------------------------

    def _settings(self, lane: Lane, host: Mapping[str, str], vantage: str) -> None:
        door = self.cluster.door(NODE)
        way_in = {
            "kind": '"proxmox"',
            "address": f'"{door.host}:{door.port}"',
            "fingerprint": f'"{door.fingerprint}"',
            "token": f'"{lane.token}"',
            "token_secret": f'"file:{lane.state}.token"',
        }
        tap = f", tap = {lane.number}" if vantage == "ssh" else ""
        drills = {
            "run_on": f'["{NODE}"]',
            "vmids": f"[{lane.vmids.start}, {lane.vmids.stop - 1}]",
            "pool": '"drverify"',
            "storage": '"drill"',
            "restores_from": '["pve"]',
            "vantage": f'"{vantage}"',
            "bridges": f'[{{ bridge = "drill{lane.number}"{tap} }}]',
            "reserve_mib": "64",
            "margin_mib": "16",
        }
        top = {
            "state_dir": f'"{lane.state}"',
            "register": f'"{self.papers.register}"',
            "inventory": f'"{lane.state}.yaml"',
            "playbooks": f'"{lane.state}.playbooks"',
        }
        parts = [
            _lines(top),
            _table("sources.pve", way_in | {"storages": '["backup", "pbs"]'}),
            _table("hosts.pve", way_in | drills | dict(host)),
            *([self._ssh(lane)] if vantage == "ssh" else []),
            _table("sources.dumps", {"kind": '"vzdump"', "directory": f'"{self.archive.parent}"'}),
            _table("hosts.local", {"kind": '"libvirt"', "disk_mib": "1"}),
            _table("signing", {"key": f'"file:{self.papers.key}"'}),
            _table("log", {"origin": '"lab.example/pve"', "key": f'"file:{self.papers.log_key}"'}),
        ]
        lane.config.write_text("\n".join(parts))

    def _ssh(self, lane: Lane) -> str:
        at = self.node.ssh()
        vantage = next(one for one in self.node.vantages() if one.unit == lane.number)
        assert at is not None
        return _table(
            f"hosts.pve.ssh.{NODE}",
            {
                "address": f'"{at[0]}"',
                "port": str(at[1]),
                "user": f'"{vantage.user}"',
                "key": f'"file:{vantage.key}"',
                "host_key": f'"{vantage.host_key.read_text().strip()}"',
            },
        )

    def _playbook(
        self, lane: Lane, limits: Mapping[str, str], more: Sequence[Mapping[str, Any]], *, by_agent: bool
    ) -> None:
        body = yaml.safe_load((self.papers.playbooks / "tiny.yaml").read_text())
        body["limits"] |= dict(limits)
        body["probes"] += map(dict, more)
        if by_agent:
            body["probes"] = [one for one in body["probes"] if one["kind"] not in {"http", "ping"}]
            proves = next(one for one in body["probes"] if one["id"] == "identity")
            proves["proves_application"] = True
        folder = Path(f"{lane.state}.playbooks")
        folder.mkdir()
        (folder / "tiny.yaml").write_text(yaml.safe_dump(body))

    def _inventory(self, lane: Lane, guest: int) -> None:
        network = {key: getattr(NETWORK, key) for key in ("name", "subnet", "gateway", "dns", "address")}
        workload = {
            "name": "tiny",
            "source": "pve",
            "host": "pve",
            "points": {"host": str(guest)},
            "payload": {"kind": "machine", "networks": [network]},
            "playbook": "tiny",
            "protected_since": datetime.now(UTC) - AGE,
            "variables": {"address": NETWORK.address},
        }
        Path(f"{lane.state}.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))

    def without_cluster(self, lane: Lane) -> None:
        """Let the lane's workload come out of the storage's directory, and run under libvirt."""
        inventory = Path(f"{lane.state}.yaml")
        body = yaml.safe_load(inventory.read_text())
        body["workloads"][0] |= {"source": "dumps", "host": "local"}
        inventory.write_text(yaml.safe_dump(body))

    # -- backups and drills ----------------------------------------------------------------------------------

    def adopt(self, guest: int, archive: Path, *, age: timedelta = AGE) -> Path:
        """Put an archive into the storage as a backup of that guest; return the file."""
        begun = (datetime.now(UTC) - age).replace(microsecond=0)
        name = f"vzdump-qemu-{guest}-{begun:%Y_%m_%d-%H_%M_%S}.vma.zst"
        path = self.cluster.volume(NODE, self.cluster.add_archive(NODE, "backup", archive, name=name))
        settle(path)  # or a reader of the directory takes it for one that is still being written
        return path

    async def run(self, lane: Lane, *words: str, within: float = 200) -> Ran:
        """Run the command line to its end."""
        process = await started(lane.config, *words)
        try:
            out, err = await asyncio.wait_for(process.communicate(), within)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        ran = Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())
        assert "Traceback" not in ran.err, ran.err
        return ran

    # -- what is left ----------------------------------------------------------------------------------------

    async def left(self, lane: Lane) -> list[str]:
        """Everything of a lane that is still on the cluster or on this machine."""
        world, muscle = self.cluster.world, self.node
        found = [f"guest {vmid}" for _, _, vmid in world.guests.everywhere() if vmid in lane.vmids]
        images = [one for one in self.cluster.root.glob("storages/drill*/**/*") if one.is_file()]
        for vmid in lane.vmids:
            found += [f"volume {one.name}" for one in images if f"-{vmid}-" in one.name]
            found += [f"process of guest {vmid}"] if muscle.pid(vmid) is not None else []
            found += [f"tap of guest {vmid}"] if f" tap{vmid}i" in await self._links() else []
        tasks = [one for one in self.tasks(lane) if "status" not in one]
        return [*found, *(f"task {one['type']}" for one in tasks), *left_on_machine(lane.state)]

    async def _links(self) -> str:
        """The links of the node's own namespace; none when it is off."""
        space = self.node.names.namespace
        if not netns.exists(space):
            return ""
        argv = ("ip", "-n", space, "-o", "link")
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        return (await process.communicate())[0].decode()

    def tasks(self, lane: Lane, kind: str = "") -> list[dict[str, Any]]:
        """The lane's own tasks on the cluster, newest first."""
        return [
            one
            for one in map(dict, self.cluster.world.tasks.of())
            if f":{lane.token}:" in f"{one['upid']}" and kind in {"", one["type"]}
        ]


def packed(path: Path, config: str, devices: Mapping[str, Path]) -> Path:
    """Write an archive."""
    write(
        path,
        configs={"qemu-server.conf": config.encode()},
        devices=devices,
        ctime=(datetime.now(UTC) - AGE).replace(microsecond=0),
        uuid=uuid4(),
        compression="zstd",
    )
    return path


@asynccontextmanager
async def pve_estate(*, lanes: int = LANES) -> AsyncIterator[PveEstate]:
    """A cluster with one good backup of tiny as guest 100; nothing of it is left afterwards."""
    with traversable() as root:
        papers = _papers(root / "papers")
        cluster = Cluster(
            root / "cluster",
            name=f"e{secrets.token_hex(3)}",
            nodes=[NodeSetup(name=NODE, address=_address(), bridges=(PRODUCTION, *DRILLS[:lanes]))],
            make_muscle=Node,
            port=0,
            time_scale=0.05,
        )
        _furnish(cluster)
        disk = await tiny_disk(root / "tiny.raw")
        await stamp(disk, datetime.now(UTC) - AGE, sequence=77)
        archive = await asyncio.to_thread(packed, root / "tiny.vma.zst", CONFIG, {"drive-virtio0": disk})
        async with cluster:
            one = PveEstate(cluster=cluster, root=root, papers=papers, archive=archive)
            one.archive = one.adopt(VMID, archive)
            for number in range(lanes):
                one.free.put_nowait(number)
            yield one


def _papers(root: Path) -> Estate:
    """Agreement, playbook and keys of the lab's tiny estate, without its repository."""
    estate = Estate(root=root, register=root / "tiny-agreement.lock.yaml", playbooks=root / "playbooks")
    make_directories(estate)
    for name in ("tiny-agreement.lock.yaml", "tiny-agreement.md"):
        shutil.copy(PAPERS / name, root / name)
    estate.playbooks.mkdir()
    shutil.copy(PAPERS / "tiny-playbook.yaml", estate.playbooks / "tiny.yaml")
    return estate


def _furnish(cluster: Cluster) -> None:
    cluster.add_storage(Storage(id="local", content=("images",)))
    cluster.add_storage(Storage(id="backup", content=("backup",)))
    cluster.add_storage(Storage(id="pbs", type="pbs", content=("backup",)))
    for name in STORAGES:
        cluster.add_storage(Storage(id=name, content=("images",), total=2 << 30))
    cluster.add_pool("drverify")
    cluster.add_user(USER, secrets.token_hex(8))
    for number, (_, privileges) in enumerate(sorted(_rights().items())):
        cluster.add_role(f"Drill{number}", sorted(privileges))
    cluster.add_guest(NODE, VMID, "name: tiny\nnet0: virtio,bridge=vmbr0\nmemory: 192\n")


def _rights() -> dict[str, set[str]]:
    """What `drverify doctor` asks for, by path; every guest's backups may be used."""
    found: dict[str, set[str]] = {}
    for storage in STORAGES:
        wants = Wants(
            release=(9, 1),
            storages=("backup", "pbs"),
            sources=("/vms",),
            nodes=(NODE,),
            coverage=True,
            drills=Drills(
                pool="drverify",
                storage=storage,
                bridges=tuple(f"localnetwork/{one.name}" for one in DRILLS),
                first=FIRST,
                last=FIRST + EACH * LANES - 1,
                console=True,
            ),
        )
        for need in needed(wants):
            found.setdefault(need.path, set()).add(need.privilege)
    return found


def _address() -> str:
    """A loopback address that no other cluster of this machine is likely to have."""
    number = secrets.randbelow(250 * 250)
    return f"127.78.{number // 250 + 1}.{number % 250 + 1}"


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{key} = {value}\n" for key, value in values.items())


def _table(name: str, values: Mapping[str, str]) -> str:
    return f"[{name}]\n{_lines(values)}"
