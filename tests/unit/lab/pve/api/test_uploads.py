"""Files that are sent to a storage, and disks that machines are made of: rights, refusals, bytes."""

import hashlib
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from lab.pve.api.cluster import Cluster
from lab.pve.api.storages import Storage

from .conftest import NET, TOKEN, USER, Api, Said

UPLOAD = "/nodes/pve1/storage/images/upload"
QEMU = "/nodes/pve1/qemu"
DISK = b"disk".ljust(1 << 20, b"\0")
OVERLAY = b"QFI\xfb" + (3).to_bytes(4, "big") + (104).to_bytes(8, "big") + (9).to_bytes(4, "big")
"""The first bytes of a qcow2 image that refers to another file."""


@pytest.fixture
def images(cluster: Cluster) -> Cluster:
    """A cluster with a storage that takes images, and an account that may send them there."""
    cluster.add_storage(Storage(id="images", content=("import", "iso")))
    cluster.add_role("Sends", {"Datastore.AllocateTemplate", "Datastore.Audit", "Datastore.Allocate"})
    cluster.allow("/storage/images", (USER, TOKEN), "Sends")
    return cluster


def form(name: str, data: bytes, **fields: str) -> aiohttp.FormData:
    made = aiohttp.FormData()
    for key, value in ({"content": "import"} | fields).items():
        made.add_field(key.replace("__", "-"), value)
    made.add_field("filename", data, filename=name)
    return made


async def sent(api: Api, name: str, data: bytes, *, to: str = UPLOAD, **fields: str) -> Said:
    return await api.call("POST", to, data=form(name, data, **fields))


def waiting(cluster: Cluster) -> list[Path]:
    """What the daemon still holds."""
    return list((cluster.root / "uploads").glob("*"))


async def test_a_file_is_listed_overwritten_and_removed(images: Cluster, drill: Api) -> None:
    for content in (b"first", DISK):
        done = await drill.task(await sent(drill, "my~disk.raw", content))
        assert (done["type"], done["id"], done["exitstatus"]) == ("imgcopy", "", "OK")
    (item,) = (await drill.get("/nodes/pve1/storage/images/content", content="import")).data
    volid = "images:import/my_disk.raw"
    assert (item["volid"], item["format"], item["size"]) == (volid, "raw", len(DISK))
    assert images.volume("pve1", volid).read_bytes() == DISK
    await drill.task(await drill.delete(f"/nodes/pve1/storage/images/content/{volid}"))
    assert (await drill.get("/nodes/pve1/storage/images/content")).data == []
    assert waiting(images) == []


REFUSED: list[tuple[str, str, dict[str, str], str]] = [
    ("disk.img", UPLOAD, {}, "invalid filename or wrong extension"),
    ("disk.raw", UPLOAD, {"content": "iso"}, "wrong file extension"),
    ("disk.raw", UPLOAD, {"content": "images"}, "does not have a value in the enumeration"),
    ("disk.raw", UPLOAD, {"checksum": "00"}, "missing property"),
    ("disk.raw", UPLOAD.replace("images", "local"), {}, "Datastore.AllocateTemplate"),
    ("disk.raw", UPLOAD.replace("images", "drills"), {}, "can't upload to storage type 'lvmthin'"),
]


@pytest.mark.parametrize(("name", "to", "fields", "says"), REFUSED)
async def test_what_is_refused_is_not_kept(
    images: Cluster, drill: Api, name: str, to: str, fields: dict[str, str], says: str
) -> None:
    answer = await sent(drill, name, DISK, to=to, **fields)
    assert answer.status in {400, 403, 500}
    assert says in f"{answer.reason} {answer.body}"
    assert waiting(images) == []


async def test_a_storage_without_the_content_type(images: Cluster, drill: Api) -> None:
    images.add_storage(Storage(id="images", content=("iso",)))
    answer = await sent(drill, "disk.raw", DISK)
    assert (answer.status, answer.reason) == (500, "storage 'images' does not support 'import' content")


async def test_a_stranger_is_refused_before_the_body_counts(images: Cluster, nobody: Api) -> None:
    assert (await sent(nobody, "disk.raw", DISK)).status == 401
    assert waiting(images) == []


async def test_what_is_no_upload(drill: Api) -> None:
    assert (await drill.post(UPLOAD, content="import", filename="disk.raw")).status == 501
    empty = aiohttp.FormData({"content": "import"}, default_to_multipart=True)
    assert (await drill.call("POST", UPLOAD, data=empty)).reason == "upload failed"


@pytest.mark.parametrize(
    ("name", "content", "fields", "says"),
    [
        ("disk.qcow2", DISK, {}, "qcow2"),
        ("disk.qcow2", OVERLAY.ljust(1 << 16, b"\0"), {}, "qemu-img"),
        ("disk.raw", DISK, {"checksum": "00", "checksum__algorithm": "sha256"}, "checksum mismatch"),
    ],
)
async def test_what_the_worker_finds(
    images: Cluster, drill: Api, name: str, content: bytes, fields: dict[str, str], says: str
) -> None:
    done = await drill.task(await sent(drill, name, content, **fields))
    assert says in done["exitstatus"]
    assert waiting(images) == []
    assert (await drill.get("/nodes/pve1/storage/images/content")).data == []


async def test_a_checksum_that_is_right(images: Cluster, drill: Api) -> None:
    fields = {"checksum": hashlib.sha256(DISK).hexdigest().upper(), "checksum__algorithm": "sha256"}
    done = await drill.task(await sent(drill, "disk.raw", DISK, **fields))
    assert "OK, checksum verified" in done["log"]
    assert images.volume("pve1", "images:import/disk.raw").exists()


async def made(api: Api, **options: Any) -> Said:
    return await api.post(QEMU, vmid=9100, pool="drverify", net0=NET, **options)


async def test_a_machine_is_made_of_an_image(images: Cluster, drill: Api) -> None:
    await drill.task(await sent(drill, "disk.raw", DISK))
    source = "drills:0,import-from=images:import/disk.raw,serial=S1"
    done = await drill.task(await made(drill, scsi0=source, description="ours"))
    assert done["exitstatus"] == "OK"
    assert "transferred 1.0 MiB of 1.0 MiB (100.00%)" in done["log"]
    config = (await drill.get(f"{QEMU}/9100/config")).data
    assert config["scsi0"] == "drills:vm-9100-disk-0,serial=S1,size=1M"
    assert images.volume("pve1", "drills:vm-9100-disk-0").read_bytes() == DISK


WRONG: list[tuple[dict[str, str], str]] = [
    ({"scsi0": "drills:1,import-from=images:import/disk.raw"}, "requires special syntax"),
    ({"efidisk0": "drills:0,import-from=images:import/disk.raw"}, "need to specify 'efitype'"),
    ({"scsi0": "images:0,import-from=images:import/disk.raw"}, "Datastore.AllocateSpace"),
    ({"scsi0": "drills:0,import-from=/etc/shadow"}, "Only root can pass arbitrary filesystem paths"),
    ({"scsi0": "drills:0,import-from=images:iso/debian.iso"}, "needs to be 'images' or 'import'"),
    ({"scsi0": "drills:0,import-from=drills:vm-100-disk-0"}, "/vms/100, VM.Clone"),
]


@pytest.mark.parametrize(("options", "says"), WRONG)
async def test_what_no_machine_is_made_of(
    images: Cluster, drill: Api, options: dict[str, str], says: str
) -> None:
    answer = await made(drill, **options)
    assert says in f"{answer.reason} {answer.body}"
    assert images.world.guests.find(9100) is None


async def test_an_image_that_is_not_there_leaves_no_machine(images: Cluster, drill: Api) -> None:
    done = await drill.task(await made(drill, scsi0="drills:0,import-from=images:import/none.raw"))
    assert done["exitstatus"] == (
        "unable to create VM 9100 - cannot import from 'images:import/none.raw' - "
        "could not get size of images:import/none.raw"
    )
    assert images.world.guests.find(9100) is None
    assert not images.volume("pve1", "drills:vm-9100-disk-0").exists()
