"""What in the facts of restored disks would keep the system from starting on a machine of a given shape."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from drverify.model.inspection import Inspection, InspectionFinding, KernelFacts, SystemFacts, Trouble
from drverify.model.recovery import Bus, DiskImage, GuestShape, NicModel, Payload

_SCSI = {"virtio-scsi": ("virtio_pci", "virtio_scsi"), "lsi": ("sym53c8xx",), "megasas": ("megaraid_sas",)}
_DISKS: dict[Bus, tuple[str, ...]] = {
    "virtio": ("virtio_pci", "virtio_blk"),
    "sata": ("ahci",),
    "ide": ("ata_piix",),
}
_CARDS: dict[NicModel, tuple[str, ...]] = {
    "virtio": ("virtio_net",),
    "e1000e": ("e1000e",),
    "e1000": ("e1000",),
    "rtl8139": ("8139cp", "8139too"),
    "vmxnet3": ("vmxnet3",),
}
"""Any one of these drives the card."""
_OF_WINDOWS = {
    "viostor": "virtio_blk",
    "vioscsi": "virtio_scsi",
    "storahci": "ahci",
    "atapi": "ata_piix",
    "megasas": "megaraid_sas",
    "netkvm": "virtio_net",
    "e1iexpress": "e1000e",
    "e1g60": "e1000",
    "vmxnet3ndis6": "vmxnet3",
}
"""What Windows calls the drivers that are missed most, and their names under Linux."""
_KERNEL_NAME = re.compile(r"/dev/(sd|vd|hd|xvd)[a-z]\d*", re.ASCII)
_IDENTITY = re.compile(
    r"(UUID|LABEL|PARTUUID|PARTLABEL)=|/dev/disk/by-(uuid|label|partuuid|partlabel)/", re.ASCII
)
"""Names that lie on the disks themselves; all others are given by whatever machine reads them."""
_PLAIN = frozenset({"ext2", "ext3", "ext4", "vfat"})
"""Kinds that every appliance can read; a system may lie on any other unseen (a subvolume of a btrfs)."""
_HOLDING = ("_member", "bcache", "drbd")
"""Ends of kinds behind which other file systems lie that nothing here opens (ZFS, fake RAID)."""
ON_OTHER_DISKS = frozenset({Trouble.PART_MISSING, Trouble.NO_BOOTLOADER})
"""What another disk of the machine may hold."""
_SMALL = 16 << 20
"""Bytes; partitions without a file system up to here are for loaders."""
_EXTENDED = frozenset({"5", "f", "85"})
_NAMED_BY: dict[str, set[str]] = {"vd": {"virtio"}, "sd": {"sata", "scsi", "ide"}, "hd": set(), "xvd": set()}


def findings(facts: Inspection, shape: GuestShape) -> tuple[InspectionFinding, ...]:
    """Everything that would keep it from starting; what could not be read is no finding."""
    rules: tuple[Callable[[Inspection, GuestShape], Iterator[InspectionFinding]], ...] = (
        _volumes,
        _file_systems,
        _system,
        _bootloader,
        _mounts,
        _disk_drivers,
        _card_drivers,
    )
    return tuple(finding for rule in rules for finding in rule(facts, shape))


def left_out(facts: Inspection | None, payload: Payload) -> str:
    """Which parts may lie on disks that were not restored because the inventory names one; empty: none.

    A disk image is one disk by the inventory's word; a machine's own backup names all of its disks.
    """
    if facts is None or not isinstance(payload, DiskImage):
        return ""
    for one in facts.volumes:
        if one.kind != "luks" and not one.complete and one.missing:
            where = "not on the one disk that the inventory names"
            return f"{one.missing} parts of {one.kind} {one.name} are {where}"
    return ""


def told_apart(facts: Inspection, payload: Payload) -> Inspection:
    """The same, and what our own choice of disks may have left out is not the backup's fault."""
    if not left_out(facts, payload):
        return facts
    found = (
        replace(one, fault="inventory") if one.trouble in ON_OTHER_DISKS else one for one in facts.findings
    )
    return replace(facts, findings=tuple(found))


def backup_troubles(facts: Inspection) -> tuple[InspectionFinding, ...]:
    """The findings that say that what was backed up is broken, wherever it is started."""
    return tuple(finding for finding in facts.findings if finding.fault == "backup")


def _volumes(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    del shape
    for volume in facts.volumes:
        if volume.complete:
            continue
        if volume.kind == "luks":
            yield InspectionFinding(
                trouble=Trouble.LOCKED, where=volume.name, what=volume.detail, fault="hardware"
            )
        elif volume.missing:
            what = f"{volume.missing} of its parts did not come back ({volume.detail})"
            yield InspectionFinding(
                trouble=Trouble.PART_MISSING, where=volume.name, what=what, fault="backup"
            )
        else:
            yield InspectionFinding(
                trouble=Trouble.VOLUME_DAMAGED, where=volume.name, what=volume.detail, fault="backup"
            )


def _file_systems(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    del shape
    for one in facts.file_systems:
        if one.sound is False:
            yield InspectionFinding(
                trouble=Trouble.FILE_SYSTEM_DAMAGED,
                where=one.device,
                what=f"{one.kind}: {one.detail}",
                fault="backup",
            )


def _system(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    """None is missing where anything could not be read: it may lie there."""
    del shape
    if facts.system is None and not facts.not_read and _read_to_the_end(facts):
        count = len(facts.disks)
        yield InspectionFinding(
            trouble=Trouble.NO_SYSTEM,
            where=facts.disks[0].device if facts.disks else "disks",
            what=f"none was found on {count} disk{'s' if count != 1 else ''}",
            fault="backup",
        )


def _whole(facts: Inspection) -> bool:
    """Whether nothing lies behind what was not opened, or did not come back."""
    opened = all(one.complete and not one.missing for one in facts.volumes)
    return opened and not any(one.kind.endswith(_HOLDING) for one in facts.file_systems)


def _read_to_the_end(facts: Inspection) -> bool:
    """Whether every file system is known to have been read, and nothing can be another kind of one."""
    sound = all(one.kind == "swap" or (one.kind in _PLAIN and one.sound) for one in facts.file_systems)
    if not sound or not _whole(facts):
        return False
    seen = {one.device for one in facts.file_systems} | {one.name for one in facts.volumes}
    between = any(one.kind != "luks" for one in facts.volumes)  # its partitions are not told
    return all(
        disk.table != "unknown"
        and all(
            between or one.device in seen or one.size_bytes <= _SMALL or one.kind in _EXTENDED
            for one in disk.partitions
        )
        for disk in facts.disks
    )


def _bootloader(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    system = facts.system
    if system is None or not facts.disks or shape.firmware in system.firmware:
        return
    if system.firmware:
        other = system.firmware[0]
        yield InspectionFinding(
            trouble=Trouble.OTHER_FIRMWARE,
            where=facts.disks[0].device,
            what=f"it can be started by {other.upper()}, this machine has {shape.firmware.upper()}",
            fault="hardware",
        )
        return
    codes = ", ".join(disk.boot_code for disk in facts.disks if disk.boot_code)
    yield InspectionFinding(
        trouble=Trouble.NO_BOOTLOADER,
        where=facts.disks[0].device,
        what=f"there is only {codes}" if codes else "no boot code on any disk, no EFI loader",
        fault="backup",
    )


def _mounts(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    system = facts.system
    if system is None:
        return
    whole = _whole(facts)
    buses = {disk.bus for disk in shape.disks} or {shape.disk_bus}
    for mount in system.mounts:
        named = _KERNEL_NAME.fullmatch(mount.device)
        if not mount.needed:
            continue
        if not mount.found and whole:
            lost = _names_the_disks(mount.device, facts)
            told = "is on none of the disks" if lost else "is no name that anything has here"
            yield InspectionFinding(
                trouble=Trouble.MOUNT_NOT_FOUND,
                where="/etc/fstab",
                what=f"{mount.device}, wanted at {mount.at}, {told}",
                fault="backup" if lost else "hardware",
            )
        elif mount.found and named and not _NAMED_BY[named[1]] & buses:
            yield InspectionFinding(
                trouble=Trouble.MOUNT_NOT_FOUND,
                where="/etc/fstab",
                what=f"{mount.device}, wanted at {mount.at}, has another name on this machine's controller",
                fault="hardware",
            )


def _names_the_disks(device: str, facts: Inspection) -> bool:
    """Whether the name lies on the disks themselves: an identity, or a volume of a group that was read."""
    if _IDENTITY.match(device):
        return True
    groups = [one.name for one in facts.volumes if one.kind == "lvm" and one.complete]
    return any(
        device.startswith(f"/dev/{group}/")
        or re.match(rf"/dev/mapper/{re.escape(group.replace('-', '--'))}-(?!-)", device)
        for group in groups
    )


def _disk_drivers(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    for bus in dict.fromkeys([disk.bus for disk in shape.disks] or [shape.disk_bus]):
        if bus == "pflash":
            continue
        wanted = _SCSI[shape.scsi_controller] if bus == "scsi" else _DISKS[bus]
        yield from _lacking(
            facts.system,
            lambda kernel, wanted=wanted: [name for name in wanted if name not in kernel.drivers],  # type: ignore[misc]
            Trouble.NO_DISK_DRIVER,
            f"a disk on {bus}",
        )


def _card_drivers(facts: Inspection, shape: GuestShape) -> Iterator[InspectionFinding]:
    if not shape.networks:
        return
    for model in dict.fromkeys(shape.nic_models or (shape.nic_model,)):
        able = _CARDS[model]
        yield from _lacking(
            facts.system,
            lambda kernel, able=able: [] if set(able) & set(kernel.drivers) else [" or ".join(able)],  # type: ignore[misc]
            Trouble.NO_NIC_DRIVER,
            f"a network card {model}",
        )


def _lacking(
    system: SystemFacts | None, lacks: Callable[[KernelFacts], list[str]], trouble: Trouble, what: str
) -> Iterator[InspectionFinding]:
    """One finding when no kernel that may be started can drive it."""
    if system is None or not system.kernels:
        return
    named = [one for one in system.kernels if one.version == system.default_kernel]
    started = named or list(system.kernels)
    if all(one.read and lacks(one) for one in started):
        missing = lacks(started[0])
        told = _windows_lacks if system.family == "windows" else _linux_lacks
        yield InspectionFinding(
            trouble=trouble,
            where=", ".join(one.version for one in started),
            what=told(system, missing, trouble, what),
            fault="hardware",
        )


def _linux_lacks(system: SystemFacts, missing: list[str], trouble: Trouble, what: str) -> str:
    del system
    is_disk = trouble is Trouble.NO_DISK_DRIVER
    where = "in its initramfs nor in itself" if is_disk else "installed"
    return f"cannot drive {what}: {', '.join(missing)} is not {where}"


def _windows_lacks(system: SystemFacts, missing: list[str], trouble: Trouble, what: str) -> str:
    """Windows' own names, and when such a driver would start; `services` begin with drivers and tell that."""
    when = "starts at boot" if trouble is Trouble.NO_DISK_DRIVER else "can start"
    words = {word for one in missing for word in one.split(" or ")}
    own = [name for name, linux in _OF_WINDOWS.items() if linux in words] or sorted(words)
    there = [
        line for line in system.services if line.rpartition(" (")[0].lower() in own or line.lower() in own
    ]
    return f"no driver for {what} {when}: " + (", ".join(there) or f"{' or '.join(own)} is not installed")
