"""What needs no cluster: names of volumes, configurations, parameters, merging, task names."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pve.api.configs import Config, parsed
from lab.pve.api.merge import bridges, cloud_drives, mapped, restored, with_mac
from lab.pve.api.parameters import checked, family, integer
from lab.pve.api.problems import ApiError
from lab.pve.api.volumes import archive_name, read_size, read_volume, shown_size
from lab.pve.api.work import Upid, read_upid

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
VALUES = st.from_regex(r"[!-~][ -~]{0,40}[!-~]|[!-~]", fullmatch=True)


@given(
    st.dictionaries(KEYS, VALUES, max_size=8),
    st.dictionaries(KEYS, VALUES, max_size=3),
    st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40),
)
def test_a_configuration_comes_back_as_it_was_written(options, pending, notes) -> None:
    notes = f"{notes.strip()}\n" if notes.strip() else ""
    before = Config(options=options, pending=pending, notes=notes, snapshots={"before": {"memory": "1"}})
    after = parsed(before.rendered())
    assert (after.options, after.pending, after.notes, after.snapshots) == (
        options,
        pending,
        notes,
        before.snapshots,
    )


@pytest.mark.parametrize(
    ("volid", "owner", "form", "content"),
    [
        ("local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst", 100, "vma.zst", "backup"),
        ("local:backup/vzdump-lxc-200-2026_10_19-02_00_00.tar.gz", 200, "tar.gz", "backup"),
        ("local:backup/my-own-name.vma.lzo", None, "vma.lzo", "backup"),
        ("local:backup/vzdump-qemu-99-2026_10_19-02_00_00.vma", None, "vma", "backup"),
        ("pbs:backup/vm/100/2026-10-19T02:00:00Z", 100, "pbs-vm", "backup"),
        ("local:9100/vm-9100-disk-0.qcow2", 9100, "qcow2", "images"),
        ("local-lvm:vm-9100-cloudinit", 9100, "raw", "images"),
        ("local:iso/debian.iso", None, "raw", "iso"),
    ],
)
def test_volumes_say_whose_they_are(volid, owner, form, content) -> None:
    volume = read_volume(volid)
    assert (volume.owner, volume.form, volume.content) == (owner, form, content)


@pytest.mark.parametrize(
    "volid", ["local", "local:", ":x", "local:backup/../../etc/passwd", "local:backup/x.txt", "a:b"]
)
def test_what_is_no_volume_is_refused(volid) -> None:
    with pytest.raises(ApiError, match="unable to parse volume"):
        read_volume(volid)


def test_file_names_are_in_the_nodes_zone_and_snapshots_in_utc() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    moment = datetime(2026, 7, 19, 2, tzinfo=berlin)
    name = archive_name("qemu", 100, moment, "vma.zst")
    assert name == "vzdump-qemu-100-2026_07_19-02_00_00.vma.zst"
    assert read_volume(f"local:backup/{name}", berlin).ctime == int(moment.timestamp())
    assert read_volume(f"local:backup/{name}").ctime == int(moment.timestamp()) + 7200
    assert read_volume("pbs:backup/vm/100/2026-07-19T00:00:00Z", berlin).ctime == int(moment.timestamp())


@given(st.integers(min_value=1, max_value=1 << 50))
def test_sizes_are_read_as_written(size) -> None:
    assert read_size(shown_size(size)) == size


def test_sizes_use_the_largest_unit() -> None:
    assert [shown_size(size) for size in (64 << 20, 1 << 30, 528 << 10, 1000)] == [
        "64M",
        "1G",
        "528K",
        "1000",
    ]


def test_task_names_are_read_and_written() -> None:
    upid = Upid(
        node="pve1",
        pid=0x1234,
        pstart=0xABCDEF,
        starttime=0x65000000,
        type="qmrestore",
        id="9100",
        user="a@pve!t",
    )
    assert str(upid) == "UPID:pve1:00001234:00ABCDEF:65000000:qmrestore:9100:a@pve!t:"
    assert read_upid(str(upid)) == upid
    for wrong in ("", "UPID:pve1", "UPID:pve1:xyz:00ABCDEF:65000000:qmrestore:9100:a@pve:"):
        with pytest.raises(ApiError):
            read_upid(wrong)


def test_numbered_families_end_where_they_end() -> None:
    table = (*family("net", 31), integer("vmid", 100))
    assert checked(table, {"net31": ["x"], "vmid": ["100"]}) == {"net31": "x", "vmid": 100}
    for name in ("net32", "net01", "net", "nets1"):
        with pytest.raises(ApiError) as caught:
            checked(table, {name: ["x"]})
        assert set(caught.value.errors) == {name}
    with pytest.raises(ApiError):
        checked(table, {"vmid": ["100", "101"]})


BACKUP = """\
efidisk0: local-lvm:vm-100-disk-1,efitype=4m,size=4M
ide2: local-lvm:vm-100-cloudinit,media=cdrom
lock: backup
net0: virtio=BC:24:11:00:00:64,bridge=vmbr0,tag=12
net1: e1000=BC:24:11:00:00:65,bridge=vmbr1
parent: before
scsi0: local-lvm:vm-100-disk-0,size=64M
tpmstate0: local-lvm:vm-100-disk-2,size=4M,version=v2.0
vmgenid: 3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11
#qmdump#map:efidisk0:drive-efidisk0:local-lvm:raw:
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:
#qmdump#map:tpmstate0:drive-tpmstate0-backup:gone:raw:

[before]
scsi0: local-lvm:vm-100-disk-0,size=32M
"""


def test_devices_are_found_by_the_archives_own_map() -> None:
    found = mapped(
        BACKUP, ["drive-efidisk0", "drive-scsi0", "drive-tpmstate0-backup", "vmstate", "drive-sata1"]
    )
    assert [(each.key, each.storage) for each in found] == [
        ("efidisk0", "local-lvm"),
        ("scsi0", "local-lvm"),
        ("tpmstate0", "gone"),
        ("sata1", ""),
    ]
    assert cloud_drives(BACKUP) == {"ide2": "local-lvm"}


def test_a_restore_keeps_options_of_drives_and_drops_what_is_of_the_archive() -> None:
    volumes = {
        "scsi0": "d:vm-9-disk-0,size=64M",
        "efidisk0": "d:vm-9-disk-1,size=528K",
        "ide2": "d:vm-9-cloudinit,size=4M",
    }
    config = restored(BACKUP, volumes, {"net0": "virtio,bridge=drill0"}, unique=False)
    assert config.options["efidisk0"] == "d:vm-9-disk-1,efitype=4m,size=528K"
    assert config.options["ide2"] == "d:vm-9-cloudinit,media=cdrom,size=4M"
    assert config.options["net0"] == "virtio,bridge=drill0"
    assert config.options["net1"] == "e1000=BC:24:11:00:00:65,bridge=vmbr1"
    assert not {"lock", "parent", "tpmstate0"} & config.options.keys()
    assert config.snapshots == {}
    assert config.options["vmgenid"] != "3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11"


def test_networks_get_a_mac_and_say_their_bridge() -> None:
    assert with_mac("virtio=BC:24:11:00:00:64,bridge=a") == "virtio=BC:24:11:00:00:64,bridge=a"
    assert with_mac("virtio,bridge=a").startswith("virtio=BC:24:11:")
    assert with_mac("model=e1000,macaddr=BC:24:11:00:00:64,bridge=a") == "e1000=BC:24:11:00:00:64,bridge=a"
    with pytest.raises(ApiError):
        with_mac("bridge=a")
    assert bridges({"net1": "virtio,bridge=b,tag=3", "net0": "virtio,bridge=a", "name": "bridge=c"}) == [
        ("a", ""),
        ("b", "3"),
    ]
