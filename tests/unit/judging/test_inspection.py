"""Which facts of restored disks keep a system from starting, on which machine, and whose fault it is."""

from dataclasses import replace

import pytest

from drverify.judging.inspection import backup_troubles, findings
from drverify.model.inspection import (
    DiskFacts,
    FileSystemFacts,
    Inspection,
    KernelFacts,
    MountFacts,
    PartitionFacts,
    SystemFacts,
    Trouble,
    VolumeFacts,
)
from drverify.model.recovery import Disk, GuestShape, Network

NETWORK = Network(name="lab", subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.1", address="10.0.0.9")
SHAPE = GuestShape(memory_mib=512, vcpus=1, networks=(NETWORK,))
KERNEL = KernelFacts(
    version="6.1", initramfs=True, drivers=("ahci", "virtio_blk", "virtio_net", "virtio_pci", "virtio_scsi")
)
ROOT = MountFacts(device="UUID=1", at="/", kind="ext4", found=True)
SYSTEM = SystemFacts(
    product="Debian", family="linux", kernels=(KERNEL,), bootloader="GRUB", firmware=("bios",), mounts=(ROOT,)
)
SDA = DiskFacts(
    device="sda",
    size_bytes=1 << 30,
    table="mbr",
    boot_code="GRUB",
    partitions=(PartitionFacts(device="sda1", size_bytes=1 << 29),),
)
EXT4 = FileSystemFacts(device="sda1", kind="ext4", uuid="1", sound=True)
GOOD = Inspection(disks=(SDA,), file_systems=(EXT4,), system=SYSTEM)


def told(facts: Inspection, shape: GuestShape = SHAPE) -> dict[Trouble, str]:
    return {one.trouble: one.fault for one in findings(facts, shape)}


def with_system(**changes: object) -> Inspection:
    return replace(GOOD, system=replace(SYSTEM, **changes))  # type: ignore[arg-type]


def test_a_good_system_has_none() -> None:
    assert findings(GOOD, SHAPE) == ()


def test_no_system_is_named_only_where_it_cannot_lie_behind_something_unread() -> None:
    empty = replace(GOOD, system=None)
    assert told(empty) == {Trouble.NO_SYSTEM: "backup"}
    locked = VolumeFacts(kind="luks", name="sda2", complete=False, detail="no key was given")
    assert told(replace(empty, volumes=(locked,))) == {Trouble.LOCKED: "hardware"}
    assert told(replace(empty, not_read="the appliance died")) == {}


@pytest.mark.parametrize(
    "one",
    [
        replace(EXT4, kind="btrfs"),
        replace(EXT4, kind="zfs_member", sound=None),
        replace(EXT4, kind="ufs", sound=None),
        replace(EXT4, kind="squashfs", sound=None),
        replace(EXT4, sound=None),
        replace(EXT4, device="sdb"),
    ],
)
def test_no_system_is_missing_where_it_may_lie_unseen(one: FileSystemFacts) -> None:
    assert told(replace(GOOD, system=None, file_systems=(one,))) == {}


def test_an_array_that_starts_without_a_part_is_no_finding_and_may_hide_what_was_not_found() -> None:
    mirror = VolumeFacts(kind="raid", name="md0", complete=True, missing=1)
    assert told(replace(GOOD, volumes=(mirror,))) == {}
    assert told(replace(GOOD, system=None, volumes=(mirror,))) == {}
    gone = replace(ROOT, device="UUID=2", found=False)
    assert told(replace(with_system(mounts=(gone,)), volumes=(mirror,))) == {}


@pytest.mark.parametrize(
    ("device", "fault"),
    [
        ("UUID=2", "backup"),
        ("LABEL=x", "backup"),
        ("PARTUUID=x", "backup"),
        ("/dev/disk/by-uuid/2", "backup"),
        ("/dev/my-vg/home", "backup"),
        ("/dev/mapper/my--vg-home", "backup"),
        ("/dev/mapper/my--vg--old-home", "hardware"),
        ("/dev/other/home", "hardware"),
        ("/dev/mapper/vda2_crypt", "hardware"),
        ("/dev/md0", "hardware"),
        ("/dev/nvme0n1p2", "hardware"),
        ("/dev/vda9", "hardware"),
        ("/dev/disk/by-id/x", "hardware"),
    ],
)
def test_only_a_name_that_lies_on_the_disks_is_the_backups(device: str, fault: str) -> None:
    group = VolumeFacts(kind="lvm", name="my-vg", complete=True)
    facts = with_system(mounts=(replace(ROOT, device=device, found=False),))
    assert told(replace(facts, volumes=(group,))) == {Trouble.MOUNT_NOT_FOUND: fault}


@pytest.mark.parametrize(
    ("volume", "trouble"),
    [
        (VolumeFacts(kind="raid", name="md0", complete=False, missing=1), Trouble.PART_MISSING),
        (VolumeFacts(kind="lvm", name="vg", complete=False, missing=2), Trouble.PART_MISSING),
        (VolumeFacts(kind="lvm", name="sda2", complete=False, detail="bad"), Trouble.VOLUME_DAMAGED),
    ],
)
def test_what_lies_between_is_the_backups(volume: VolumeFacts, trouble: Trouble) -> None:
    assert told(replace(GOOD, volumes=(volume,))) == {trouble: "backup"}


def test_a_file_system_that_was_not_checked_is_not_damaged() -> None:
    unchecked, damaged = replace(EXT4, sound=None), replace(EXT4, sound=False, detail="bad magic")
    assert told(replace(GOOD, file_systems=(unchecked,))) == {}
    assert told(replace(GOOD, file_systems=(damaged,))) == {Trouble.FILE_SYSTEM_DAMAGED: "backup"}


def test_a_loader_that_is_gone_is_the_backups_and_one_for_other_firmware_is_not() -> None:
    assert told(with_system(firmware=())) == {Trouble.NO_BOOTLOADER: "backup"}
    assert told(with_system(firmware=("uefi",))) == {Trouble.OTHER_FIRMWARE: "hardware"}
    uefi = replace(SHAPE, firmware="uefi")
    assert told(GOOD, uefi) == {Trouble.OTHER_FIRMWARE: "hardware"}
    assert told(with_system(firmware=("bios", "uefi")), uefi) == {}


def test_only_what_the_system_waits_for_has_to_be_there() -> None:
    gone = MountFacts(device="UUID=2", at="/srv", kind="ext4", found=False)
    assert told(with_system(mounts=(ROOT, gone))) == {Trouble.MOUNT_NOT_FOUND: "backup"}
    assert told(with_system(mounts=(ROOT, replace(gone, needed=False)))) == {}
    half = VolumeFacts(kind="raid", name="md0", complete=False, missing=1)
    found = told(replace(with_system(mounts=(gone,)), volumes=(half,)))
    assert found == {Trouble.PART_MISSING: "backup"}, "it may lie on the part that is missing"


def test_a_name_of_the_kernels_holds_on_its_own_controller_only() -> None:
    named = with_system(mounts=(replace(ROOT, device="/dev/vda1"),))
    assert told(named) == {}
    assert told(named, replace(SHAPE, disk_bus="sata")) == {Trouble.MOUNT_NOT_FOUND: "hardware"}
    scsi = replace(SHAPE, disks=(Disk(name="scsi0", bus="scsi"), Disk(name="efidisk0", bus="pflash")))
    assert told(named, scsi) == {Trouble.MOUNT_NOT_FOUND: "hardware"}


def test_a_driver_is_lacking_when_no_kernel_that_may_start_has_it() -> None:
    old = replace(KERNEL, version="5.10", drivers=("ahci", "virtio_pci"))
    assert told(with_system(kernels=(old,))) == {
        Trouble.NO_DISK_DRIVER: "hardware",
        Trouble.NO_NIC_DRIVER: "hardware",
    }
    assert told(with_system(kernels=(old, KERNEL))) == {}
    assert Trouble.NO_DISK_DRIVER in told(with_system(kernels=(old, KERNEL), default_kernel="5.10"))
    assert told(with_system(kernels=(replace(old, read=False),))) == {}, "what was not read is not known"
    assert told(with_system(kernels=())) == {}


def test_each_controller_and_card_has_drivers_of_its_own() -> None:
    megasas = replace(SHAPE, disk_bus="scsi", scsi_controller="megasas")
    (found,) = findings(GOOD, megasas)
    assert (found.trouble, found.where) == (Trouble.NO_DISK_DRIVER, "6.1")
    assert "megaraid_sas" in found.what
    assert told(GOOD, replace(SHAPE, disk_bus="scsi")) == {}
    realtek = replace(SHAPE, nic_model="rtl8139")
    assert told(GOOD, realtek) == {Trouble.NO_NIC_DRIVER: "hardware"}
    either = with_system(kernels=(replace(KERNEL, drivers=(*KERNEL.drivers, "8139too")),))
    assert told(either, realtek) == {}
    assert told(GOOD, replace(realtek, networks=())) == {}


def test_only_the_backups_troubles_can_be_a_defect() -> None:
    facts = replace(GOOD, file_systems=(replace(EXT4, sound=False),))
    uefi = replace(SHAPE, firmware="uefi")
    both = replace(facts, findings=findings(facts, uefi))
    assert {one.trouble for one in both.findings} == {Trouble.FILE_SYSTEM_DAMAGED, Trouble.OTHER_FIRMWARE}
    assert [one.trouble for one in backup_troubles(both)] == [Trouble.FILE_SYSTEM_DAMAGED]
