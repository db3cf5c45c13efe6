"""What has to be done to a restored Linux, and what is said when nothing can be."""

from dataclasses import replace

import pytest

from drverify.errors import DefectError, HostError
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import Disk, GuestShape
from drverify.preparing.cards import Plugged
from drverify.preparing.drivers import disk_drivers, root_drivers
from drverify.preparing.mounts import Locked, Made
from drverify.preparing.starting import (
    NEEDED,
    TREES,
    FoundKernel,
    FoundSystem,
    Ground,
    Start,
    newest,
    start,
)

KERNEL = FoundKernel(
    version="6.1.0-9-amd64",
    initramfs=True,
    early=frozenset({"virtio_pci", "virtio_blk", "ext4"}),
    there=frozenset({"virtio_pci", "virtio_blk", "ext4", "ahci", "sd_mod", "dm_mod", "dm_crypt"}),
)
FOUND = FoundSystem(
    texts={"/etc/os-release": 'ID=debian\nPRETTY_NAME="Debian 12"\n', "/etc/fstab": "UUID=a / ext4 x 0 1\n"},
    kernels=(KERNEL,),
    programs=frozenset({"update-initramfs", "grub-install", "grub-mkconfig"}),
    platforms=frozenset({"i386-pc", "x86_64-efi"}),
    directories=frozenset({*NEEDED, *TREES}),
)
SHAPE = GuestShape(memory_mib=512, vcpus=1, disks=(Disk(name="disk0", bus="virtio", size_bytes=1 << 30),))
SATA = replace(SHAPE, disks=(Disk(name="disk0", bus="sata", size_bytes=1 << 30),))
LAYOUT = Layout(file_systems=(PlannedFileSystem(at="/"),))
GROUND = Ground(disks=("/dev/sda",), made=(Made(at="/", kind="ext4", uuid="new"),))


def started(found: FoundSystem = FOUND, shape: GuestShape = SHAPE, ground: Ground = GROUND) -> Start:
    return start(found, shape, LAYOUT, ground, [Plugged(mac="52:54:00:00:00:01", address="10.0.0.1")])


def lines(done: Start) -> list[str]:
    return [one.line for one in done.commands]


def test_an_initramfs_that_has_the_drivers_stays() -> None:
    done = started()
    assert lines(done) == [
        "grub-install --target=i386-pc --recheck --no-floppy /dev/sda",
        "grub-mkconfig -o /boot/grub/grub.cfg",
    ]
    assert [one.what for one in done.reworks] == ["fstab"]
    assert not done.directories


def test_one_that_lacks_a_driver_is_made_anew_with_it() -> None:
    done = started(shape=SATA)
    assert lines(done)[0] == "update-initramfs -u -k 6.1.0-9-amd64"
    assert done.commands[0].rework.why == "it lacks ahci, sd_mod"
    assert done.files["/etc/initramfs-tools/modules"] == "\nahci\nsd_mod\n"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (replace(FOUND, kernels=(replace(KERNEL, initramfs=False),)), "the backup holds none"),
        (replace(FOUND, kernels=(replace(KERNEL, read=False),)), "it cannot be read"),
        (
            replace(FOUND, texts={**FOUND.texts, "/etc/initramfs-tools/conf.d/resume": "RESUME=UUID=x"}),
            "it waits for a swap that is gone",
        ),
        (
            replace(FOUND, texts={**FOUND.texts, "/etc/mdadm/mdadm.conf": "ARRAY /dev/md0 UUID=x\n"}),
            "it opens or assembles volumes that are gone",
        ),
    ],
)
def test_what_else_makes_an_initramfs_unfit(found: FoundSystem, why: str) -> None:
    (made,) = [one for one in started(found).commands if one.rework.what == "initramfs"]
    assert made.rework.why == why


def test_uefi_gets_a_loader_where_every_firmware_looks() -> None:
    layout = replace(
        LAYOUT,
        file_systems=(
            *LAYOUT.file_systems,
            PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=1 << 25),
        ),
    )
    done = start(FOUND, replace(SHAPE, firmware="uefi"), layout, GROUND, [])
    assert "--removable" in lines(done)[0]
    assert "--no-nvram" in lines(done)[0]


def test_the_kernel_is_not_told_of_disks_that_are_gone() -> None:
    text = 'GRUB_CMDLINE_LINUX="quiet resume=UUID=a root=/dev/sda1 console=ttyS0"\nGRUB_TIMEOUT=0\n'
    done = started(replace(FOUND, texts={**FOUND.texts, "/etc/default/grub": text}))
    assert done.files["/etc/default/grub"] == 'GRUB_CMDLINE_LINUX="quiet console=ttyS0"\nGRUB_TIMEOUT=0\n'


def test_an_encrypted_machine_opens_itself() -> None:
    found = replace(FOUND, programs=FOUND.programs | {"cryptsetup"})
    ground = replace(GROUND, locked=(Locked(name="luks-3", uuid="u", key="/etc/drverify/luks-3.key"),))
    done = start(found, SHAPE, replace(LAYOUT, encrypted=True), ground, [])
    assert 'KEYFILE_PATTERN="/etc/drverify/*.key"' in done.files["/etc/cryptsetup-initramfs/conf-hook"]
    assert any(line.startswith("update-initramfs") for line in lines(done))


def test_directories_that_backups_leave_out_are_made() -> None:
    done = started(replace(FOUND, directories=frozenset({"dev", "run", "tmp", "var/tmp"})))
    assert dict(done.directories) == {"proc": 0o555, "sys": 0o555}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(FOUND, kernels=()), "the restored files hold no kernel"),
        (replace(FOUND, kernels=(replace(KERNEL, there=frozenset()),)), "hold no modules of kernel 6.1.0-9"),
        (replace(FOUND, programs=frozenset()), "hold no boot loader's programs"),
        (
            replace(FOUND, texts={}, directories=frozenset({"etc", "var/tmp"})),
            "hold no operating system: there is neither an os-release nor /usr",
        ),
    ],
)
def test_files_that_no_system_could_start_from_are_a_defect(found: FoundSystem, said: str) -> None:
    with pytest.raises(DefectError, match=said):
        started(found)


@pytest.mark.parametrize(
    ("found", "shape", "said"),
    [
        (
            replace(FOUND, texts={"/etc/os-release": 'ID="rhel"\nPRETTY_NAME="Red Hat"\nID_LIKE="fedora"\n'}),
            SHAPE,
            "Red Hat cannot be rebuilt",
        ),
        (replace(FOUND, texts={"/etc/fstab": ""}), SHAPE, "a system without a name cannot be rebuilt"),
        (replace(FOUND, platforms=frozenset({"x86_64-efi"})), SHAPE, "needs i386-pc"),
        (replace(FOUND, programs=frozenset({"bootctl"})), SHAPE, "starts by bootctl"),
        (
            FOUND,
            replace(SHAPE, scsi_controller="megasas", disks=(Disk(name="d", bus="scsi", size_bytes=1),)),
            "no driver megaraid_sas",
        ),
    ],
)
def test_what_we_cannot_rebuild_is_no_defect(found: FoundSystem, shape: GuestShape, said: str) -> None:
    with pytest.raises(HostError, match=said):
        started(found, shape)


def test_a_layout_needs_what_the_system_has() -> None:
    with pytest.raises(HostError, match="needs mdadm"):
        start(FOUND, SHAPE, replace(LAYOUT, mirrored=True), GROUND, [])


def test_ubuntu_and_descendants_are_debian() -> None:
    release = 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'
    assert started(replace(FOUND, texts={**FOUND.texts, "/etc/os-release": release})).commands


def test_the_newest_kernel_counts_by_numbers() -> None:
    kernels = tuple(replace(KERNEL, version=one) for one in ("6.1.0-9-amd64", "6.1.0-10-amd64", "5.10.0-99"))
    assert newest(replace(FOUND, kernels=kernels)).version == "6.1.0-10-amd64"


def test_drivers_follow_from_controllers_and_layout() -> None:
    assert disk_drivers(SATA) == ("ahci", "sd_mod")
    assert disk_drivers(GuestShape(memory_mib=1, vcpus=1)) == ("virtio_pci", "virtio_blk")
    assert root_drivers(replace(LAYOUT, encrypted=True, mirrored=True)) == (
        "ext4",
        "dm_mod",
        "dm_crypt",
        "raid1",
    )
