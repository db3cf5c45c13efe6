"""A cluster's backups as a source: what is asked, and what is not believed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.engine.sources import DescribingSource, ImageSource, MachineSource
from drverify.errors import DefectError, InputError, SourceError
from drverify.model.recovery import Network, PointFilter
from tests.support.pve_script import ACCESS, Said, lost, no_secret, refused, said, scripted

ARCHIVE = "nas:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst"
OLDER = "nas:backup/vzdump-qemu-100-2026_10_18-02_00_00.vma.zst"
SNAPSHOT = "pbs:backup/vm/100/2026-10-19T01:00:00Z"
CONFIG = """\
#the shop
boot: order=scsi0
cores: 2
cipassword: $5$geheim
memory: 512
name: shop
net0: virtio=BC:24:11:00:00:01,bridge=vmbr0
scsi0: local-lvm:vm-100-disk-0,size=1G
scsihw: virtio-scsi-pci
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:
"""


def nodes(**state: str) -> Said:
    return said("/nodes", [{"node": name, "status": status} for name, status in state.items()])


def storages(node: str, *rows: dict[str, Any]) -> Said:
    defaults = {"content": "backup", "active": 1, "enabled": 1, "shared": 1, "type": "nfs"}
    return said(f"/nodes/{node}/storage", [{**defaults, **row} for row in rows], content="backup")


def content(node: str, storage: str, *rows: dict[str, Any]) -> Said:
    defaults = {"content": "backup", "size": 1000, "vmid": 100, "subtype": "qemu", "ctime": 1_792_000_000}
    return said(
        f"/nodes/{node}/storage/{storage}/content", [{**defaults, **row} for row in rows], content="backup"
    )


def archive(volid: str = ARCHIVE, **more: Any) -> dict[str, Any]:
    return {"volid": volid, "format": "vma.zst", **more}


def rights(path: str, *privileges: str) -> Said:
    return said("/access/permissions", {path: dict.fromkeys(privileges, 1)}, path=path)


TIME = said("/nodes/pve1/time", {"time": 1_792_000_000, "timezone": "Europe/Berlin"})
SEEN = (
    nodes(pve1="online"),
    TIME,
    storages("pve1", {"storage": "nas"}),
    rights("/storage/nas", "Datastore.AllocateSpace", "Datastore.Audit"),
    rights("/vms/100", "VM.Backup"),
)


def source(*entries: Said, **settings: Any) -> ProxmoxSource:
    return ProxmoxSource(
        SourceSettings(name="cluster", access=ACCESS, **settings), no_secret, wire=scripted(*entries)
    )


async def test_it_is_a_source_that_describes_machines_and_hands_out_no_disks() -> None:
    made: object = source()
    assert isinstance(made, DescribingSource)
    assert not isinstance(made, ImageSource)
    assert not isinstance(made, MachineSource)
    assert await source().cache_state() == "unknown"


async def test_points_come_newest_first_in_the_nodes_own_time() -> None:
    points = await source(*SEEN, content("pve1", "nas", archive(OLDER), archive())).points(
        PointFilter(host="100")
    )
    assert [point.id for point in points] == [ARCHIVE, OLDER]
    assert points[0].consistent_as_of == datetime(2026, 10, 19, 0, 0, tzinfo=UTC)  # 02:00 in Berlin's summer
    assert points[0].source == "cluster"
    assert not any(tag.startswith("node=") for tag in points[0].tags)


async def test_no_backup_is_an_answer_where_the_account_may_see_them() -> None:
    assert await source(*SEEN, content("pve1", "nas")).points(PointFilter(host="100")) == ()
    assert await source().points(PointFilter(host="no-number")) == ()


async def test_the_zone_may_be_said_where_the_node_may_not_be_asked() -> None:
    entries = [
        nodes(pve1="online"),
        refused("/nodes/pve1/time", 403, "Permission check failed (/nodes/pve1, Sys.Audit)"),
        *SEEN[2:],
        content("pve1", "nas", archive()),
    ]
    (told,) = await source(*entries, timezone="Asia/Tokyo").points(PointFilter(host="100"))
    assert told.consistent_as_of == datetime(2026, 10, 18, 17, 0, tzinfo=UTC)
    (listed,) = await source(*entries).points(PointFilter(host="100"))
    assert listed.consistent_as_of == datetime.fromtimestamp(1_792_000_000, UTC)
    assert "as-of=listed" in listed.tags


@pytest.mark.parametrize(
    ("of_storage", "of_guest", "missing"),
    [
        (("Datastore.Audit",), ("VM.Backup",), "Datastore.AllocateSpace on /storage/nas is missing"),
        (("Datastore.AllocateSpace",), ("VM.Audit",), "VM.Backup on /vms/100 is missing"),
        (("Datastore.AllocateSpace",), (), "VM.Backup on /vms/100 is missing"),
    ],
)
async def test_no_rights_are_not_no_backups(
    of_storage: tuple[str, ...], of_guest: tuple[str, ...], missing: str
) -> None:
    entries = [
        *SEEN[:3],
        rights("/storage/nas", *of_storage),
        rights("/vms/100", *of_guest),
        content("pve1", "nas"),
    ]
    with pytest.raises(SourceError, match=missing):
        await source(*entries).points(PointFilter(host="100"))


async def test_whoever_may_manage_a_storage_sees_every_backup_on_it() -> None:
    entries = [
        *SEEN[:3],
        rights("/storage/nas", "Datastore.Allocate"),
        rights("/vms/100"),
        content("pve1", "nas"),
    ]
    assert await source(*entries).points(PointFilter(host="100")) == ()


async def test_a_storage_that_is_not_seen_is_not_an_empty_one() -> None:
    with pytest.raises(SourceError, match="sees no storage for backups"):
        await source(nodes(pve1="online"), TIME, storages("pve1")).points(PointFilter(host="100"))
    with pytest.raises(SourceError, match="sees no storage pbs"):
        await source(*SEEN, storages=("nas", "pbs")).points(PointFilter(host="100"))


@pytest.mark.parametrize("state", [{"active": 0}, {"active": 0, "enabled": 0}])
async def test_a_storage_that_is_down_is_not_an_empty_one(state: dict[str, int]) -> None:
    entries = [nodes(pve1="online"), TIME, storages("pve1", {"storage": "nas", **state})]
    with pytest.raises(SourceError, match="storage nas is"):
        await source(*entries, storages=("nas",)).points(PointFilter(host="100"))


async def test_a_listing_that_fails_is_not_an_empty_one() -> None:
    path = "/nodes/pve1/storage/nas/content"
    for entry in (
        refused(path, 500, "error listing snapshots - 401 Unauthorized", content="backup"),
        lost(path, content="backup"),
        said(path, None, content="backup"),
        said(path, {"volid": ARCHIVE}, content="backup"),
    ):
        with pytest.raises(SourceError):
            await source(*SEEN, entry).points(PointFilter(host="100"))


async def test_what_lies_on_a_node_of_its_own_says_which() -> None:
    local = {"storage": "local", "shared": 0}
    mine = "local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst"
    theirs = "local:backup/vzdump-qemu-100-2026_10_20-02_00_00.vma.zst"
    entries = [
        nodes(pve1="online", pve2="online"),
        TIME,
        said("/nodes/pve2/time", {"time": 1, "timezone": "UTC"}),
        storages("pve1", local, {"storage": "nas"}),
        storages("pve2", local, {"storage": "nas"}),
        rights("/storage/local", "Datastore.Allocate"),
        rights("/storage/nas", "Datastore.Allocate"),
        rights("/vms/100"),
        content("pve1", "local", archive(mine)),
        content("pve2", "local", archive(theirs)),
        content("pve1", "nas", archive()),
    ]
    points = await source(*entries).points(PointFilter(host="100"))
    assert {point.id: [tag for tag in point.tags if tag.startswith("node=")] for point in points} == {
        mine: ["node=pve1"],
        theirs: ["node=pve2"],
        ARCHIVE: [],
    }
    (newest, *_) = points
    assert newest.consistent_as_of == datetime(2026, 10, 20, 2, 0, tzinfo=UTC)  # pve2 keeps UTC


async def test_nodes_that_can_show_no_more_are_not_asked() -> None:
    both = nodes(pve1="online", pve2="online")  # nothing of pve2 is in the recording
    entries = [both, *SEEN[1:], content("pve1", "nas", archive())]
    assert len(await source(*entries, storages=("nas",)).points(PointFilter(host="100"))) == 1
    with pytest.raises(SourceError):
        await source(*entries).points(PointFilter(host="100"))


async def test_a_node_that_is_down_hides_only_what_lies_on_it_alone() -> None:
    down = nodes(pve1="online", pve2="offline")
    points = await source(down, *SEEN[1:], content("pve1", "nas", archive())).points(PointFilter(host="100"))
    assert len(points) == 1
    own = storages("pve1", {"storage": "local", "shared": 0})
    with pytest.raises(SourceError, match="node pve2 is offline"):
        await source(down, TIME, own, rights("/storage/local", "Datastore.Allocate")).points(PointFilter())
    entries = [down, TIME, own, rights("/storage/local", "Datastore.Allocate"), content("pve1", "local")]
    assert await source(*entries, node="pve1").points(PointFilter()) == ()
    with pytest.raises(InputError, match="no node pve9"):
        await source(down, node="pve9").points(PointFilter())


NETWORK = Network(name="lan", subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.1", address="10.0.0.5")


async def test_a_machine_is_described_out_of_its_backup_without_passwords() -> None:
    extracted = said("/nodes/pve1/vzdump/extractconfig", CONFIG, volume=ARCHIVE)
    made = source(*SEEN, content("pve1", "nas", archive()), extracted)
    (point,) = await made.points(PointFilter(host="100"))
    described = await made.describe(point, [NETWORK])
    assert described.machine.name == "shop"
    assert (described.machine.shape.memory_mib, described.machine.shape.vcpus) == (512, 2)
    assert [disk.name for disk in described.machine.shape.disks] == ["scsi0"]
    assert described.machine.shape.networks[0].mac == "BC:24:11:00:00:01"
    assert described.statement.name == "machine.conf"
    assert b"bridge=vmbr0" in described.statement.content
    assert b"geheim" not in described.statement.content
    with pytest.raises(InputError):
        await made.describe(point, [NETWORK, NETWORK])


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        (
            refused(
                "/nodes/pve1/vzdump/extractconfig",
                500,
                "Failed to extract config from VMA archive: command failed: exit code 133",
                volume=ARCHIVE,
            ),
            DefectError,
        ),
        (said("/nodes/pve1/vzdump/extractconfig", "no configuration", volume=ARCHIVE), DefectError),
        (
            refused("/nodes/pve1/vzdump/extractconfig", 500, "storage 'nas' is not online", volume=ARCHIVE),
            SourceError,
        ),
        (
            refused(
                "/nodes/pve1/vzdump/extractconfig",
                500,
                "Failed to extract config from VMA archive: stat: No such file or directory",
                volume=ARCHIVE,
            ),
            SourceError,
        ),
        (lost("/nodes/pve1/vzdump/extractconfig", volume=ARCHIVE), SourceError),
        (said("/nodes/pve1/vzdump/extractconfig", None, volume=ARCHIVE), SourceError),
    ],
)
async def test_only_a_broken_archive_is_a_defect(entry: Said, kind: type[Exception]) -> None:
    made = source(*SEEN, content("pve1", "nas", archive()), entry)
    (point,) = await made.points(PointFilter(host="100"))
    with pytest.raises(kind) as caught:
        await made.describe(point, [NETWORK])
    assert isinstance(caught.value, DefectError) == (kind is DefectError)


async def test_its_tool_is_the_cluster() -> None:
    made = source(said("/version", {"version": "9.1.4", "release": "9.1", "repoid": "abcdef12"}))
    tool = await made.tool()
    assert (tool.name, tool.version) == ("proxmox-ve", "9.1.4 (abcdef12)")
