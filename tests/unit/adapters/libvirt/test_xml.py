"""The domain XML, held against golden files; and what must never be in it."""

import os
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.libvirt.xml import (
    DomainPlan,
    Firmware,
    QemuAccount,
    domain_xml,
    qemu_account,
    tag_in,
)
from drverify.adapters.linux.links import segments
from drverify.engine.ports import DiskSource, SandboxId
from drverify.errors import HostError
from drverify.model.drill import DrillId
from drverify.model.recovery import GuestShape, Network

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
    disk=DiskSource(path=ROOM / "disk.raw", format="raw"),
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
    disk=DiskSource(path=ROOM / "overlay.qcow2", format="qcow2", backing=ROOM / "backup/disk.raw"),
)
PLANS = {"bios-virtio-tcg": BIOS, "uefi-sata-e1000e-kvm": UEFI, "overlay": OVERLAY}


@pytest.mark.parametrize("name", PLANS)
def test_a_disk_error_stops_the_guest_instead_of_reaching_it(name: str):
    driver = ET.fromstring(domain_xml(PLANS[name])).find("./devices/disk/driver")
    assert driver is not None
    assert (driver.get("error_policy"), driver.get("rerror_policy")) == ("stop", "stop")


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
    assert [one.get("type") for one in devices.iterfind("interface")] == ["ethernet"]
    assert {one.get("managed") for one in devices.iterfind("interface/target")} == {"no"}


@pytest.mark.parametrize("name", PLANS)
def test_every_image_has_a_stated_format_an_end_of_its_chain_and_keeps_its_owner(name: str):
    disk = ET.fromstring(domain_xml(PLANS[name])).find("devices/disk")
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
