"""Which differences follow from other hardware: a literal table of rules. Pure.

A rule explains only what the target's hardware leads one to expect: a disk on a SATA controller is called
`sda`; one that is called `nvme0n1` there would stay flagged.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import Bus, GuestShape, NicModel
from drverify.model.system import Difference, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What the target's hardware is, as far as it is stated; None: not stated."""

    bus: Bus | None = None
    nic_model: NicModel | None = None
    firmware: str | None = None
    vcpus: int | None = None
    sizes: tuple[int, ...] = ()


def hardware_of(profile: HardwareProfile | None, own: GuestShape | None) -> Hardware:
    """The profile's, and where it says nothing the system's own shape."""
    given = profile or HardwareProfile(name="as it was")
    return Hardware(
        bus=given.disk_bus or (own.disk_bus if own is not None and not own.disks else None),
        nic_model=given.nic_model or (own.nic_model if own is not None and not own.nic_models else None),
        firmware=given.firmware or (own.firmware if own is not None else None),
        vcpus=given.vcpus or (own.vcpus if own is not None else None),
        sizes=given.disk_sizes,
    )


_NAMES: Mapping[str, str] = MappingProxyType({"virtio": "vd", "sata": "sd", "scsi": "sd", "ide": "sd"})
"""How Linux begins the names of disks on a bus."""
_BUSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "virtio": frozenset({"virtio"}),
        "sata": frozenset({"sata", "ata"}),
        "ide": frozenset({"ata", "sata"}),
        "scsi": frozenset({"", "scsi", "sas", "spi"}),
    }
)
"""What lsblk calls a bus (its column TRAN)."""
_DRIVERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "virtio": frozenset({"virtio_net"}),
        "e1000": frozenset({"e1000"}),
        "e1000e": frozenset({"e1000e"}),
        "rtl8139": frozenset({"8139cp", "8139too"}),
        "vmxnet3": frozenset({"vmxnet3"}),
    }
)
_DEVICE = re.compile(r"/dev/(?:vd|sd|hd|xvd)[a-z]{1,2}(\d*)|/dev/(?:nvme\d+n\d+|mmcblk\d+)(?:p(\d+))?")
_DISK = re.compile(r"(?:vd|sd|hd|xvd)[a-z]{1,2}(\d*)|(?:nvme\d+n\d+|mmcblk\d+)(?:p(\d+))?")
_CARD = re.compile(r"(?:eth|en[opsx]|ens|eno)[0-9a-z]+")


def explained(found: Difference, hardware: Hardware) -> str:
    """Why the difference follows from the hardware; empty: no rule says so."""
    rule = _RULES.get((found.part, found.fact))
    return rule(found, hardware) if rule is not None and found.fact else ""


def _machine(_: Difference, __: Hardware) -> str:
    return "the machine is another one, and says so"


def _processors(found: Difference, hardware: Hardware) -> str:
    is_stated = hardware.vcpus is not None and found.target == str(hardware.vcpus)
    return "so many processors are stated for it on the target" if is_stated else ""


def _firmware(found: Difference, hardware: Hardware) -> str:
    return "the target's firmware" if found.target == hardware.firmware else ""


def _disk_name(found: Difference, hardware: Hardware) -> str:
    before, after = _DISK.fullmatch(found.source), _DISK.fullmatch(found.target)
    if not before or not after or _number(before) != _number(after) or not _begins(found.target, hardware):
        return ""
    return "a disk is called after its controller"


def _begins(name: str, hardware: Hardware) -> bool:
    return hardware.bus is None or name.startswith(_NAMES[hardware.bus])


def _number(matched: re.Match[str]) -> str:
    return next((one for one in matched.groups() if one), "")


def _bus(found: Difference, hardware: Hardware) -> str:
    fits = hardware.bus is None or found.target in _BUSES[hardware.bus]
    return "the target's disk controller" if fits else ""


def _disk_maker(_: Difference, __: Hardware) -> str:
    return "the disk itself is another one"


def _size(found: Difference, hardware: Hardware) -> str:
    if not (found.source.isdecimal() and found.target.isdecimal()):
        return ""
    grew = int(found.target) > int(found.source)
    return "the target's disk is larger" if grew and int(found.target) in hardware.sizes else ""


def _mounted(found: Difference, hardware: Hardware) -> str:
    before, after = _DEVICE.fullmatch(found.source), _DEVICE.fullmatch(found.target)
    named = found.target.removeprefix("/dev/")
    if not before or not after or _number(before) != _number(after) or not _begins(named, hardware):
        return ""
    return "a disk is called after its controller"


def _card_name(found: Difference, _: Hardware) -> str:
    both = _CARD.fullmatch(found.source) and _CARD.fullmatch(found.target)
    return "a card is called after its place in the machine" if both else ""


def _driver(found: Difference, hardware: Hardware) -> str:
    fits = hardware.nic_model is None or found.target in _DRIVERS[hardware.nic_model]
    return "the driver of the target's card" if fits else ""


def _mac(_: Difference, __: Hardware) -> str:
    return "the target gives its cards addresses of their own"


Rule = Callable[[Difference, Hardware], str]
_RULES: Mapping[tuple[Part, str], Rule] = MappingProxyType(
    {
        (Part.SYSTEM, "vendor"): _machine,
        (Part.SYSTEM, "product"): _machine,
        (Part.SYSTEM, "processors"): _processors,
        (Part.SYSTEM, "value"): lambda found, hardware: (
            _firmware(found, hardware) if found.item == "firmware" else ""
        ),
        (Part.DISKS, "name"): _disk_name,
        (Part.DISKS, "bus"): _bus,
        (Part.DISKS, "model"): _disk_maker,
        (Part.DISKS, "serial"): _disk_maker,
        (Part.DISKS, "size"): _size,
        (Part.MOUNTS, "device"): _mounted,
        (Part.CARDS, "name"): _card_name,
        (Part.CARDS, "driver"): _driver,
        (Part.CARDS, "address"): _mac,
    }
)
