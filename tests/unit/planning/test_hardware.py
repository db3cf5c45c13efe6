"""What a machine is on hardware that is not its own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import InputError
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import Disk, DiskImage, FileSet, GuestShape, Network
from drverify.planning.hardware import SPARE, drives, first_boot, fit, payload_on

CARD = Network(name="n", subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.2", address="10.0.0.9")
OWN = GuestShape(memory_mib=1024, vcpus=2, networks=(CARD,))
WHOLE = replace(
    OWN,
    firmware="uefi",
    disks=(
        Disk(name="scsi0", bus="scsi", size_bytes=8 << 20, serial="Z1"),
        Disk(name="efidisk0", bus="pflash"),
        Disk(name="scsi1", bus="scsi", size_bytes=4 << 20),
    ),
    nic_models=("virtio",),
    nic_slots=(18,),
)


def on(shape: GuestShape = OWN, **profile) -> tuple[GuestShape, dict[str, str]]:
    found = fit(HardwareProfile(name="other", **profile), shape)
    assert {one.why for one in found.deviations} <= {"hardware other"}
    return found.shape, {one.what: one.change for one in found.deviations}


def test_what_a_profile_does_not_name_is_as_it_was() -> None:
    assert on() == (OWN, {})
    assert on(WHOLE) == (WHOLE, {})


def test_a_disk_of_another_bus_is_another_disk() -> None:
    shape, told = on(disk_bus="sata", nic_model="e1000e", cpu_model="Nehalem", memory_mib=384, vcpus=1)
    assert (shape.disk_bus, shape.disks, shape.nic_model) == ("sata", (), "e1000e")
    assert told == {
        "cpu": "Nehalem instead of the host's choice",
        "memory": "384 MiB instead of 1024 MiB",
        "processors": "1 instead of 2",
        "disk controller": "sata instead of virtio",
        "network cards": "e1000e instead of virtio",
    }
    shape, told = on(WHOLE, disk_bus="scsi", scsi_controller="megasas")
    assert [disk.serial for disk in drives(shape)] == ["", ""]
    assert told["disk controller"] == "scsi (megasas) instead of scsi (virtio-scsi)"
    assert told["disk serials"] == "none instead of Z1"


def test_new_firmware_remembers_nothing_and_another_board_has_other_slots() -> None:
    shape, told = on(WHOLE, firmware="uefi")
    assert [disk.name for disk in shape.disks] == ["scsi0", "scsi1"]
    assert told == {"firmware memory": "none instead of kept"}
    shape, told = on(WHOLE, chipset="pc", nic_model="e1000")
    assert (shape.nic_slots, shape.nic_models, shape.nic_model) == ((), (), "e1000")
    assert told["card slots"] == "none instead of 18"


def test_disks_of_other_sizes_and_more_of_them() -> None:
    shape, told = on(disk_sizes=(32 << 20, 16 << 20), disk_bus="sata")
    assert [(disk.name, disk.bus, disk.size_bytes) for disk in shape.disks] == [
        ("disk", "sata", 32 << 20),
        ("extra1", "sata", 16 << 20),
    ]
    assert told["disks"] == "2 instead of 1"
    assert told["disk sizes"] == "32 MiB, 16 MiB instead of as backed up"
    with pytest.raises(InputError, match="has 1 disks, and the machine has 2"):
        on(WHOLE, disk_sizes=(32 << 20,))


def test_a_first_boot_is_on_another_controller_beside_a_spare_disk() -> None:
    profile = HardwareProfile(name="other", first_boot="sata", disk_bus="virtio")
    assert first_boot(None, OWN) is None
    assert first_boot(replace(profile, first_boot=None), OWN) is None
    plain = first_boot(profile, fit(profile, OWN).shape)
    assert plain is not None
    assert [(disk.name, disk.bus) for disk in plain.disks] == [("disk", "sata"), (SPARE, "virtio")]
    final = fit(profile, WHOLE).shape
    whole = first_boot(profile, final)
    assert whole is not None
    assert [(disk.name, disk.bus) for disk in whole.disks] == [
        ("scsi0", "sata"),
        ("scsi1", "sata"),
        (SPARE, "virtio"),
        ("efidisk0", "pflash"),
    ]
    assert replace(whole, disks=final.disks, disk_bus=final.disk_bus) == final, "anything else differs, too"


def test_only_a_payload_whose_machine_the_inventory_states_is_changed() -> None:
    profile = HardwareProfile(name="other", vcpus=1)
    image = DiskImage(path="/disk.raw", guest=OWN)
    assert payload_on(profile, image) == replace(image, guest=replace(OWN, vcpus=1))
    assert payload_on(None, image) is image
    assert payload_on(profile, FileSet(path="/srv")) == FileSet(path="/srv")


PROFILES = st.builds(
    HardwareProfile,
    name=st.just("other"),
    firmware=st.sampled_from((None, "bios", "uefi")),
    chipset=st.sampled_from((None, "q35", "pc")),
    disk_bus=st.sampled_from((None, "virtio", "sata", "scsi", "ide")),
    scsi_controller=st.sampled_from((None, "lsi", "megasas")),
    nic_model=st.sampled_from((None, "virtio", "e1000e")),
    cpu_model=st.sampled_from(("", "Nehalem")),
    memory_mib=st.sampled_from((None, 512)),
    disk_sizes=st.sampled_from(((), (8 << 20, 4 << 20), (8 << 20, 4 << 20, 4 << 20))),
)


@given(profile=PROFILES, shape=st.sampled_from((OWN, WHOLE)))
def test_a_machine_that_is_on_it_already_does_not_change(profile: HardwareProfile, shape: GuestShape) -> None:
    once = fit(profile, shape)
    assert fit(profile, once.shape).shape == once.shape
    assert fit(profile, once.shape).deviations == ()
    assert once.shape.networks == shape.networks
    assert once.shape != shape or not once.deviations
