"""Lays out the disks of a rebuilt machine inside the appliance: partitions, mirrors, LUKS, LVM, file systems.

Names of methods are libguestfs's. Whatever is made gets UUIDs of its own, by which the machine finds it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from shlex import quote
from typing import Any

from drverify.adapters.workbench.launching import BenchFailed, RunningBench
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import GuestShape
from drverify.preparing.disks import Slice, encrypts, groups, sizes, sliced
from drverify.preparing.mounts import Locked, Made
from drverify.preparing.starting import KEYS, Ground

STEP = timedelta(minutes=10)
"""For one step; making the file systems of large disks takes seconds, not minutes."""
_EXT4 = {"features": "^metadata_csum_seed,^orphan_file"}
"""What GRUB 2.06, and systems older than the appliance, cannot read."""
_KDF = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000"
"""A key of 256 bits made of chance gains nothing by a slow derivation, which costs seconds at each start."""
_WELL = "drverify-done"
_MIB = 1 << 20


@dataclass(slots=True, kw_only=True)
class Laid:
    """What was made, by the appliance's names."""

    ground: Ground
    devices: dict[str, str]
    """Mount point to device."""
    keys: dict[str, str] = field(default_factory=dict)
    """Path in the machine to the content of a key file."""


class Laying:
    """One laying out."""

    def __init__(self, bench: RunningBench, shape: GuestShape, layout: Layout) -> None:
        self._bench = bench
        self._layout = layout
        self._disks = [f"/dev/sd{chr(ord('a') + number)}" for number in range(len(sizes(shape)))]
        self._slices = sliced(layout, shape.firmware, min(sizes(shape)))
        self._made: list[Made] = []
        self._locked: list[Locked] = []
        self._arrays: list[str] = []
        self._devices: dict[str, str] = {}
        self._keys: dict[str, str] = {}

    async def run(self) -> Laid:
        """Make everything. BenchFailed when a step fails."""
        carrying = self._disks if self._layout.mirrored else self._disks[:1]
        for disk in carrying:
            await self._partition(disk)
        for one in self._slices:
            if one.role != "boot-code":
                await self._slice(one, carrying)
        ground = Ground(
            disks=tuple(carrying),
            made=tuple(self._made),
            locked=tuple(self._locked),
            arrays=tuple(self._arrays),
        )
        return Laid(ground=ground, devices=self._devices, keys=self._keys)

    async def _partition(self, disk: str) -> None:
        """Write the table in one go: libguestfs's own steps start parted anew for each partition."""
        gpt = self._layout.table == "gpt"
        lines = ["label: gpt" if gpt else "label: dos"]
        for one in self._slices:
            bootable = "" if gpt or one.number > 1 else ", bootable"
            size = one.last - one.first + 1
            lines.append(f"start={one.first}, size={size}, type={one.kind}{bootable}")
        words = " ".join(quote(line) for line in lines)
        await self._done(f"printf '%s\\n' {words} | sfdisk -q -w always {disk} && udevadm settle")

    async def _slice(self, one: Slice, disks: Sequence[str]) -> None:
        device = f"{disks[0]}{one.number}"
        if one.role == "firmware":
            for disk in disks:
                await self._format(f"{disk}{one.number}", one.holds, noted=disk == disks[0])
            return
        if len(disks) > 1:
            device = await self._mirror(one.number, [f"{disk}{one.number}" for disk in disks])
        if encrypts(self._layout, one.holds):
            device = await self._lock(one.number, device)
        if one.role == "volumes":
            await self._volumes([device, *(disk for disk in self._disks if disk not in disks)])
        else:
            await self._format(device, one.holds)

    async def _mirror(self, number: int, parts: Sequence[str]) -> str:
        known, _ = await self._make(["list_md_devices"], ["ping_daemon"])
        await self._make(["md_create", f"drverify{number}", list(parts), {"level": "raid1"}])
        (now,) = await self._make(["list_md_devices"])
        device = next(one for one in now if one not in known)
        (detail,) = await self._make(["md_detail", device])
        self._arrays.append(str(detail["uuid"]))
        return str(device)

    async def _lock(self, number: int, device: str) -> str:
        name, key = f"luks-{number}", secrets.token_hex(32)
        await self._done(f"printf %s {key} | cryptsetup -q luksFormat {_KDF} {device} -")
        await self._make(["luks_open", device, key, name])
        (uuid,) = await self._make(["luks_uuid", device])
        path = f"{KEYS}/{name}.key"
        self._locked.append(Locked(name=name, uuid=uuid, key=path))
        self._keys[path] = key
        return f"/dev/mapper/{name}"

    async def _volumes(self, devices: Sequence[str]) -> None:
        (group,) = groups(self._layout)
        await self._make(*(["pvcreate", one] for one in devices), ["vgcreate", group, list(devices)])
        volumes = [one for one in self._layout.file_systems if one.volume]
        for one in sorted(volumes, key=lambda one: one.size_bytes is None):
            name = one.volume.partition("/")[2]
            size = one.size_bytes
            await self._make(
                ["lvcreate_free", name, group, 100]
                if size is None
                else ["lvcreate", name, group, -(-size // _MIB)]
            )
            await self._format(f"/dev/{group}/{name}", one)

    async def _format(self, device: str, one: PlannedFileSystem | None, *, noted: bool = True) -> None:
        if one is None:
            return
        label = {"label": one.label} if one.label else {}
        if one.kind == "swap":
            await self._make(["mkswap", device, label])
        elif one.kind == "ext4":
            try:
                await self._make(["mkfs", "ext4", device, {**_EXT4, **label}])
            except BenchFailed:  # an older mke2fs, which does not know what it shall leave out
                await self._make(["mkfs", "ext4", device, label])
        else:
            await self._make(["mkfs", one.kind, device, label])
        if noted:
            (uuid,) = await self._make(["vfs_uuid", device])
            self._made.append(Made(at=one.at, kind=one.kind, uuid=uuid))
            if one.at:
                self._devices[one.at] = device

    async def _done(self, line: str) -> None:
        """Do a line of shell in the appliance. BenchFailed, with what it said, when it fails."""
        (said,) = await self._make(["appliance", f"{line} && echo {_WELL}"])
        if not str(said).rstrip().endswith(_WELL):
            what = line.partition("|")[2].strip() or line
            raise BenchFailed(f"{what}: {str(said).strip()[-300:]}", kind="failed")

    async def _make(self, *steps: list[Any]) -> list[Any]:
        done = await self._bench.ask("make", within=STEP, steps=list(steps))
        return list(done)
