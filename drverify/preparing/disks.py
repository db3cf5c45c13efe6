"""Where on the disks of a rebuilt machine its file systems come to lie. Pure.

GPT partition types: UEFI specification 2.10, 5.3.3, and systemd's Discoverable Partitions; the BIOS boot
partition is GRUB's own ("BIOS installation" in its manual). MBR types are the customary ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from drverify.errors import InputError
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import GuestShape

Role = Literal["boot-code", "firmware", "file-system", "swap", "volumes"]
SECTOR = 512
MIB = 1 << 20
TAIL = 34
"""Sectors at the end of a disk that GPT keeps for its second copy, one more for rounding."""
MBR_MOST = 4
"""Primary partitions; extended ones are not made."""
ESP = "/boot/efi"
_LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
_RAID = "A19D880F-05FC-4D3B-A006-743F0F84911E"
_GPT: MappingProxyType[Role, str] = MappingProxyType(
    {
        "boot-code": "21686148-6449-6E6F-744E-656564454649",
        "firmware": "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
        "file-system": _LINUX,
        "swap": "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
        "volumes": "E6D6D379-F507-44C2-A23C-238F2A3DF928",
    }
)
_MBR: MappingProxyType[Role, str] = MappingProxyType(
    {"boot-code": "83", "firmware": "ef", "file-system": "83", "swap": "82", "volumes": "8e"}
)
_MBR_RAID = "fd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One partition, on every disk that carries it under the same number."""

    role: Role
    number: int
    first: int
    """Sector of 512 bytes."""
    last: int
    """The last sector of it."""
    kind: str
    """GPT type, or MBR type in hexadecimal digits."""
    holds: PlannedFileSystem | None = None
    """None: boot code, or logical volumes."""


def sliced(layout: Layout, firmware: Literal["bios", "uefi"], size_bytes: int) -> tuple[Slice, ...]:
    """Divide a disk of this size. InputError when the layout does not fit on it."""
    end = size_bytes // SECTOR - TAIL
    at = MIB // SECTOR
    wanted = [*_wanted(layout, firmware)]
    rest = end - at - sum(size // SECTOR for _, size, _ in wanted if size is not None)
    if rest < (MIB // SECTOR if any(size is None for _, size, _ in wanted) else 0):
        raise InputError(
            f"the layout does not fit on a disk of {size_bytes} bytes",
            hint="make `file_systems` smaller, or name a larger disk",
        )
    slices = []
    for number, (role, size, holds) in enumerate(wanted, 1):
        length = (rest if size is None else size // SECTOR) // 2048 * 2048
        kind = _kind(layout, role)
        slices.append(Slice(role=role, number=number, first=at, last=at + length - 1, kind=kind, holds=holds))
        at += length
    return tuple(slices)


def _wanted(
    layout: Layout, firmware: Literal["bios", "uefi"]
) -> Iterator[tuple[Role, int | None, PlannedFileSystem | None]]:
    """What is to be laid out, its size rounded up to whole MiB, and whatever takes the rest last."""
    if firmware == "bios" and layout.table == "gpt":
        yield "boot-code", MIB, None
    plain = [one for one in layout.file_systems if not one.volume]
    for one in sorted(plain, key=lambda one: one.size_bytes is None):
        size = None if one.size_bytes is None else -(-one.size_bytes // MIB) * MIB
        yield _role(one), size, one
    if len(plain) < len(layout.file_systems):
        yield "volumes", None, None


def _role(one: PlannedFileSystem) -> Role:
    if one.kind == "swap":
        return "swap"
    return "firmware" if is_esp(one) else "file-system"


def is_esp(one: PlannedFileSystem) -> bool:
    """Whether the firmware looks for boot loaders on it."""
    return one.at == ESP and one.kind == "vfat"


def _kind(layout: Layout, role: Role) -> str:
    mirrored = layout.mirrored and role not in {"boot-code", "firmware"}
    if layout.table == "gpt":
        return _RAID if mirrored else _GPT[role]
    return _MBR_RAID if mirrored else _MBR[role]


def groups(layout: Layout) -> tuple[str, ...]:
    """The volume groups, in the order in which they are named."""
    return tuple(dict.fromkeys(one.volume.partition("/")[0] for one in layout.file_systems if one.volume))


def encrypts(layout: Layout, one: PlannedFileSystem | None) -> bool:
    """Whether what lies there is encrypted; None: the logical volumes."""
    return layout.encrypted and (one is None or not (one.at == "/boot" or is_esp(one)))


def impossible(layout: Layout, guest: GuestShape) -> Iterator[str]:
    """Everything because of which such a machine cannot be made, as `expected ..., found ...`."""
    ats = [one.at for one in layout.file_systems if one.at]
    if "/" not in ats:
        yield "expected a file system at /"
    for at in sorted({at for at in ats if ats.count(at) > 1}):
        yield f"expected each mount point once, found {at} again"
    yield from _of_each(layout)
    if guest.firmware == "uefi" and not any(is_esp(one) and not one.volume for one in layout.file_systems):
        yield f"expected a partition of kind vfat at {ESP} for UEFI firmware"
    yield from _of_sizes(layout)
    yield from _of_disks(layout, guest)


def _of_each(layout: Layout) -> Iterator[str]:
    for one in layout.file_systems:
        if (one.kind == "swap") != (not one.at):
            yield f"expected a mount point for everything but swap, found {one.kind} at {one.at or 'none'}"
        if one.at and not one.at.startswith("/"):
            yield f"expected mount points that begin with /, found {one.at}"
        group, slash, name = one.volume.partition("/")
        if one.volume and not (group and slash and name and "/" not in name):
            yield f"expected volumes as group/name, found {one.volume}"
        if is_esp(one) and one.volume:
            yield f"expected {ESP} on a partition of its own, which firmware can read"
    if layout.encrypted and not any(one.at == "/boot" and not one.volume for one in layout.file_systems):
        yield "expected a partition of its own for /boot beside what is encrypted"


def _of_sizes(layout: Layout) -> Iterator[str]:
    open_ended = [one for one in layout.file_systems if one.size_bytes is None]
    if len(open_ended) > 1:
        found = ", ".join(one.at or "swap" for one in open_ended)
        yield f"expected one file system at most without a size, found {found}"
    if groups(layout) and any(not one.volume for one in open_ended):
        yield "expected a size for what lies beside the volumes, which take what is left"
    if any(one.size_bytes is not None and one.size_bytes < MIB for one in layout.file_systems):
        yield "expected sizes of 1 MiB and more"
    if len(groups(layout)) > 1:
        yield f"expected one volume group at most, found {', '.join(groups(layout))}"
    count = sum(not one.volume for one in layout.file_systems) + bool(groups(layout))
    if layout.table == "mbr" and count > MBR_MOST:
        yield f"expected {MBR_MOST} partitions at most on an MBR, found {count}: use gpt or volumes"


def _of_disks(layout: Layout, guest: GuestShape) -> Iterator[str]:
    disks = [disk for disk in guest.disks if disk.bus != "pflash"]
    if not disks or any(disk.size_bytes is None for disk in disks):
        yield "expected the guest's disks with their sizes: they are made anew"
    if layout.mirrored and len(disks) < 2:  # noqa: PLR2004 - a mirror has two sides
        yield f"expected two disks or more for a mirror, found {len(disks)}"
    if not layout.mirrored and len(disks) > 1 and not groups(layout):
        yield "expected volumes or a mirror where there are several disks"
    if layout.table == "mbr" and any((disk.size_bytes or 0) > 1 << 41 for disk in disks):
        yield "expected a GPT on disks of more than 2 TiB"


def sizes(guest: GuestShape) -> Sequence[int]:
    """Sizes of the machine's disks in bytes, in the order of booting."""
    return [disk.size_bytes or 0 for disk in guest.disks if disk.bus != "pflash"]
