"""Domain XML, written and read; pure.

The guest is a stranger: no host device, no USB, no shared folder, no link to a display of ours, and a
metadata element that says whose it is. Formats of disks are stated, never probed: a restored raw image
may begin with anything. Source: the domain XML documentation of libvirt 9.
"""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drverify.adapters.libvirt import slots
from drverify.adapters.libvirt.drives import controllers, drive, places
from drverify.adapters.libvirt.processor import cpu
from drverify.adapters.linux.links import Segment
from drverify.engine.ports import DiskSource, SandboxId
from drverify.errors import HostError
from drverify.model.challenge import PREFIX
from drverify.model.drill import DrillId
from drverify.model.recovery import GuestShape

NAMESPACE = "https://drverify.dev/libvirt/1"
AGENT_CHANNEL = "org.qemu.guest_agent.0"
Acceleration = Literal["kvm", "tcg"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """UEFI firmware: the read-only code, and this guest's own copy of the variables."""

    code: Path
    variables: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainPlan:
    """Everything that the XML of a guest is made from."""

    sandbox_id: SandboxId
    drill_id: DrillId
    workload: str
    tag: str
    guest: GuestShape
    segments: tuple[Segment, ...]
    disks: tuple[DiskSource, ...]
    """The guest's drives, in the order of its shape and without what its firmware remembers."""
    console: Path
    acceleration: Acceleration
    challenge: str = ""
    """What the guest finds as an OEM string (SMBIOS type 11); empty: nothing."""
    firmware: Firmware | None = None
    """Present exactly when the guest's shape asks for UEFI."""


def domain_name(sandbox_id: SandboxId) -> str:
    """Name of the sandbox's domain."""
    return f"drverify-{sandbox_id}"


def domain_xml(plan: DomainPlan) -> str:
    """Write the domain; HostError when its parts do not fit each other."""
    check(plan)
    domain = ET.Element("domain", type="kvm" if plan.acceleration == "kvm" else "qemu")
    _text(domain, "name", domain_name(plan.sandbox_id))
    _text(domain, "description", f"drverify sandbox of {plan.workload}: throw-away, without network")
    ET.register_namespace("drverify", NAMESPACE)
    ET.SubElement(
        ET.SubElement(domain, "metadata"),
        f"{{{NAMESPACE}}}sandbox",
        {"tag": plan.tag, "drill": plan.drill_id},
    )
    _text(domain, "memory", str(plan.guest.memory_mib), unit="MiB")
    _text(domain, "vcpu", str(plan.guest.vcpus), placement="static")
    _boot(domain, plan)
    if plan.challenge:
        strings = ET.SubElement(ET.SubElement(domain, "sysinfo", type="smbios"), "oemStrings")
        _text(strings, "entry", PREFIX + plan.challenge)
    features = ET.SubElement(domain, "features")
    for name in ("acpi", "apic"):
        ET.SubElement(features, name)
    cpu(domain, plan.guest.cpu_model, plan.acceleration)
    ET.SubElement(domain, "clock", offset="utc")
    for event, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _text(domain, f"on_{event}", action)
    _devices(ET.SubElement(domain, "devices"), plan)
    ET.indent(domain)
    return ET.tostring(domain, encoding="unicode") + "\n"


def check(plan: DomainPlan) -> None:
    """Raise HostError when the shape asks for something else than what is given."""
    guest = plan.guest
    if (guest.firmware == "uefi") != (plan.firmware is not None):
        raise HostError("UEFI firmware is given exactly when the guest boots with UEFI")
    if len(plan.disks) != len(places(guest)):
        raise HostError(f"the guest has {len(places(guest))} drives, and {len(plan.disks)} are given")
    slots.check_slots(guest)
    if guest.nic_models and len(guest.nic_models) != len(plan.segments):
        raise HostError(
            f"the guest has {len(plan.segments)} networks and {len(guest.nic_models)} models of cards",
            hint="give each network its model with nic_models, or one for all with nic_model",
        )


def _boot(domain: ET.Element, plan: DomainPlan) -> None:
    os = ET.SubElement(domain, "os")
    _text(os, "type", "hvm", arch="x86_64", machine=plan.guest.chipset)
    if plan.firmware is not None:
        _text(os, "loader", str(plan.firmware.code), readonly="yes", secure="no", type="pflash")
        _text(os, "nvram", str(plan.firmware.variables))
    if plan.challenge:
        ET.SubElement(os, "smbios", mode="sysinfo")  # adds our string, and changes none of the others


def _devices(devices: ET.Element, plan: DomainPlan) -> None:
    for place, disk in zip(places(plan.guest), plan.disks, strict=True):
        drive(devices, plan.guest, place, disk)
    ET.SubElement(devices, "controller", type="usb", model="none")
    slots.bridges(devices, plan.guest)
    controllers(devices, plan.guest)
    for card, segment in enumerate(plan.segments):
        _interface(devices, plan.guest, card, segment)
    serial = ET.SubElement(devices, "serial", type="file")
    ET.SubElement(serial, "source", path=str(plan.console), append="off")
    ET.SubElement(serial, "target", type="isa-serial", port="0")
    channel = ET.SubElement(devices, "channel", type="unix")
    ET.SubElement(channel, "target", type="virtio", name=AGENT_CHANNEL)
    ET.SubElement(ET.SubElement(devices, "video"), "model", type="vga", vram="16384", heads="1")
    ET.SubElement(devices, "audio", id="1", type="none")
    ET.SubElement(devices, "memballoon", model="none")
    rng = ET.SubElement(devices, "rng", model="virtio")
    _text(rng, "backend", "/dev/urandom", model="random")
    slots.rng(rng, plan.guest)


def _interface(devices: ET.Element, guest: GuestShape, card: int, segment: Segment) -> None:
    model = guest.nic_models[card] if guest.nic_models else guest.nic_model
    interface = ET.SubElement(devices, "interface", type="ethernet")
    ET.SubElement(interface, "mac", address=segment.mac)
    ET.SubElement(interface, "target", dev=segment.tap, managed="no")
    ET.SubElement(interface, "model", type=model)
    if model == "virtio":
        driver = ET.SubElement(interface, "driver", name="qemu")  # not vhost: less of the host's kernel
        off = dict.fromkeys(("csum", "tso4", "tso6", "ecn", "ufo"), "off")
        ET.SubElement(driver, "guest", off)  # whole checksums, or old DHCP clients refuse the answer
    ET.SubElement(interface, "rom", enabled="no")
    slots.card(interface, guest, card)


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, name, attributes)
    element.text = text
    return element


def with_uuid(domain: str, uuid: str) -> str:
    """The XML that was written here, for a domain that libvirt knows already."""
    return domain.replace("</name>", f"</name>\n  <uuid>{uuid}</uuid>", 1)


def tag_in(domain: str) -> str | None:
    """Read our mark out of a domain's XML; nothing when it has none.

    The XML comes from libvirt and may be a foreign domain's; it is libvirt's own serialisation.
    """
    found = _parsed(domain).find(f"./metadata/{{{NAMESPACE}}}sandbox")
    return None if found is None else found.get("tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class QemuAccount:
    """The user and group that QEMU runs as."""

    uid: int
    gid: int


def qemu_account(capabilities: str, kind: str = "kvm") -> QemuAccount | None:
    """Read from the host's capabilities as whom QEMU runs; nothing when they do not say."""
    for model in _parsed(capabilities).iterfind("./host/secmodel"):
        if model.findtext("model") == "dac":
            for label in model.iterfind("baselabel"):
                found = re.fullmatch(r"\+(\d+):\+(\d+)", label.text or "")
                if label.get("type") == kind and found:
                    return QemuAccount(uid=int(found[1]), gid=int(found[2]))
    return None


def _parsed(text: str) -> ET.Element:
    try:
        return ET.fromstring(text)  # noqa: S314 - written by libvirt, not by a guest
    except ET.ParseError as error:
        raise HostError(f"libvirt gave XML that cannot be read: {error}") from error
