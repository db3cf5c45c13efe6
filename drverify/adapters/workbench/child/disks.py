"""The outermost of restored disks: their tables of partitions, and what starts first on them.

Boot code: GRUB's boot.img holds its name, and at byte 0x5c the sector of its core (its boot.S,
`kernel_sector`); the first 440 bytes of a sector are code (UEFI specification 2.10, table 5.1).
"""

import json
import struct
from typing import Any, Literal

from drverify.adapters.workbench.child.bench import Bench
from drverify.model.inspection import DiskFacts, PartitionFacts

SECTOR = 512
_CODE = 440
_CORE = 0x5C
GRUB, CORELESS = "GRUB", "GRUB without its core"
LOADERS = {GRUB, "LILO"}
_KNOWN = ((b"LILO", "LILO"), (b"BOOTMGR", "Windows"), (b"Missing operating system", "Windows"))
_TABLES: dict[str, Literal["gpt", "mbr"]] = {"gpt": "gpt", "dos": "mbr"}


def disks_of(bench: Bench) -> list[DiskFacts]:
    """Every disk that lies on the bench, in order; a scratch disk of libguestfs's own is not among them."""
    return [_disk(bench, device) for device in bench.guestfs.list_devices()]


def _disk(bench: Bench, device: str) -> DiskFacts:
    table = _table(bench, device)
    label = table.get("label", "")
    first = bench.tried(lambda: bytes(bench.guestfs.pread_device(device, SECTOR, 0)), otherwise=b"")
    kind: Literal["gpt", "mbr", "none", "unknown"] = "none" if first and not first.strip(b"\0") else "unknown"
    if not label and bench.sh(f"blkid -p -s TYPE -o value {device}").strip():
        kind = "none"  # a file system or a volume on the bare disk
    return DiskFacts(
        device=device.removeprefix("/dev/"),
        size_bytes=bench.guestfs.blockdev_getsize64(device),
        table=_TABLES.get(label, kind),
        boot_code=_boot_code(bench, device, first),
        partitions=tuple(_partition(one) for one in table.get("partitions", [])),
    )


def _table(bench: Bench, device: str) -> dict[str, Any]:
    try:
        found = json.loads(bench.sh(f"sfdisk --json {device} 2>/dev/null"))["partitiontable"]
    except (ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _partition(one: dict[str, Any]) -> PartitionFacts:
    return PartitionFacts(
        device=str(one["node"]).removeprefix("/dev/"),
        size_bytes=int(one["size"]) * SECTOR,
        kind=str(one.get("type", "")),
        bootable=bool(one.get("bootable")),
    )


def _boot_code(bench: Bench, device: str, first: bytes) -> str:
    code = first[:_CODE]
    if not code.strip(b"\0") or first[510:512] != b"\x55\xaa":
        return ""
    if b"GRUB" in code:
        sector = struct.unpack_from("<Q", first, _CORE)[0]
        core = bench.tried(
            lambda: bytes(bench.guestfs.pread_device(device, SECTOR, sector * SECTOR)), otherwise=b""
        )
        return GRUB if core.strip(b"\0") else CORELESS
    return next((name for mark, name in _KNOWN if mark in code), "unknown code")


def starts(disk: DiskFacts) -> bool:
    """Whether BIOS gets on from its first sector.

    Code that is no loader itself goes on with the active partition, and with nothing else.
    """
    if disk.boot_code == CORELESS:
        return False
    active = any(one.bootable for one in disk.partitions)
    return disk.boot_code in LOADERS or (bool(disk.boot_code) and active)
