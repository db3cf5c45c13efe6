"""What a restored Linux is given for hardware that is not its own."""

from dataclasses import replace

from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import GuestShape
from drverify.planning.hardware import fit
from drverify.preparing.adapting import Adaption, adaption, touches
from drverify.preparing.cards import Plugged
from tests.unit.preparing.test_starting import FOUND, KERNEL

OWN = GuestShape(memory_mib=512, vcpus=1)
SATA = replace(OWN, disk_bus="sata")
UEFI = replace(OWN, firmware="uefi")
LOADER = "/boot/efi/EFI/debian/grubx64.efi"


def adapted(found=FOUND, shape=SATA, loaders=()) -> Adaption:
    return adaption(found, shape, [Plugged(mac="52:54:00:00:00:01", address="10.0.0.1")], loaders)


def with_texts(**texts: str):
    return replace(FOUND, texts={**FOUND.texts, **{f"/etc/{name}": text for name, text in texts.items()}})


def test_what_has_its_drivers_is_left_alone() -> None:
    assert adapted(shape=OWN) == Adaption(files={}, reworks=())


def test_a_driver_that_it_lacks_goes_into_its_initramfs_beside_what_is_there() -> None:
    done = adapted(with_texts(**{"initramfs-tools/modules": "virtio_blk\n"}))
    assert [one.line for one in done.commands] == ["update-initramfs -u -k 6.1.0-9-amd64"]
    assert done.commands[0].rework.change == "made anew for kernel 6.1.0-9-amd64, with ahci, sd_mod"
    assert done.files == {"/etc/initramfs-tools/modules": "virtio_blk\nahci\nsd_mod\n"}
    assert done.left == ()


def test_an_initramfs_of_the_machine_that_makes_it_is_made_with_most_drivers() -> None:
    done = adapted(with_texts(**{"initramfs-tools/conf.d/driver-policy": "MODULES=dep\n"}))
    assert done.files["/etc/initramfs-tools/conf.d/zz-drverify"] == "MODULES=most\n"
    listed = adapted(with_texts(**{"initramfs-tools/conf.d/lab": "MODULES=list\n"}))
    assert list(listed.files) == ["/etc/initramfs-tools/modules"]


def test_what_it_cannot_be_given_is_said_and_nothing_is_done() -> None:
    poor = replace(FOUND, kernels=(replace(KERNEL, there=KERNEL.early),))
    assert adapted(poor).left == ("kernel 6.1.0-9-amd64 has no driver ahci, sd_mod for this machine's disks",)
    bare = replace(FOUND, programs=frozenset())
    assert "no update-initramfs" in adapted(bare).left[0]
    assert "supported are Debian" in adapted(with_texts(**{"os-release": "ID=fedora\n"})).left[0]
    assert "no kernel" in adapted(replace(FOUND, kernels=())).left[0]
    for found in (poor, bare, replace(FOUND, kernels=())):
        assert not adapted(found).commands


def test_cards_keep_the_names_that_the_configuration_knows() -> None:
    done = adapted(with_texts(**{"network/interfaces": "iface eno1 inet static\n address 10.0.0.1\n"}), OWN)
    assert list(done.files) == ["/etc/systemd/network/10-drverify-eno1.link"]
    assert [one.what for one in done.reworks] == ["network"]


def test_firmware_that_remembers_nothing_finds_a_loader_by_itself() -> None:
    done = adapted(shape=UEFI, loaders=(LOADER,))
    assert done.commands[0].line.endswith("--efi-directory=/boot/efi --no-nvram --removable")
    assert not adapted(shape=UEFI, loaders=(LOADER, "/boot/efi/EFI/BOOT/BOOTX64.EFI")).commands
    assert "UEFI" in adapted(shape=UEFI).left[0]


def test_only_what_a_system_notices_is_worth_a_look() -> None:
    def differs(**profile) -> bool:
        return touches(fit(HardwareProfile(name="other", **profile), OWN).deviations)

    assert not differs(memory_mib=256, vcpus=2, cpu_model="Nehalem", disk_sizes=(1 << 30,))
    assert differs(disk_bus="sata")
    assert differs(nic_model="e1000e")
    assert differs(chipset="pc")
