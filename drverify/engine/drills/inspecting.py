"""The look into restored disks, beside the boot.

The guest runs from overlays, so that what it writes goes elsewhere and both read the same base: the clock
of the recovery loses nothing but the processor time of the look. What is found explains a system that did
not come back, and never puts one that did in doubt. A look that fails is ours, and is said in the record
(`Inspection.not_read`); it is no fault of the drill, which measured everything without it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

from drverify.engine.drills.scene import Scene
from drverify.engine.pacing import finish
from drverify.engine.ports import DiskSource, Room
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, DrverifyError
from drverify.judging.inspection import backup_troubles, told_apart
from drverify.model.drill import GaveUp, PhaseName
from drverify.model.inspection import Inspection
from drverify.model.recovery import GuestShape

WITHIN = timedelta(minutes=20)
"""For one inspection; most of it is the check of large file systems."""
AFTER = timedelta(minutes=3)
"""How much longer it may take than a recovery that went well."""
END = timedelta(minutes=2)
_STAYED_AWAY = frozenset({GaveUp.STALL, GaveUp.GUEST_STOPPED})
"""What the guest did itself; a limit of ours that was over says nothing of its disks."""


class Inspecting:
    """One drill's look into its disks, if its playbook asks for one."""

    def __init__(self, scene: Scene, ports: DrillPorts) -> None:
        self._scene = scene
        self._ports = ports
        self._look: asyncio.Task[Inspection] | None = None

    async def begun(
        self, stack: AsyncExitStack, disks: Sequence[DiskSource], shape: GuestShape, room: Room
    ) -> tuple[DiskSource, ...]:
        """Begin to read the disks; returns those that the guest shall run from. The stack ends the look."""
        if not self._scene.plan.playbook.inspect:
            return tuple(disks)
        inspector = self._ports.inspector
        if inspector is None or (why := self._why_not(disks)):
            self._not_read("there is no workbench" if inspector is None else why)
            return tuple(disks)
        firm = {disk.name for disk in shape.disks if disk.bus == "pflash"}
        names = [disk.name for disk in shape.disks] or [""] * len(disks)
        read = [disk for disk, name in zip(disks, names, strict=True) if name not in firm]
        for disk in read:
            await asyncio.to_thread(disk.path.chmod, 0o644)  # the room lets nobody in but the guest's user
        self._look = asyncio.create_task(
            inspector.inspect(
                read,
                shape,
                keys=self._scene.plan.workload.keys,
                scope=room.scope,
                directory=room.directory,
                within=WITHIN,
            )
        )
        stack.push_async_callback(self._ended)
        return tuple(_overlay(disk) if disk in read else disk for disk in disks)

    async def concluded(self) -> None:
        """Take what was found; a defect where the system stayed away and its backup is broken."""
        if self._look is None:
            return
        gave_up = bool(self._scene.gave_up)
        failed = bool(self._scene.recorder.faults)
        patience = WITHIN if gave_up else timedelta(0) if failed else AFTER
        if not self._look.done() and patience:
            self._ports.progress.note("waiting for the inspection of the disks")
        await asyncio.wait({self._look}, timeout=patience.total_seconds())
        if not self._look.done():
            await self._ended()
            self._not_read("it was not finished " + ("when the drill failed" if failed else "in time"))
            return
        try:
            found = self._look.result()
        except DrverifyError as error:
            self._not_read(str(error))
            return
        except Exception as error:  # noqa: BLE001 - see the module's first lines
            self._not_read(f"bug in drverify: {type(error).__name__}: {error}")
            return
        found = told_apart(found, self._scene.plan.workload.payload)
        self._scene.inspection = found
        self._told(found)
        own = self._scene.plan.hardware is None
        away = own and self._scene.gave_up_by in _STAYED_AWAY
        if away and (troubles := backup_troubles(found)):
            first = troubles[0]
            self._scene.recorder.failed(
                DefectError(f"{first.trouble}: {first.where}: {first.what}"), PhaseName.BOOT
            )

    def _why_not(self, disks: Sequence[DiskSource]) -> str:
        if self._scene.plan.mode == "instant":
            return "an instant restore is not inspected: what is read of the backup is measured"
        if not disks:
            return "the disks lie on another host"
        odd = next((disk for disk in disks if disk.format != "raw" or disk.backing is not None), None)
        return f"{odd.path.name} is no raw disk" if odd is not None else ""

    def _not_read(self, why: str) -> None:
        line = why.splitlines()[0] if why else "no reason was given"
        self._scene.inspection = Inspection(disks=(), not_read=line)
        self._ports.progress.note(f"the disks were not inspected: {line}")

    def _told(self, found: Inspection) -> None:
        note = self._ports.progress.note
        note(f"inspected: {found.system.product if found.system else 'no operating system'}")
        for finding in found.findings:
            note(f"inspected: {finding.trouble} ({finding.where}: {finding.what})")

    async def _ended(self) -> None:
        if self._look is not None and not self._look.done():
            self._look.cancel()
            await finish(_awaited(self._look), within=END, what="ending the inspection")


async def _awaited(look: asyncio.Task[Inspection]) -> None:
    await asyncio.gather(look, return_exceptions=True)


def _overlay(disk: DiskSource) -> DiskSource:
    return replace(disk, path=disk.path.with_suffix(".guest.qcow2"), format="qcow2", backing=disk.path)
