"""Which of Linux's drivers a machine needs to find its root file system, as modprobe(8) names them. Pure."""

from collections.abc import Iterator
from types import MappingProxyType

from drverify.model.layout import Layout
from drverify.model.recovery import GuestShape
from drverify.preparing.disks import groups

CONTROLLERS: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "virtio": ("virtio_pci", "virtio_blk"),
        "sata": ("ahci", "sd_mod"),
        "ide": ("ata_piix", "sd_mod"),
        "virtio-scsi": ("virtio_pci", "virtio_scsi", "sd_mod"),
        "lsi": ("sym53c8xx", "sd_mod"),
        "megasas": ("megaraid_sas", "sd_mod"),
    }
)
"""Bus, or controller of the SCSI bus."""


def disk_drivers(guest: GuestShape) -> tuple[str, ...]:
    """The drivers of every controller that the machine's disks are on."""
    buses = [disk.bus for disk in guest.disks if disk.bus != "pflash"] or [guest.disk_bus]
    names = [guest.scsi_controller if bus == "scsi" else bus for bus in buses]
    return tuple(dict.fromkeys(driver for name in names for driver in CONTROLLERS[name]))


def root_drivers(layout: Layout) -> tuple[str, ...]:
    """The drivers of everything between the disks and the root file system, and its own."""

    def found() -> Iterator[str]:
        yield next(one.kind for one in layout.file_systems if one.at == "/")
        if groups(layout) or layout.encrypted:
            yield "dm_mod"
        if layout.encrypted:
            yield "dm_crypt"
        if layout.mirrored:
            yield "raid1"

    return tuple(found())
