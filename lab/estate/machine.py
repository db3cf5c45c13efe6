"""The production machines of the lab and the libvirt domains that they are. Pure.

Every name begins with `lab-` or `drverify-lab-`: these are no sandboxes, they stand in no ledger of
drverify, and only `lab down` removes them.
"""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from drverify.adapters.libvirt.xml import Acceleration
from drverify.adapters.linux.links import Segment
from drverify.model.recovery import DiskImage, GuestShape, Network, PointFilter
from lab.estate.layout import Estate
from lab.images.recipe import ImageName

NAMESPACE_URI = "https://drverify.dev/xmlns/lab/1"
TAG = "drverify-lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One production machine: its image, its place in the network, how to see that it works."""

    name: str
    """At most 11 characters: its tap is named after it."""
    image: ImageName
    namespace: str
    """Name of the network namespace that is production; machines of one have one bridge."""
    network: Network
    memory_mib: int
    vcpus: int
    health: str
    """Path of an HTTP page that answers 200 when the application works."""
    beat: str
    """Path of an HTTP page that changes whenever the heartbeat writes, each second."""

    @property
    def domain(self) -> str:
        """Name of the libvirt domain."""
        return f"drverify-lab-{self.name}"

    @property
    def segment(self) -> Segment:
        """The production network: a bridge with gateway and DNS on it, no uplink."""
        net = self.network
        gateway, dns = ipaddress.ip_address(net.gateway), ipaddress.ip_address(net.dns)
        return Segment(
            index=0,
            bridge="br0",
            tap=f"lab-{self.name}0",
            mac=net.mac,
            subnet=ipaddress.ip_network(net.subnet),
            guest=ipaddress.ip_address(net.address),
            gateway=gateway,
            dns=dns,
            ours=(gateway, dns),
        )

    @property
    def guest(self) -> GuestShape:
        """The shape that the inventory states."""
        return GuestShape(memory_mib=self.memory_mib, vcpus=self.vcpus, networks=(self.network,))

    def disk(self, estate: Estate) -> Path:
        """The disk that production runs on."""
        return estate.production / f"{self.name}.raw"

    def copy(self, estate: Estate) -> Path:
        """Where the copy lies while it is backed up: its stored path."""
        return estate.production / "point" / f"{self.name}.raw"

    def points(self, estate: Estate) -> PointFilter:
        """Which points are this machine's."""
        return PointFilter(host=self.name, tags=(f"workload={self.name}",), path=str(self.copy(estate)))

    def payload(self, estate: Estate) -> DiskImage:
        """What a point of this machine holds."""
        return DiskImage(path=str(self.copy(estate)), guest=self.guest)


SHOP = Machine(
    name="shop",
    image="shop",
    namespace="lab-production",
    network=Network(
        name="production",
        subnet="10.20.0.0/24",
        gateway="10.20.0.1",
        dns="10.20.0.2",
        address="10.20.0.10",
        mac="52:54:00:14:00:0a",
    ),
    memory_mib=1024,
    vcpus=2,
    health="/health",
    beat="/health",
)
TINY = Machine(
    name="tiny",
    image="tiny",
    namespace="lab-production-tiny",
    network=Network(
        name="lab",
        subnet="10.30.0.0/24",
        gateway="10.30.0.1",
        dns="10.30.0.2",
        address="10.30.0.10",
        mac="52:54:00:1e:00:0a",
    ),
    memory_mib=192,
    vcpus=1,
    health="/",
    beat="/heartbeat",
)


def domain_xml(machine: Machine, estate: Estate, acceleration: Acceleration) -> str:
    """Describe the domain: raw disk, one card on a tap that exists, serial console to a file, agent."""
    root = ET.Element("domain", type="kvm" if acceleration == "kvm" else "qemu")
    _add(root, "name", machine.domain)
    owner = _add(_add(root, "metadata"), f"{{{NAMESPACE_URI}}}estate")
    owner.text = str(estate.root)
    _add(root, "memory", str(machine.memory_mib), unit="MiB")
    _add(root, "vcpu", str(machine.vcpus))
    _add(_add(root, "os"), "type", "hvm", arch="x86_64", machine="q35")
    _add(_add(root, "features"), "acpi")
    _add(root, "cpu", mode="host-passthrough" if acceleration == "kvm" else "maximum")
    _add(root, "clock", offset="utc")
    devices = _add(root, "devices")
    disk = _add(devices, "disk", type="file", device="disk")
    _add(disk, "driver", name="qemu", type="raw", cache="writeback", discard="unmap")
    _add(disk, "source", file=str(machine.disk(estate)))
    _add(disk, "target", dev="vda", bus="virtio")
    _add(disk, "boot", order="1")
    _interface(devices, machine)
    serial = _add(devices, "serial", type="file")
    _add(serial, "source", path=str(console(machine, estate)), append="on")
    channel = _add(devices, "channel", type="unix")
    _add(channel, "target", type="virtio", name="org.qemu.guest_agent.0")
    _add(_add(devices, "rng", model="virtio"), "backend", "/dev/urandom", model="random")
    _add(devices, "memballoon", model="none")
    return ET.tostring(root, encoding="unicode")


def console(machine: Machine, estate: Estate) -> Path:
    """The serial console's log."""
    return estate.production / f"{machine.name}-console.log"


def backup_xml(machine: Machine, estate: Estate) -> str:
    """Describe a push-mode backup of the disk to a raw file (libvirt, "Backup XML format")."""
    root = ET.Element("domainbackup", mode="push")
    disk = _add(_add(root, "disks"), "disk", name="vda", type="file")
    _add(disk, "driver", type="raw")
    _add(disk, "target", file=str(machine.copy(estate)))
    return ET.tostring(root, encoding="unicode")


def owner_of(xml: str) -> str:
    """Read which estate a domain belongs to, out of its XML; empty: nobody of ours."""
    return ET.fromstring(xml).findtext(f"metadata/{{{NAMESPACE_URI}}}estate", "")


def _interface(devices: ET.Element, machine: Machine) -> None:
    card = _add(devices, "interface", type="ethernet")
    _add(card, "mac", address=machine.segment.mac)
    _add(card, "target", dev=machine.segment.tap, managed="no")
    _add(card, "model", type="virtio")


def _add(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text or None
    return child
