"""fstab, and whether what it names is there (fstab(5))."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drverify.model.inspection import DiskFacts, FileSystemFacts, MountFacts

_FIELDS = 2
_ON_DISK = ("UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "/dev/")
_KERNEL_NAME = re.compile(r"/dev/(?:sd|vd|hd|xvd)([a-z])(\d*)", re.ASCII)
_MAX = 64


@dataclass(frozen=True, slots=True)
class Known:
    """What there is on the restored disks."""

    disks: Sequence[DiskFacts]
    file_systems: Sequence[FileSystemFacts]
    partition_ids: frozenset[str] = frozenset()
    """PARTUUID and PARTLABEL of every partition."""
    volumes: Sequence[str] = ()
    """Logical volumes, as `/dev/group/volume`, whether anything can be read on them or not."""


def mounts_of(fstab: str, known: Known) -> list[MountFacts]:
    """Every line that says something, in its order."""
    found = []
    for line in fstab.splitlines():
        fields = line.split()
        if len(fields) < _FIELDS or fields[0].startswith("#"):
            continue
        device, at, kind, options = [*fields, "", ""][:4]
        found.append(
            MountFacts(
                device=device,
                at=at,
                kind=kind,
                found=is_there(device, known),
                needed=kind != "swap" and not {"noauto", "nofail"} & set(options.split(",")),
            )
        )
    return found[:_MAX]


def is_there(device: str, known: Known) -> bool:
    """Whether a device that fstab names is on the disks; what needs no disk is."""
    if not device.startswith(_ON_DISK):
        return True
    kind, _, value = device.replace('"', "").partition("=")
    if device.startswith("/dev/disk/by-"):
        kind, value = device.split("/")[3].removeprefix("by-").upper(), device.rpartition("/")[2]
    match kind:
        case "UUID":
            return any(one.uuid.lower() == value.lower() for one in known.file_systems)
        case "LABEL":
            return any(one.label == value for one in known.file_systems)
        case "PARTUUID" | "PARTLABEL":
            return value.lower() in known.partition_ids
        case "ID" | "PATH" | "DISKSEQ" | "DIAGNOSTICS":  # names of the hardware that it ran on
            return True
    return _is_device(device, known)


def _is_device(device: str, known: Known) -> bool:
    if named := _KERNEL_NAME.fullmatch(device):
        place, number = ord(named[1]) - ord("a"), named[2]
        return place < len(known.disks) and any(
            one.device == f"{known.disks[place].device}{number}" for one in known.disks[place].partitions
        )
    there = [*(f"/dev/{one.device}" for one in known.file_systems), *known.volumes]
    return any(same(device, one) for one in there)


def same(written: str, device: str) -> bool:
    """Whether two names are one device: `/dev/mapper/vg-root` is `/dev/vg/root` (dmsetup(8), hyphens)."""
    return _mapped(written) == _mapped(device)


def _mapped(name: str) -> str:
    parts = name.split("/")
    if len(parts) == 4 and parts[2] not in {"mapper", "md", "disk"}:  # noqa: PLR2004 - /dev/group/volume
        return f"/dev/mapper/{parts[2].replace('-', '--')}-{parts[3].replace('-', '--')}"
    if len(parts) == 4 and parts[2] == "md":  # noqa: PLR2004
        return f"/dev/md{parts[3]}" if parts[3].isdigit() else name
    return name
