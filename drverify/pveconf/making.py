"""The configuration of a machine whose disks were restored elsewhere: made by us, out of its shape. Pure.

Keys and values are those of qm.conf(5) of 8.4 and 9.x, and so are the sizes of the buses. It is made in the
same words as a backed-up one, so that the same rules look at it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drverify.errors import HostError
from drverify.model.recovery import Disk, GuestShape, ScsiController

CPU = "x86-64-v2-AES"
"""The processor of a machine that wants none: what the web interface gives a new one. The API's own default
lacks what current systems are built for."""
CONTROLLERS: Mapping[ScsiController, str] = {
    "virtio-scsi": "virtio-scsi-pci",
    "lsi": "lsi",
    "megasas": "megasas",
}
FIRMWARE = "efidisk0"
FIRMWARE_OPTIONS = "efitype=4m,pre-enrolled-keys=0"
_PLACES = {"ide": 4, "sata": 6, "scsi": 31, "virtio": 16}
_NUMBER = re.compile(r"[0-9]{1,2}\Z", re.ASCII)
_SERIAL = re.compile(r"[A-Za-z0-9_.+-]{1,20}", re.ASCII)
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A machine that is to be."""

    statement: str
    """As qemu-server.conf, its drives new and empty (`drill:0`)."""
    drives: tuple[str, ...]
    """Key of each of its disks, in their order: `scsi0`; `efidisk0` of what its firmware remembers."""


def disks_of(shape: GuestShape) -> tuple[Disk, ...]:
    """Every disk that the machine is given, in the order in which it is given."""
    return shape.disks or (Disk(name="disk", bus=shape.disk_bus),)


def made(shape: GuestShape, *, name: str, storage: str, bridge: str, macs: Sequence[str]) -> Made:
    """Write the configuration. `macs` are the cards', one for each network.

    HostError when a bus has too few places.
    """
    disks = disks_of(shape)
    keys = _placed(disks)
    lines = {
        "name": re.sub(r"[^A-Za-z0-9-]", "-", name)[:_LONGEST_NAME].strip("-") or "drill",
        "memory": str(shape.memory_mib),
        "sockets": "1",
        "cores": str(shape.vcpus),
        "cpu": shape.cpu_model or CPU,
        "scsihw": CONTROLLERS[shape.scsi_controller],
        "serial0": "socket",
        "boot": "order=" + ";".join(key for key in keys if key != FIRMWARE),
    }
    if shape.chipset == "q35":
        lines["machine"] = "q35"
    if shape.firmware == "uefi":
        lines["bios"] = "ovmf"
        lines[FIRMWARE] = f"{storage}:{0 if FIRMWARE in keys else 1},{FIRMWARE_OPTIONS}"
    for key, disk in zip(keys, disks, strict=True):
        serial = f",serial={disk.serial}" if _SERIAL.fullmatch(disk.serial) else ""
        lines.setdefault(key, f"{storage}:0{serial}")
    models = shape.nic_models or (shape.nic_model,) * len(macs)
    for number, (model, mac) in enumerate(zip(models, macs, strict=True)):
        lines[f"net{number}"] = f"{model}={mac.upper()},bridge={bridge},firewall=1"
    return Made(statement="".join(f"{key}: {value}\n" for key, value in lines.items()), drives=keys)


def _placed(disks: Sequence[Disk]) -> tuple[str, ...]:
    """A key for each disk: the place on the bus that its name says, where that is free."""
    keys: list[str] = []
    for disk in disks:
        if disk.bus == "pflash":
            keys.append(FIRMWARE)
            continue
        stated = _NUMBER.search(disk.name)
        free = [n for n in range(_PLACES[disk.bus]) if f"{disk.bus}{n}" not in keys]
        if not free:
            raise HostError(f"a machine of Proxmox VE has no more than {_PLACES[disk.bus]} {disk.bus} disks")
        wanted = int(stated[0]) if stated else free[0]
        keys.append(f"{disk.bus}{wanted if wanted in free else free[0]}")
    if len(set(keys)) < len(keys):
        raise HostError("a machine of Proxmox VE has one memory of its firmware")
    return tuple(keys)
