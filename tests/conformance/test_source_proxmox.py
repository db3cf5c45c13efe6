"""A cluster's backups hold the contract of a source: on the stand-in, for an account with the least rights."""

import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from drverify.adapters.proxmox.inventory import facts
from drverify.adapters.proxmox.settings import Access, SourceSettings, endpoint
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.errors import DefectError, SourceError
from drverify.model.recovery import PointFilter, SecretRef
from lab.pve.api.cluster import Cluster
from lab.pve.api.storages import Storage
from tests.conformance.source_suite import DescribingSuite, HeldMachines, PointsSuite
from tests.support.pve_drills import MAC, NETWORK, SMALL, TOKEN, USER, archived, furnished

OTHER = SMALL.replace("name: small", "name: other")
CONTAINER = (
    "arch: amd64\ncores: 1\nhostname: files\nmemory: 64\nrootfs: local:101/vm-101-disk-0.raw,size=1G\n"
)
SNAPSHOT = "2026-10-19T04:00:00Z"


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A cluster in Berlin with backups on three storages."""

    cluster: Cluster
    secret: str
    sources: list[ProxmoxSource] = field(default_factory=list)

    def access(self) -> Access:
        door = self.cluster.door("pve1")
        return Access(
            endpoint=endpoint(f"{door.host}:{door.port}", door.fingerprint),
            token=TOKEN,
            token_secret=SecretRef("env:TOKEN"),
            within=timedelta(seconds=20),
            pauses=(0.01,),
        )

    def source(self, *storages: str) -> ProxmoxSource:
        settings = SourceSettings(name="cluster", access=self.access(), storages=storages)
        made = ProxmoxSource(settings, lambda _: self.secret.encode())
        self.sources.append(made)
        return made

    def allow(self, role: str, path: str, *privileges: str) -> None:
        self.cluster.add_role(role, privileges)
        self.cluster.allow(path, (USER, TOKEN), role)


def container(path: Path) -> Path:
    """A container's archive: a tar with its configuration in front."""
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("./etc/vzdump/pct.conf")
        entry.size = len(CONTAINER)
        tar.addfile(entry, io.BytesIO(CONTAINER.encode()))
        tar.addfile(tarfile.TarInfo("./etc/hostname"))
    return path


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    cluster = Cluster(tmp_path / "cluster", port=0, time_scale=0.02, zone=ZoneInfo("Europe/Berlin"))
    made = Shelf(cluster=cluster, secret=furnished(cluster))
    cluster.add_storage(Storage(id="pbs", type="pbs", content=("backup",), shared=True))
    made.allow("DrillPbs", "/storage/pbs", "Datastore.AllocateSpace", "Datastore.Audit")
    for vmid in (101, 102, 103):
        made.allow(f"Drill{vmid}", f"/vms/{vmid}", "VM.Backup", "VM.Audit")
        cluster.add_guest("pve1", vmid, f"name: guest{vmid}\nmemory: 32\n")
    cluster.add_guest("pve1", 100, "name: small.example.org\nmemory: 32\n")
    small = archived(tmp_path / "small.vma.zst")
    for day in ("18", "19"):
        cluster.add_archive("pve1", "local", small, name=f"vzdump-qemu-100-2026_10_{day}-02_00_00.vma.zst")
    cluster.add_archive(
        "pve1", "local", container(tmp_path / "files.tar"), name="vzdump-lxc-101-2026_10_19-02_00_00.tar"
    )
    other = archived(tmp_path / "other.vma.zst", OTHER)
    good = {"size": 1 << 20, "verification": {"state": "ok", "upid": "UPID:x"}, "encrypted": "ab:cd"}
    cluster.add_snapshot("pve1", "pbs", other, vmid=102, time=SNAPSHOT, facts=good)
    cluster.add_snapshot("pve1", "pbs", other, vmid=102, time="2026-10-19T05:00:00Z", facts={"size": 1})
    cluster.add_job(
        "nightly", {"all": 1, "exclude": "103", "schedule": "02:00", "prune-backups": "keep-daily=7"}
    )
    async with cluster:
        yield made
        for source in made.sources:
            source.client.close()


class TestProxmoxSource(PointsSuite, DescribingSuite):
    """One guest with two archives in a directory, another with a snapshot on a backup server."""

    @pytest.fixture
    def held(self, shelf: Shelf) -> HeldMachines:
        return HeldMachines(
            source=shelf.source("local", "pbs"),
            name="cluster",
            host="100",
            other="102",
            machine="small",
            networks=(NETWORK,),
            macs=(MAC,),
            disks={"scsi0": bytes(1 << 20)},
        )


async def test_names_in_local_time_and_in_utc_become_instants(shelf: Shelf) -> None:
    source = shelf.source("local", "pbs")
    newest = (await source.points(PointFilter(host="100")))[0]
    assert newest.consistent_as_of == datetime(2026, 10, 19, 0, 0, tzinfo=UTC)  # 02:00 in Berlin
    (snapshot,) = await source.points(PointFilter(host="102"))  # the newer one is not finished
    assert snapshot.consistent_as_of == datetime(2026, 10, 19, 4, 0, tzinfo=UTC)
    assert {"encrypted", "verification=ok", "format=pbs-vm"} <= set(snapshot.tags)
    assert (await source.describe(snapshot, (NETWORK,))).machine.name == "other"


async def test_a_container_is_described_as_well(shelf: Shelf) -> None:
    source = shelf.source("local")
    (point,) = await source.points(PointFilter(host="101"))
    described = await source.describe(point, ())
    assert (described.machine.name, described.machine.shape.memory_mib) == ("files", 64)


async def test_an_account_that_sees_nothing_is_not_a_guest_without_backups(shelf: Shelf) -> None:
    source = shelf.source("local")
    assert await source.points(PointFilter(host="103")) == ()  # it may look, and there is none
    with pytest.raises(SourceError, match=r"VM\.Backup on /vms/104 is missing"):
        await source.points(PointFilter(host="104"))
    shelf.cluster.add_storage(Storage(id="vault", content=("backup",)))
    with pytest.raises(SourceError, match="sees no storage vault"):
        await shelf.source("vault").points(PointFilter(host="100"))


async def test_a_storage_that_is_gone_is_not_an_empty_one(shelf: Shelf) -> None:
    await shelf.cluster.inject("storage-offline", parameters={"storage": "pbs"})
    with pytest.raises(SourceError, match="pbs"):
        await shelf.source("local", "pbs").points(PointFilter(host="100"))
    assert len(await shelf.source("local").points(PointFilter(host="100"))) == 2


async def test_an_archive_that_is_broken_at_its_head_is_a_defect(shelf: Shelf) -> None:
    source = shelf.source("local")
    point = (await source.points(PointFilter(host="100")))[0]
    file = shelf.cluster.volume("pve1", point.id)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    with pytest.raises(DefectError, match="damaged"):
        await source.describe(point, (NETWORK,))
    file.unlink()
    with pytest.raises(SourceError):
        await source.describe(point, (NETWORK,))


async def test_what_the_cluster_knows_of_its_guests_backups(shelf: Shelf) -> None:
    found = {one.name: one for one in await facts(shelf.source("local", "pbs"))}
    small = found["small.example.org"]
    assert (small.backed_up, small.schedule, small.aliases) == (True, "02:00", ("small", "VM 100"))
    assert str(small.interval and small.interval.value) == "1"
    assert str(small.retention and small.retention.value) == "7"
    assert found["guest102"].backed_up is True
    assert found["guest103"].backed_up is False
    assert found["guest103"].schedule == ""
