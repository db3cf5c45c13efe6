"""The domain XML, held against golden files; and what must never be in it."""

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.libvirt.drives import places
from drverify.adapters.libvirt.xml import (
    DomainPlan,
    Firmware,
    QemuAccount,
    domain_xml,
    qemu_account,
    tag_in,
)
from drverify.adapters.linux.links import joined, segments
from drverify.engine.ports import DiskSource, SandboxId
from drverify.errors import HostError
from drverify.model.drill import DrillId
from drverify.model.recovery import Disk, GuestShape, Network

GOLDEN = Path(__file__).parents[3] / "golden" / "domains"
ROOM = Path("/var/lib/drverify/sandboxes/0badcafe")
NETWORK = Network(
    name="production", subnet="10.20.0.0/24", gateway="10.20.0.1", dns="10.20.0.2", address="10.20.0.10"
)
BIOS = DomainPlan(
    sandbox_id=SandboxId("0badcafe"),
    drill_id=DrillId("20260101T000000Z-abcdef"),
    workload="shop",
    tag="drverify:0badcafe",
    guest=GuestShape(memory_mib=1024, vcpus=2, networks=(NETWORK,)),
    segments=segments("0badcafe", (NETWORK,)),
    disks=(DiskSource(path=ROOM / "disk.raw", format="raw"),),
    console=ROOM / "console.log",
    acceleration="tcg",
)
UEFI = replace(
    BIOS,
    guest=replace(BIOS.guest, firmware="uefi", disk_bus="sata", nic_model="e1000e"),
    firmware=Firmware(code=Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), variables=ROOM / "nvram.fd"),
    acceleration="kvm",
)
OVERLAY = replace(
    BIOS,
    disks=(DiskSource(path=ROOM / "overlay.qcow2", format="qcow2", backing=ROOM / "backup/disk.raw"),),
)
SECOND = Network(
    name="backup",
    subnet="10.21.0.0/24",
    gateway="10.21.0.1",
    dns="10.21.0.2",
    address="10.21.0.10",
    mac="BC:24:11:00:00:02",
)


def with_disks(*disks: Disk, **shape: Any) -> DomainPlan:
    """The BIOS guest with these disks."""
    sources = tuple(DiskSource(path=ROOM / f"{one.name}.raw", format="raw") for one in disks)
    return replace(BIOS, guest=replace(BIOS.guest, disks=disks, **shape), disks=sources)


Q35 = replace(
    with_disks(
        Disk(name="scsi1", bus="scsi"),
        Disk(name="scsi0", bus="scsi", serial="WD-1"),
        Disk(name="sata0", bus="sata"),
        Disk(name="ide2", bus="ide"),
        Disk(name="virtio3", bus="virtio"),
        networks=(NETWORK, SECOND),
        nic_models=("rtl8139", "virtio"),
    ),
    segments=segments("0badcafe", (NETWORK, SECOND)),
)
PC = with_disks(
    Disk(name="ide0", bus="ide"),
    Disk(name="ide3", bus="ide"),
    Disk(name="scsi6", bus="scsi"),
    Disk(name="scsi7", bus="scsi"),
    chipset="pc",
    scsi_controller="lsi",
    nic_model="vmxnet3",
)
PC_SLOTS = replace(BIOS, guest=replace(BIOS.guest, chipset="pc", nic_slots=(18,)))
Q35_SLOTS = replace(
    Q35, guest=replace(Q35.guest, nic_models=(), nic_slots=(18, 19), scsi_controller="megasas")
)
PLANS = {
    "pc-cards-in-their-slots": PC_SLOTS,
    "q35-cards-in-their-slots": Q35_SLOTS,
    "bios-virtio-tcg": BIOS,
    "uefi-sata-e1000e-kvm": UEFI,
    "overlay": OVERLAY,
    "q35-every-bus-two-cards": Q35,
    "pc-ide-lsi-vmxnet3": PC,
    "challenge": replace(BIOS, challenge="0123456789abcdef" * 4),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_disk_error_stops_the_guest_instead_of_reaching_it(name: str):
    drivers = ET.fromstring(domain_xml(PLANS[name])).findall("./devices/disk/driver")
    assert drivers
    assert {(one.get("error_policy"), one.get("rerror_policy")) for one in drivers} == {("stop", "stop")}


@pytest.mark.parametrize("name", PLANS)
def test_golden(name: str):
    golden = GOLDEN / f"{name}.xml"
    written = domain_xml(PLANS[name])
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(written)
    assert written == golden.read_text()


@pytest.mark.parametrize("name", PLANS)
def test_nothing_of_the_host_is_given_to_the_guest(name: str):
    devices = ET.fromstring(domain_xml(PLANS[name])).find("devices")
    assert devices is not None
    kinds = {child.tag for child in devices}
    assert kinds == {
        "disk", "controller", "interface", "serial", "channel", "video", "audio", "memballoon", "rng"
    }  # fmt: skip
    assert devices.find("controller[@type='usb']").get("model") == "none"
    assert {one.get("type") for one in devices.iterfind("interface")} == {"ethernet"}
    assert {one.get("managed") for one in devices.iterfind("interface/target")} == {"no"}


@pytest.mark.parametrize("name", PLANS)
def test_every_image_has_a_stated_format_an_end_of_its_chain_and_keeps_its_owner(name: str):
    for disk in ET.fromstring(domain_xml(PLANS[name])).iterfind("devices/disk"):
        assert disk.find("driver").get("type") in {"raw", "qcow2"}
        stores = list(disk.iter("backingStore"))
        assert len(list(stores[-1])) == 0
        assert all(store.find("format").get("type") == "raw" for store in stores[:-1])
        for source in disk.iter("source"):
            assert source.find("seclabel").attrib == {"model": "dac", "relabel": "no"}


def test_words_of_others_are_escaped():
    plan = replace(BIOS, workload="a</description><devices/>&\"'")
    assert ET.fromstring(domain_xml(plan)).findtext("description").count("a</description><devices/>&\"'") == 1


def test_the_mark_is_read_back_and_a_foreign_domain_has_none():
    assert tag_in(domain_xml(BIOS)) == "drverify:0badcafe"
    assert tag_in("<domain><name>drverify-0badcafe</name></domain>") is None
    other = "<domain><metadata><s:sandbox xmlns:s='urn:x' tag='drverify:0badcafe'/></metadata></domain>"
    assert tag_in(other) is None
    with pytest.raises(HostError):
        tag_in("<domain>")


def test_the_first_disk_of_the_shape_boots_first_and_every_disk_keeps_its_number():
    """The order of booting is the shape's; the order of names in the guest is the bus's."""
    found = {
        one.find("source").get("file").rpartition("/")[2]: (
            one.find("boot").get("order"),
            one.find("target").get("dev"),
            one.find("address").attrib.get("unit") if one.find("address") is not None else None,
        )
        for one in ET.fromstring(domain_xml(Q35)).iterfind("devices/disk")
    }
    assert found == {
        "scsi1.raw": ("1", "sdd", "1"),
        "scsi0.raw": ("2", "sdc", "0"),
        "sata0.raw": ("3", "sda", "0"),
        "ide2.raw": ("4", "sdb", "2"),
        "virtio3.raw": ("5", "vda", None),
    }


def test_two_disks_that_claim_one_place_get_two():
    """`ide0` and `sata0` of a q35 machine come to hang on one controller."""
    plan = with_disks(Disk(name="sata0", bus="sata"), Disk(name="ide0", bus="ide"))
    assert [(one.bus, one.number) for one in places(plan.guest)] == [("sata", 0), ("sata", 1)]


def test_a_full_bus_is_said_so():
    disks = tuple(Disk(name=f"ide{number}", bus="ide") for number in range(5))
    with pytest.raises(HostError, match="more than 4 disks on its ide bus"):
        places(replace(BIOS.guest, disks=disks, chipset="pc"))


def test_names_go_on_after_the_letter_z():
    many = tuple(Disk(name=f"scsi{number}", bus="scsi") for number in range(28))
    assert [one.target for one in places(replace(BIOS.guest, disks=many))][25:] == ["sdz", "sdaa", "sdab"]


def test_a_serial_number_that_libvirt_would_not_take_is_left_out():
    plan = with_disks(Disk(name="scsi0", bus="scsi", serial="<x/>"))
    assert ET.fromstring(domain_xml(plan)).find("devices/disk/serial") is None


def test_what_the_firmware_remembers_is_no_drive():
    shape = replace(UEFI.guest, disks=(Disk(name="efidisk0", bus="pflash"), Disk(name="sata0", bus="sata")))
    assert [one.disk.name for one in places(shape)] == ["sata0"]
    assert domain_xml(replace(UEFI, guest=shape)).count("<disk ") == 1


@pytest.mark.parametrize(
    "plan",
    [
        replace(BIOS, disks=()),
        replace(BIOS, disks=BIOS.disks * 2),
        replace(BIOS, guest=replace(BIOS.guest, nic_models=("virtio", "e1000"))),
        replace(PC_SLOTS, guest=replace(PC_SLOTS.guest, nic_slots=(18, 19))),
        replace(PC_SLOTS, guest=replace(PC_SLOTS.guest, nic_slots=(32,))),
        replace(PC_SLOTS, guest=replace(PC_SLOTS.guest, nic_slots=(0,))),
        replace(Q35_SLOTS, guest=replace(Q35_SLOTS.guest, nic_slots=(18, 18))),
        replace(Q35_SLOTS, guest=replace(Q35_SLOTS.guest, nic_slots=(18, 10))),
    ],
)
def test_what_is_given_must_fit_the_shape(plan: DomainPlan):
    with pytest.raises(HostError):
        domain_xml(plan)


def test_a_card_goes_by_its_place_in_its_own_guest_whoever_else_is_on_the_ground():
    _, own = joined("0badcafe", [(NETWORK,), (SECOND,)])
    guest = replace(BIOS.guest, networks=(SECOND,), nic_models=("rtl8139",))
    text = domain_xml(replace(BIOS, guest=guest, segments=own))
    assert ET.fromstring(text).findall("./devices/interface/model")[0].get("type") == "rtl8139"


@pytest.mark.parametrize("plan", [replace(BIOS, firmware=UEFI.firmware), replace(UEFI, firmware=None)])
def test_firmware_is_given_exactly_when_it_is_asked_for(plan: DomainPlan):
    with pytest.raises(HostError):
        domain_xml(plan)


def test_qemus_account_is_read_from_the_capabilities():
    text = """<capabilities><host><secmodel><model>none</model></secmodel><secmodel><model>dac</model>
    <baselabel type='kvm'>+1:+2</baselabel><baselabel type='qemu'>+64055:+108</baselabel></secmodel>
    </host></capabilities>"""
    assert qemu_account(text, "qemu") == QemuAccount(uid=64055, gid=108)
    assert qemu_account("<capabilities><host/></capabilities>") is None
