"""What restored disks hold, read without starting them. It is the guest's word."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionFacts:
    """One partition, or a whole disk that has no table."""

    device: str
    """As the inspection numbers it: `sda1` is the first partition of the first disk."""
    size_bytes: int
    kind: str = ""
    """GPT type or MBR type as the tools print it."""
    bootable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskFacts:
    """One disk as it came back."""

    device: str
    size_bytes: int
    table: Literal["gpt", "mbr", "none", "unknown"]
    boot_code: str = ""
    """What stands in its first sector: `GRUB`, `unknown code`; empty: nothing."""
    partitions: tuple[PartitionFacts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeFacts:
    """What lies between partitions and file systems: a volume group, an array, an encrypted volume."""

    kind: Literal["lvm", "raid", "luks"]
    name: str
    complete: bool
    """Whether all of it came back and it can be read; of an encrypted volume: whether a key opened it."""
    missing: int = 0
    """How many of its parts are known not to be there."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystemFacts:
    """One file system, checked without repair."""

    device: str
    kind: str
    uuid: str = ""
    label: str = ""
    sound: bool | None
    """None: this kind is not checked."""
    detail: str = ""
    """The first line that the check complained with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MountFacts:
    """One line of fstab."""

    device: str
    """As it is written: `UUID=...`, `/dev/vg/root`."""
    at: str
    kind: str
    found: bool
    """Whether what it names exists on the restored disks; of what lies on no disk: yes."""
    needed: bool = True
    """Whether the system waits for it when it starts: neither `noauto` nor `nofail`, nor swap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFacts:
    """One installed kernel."""

    version: str
    initramfs: bool
    drivers: tuple[str, ...] = ()
    """Of those that matter for booting on other hardware, the ones it can load, by name: what reaches a
    disk lies in its initramfs or in itself, what drives a network card may lie in the system too."""
    read: bool = True
    """Whether `drivers` could be found out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """The operating system on the disks."""

    product: str
    """As it names itself: `Debian GNU/Linux 12 (bookworm)`."""
    family: str
    """`linux`, `windows`."""
    hostname: str = ""
    architecture: str = ""
    kernels: tuple[KernelFacts, ...] = ()
    default_kernel: str = ""
    bootloader: str = ""
    firmware: tuple[Literal["bios", "uefi"], ...] = ()
    """The firmwares it can be started by, as far as its disks show."""
    mounts: tuple[MountFacts, ...] = ()
    network: tuple[str, ...] = ()
    """Its network configuration, a line each: file, card, address."""
    services: tuple[str, ...] = ()
    """What starts with it."""


class Trouble(StrEnum):
    """What keeps a restored system from starting, by name."""

    NO_SYSTEM = "no-operating-system"
    NO_BOOTLOADER = "missing-bootloader"
    MOUNT_NOT_FOUND = "fstab-names-what-is-not-there"
    NO_DISK_DRIVER = "kernel-without-the-disks-driver"
    NO_NIC_DRIVER = "kernel-without-the-cards-driver"
    PART_MISSING = "part-of-a-volume-missing"
    VOLUME_DAMAGED = "volume-damaged"
    FILE_SYSTEM_DAMAGED = "file-system-damaged"
    LOCKED = "encrypted-without-key"
    OTHER_FIRMWARE = "made-for-other-firmware"


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionFinding:
    """One thing that would keep the system from starting."""

    trouble: Trouble
    where: str
    """Device, file or volume."""
    what: str
    """One line."""
    fault: Literal["backup", "hardware", "inventory"]
    """`backup`: it is broken wherever it is started; `hardware`: it is whole, and not ready for this one;
    `inventory`: what is missing may lie on a disk that the inventory does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was read out of the restored disks, before anything ran from them."""

    disks: tuple[DiskFacts, ...]
    volumes: tuple[VolumeFacts, ...] = ()
    file_systems: tuple[FileSystemFacts, ...] = ()
    system: SystemFacts | None = None
    findings: tuple[InspectionFinding, ...] = ()
    not_read: str = ""
    """Why it could not be read to the end; empty: it was."""
