"""What lies between partitions and file systems: LUKS, mdraid, LVM. Opened as far as it can be, read-only.

libguestfs assembles arrays and activates groups when it starts; what is encrypted, and what is on it,
comes up here. Formats of the programs' output: mdadm --examine --export, `lvm ... --reportformat json`.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from shlex import quote
from typing import Any

from drverify.adapters.workbench.child.bench import Bench
from drverify.model.inspection import DiskFacts, VolumeFacts

LVM_TYPES = {"8e", "E6D6D379-F507-44C2-A23C-238F2A3DF928"}
RAID_TYPES = {"fd", "A19D880F-05FC-4D3B-A006-743F0F84911E"}
"""Partition types, MBR and GPT."""
_EMPTY = "its partition says so, and it holds nothing of the kind"


def members(bench: Bench) -> dict[str, str]:
    """Device to what lies directly on it, of everything that has a signature."""
    found = {}
    for line in bench.sh("blkid -c /dev/null -s TYPE -o full").splitlines():
        device, _, rest = line.partition(": ")
        if rest.startswith('TYPE="'):
            found[device] = rest[6:].partition('"')[0]
    return found


def volumes_of(bench: Bench, disks: Sequence[DiskFacts], keys: Sequence[bytes]) -> list[VolumeFacts]:
    """Open what can be opened, from the outside inwards, and say of each volume whether it is whole."""
    locked = _opened(bench, keys)
    found = [*locked, *_arrays(bench), *_groups(bench)]
    return [*found, *_vanished(bench, disks)]


def _opened(bench: Bench, keys: Sequence[bytes]) -> list[VolumeFacts]:
    found = []
    for number, device in enumerate(one for one, kind in members(bench).items() if kind == "crypto_LUKS"):
        bench.note(f"opening {device}")
        opened = any(_opens(bench, device, key, f"opened{number}") for key in keys)
        why = "opened" if opened else f"none of {len(keys)} keys opens it" if keys else "no key was given"
        found.append(VolumeFacts(kind="luks", name=device.removeprefix("/dev/"), complete=opened, detail=why))
    if any(one.complete for one in found):
        bench.tried(lambda: bench.guestfs.lvm_scan(True))  # noqa: FBT003 - the binding's own form
    return found


def _opens(bench: Bench, device: str, key: bytes, name: str) -> bool:
    """By key file or passphrase: a line's end at the end of a file is none of the passphrase."""

    def opened() -> bool:
        bench.guestfs.cryptsetup_open(device, key.decode("utf-8", "surrogateescape"), name, readonly=True)
        return True

    return bool(bench.tried(opened, otherwise=False))


def _arrays(bench: Bench) -> list[VolumeFacts]:
    parts: dict[str, list[dict[str, str]]] = defaultdict(list)
    for device, kind in members(bench).items():
        if kind == "linux_raid_member":
            said = bench.sh(f"mdadm --examine --export {quote(device)}")
            facts = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
            parts[facts.get("MD_UUID", device)].append(facts)
    found = [_array(uuid, one) for uuid, one in parts.items()]
    if any(one.complete and one.missing for one in found):
        # libguestfs leaves alone what lacks a part: not begun, or begun and not run
        bench.sh("mdadm --assemble --scan --run; for one in /dev/md[0-9]*; do mdadm --run $one; done")
        bench.sh("udevadm settle")
        bench.tried(lambda: bench.guestfs.lvm_scan(True))  # noqa: FBT003 - the binding's own form
    return found


def _startable(level: str, wanted: int, missing: int) -> bool:
    """Whether an array runs with so many parts missing, as far as can be told (md(4)).

    Of raid10 it depends on which ones; a level that is not known is given the benefit of the doubt.
    """
    spare = {"linear": 0, "raid0": 0, "raid1": wanted - 1, "raid4": 1, "raid5": 1, "raid6": 2}
    return missing <= spare.get(level, wanted // 2)


def _array(uuid: str, parts: Sequence[dict[str, str]]) -> VolumeFacts:
    facts = parts[0]
    try:
        wanted = int(facts["MD_DEVICES"])
    except (KeyError, ValueError):
        return VolumeFacts(kind="raid", name=uuid, complete=False, detail="its superblock cannot be read")
    missing = max(wanted - len(parts), 0)
    name = facts.get("MD_NAME", "").rpartition(":")[2] or facts.get("MD_DEVNAME", "") or uuid
    level = facts.get("MD_LEVEL", "raid")
    return VolumeFacts(
        kind="raid",
        name=name,
        complete=_startable(level, wanted, missing),
        missing=missing,
        detail=f"{level}, {len(parts)} of {wanted} disks",
    )


def _groups(bench: Bench) -> list[VolumeFacts]:
    found = []
    held = set()
    for one in _report(bench, "pvs", "pv_name,vg_name"):
        if one["vg_name"] not in {"", "[unknown]"}:  # the second: its group's metadata cannot be read
            held.add(one["pv_name"])
    for one in _report(bench, "vgs", "vg_name,pv_count,vg_missing_pv_count,lv_count"):
        missing = int(one["vg_missing_pv_count"] or 0)
        detail = f"{one['lv_count']} volumes on {int(one['pv_count']) - missing} of {one['pv_count']} disks"
        found.append(
            VolumeFacts(kind="lvm", name=one["vg_name"], complete=not missing, missing=missing, detail=detail)
        )
    for device, kind in members(bench).items():
        if kind == "LVM2_member" and device not in held:
            why = _first_complaint(bench.sh(f"lvm pvck {quote(device)}")) or "it belongs to no group"
            name = device.removeprefix("/dev/")
            found.append(VolumeFacts(kind="lvm", name=name, complete=False, detail=why))
    return found


def logical_volumes(bench: Bench) -> list[str]:
    """Every logical volume as `/dev/group/volume`."""
    return [f"/dev/{one['vg_name']}/{one['lv_name']}" for one in _report(bench, "lvs", "vg_name,lv_name")]


def _report(bench: Bench, what: str, columns: str) -> list[dict[str, str]]:
    said = bench.sh(f"lvm {what} --reportformat json -o {columns} 2>/dev/null")
    try:
        found: Any = json.loads(said)["report"][0][what.removesuffix("s")]
    except (ValueError, KeyError, IndexError, TypeError):
        return []
    wanted = columns.split(",")
    return [{name: str(one.get(name, "")) for name in wanted} for one in found]


def _first_complaint(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = (
        line
        for line in lines
        if any(
            word in line.lower()
            for word in ("fail", "invalid", "bad", "error", "warn", "not found", "checksum")
        )
    )
    return next(complaints, "")


def _vanished(bench: Bench, disks: Sequence[DiskFacts]) -> list[VolumeFacts]:
    """Partitions whose table says LVM or RAID, and on which nothing of it is left."""
    known = members(bench)
    lost = []
    for partition in (one for disk in disks for one in disk.partitions):
        if partition.kind in LVM_TYPES | RAID_TYPES and f"/dev/{partition.device}" not in known:
            is_lvm = partition.kind in LVM_TYPES
            lost.append(
                VolumeFacts(
                    kind="lvm" if is_lvm else "raid", name=partition.device, complete=False, detail=_EMPTY
                )
            )
    return lost
