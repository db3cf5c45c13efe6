"""Where each disk of a guest hangs: its bus, its place there, its turn in booting; pure.

The number in a disk's name is its place on the bus, as it was on the machine that was backed up, as far
as that place is free and exists here.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.libvirt import slots
from drverify.engine.ports import DiskSource
from drverify.errors import HostError
from drverify.model.recovery import Bus, Disk, GuestShape, ScsiController

CONTROLLERS: dict[ScsiController, str] = {
    "virtio-scsi": "virtio-scsi",
    "lsi": "lsilogic",
    "megasas": "lsisas1078",
}
"""libvirt's words for the SCSI controllers."""
_PREFIX: dict[Bus, str] = {"virtio": "vd", "scsi": "sd", "sata": "sd", "ide": "hd"}
_ORDER: tuple[Bus, ...] = ("virtio", "ide", "sata", "scsi")
_PER_CONTROLLER: dict[Bus, int] = {"virtio": 256, "ide": 4, "sata": 6, "scsi": 256}
_PER_LSI = 7
_LETTERS = 26
_ON_ERROR = {"error_policy": "stop", "rerror_policy": "stop"}
"""A disk error here is the host's or the source's: the guest must stop, not meet it and be blamed."""
_NUMBER = re.compile(r"[0-9]{1,3}\Z", re.ASCII)
_SERIAL = re.compile(r"[A-Za-z0-9_.+-]{1,40}", re.ASCII)
"""What libvirt takes as a serial number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One disk in the guest."""

    disk: Disk
    bus: Bus
    number: int
    """Its place on the bus, counted over all controllers."""
    target: str
    """libvirt's name for it."""
    boot: int
    """Its turn in booting, from 1."""


def disks_of(guest: GuestShape) -> tuple[Disk, ...]:
    """Every disk that is to be given to the guest, in the order in which it is given."""
    return guest.disks or (Disk(name="disk", bus=guest.disk_bus),)


def places(guest: GuestShape) -> tuple[Place, ...]:
    """Find every drive its place, in the order of booting; HostError when a bus is full."""
    turns: list[tuple[Disk, Bus, int]] = [
        (disk, "sata" if bus == "ide" and guest.chipset == "q35" else bus, turn)  # q35 has no IDE
        for turn, (disk, bus) in enumerate(
            ((one, one.bus) for one in disks_of(guest) if one.bus != "pflash"), 1
        )
    ]
    numbers = {
        turn: number for bus in _ORDER for turn, number in _numbered([one for one in turns if one[1] == bus])
    }
    used: dict[str, int] = {}
    targets: dict[int, str] = {}
    for _, bus, turn in sorted(turns, key=lambda one: (_ORDER.index(one[1]), numbers[one[2]])):
        prefix = _PREFIX[bus]
        targets[turn] = prefix + _letters(used.get(prefix, 0))
        used[prefix] = used.get(prefix, 0) + 1
    return tuple(
        Place(disk=disk, bus=bus, number=numbers[turn], target=targets[turn], boot=turn)
        for disk, bus, turn in turns
    )


def _numbered(turns: Sequence[tuple[Disk, Bus, int]]) -> Iterator[tuple[int, int]]:
    taken: set[int] = set()
    waiting = []
    for disk, bus, turn in turns:
        found = _NUMBER.search(disk.name)
        number = int(found[0]) if found else None
        if number is None or number in taken or number >= _PER_CONTROLLER[bus]:
            waiting.append((bus, turn))
            continue
        taken.add(number)
        yield turn, number
    for bus, turn in waiting:
        number = next((one for one in range(_PER_CONTROLLER[bus]) if one not in taken), None)
        if number is None:
            raise HostError(
                f"a guest cannot have more than {_PER_CONTROLLER[bus]} disks on its {bus} bus here",
                hint="take disks out of the workload's shape",
            )
        taken.add(number)
        yield turn, number


def _letters(index: int) -> str:
    more, last = divmod(index, _LETTERS)
    return (_letters(more - 1) if more else "") + chr(ord("a") + last)


def controllers(devices: ET.Element, guest: GuestShape) -> None:
    """Write the SCSI controllers that the disks need."""
    per = _per_controller("scsi", guest)
    last = max((one.number // per for one in places(guest) if one.bus == "scsi"), default=-1)
    for index in range(last + 1):
        model = CONTROLLERS[guest.scsi_controller]
        made = ET.SubElement(devices, "controller", type="scsi", index=str(index), model=model)
        slots.scsi(made, guest, index)


def drive(devices: ET.Element, guest: GuestShape, place: Place, source: DiskSource) -> None:
    """Write one disk."""
    disk = ET.SubElement(devices, "disk", type="file", device="disk")
    written = ET.SubElement(disk, "driver", name="qemu", type=source.format)
    written.attrib |= {"cache": "writeback", "discard": "unmap", **_ON_ERROR}
    _file(disk, source.path)
    backing = ET.SubElement(disk, "backingStore")  # an empty one ends the chain: libvirt probes nothing
    if source.backing is not None:
        backing.set("type", "file")
        ET.SubElement(backing, "format", type="raw")
        _file(backing, source.backing)
        ET.SubElement(backing, "backingStore")
    ET.SubElement(disk, "target", dev=place.target, bus=place.bus)
    if _SERIAL.fullmatch(place.disk.serial):
        ET.SubElement(disk, "serial").text = place.disk.serial
    ET.SubElement(disk, "boot", order=str(place.boot))
    if place.bus == "virtio":
        slots.disk(disk, guest, place.number)
    else:
        ET.SubElement(disk, "address", _address(place, guest))


def _address(place: Place, guest: GuestShape) -> dict[str, str]:
    controller, unit = divmod(place.number, _per_controller(place.bus, guest))
    bus = 0
    if place.bus == "ide":
        bus, unit = divmod(unit, 2)
    numbers = {"controller": controller, "bus": bus, "target": 0, "unit": unit}
    return {"type": "drive", **{name: str(number) for name, number in numbers.items()}}


def _per_controller(bus: Bus, guest: GuestShape) -> int:
    return _PER_LSI if bus == "scsi" and guest.scsi_controller == "lsi" else _PER_CONTROLLER[bus]


def _file(parent: ET.Element, path: Path) -> None:
    """Name a file and forbid libvirt to change its owner: ours are set already, the backup's never are."""
    element = ET.SubElement(parent, "source", file=str(path))
    ET.SubElement(element, "seclabel", model="dac", relabel="no")
