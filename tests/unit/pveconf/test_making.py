"""A machine's configuration of our own making, and that the rules for backed-up ones have nothing against it."""

from dataclasses import replace

import pytest

from drverify.errors import HostError
from drverify.model.recovery import Disk, GuestShape
from drverify.pveconf import text
from drverify.pveconf.making import made
from drverify.pveconf.policy import Policy
from drverify.pveconf.preflight import preflight
from drverify.pveconf.qemu import qemu

PLAIN = GuestShape(memory_mib=512, vcpus=2)
MAC = "52:54:00:00:00:01"


def read(shape: GuestShape, *macs: str):
    machine = made(shape, name="web shop", storage="drills", bridge="drill0", macs=macs)
    config = text.parse(machine.statement.encode())
    return machine.drives, config, qemu(config)


def test_a_plain_machine():
    drives, config, guest = read(PLAIN, MAC)
    assert drives == ("virtio0",)
    assert config.value("virtio0") == "drills:0"
    assert (guest.name, guest.memory_mib, guest.cores, guest.sockets) == ("web-shop", 512, 2, 1)
    assert (guest.cpu, guest.machine.kind, guest.bios, guest.boot) == (
        "x86-64-v2-AES",
        "q35",
        "seabios",
        ("virtio0",),
    )
    (card,) = guest.nics
    assert (card.model, card.mac, card.bridge, card.firewall) == ("virtio", MAC, "drill0", True)
    assert config.value("serial0") == "socket"


def test_other_hardware():
    shape = replace(
        PLAIN,
        chipset="pc",
        cpu_model="Nehalem",
        disk_bus="scsi",
        scsi_controller="megasas",
        nic_model="e1000e",
    )
    drives, config, guest = read(shape, MAC)
    assert drives == ("scsi0",)
    assert (guest.cpu, guest.machine.kind, guest.scsihw) == ("Nehalem", "i440fx", "megasas")
    assert guest.nics[0].model == "e1000e"
    assert config.entry("machine") is None


def test_firmware_that_remembers_and_one_that_does_not():
    _, config, guest = read(replace(PLAIN, firmware="uefi"))
    assert guest.bios == "ovmf"
    assert config.value("efidisk0") == "drills:1,efitype=4m,pre-enrolled-keys=0"
    disks = (Disk(name="scsi0", bus="scsi"), Disk(name="efidisk0", bus="pflash"))
    drives, config, _ = read(replace(PLAIN, firmware="uefi", disks=disks))
    assert drives == ("scsi0", "efidisk0")
    assert config.value("efidisk0") == "drills:0,efitype=4m,pre-enrolled-keys=0"
    assert config.value("boot") == "order=scsi0"


def test_disks_keep_their_places_and_serial_numbers_as_far_as_they_can():
    disks = (
        Disk(name="scsi2", bus="scsi", serial="WD-42"),
        Disk(name="data", bus="scsi", serial="not, a serial"),
        Disk(name="other2", bus="scsi"),
        Disk(name="sata0", bus="sata"),
    )
    drives, config, guest = read(replace(PLAIN, disks=disks))
    assert drives == ("scsi2", "scsi0", "scsi1", "sata0")
    assert config.value("scsi2") == "drills:0,serial=WD-42"
    assert config.value("scsi0") == "drills:0"
    assert guest.boot == drives


def test_a_bus_that_is_full_is_named():
    disks = tuple(Disk(name=f"sata{number}", bus="sata") for number in range(7))
    with pytest.raises(HostError, match="no more than 6 sata disks"):
        read(replace(PLAIN, disks=disks))


def test_the_rules_change_nothing_but_what_marks_it():
    _, config, _ = read(replace(PLAIN, firmware="uefi"), MAC)
    found = preflight(config, Policy(bridge="drill0", storage="drills", mark="drverify:0 1"))
    assert found.refusals == ()
    assert {one.key for one in found.changes if one.before != one.after} == {
        "onboot",
        "protection",
        "description",
        "tags",
        "agent",
    }
