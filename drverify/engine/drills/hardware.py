"""A machine that comes back on other hardware than its own."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from drverify.engine.drills.scene import Scene
from drverify.engine.ports import DiskSource, Progress, Room, SandboxHost, SandboxSpec
from drverify.engine.preparing import Workbench
from drverify.engine.recovering import (
    FileWay,
    GuestWay,
    HostWay,
    ImageWay,
    Loaded,
    MachineWay,
    Opened,
    Standing,
    Wanted,
    Way,
)
from drverify.engine.sources import Described, RestoringHost
from drverify.errors import HostError, InputError
from drverify.model.drill import PhaseName, ToolFact
from drverify.model.hardware import HardwareProfile
from drverify.model.layout import Rework
from drverify.model.recovery import Disk, GuestShape, RecoveryPoint, SystemFiles, boots
from drverify.planning.hardware import EXTRA, drives, first_boot, fit, payload_on
from drverify.preparing.adapting import touches

if TYPE_CHECKING:  # an order leads to the drill, which leads here
    from drverify.engine.drills.drill import Order

MIB = 1 << 20
WITHIN = timedelta(minutes=20)
"""For adapting one system; most of it is the making of an initramfs, slow without KVM."""


def order_on(profile: HardwareProfile, order: "Order") -> "Order":
    """The same order on other hardware. InputError where that cannot be."""
    if not boots(order.workload.payload):
        raise InputError("only a machine is booted on other hardware", hint="leave out --hardware")
    if order.mode == "instant":
        raise InputError(
            "--hardware works with --mode full only: an instant restore runs on the backup itself",
            hint="leave out --mode instant",
        )
    if profile.first_boot is not None and isinstance(order.workload.payload, SystemFiles):
        raise InputError(
            "a machine that is rebuilt from its files is given the drivers of its new disks: no first boot",
            hint="name a profile without `first_boot`",
        )
    payload_on(profile, order.workload.payload)
    return replace(order, hardware=profile)


def way_on(profile: HardwareProfile, way: Way, workbench: Callable[[], Workbench]) -> Way:
    """The way on other hardware. InputError when the workload cannot be brought back there.

    A way that makes its disks anew is given a payload that is on the hardware already (`payload_on`).
    """
    if profile.first_boot is not None and isinstance(getattr(way, "host", None), RestoringHost):
        raise InputError(
            "the host of this workload cannot start a system on one controller first and on another then",
            hint="name another host in the inventory, or a profile without `first_boot`",
        )
    match way:
        case FileWay():
            raise InputError("only a machine is booted on other hardware", hint="leave out --hardware")
        case HostWay():
            raise InputError(
                "the host of this workload restores its machine by itself, on its own hardware",
                hint="leave out --hardware, or name another host in the inventory",
            )
        case ImageWay() | MachineWay():
            return HardwareWay(way, profile, workbench() if profile.adapt else None)
        case _:
            return way


class HardwareWay:
    """Restores as another way does, and gives the guest disks and devices of the replacement."""

    def __init__(self, inner: GuestWay, profile: HardwareProfile, workbench: Workbench | None = None) -> None:
        """Without a `workbench` the system is started as it is."""
        self._workbench = workbench
        self.inner = inner
        self._profile = profile
        self._adapted = False
        self._stated: Described | None = None
        """As the backup states the machine: by it the backup is restored."""

    def on(self, host: SandboxHost) -> "HardwareWay":
        """The same way on another host. InputError where the machine comes back by other means."""
        if not isinstance(self.inner, ImageWay | MachineWay):
            raise InputError("only a machine out of images or an archive can be put elsewhere")
        return HardwareWay(replace(self.inner, host=host), self._profile, self._workbench)

    async def describe(self, point: RecoveryPoint) -> Described | None:
        """What the point says of its machine, and what that is on this hardware."""
        self._stated = await self.inner.describe(point)
        if self._stated is None:
            return None
        machine = self._stated.machine
        fitted = fit(self._profile, machine.shape)
        machine = replace(machine, shape=fitted.shape, deviations=(*machine.deviations, *fitted.deviations))
        return replace(self._stated, machine=machine)

    def shape(self, described: Described | None) -> GuestShape:
        """The machine on this hardware."""
        return fit(self._profile, self.inner.shape(described)).shape

    async def stand(self, stack: AsyncExitStack, spec: SandboxSpec, room: Room) -> Standing:
        """Restore into the room, then put what was restored onto the replacement's disks."""
        standing = await self.inner.stand(stack, spec, room)

        async def restore(wanted: Wanted) -> Loaded:
            loaded = await standing.restore(replace(wanted, described=self._stated))
            old = self._restored_disks(spec.guest)
            given = dict(zip((disk.name for disk in old), loaded.disks, strict=True))
            disks, reworks = await asyncio.to_thread(placed, spec.guest, given, room.directory, self._profile)
            adapt = self._adapting(spec.guest, disks, room)
            return replace(loaded, disks=disks, reworks=(*loaded.reworks, *reworks), adapt=adapt)

        return replace(standing, restore=restore)

    def _adapting(
        self, shape: GuestShape, disks: Sequence[DiskSource], room: Room
    ) -> Callable[[timedelta, Progress], Awaitable[tuple[Rework, ...]]] | None:
        """What makes the system ready for the hardware, and for a first boot; None: it notices nothing."""
        workbench, own = self._workbench, self.inner.shape(self._stated)
        staged = first_boot(self._profile, shape)
        if workbench is None or not (staged or touches(fit(self._profile, own).deviations)):
            return None
        firm = {disk.name for disk in shape.disks if disk.bus == "pflash"}
        names = [disk.name for disk in shape.disks] or [""]
        benched = [disk for name, disk in zip(names, disks, strict=True) if name not in firm]
        met = staged or shape  # a first boot's machine has both controllers

        async def adapt(within: timedelta, progress: Progress) -> tuple[Rework, ...]:
            self._adapted = True
            return await workbench.adapt(
                benched, met, scope=room.scope, directory=room.directory, within=within, progress=progress
            )

        return adapt

    async def tools(self) -> tuple[ToolFact, ...]:
        """What the system was made ready with; nothing when it was not."""
        return (await self._workbench.tool(),) if self._workbench is not None and self._adapted else ()

    def _restored_disks(self, fitted: GuestShape) -> Sequence[Disk]:
        """What the backup gives back, in its order."""
        if self._stated is not None:
            return self._stated.machine.shape.disks
        return tuple(disk for disk in drives(fitted) if not disk.name.startswith(EXTRA))

    @property
    def opens(self) -> bool:
        """As the other way."""
        return self.inner.opens

    async def opened(self, stack: AsyncExitStack, room: Room, point: RecoveryPoint) -> Opened:
        """InputError: nothing may be changed where the backup lies."""
        del stack, room, point
        raise InputError(
            "a machine is put on other hardware after it was restored", hint="leave out --mode instant"
        )


async def adapted(scene: Scene, loaded: Loaded, progress: Progress) -> None:
    """Make what was restored ready for other hardware, where it has to be, as a phase of its own."""
    if loaded.adapt is not None:
        with scene.recorder.measured(PhaseName.ADAPT):
            scene.reworks += await loaded.adapt(WITHIN, progress)


def placed(
    shape: GuestShape, given: Mapping[str, DiskSource], directory: Path, profile: HardwareProfile
) -> tuple[tuple[DiskSource, ...], tuple[Rework, ...]]:
    """The disks of the replacement, in its order: restored ones grown to size, others new and empty.

    `given` are the restored ones by name. Blocking. HostError when one is larger than the replacement's.
    """
    hardware = profile.name
    disks, reworks = [], []
    for disk in shape.disks or drives(shape):
        source = given.get(disk.name)
        if source is None:
            source = DiskSource(path=directory / f"{disk.name}.raw", format="raw")
            _make(source.path, disk.size_bytes or 0)
            reworks.append(_rework(disk, "is empty: the original had no such disk", hardware))
        elif profile.disk_sizes and disk.bus != "pflash":
            old = source.path.stat().st_size
            if (size := _grown(source.path, old, disk, hardware)) > old:
                reworks.append(_rework(disk, f"grown from {old / MIB:g} to {size / MIB:g} MiB", hardware))
        disks.append(source)
    return tuple(disks), tuple(reworks)


def _rework(disk: Disk, change: str, hardware: str) -> Rework:
    return Rework(what="disks", change=f"{disk.name} {change}", why=f"hardware {hardware}")


def _make(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, size)
    finally:
        os.close(descriptor)


def _grown(path: Path, old: int, disk: Disk, hardware: str) -> int:
    size = disk.size_bytes or old
    if size < old:
        raise HostError(
            f"disk {disk.name} of hardware {hardware} has {size} bytes, and what was restored has {old}",
            hint="a disk image fits on larger disks only; a rebuild from files lays smaller ones out anew",
        )
    if size > old:
        os.truncate(path, size)
    return size
