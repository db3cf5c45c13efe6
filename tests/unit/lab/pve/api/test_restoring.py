"""Restores through the API: what is merged, what is refused when, what a failed one leaves."""

import hashlib
import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.pve.api.cluster import Cluster
from lab.pve.api.storages import Storage
from lab.vma.writer import write

from .conftest import ARCHIVE, NET, TOKEN, USER, Api

VOLID = f"local:backup/{ARCHIVE}"
QEMU = "/nodes/pve1/qemu"
VM = f"{QEMU}/9100"


async def reserve(api: Api, vmid: int = 9100) -> None:
    made = await api.task(await api.post(QEMU, vmid=vmid, pool="drverify", description="nonce"))
    assert made["exitstatus"] == "OK"


async def restore(api: Api, **more: Any) -> dict[str, Any]:
    how = {
        "vmid": 9100,
        "archive": VOLID,
        "storage": "drills",
        "force": 1,
        "pool": "drverify",
        "net0": NET,
    } | more
    return await api.task(await api.post(QEMU, **how))


def image(cluster: Cluster, number: int = 0) -> Path:
    return cluster.volume("pve1", f"drills:vm-9100-disk-{number}")


async def test_overrides_are_in_the_configuration_that_is_written_first(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    done = await restore(drill, onboot=0, description="nonce 2", tags="drverify")
    assert done["exitstatus"] == "OK"
    config = (await drill.get(f"{VM}/config")).data
    assert config["net0"] == NET
    assert (config["onboot"], config["cores"], config["memory"]) == (0, 2, "512")
    assert config["scsi0"] == "drills:vm-9100-disk-0,iothread=1,size=1M"
    assert config["smbios1"] == "uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10"
    assert config["vmgenid"] != "3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11"
    assert config["description"] == "nonce 2\n"
    assert config["ide2"] == "none,media=cdrom"
    assert not {"scsi1", "unused0", "lock"} & config.keys()
    assert hashlib.sha256(image(cluster).read_bytes()).hexdigest() == (
        hashlib.sha256(bytes(range(256)) * 2048 + bytes(512 * 1024)).hexdigest()
    )
    assert (cluster.world.firewalls / "9100.fw").read_text().startswith("[OPTIONS]")
    assert cluster.world.rights.pool_of("guests", "9100") == "drverify"


async def test_the_log_is_what_measurements_are_read_from(drill: Api) -> None:
    await reserve(drill)
    lines = (await restore(drill))["log"]
    wanted = (
        r"restore vma archive: vma extract -v -r .*\.fifo .*\.vma .*",
        r"CFG: size: \d+ name: qemu-server.conf",
        r"DEV: dev_id=1 size: 1048576 devname: drive-scsi0",
        r"CTIME: Mon Oct 19 02:00:00 2026",
        r"new volume ID is 'drills:vm-9100-disk-0'",
        r"map 'drive-scsi0' to '.*' \(write zeros = 0\)",
        r"progress 100% \(read 1048576 bytes, duration \d+ sec\)",
        r"total bytes read 1048576, sparse bytes \d+ \(.*%\)",
        r"rescan volumes\.\.\.",
        r"TASK OK",
    )
    rest = iter(lines)
    for pattern in wanted:
        assert any(re.fullmatch(pattern, line) for line in rest), pattern


async def test_a_drive_that_was_not_backed_up_stays_as_a_comment(drill: Api) -> None:
    await reserve(drill)
    assert (await restore(drill))["exitstatus"] == "OK"
    assert (
        "scsi1: local-lvm:vm-100-disk-1,backup=0,size=8G"
        in (await drill.get(f"{VM}/config")).data["description"]
    )


async def test_unique_makes_macs_and_uuid_anew_but_not_those_of_overrides(root: Api) -> None:
    assert (await restore(root, unique=1, force=0))["exitstatus"] == "OK"
    config = (await root.get(f"{VM}/config")).data
    assert config["net0"] == NET
    assert config["smbios1"] != "uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10"
    done = await root.task(await root.post(QEMU, vmid=9101, archive=VOLID, storage="drills", unique=1))
    assert done["exitstatus"] == "OK"
    net = (await root.get(f"{QEMU}/9101/config")).data["net0"]
    assert net.endswith(",bridge=vmbr0,firewall=1")
    assert "BC:24:11:00:00:64" not in net


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"scsi0": "drills:1"}, 400, "Parameter verification failed."),
        (
            {"net0": "virtio,bridge=vmbr0"},
            403,
            "Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)",
        ),
        ({"args": "-s"}, 500, "only root can set 'args' config"),
        ({"hookscript": "local:snippets/x.sh"}, 500, "only root can set 'hookscript' config"),
        ({"hostpci0": "0000:01:00.0"}, 500, "only root can set 'hostpci0' config for non-mapped devices"),
        ({"startup": "order=1"}, 403, "Permission check failed (/, Sys.Modify)"),
        (
            {"storage": "elsewhere"},
            403,
            "Permission check failed (/storage/elsewhere, Datastore.AllocateSpace)",
        ),
        ({"pool": "nowhere"}, 403, "Permission check failed (pool 'nowhere' does not exist)"),
        ({"archive": "local:backup/vzdump-qemu-101-2026_10_19-02_00_00.vma"}, 403, "(/vms/101, VM.Backup)"),
        ({"archive": "local:iso/x.iso"}, 500, "unexpected content type 'iso'"),
        ({"live-restore": 1}, 400, "Parameter verification failed."),
        ({"net0": "virtual,bridge=drill0"}, 400, "Parameter verification failed."),
        ({"force": 0}, 500, "unable to restore VM 9100 - VM 9100 already exists on node 'pve1'"),
    ],
)
async def test_what_is_refused_before_there_is_a_task(
    drill: Api, more: dict[str, Any], status: int, words: str
) -> None:
    await reserve(drill)
    how = {
        "vmid": 9100,
        "archive": VOLID,
        "storage": "drills",
        "force": 1,
        "pool": "drverify",
        "net0": NET,
    } | more
    said = await drill.post(QEMU, **how)
    assert said.status == status
    assert words in said.reason
    assert (await drill.get(f"{VM}/config")).data["description"] == "nonce\n"


async def test_without_the_override_the_right_on_the_old_bridge_is_missed_in_the_task(drill: Api) -> None:
    await reserve(drill)
    done = await drill.task(
        await drill.post(QEMU, vmid=9100, archive=VOLID, storage="drills", force=1, pool="drverify")
    )
    assert done["exitstatus"] == "Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)"


async def test_a_failed_restore_leaves_an_empty_guest_outside_of_the_pool(
    cluster: Cluster, root: Api, drill: Api
) -> None:
    await cluster.inject(
        "task-fail", match={"task": "qmrestore"}, parameters={"at": "50%", "message": "broken pipe"}
    )
    done = await root.task(
        await root.post(QEMU, vmid=9100, archive=VOLID, storage="drills", pool="drverify", net0=NET)
    )
    assert done["exitstatus"] == "broken pipe"
    assert any("VM 9100 state is NOT cleaned up" in line for line in done["log"])
    assert any("temporary volume 'drills:vm-9100-disk-0' sucessfuly removed" in line for line in done["log"])
    config = (await root.get(f"{VM}/config")).data
    assert config.keys() == {"memory", "digest"}
    assert not image(cluster).exists()
    assert (await drill.get(f"{VM}/config")).status == 403
    assert (await drill.delete(VM)).status == 403


async def test_a_reserved_guest_can_be_removed_after_a_failed_restore(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject(
        "task-fail", match={"task": "qmrestore"}, parameters={"at": "rescan", "message": "gone"}
    )
    assert (await restore(drill))["exitstatus"] == "gone"
    assert (await drill.task(await drill.delete(VM, purge=1)))["exitstatus"] == "OK"
    assert (await drill.get("/nodes/pve1/storage/drills/content", vmid=9100)).data == []


async def test_a_killed_worker_leaves_lock_and_volume(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject("kill-worker", match={"task": "qmrestore"}, times=1, parameters={"at": "50%"})
    done = await restore(drill)
    assert done["exitstatus"] == "unexpected status"
    assert not done["log"][-1].startswith("TASK")
    assert (await drill.get(f"{VM}/config")).data["lock"] == "create"
    assert image(cluster).exists()
    again = await drill.post(
        QEMU, vmid=9100, archive=VOLID, storage="drills", force=1, pool="drverify", net0=NET
    )
    assert again.reason == "unable to restore VM 9100 - VM is locked (create)"
    assert (await drill.task(await drill.delete(VM)))["exitstatus"] == "VM is locked (create)"
    assert (await drill.delete(VM, skiplock=1)).body["errors"] == {
        "skiplock": "Only root may use this option."
    }


async def test_a_stopped_restore_frees_its_volumes(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject("task-hang", match={"task": "qmrestore"}, parameters={"at": "50%"})
    upid = (
        await drill.post(QEMU, vmid=9100, archive=VOLID, storage="drills", force=1, pool="drverify", net0=NET)
    ).data
    task = f"/nodes/pve1/tasks/{upid}"
    while not any(
        "50%" in line["t"] or "progress" in line["t"]
        for line in (await drill.get(f"{task}/log", limit=0)).data
    ):
        pass
    assert (await drill.get(f"{task}/status")).data["status"] == "running"
    assert (await drill.delete(task)).status == 200
    assert (await drill.task(upid))["exitstatus"] == "received interrupt"
    assert not image(cluster).exists()
    assert "lock" not in (await drill.get(f"{VM}/config")).data


async def test_a_damaged_archive_fails_in_the_words_of_the_tool(cluster: Cluster, drill: Api) -> None:
    whole = cluster.volume("pve1", VOLID)
    whole.write_bytes(whole.read_bytes()[:-4096])
    await reserve(drill)
    done = await restore(drill)
    assert "exit code" in done["exitstatus"]
    assert any("vma: restore failed - " in line for line in done["log"])
    whole.write_bytes(b"no archive at all")
    assert "exit code" in (await restore(drill))["exitstatus"]
    said = await drill.get("/nodes/pve1/vzdump/extractconfig", volume=VOLID)
    assert said.status == 500
    assert said.reason.startswith("Failed to extract config from VMA archive: ")


async def test_a_storage_that_is_full_at_a_byte(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject("storage-full", parameters={"storage": "drills", "at": 256 * 1024})
    done = await restore(drill)
    assert any("failed (-28)" in line for line in done["log"])
    assert not image(cluster).exists()


async def test_storages_of_the_wrong_kind_or_gone_fail_in_the_task(
    cluster: Cluster, drill: Api, root: Api
) -> None:
    cluster.add_storage(Storage(id="onlybackups", content=("backup",)))
    done = await root.task(await root.post(QEMU, vmid=9101, archive=VOLID, storage="onlybackups"))
    assert done["exitstatus"] == "Content type 'images' is not available on storage 'onlybackups'"
    await reserve(drill)
    fault = await cluster.inject("storage-offline", parameters={"storage": "drills"})
    assert (await restore(drill))["exitstatus"] == "storage 'drills' is not online"
    facts = {each["storage"]: each for each in (await drill.get("/nodes/pve1/storage")).data}
    assert facts["drills"]["active"] == 0
    assert (await drill.get("/nodes/pve1/storage/drills/content")).reason == "storage 'drills' is not online"
    await cluster.clear(fault.id)
    assert (await restore(drill))["exitstatus"] == "OK"


async def test_protection_and_a_running_guest_fail_in_the_task(drill: Api) -> None:
    await reserve(drill)
    await drill.put(f"{VM}/config", protection=1)
    assert (await restore(drill))["exitstatus"] == "unable to restore VM 9100 - protection mode enabled"
    assert (await drill.delete(VM)).reason == "can't remove VM 9100 - protection mode enabled"
    await drill.put(f"{VM}/config", protection=0)
    await drill.task(await drill.post(f"{VM}/status/start"))
    assert (await restore(drill))["exitstatus"] == "unable to restore VM 9100 - vm is running"
    assert (await drill.delete(VM)).reason == "VM 9100 is running - destroy failed"


async def test_the_right_to_back_up_is_enough_to_overwrite_production(cluster: Cluster, drill: Api) -> None:
    """Why drverify guards `force` by itself: the API lets it through."""
    cluster.add_guest("pve1", 100, "memory: 512\nname: production\n")
    said = await drill.post(QEMU, vmid=100, archive=VOLID, storage="drills", force=1)
    assert said.status == 200
    refused = await drill.post(QEMU, vmid=101, archive=VOLID, storage="drills", force=1)
    assert (refused.status, refused.reason) == (403, "Permission check failed")


async def test_tags_at_a_reservation_look_at_the_id_and_not_at_the_pool(drill: Api) -> None:
    said = await drill.post(QEMU, vmid=9100, pool="drverify", tags="drverify")
    assert (said.status, said.reason) == (403, "Permission check failed (/vms/9100, VM.Config.Options)")


async def test_destroying_takes_rules_and_pool_membership_along(
    cluster: Cluster, drill: Api, root: Api
) -> None:
    await reserve(drill)
    cluster.allow("/vms/9100", [USER, TOKEN], "DrillGuests")
    await restore(drill)
    assert (await drill.task(await drill.delete(VM)))["exitstatus"] == "OK"
    assert (await drill.get(f"{VM}/config")).status == 403
    assert (
        await root.get(f"{VM}/config")
    ).reason == "Configuration file 'nodes/pve1/qemu-server/9100.conf' does not exist"
    assert not any(rule.path == "/vms/9100" for rule in cluster.world.rights.rules())
    assert cluster.world.rights.pool_of("guests", "9100") is None
    assert not (cluster.world.firewalls / "9100.fw").exists()
    assert not image(cluster).exists()


async def test_a_destroy_with_a_warning_leaves_the_disk(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await restore(drill)
    await cluster.inject("destroy-warning", match={"vmid": 9100})
    assert (await drill.task(await drill.delete(VM)))["exitstatus"] == "WARNINGS: 1"
    left = (await drill.get("/nodes/pve1/storage/drills/content", vmid=9100)).data
    assert [item["volid"] for item in left] == ["drills:vm-9100-disk-0"]
    freed = await drill.task(await drill.delete("/nodes/pve1/storage/drills/content/drills:vm-9100-disk-0"))
    assert freed["exitstatus"] == "OK"
    assert not image(cluster).exists()


MANY = """\
bios: ovmf
efidisk0: drills:vm-102-disk-0,efitype=4m,size=528K
ide2: drills:vm-102-cloudinit,media=cdrom
sata0: other:vm-102-disk-3,size=68K
scsi0: drills:vm-102-disk-1,size=1M
tpmstate0: drills:vm-102-disk-2,size=4M,version=v2.0
#qmdump#map:efidisk0:drive-efidisk0:drills:raw:
#qmdump#map:sata0:drive-sata0:gone:raw:
#qmdump#map:scsi0:drive-scsi0:drills:raw:
#qmdump#map:tpmstate0:drive-tpmstate0-backup:drills:raw:
"""


async def test_every_device_goes_where_it_was_or_where_the_call_says(
    cluster: Cluster, root: Api, tmp_path: Path
) -> None:
    sizes = {"drive-efidisk0": 528 << 10, "drive-sata0": 68 << 10, "drive-scsi0": 1 << 20}
    sizes["drive-tpmstate0-backup"] = 4 << 20
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(name.encode() + bytes(size - len(name)))
    archive = tmp_path / "vzdump-qemu-102-2026_10_19-02_00_00.vma.zst"
    write(
        archive,
        configs={"qemu-server.conf": MANY.encode()},
        devices={name: tmp_path / name for name in sizes},
        ctime=datetime(2026, 10, 19, 2, tzinfo=UTC),
        uuid=uuid.UUID(int=1),
        compression="zstd",
    )
    volid = cluster.add_archive("pve1", "local", archive)
    done = await root.task(await root.post(QEMU, vmid=9102, archive=volid))
    assert done["exitstatus"] == "OK"
    config = (await root.get(f"{QEMU}/9102/config")).data
    assert config["efidisk0"] == "drills:vm-9102-disk-0,efitype=4m,size=528K"
    assert config["sata0"] == "local:9102/vm-9102-disk-0.raw,size=68K"
    assert config["scsi0"] == "drills:vm-9102-disk-1,size=1M"
    assert config["tpmstate0"] == "drills:vm-9102-disk-2,version=v2.0,size=4M"
    assert config["ide2"] == "drills:vm-9102-cloudinit,media=cdrom,size=4M"
    one = await root.task(await root.post(QEMU, vmid=9103, archive=volid, storage="drills"))
    assert one["exitstatus"] == "OK"
    config = (await root.get(f"{QEMU}/9103/config")).data
    assert all(
        config[key].startswith("drills:vm-9103-")
        for key in ("efidisk0", "sata0", "scsi0", "tpmstate0", "ide2")
    )
    for vmid in (9102, 9103):
        assert (await root.task(await root.delete(f"{QEMU}/{vmid}")))["exitstatus"] == "OK"
    assert not [path for path in cluster.root.glob("storages/*/images/**/*") if path.is_file()]
