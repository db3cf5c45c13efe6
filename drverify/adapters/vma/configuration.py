"""What a guest's own configuration says about the archive that it is in. No I/O."""

import re

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.header import Device, Header

GUEST = "qemu-server.conf"
FIREWALL = "qemu-server.fw"
_DRIVE = "drive-"
_MAP = re.compile(rb"^#qmdump#map:([^:\s]+):([^:\s]+):", re.MULTILINE)
"""vzdump writes a line for every disk that it stores: drive, device, storage, format."""


def plain_name(device: str) -> str:
    """Return a device's name without `drive-`: `scsi0`, `efidisk0`, `tpmstate0-backup`."""
    return device.removeprefix(_DRIVE)


def find_disk(header: Header, name: str) -> Device | None:
    """Return the disk that a person calls `scsi0` or `drive-scsi0`."""
    return header.disk(name) or header.disk(_DRIVE + name)


def drives(header: Header) -> dict[str, str]:
    """Return the devices that the configuration says are stored: device name to drive (`scsi0`)."""
    found = _MAP.findall(header.configs.get(GUEST, b""))
    return {device.decode("utf-8", "replace"): drive.decode("utf-8", "replace") for drive, device in found}


def check_disks(header: Header) -> None:
    """Raise ArchiveDefect when the configuration names a device that the archive does not have."""
    for device, drive in drives(header).items():
        if header.disk(device) is None:
            raise ArchiveDefect(
                DefectKind.MISSING_DEVICE,
                f"the configuration says that {drive} is stored as {device}, which the archive does not have",
                offset=header.size,
                device=device,
            )
