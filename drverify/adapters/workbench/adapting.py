"""Makes restored disks ready for hardware that is not the system's own: the Workbench port.

The system's own programs make its initramfs, in libguestfs's appliance: without a network, with these disks
alone.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.links import mac_address
from drverify.adapters.workbench.inspecting import tamed
from drverify.adapters.workbench.launching import BenchDisk, BenchFailed, Launcher, RunningBench, version_of
from drverify.adapters.workbench.rebuilding import read_system
from drverify.engine.pacing import deadline
from drverify.engine.ports import DiskSource, Progress, ResourceScope
from drverify.errors import HostError
from drverify.model.drill import ToolFact
from drverify.model.layout import Rework
from drverify.model.recovery import GuestShape
from drverify.preparing.adapting import Adaption, adaption
from drverify.preparing.cards import Plugged
from drverify.preparing.starting import NEEDED, PROGRAMS, TREES

STEP = timedelta(minutes=2)
_NOT_ONE_LINUX = "no single Linux system is found on the disks: nothing is done to them"


class GuestfsWorkbench:
    """Implements `Workbench`."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._version = ""

    async def adapt(
        self,
        disks: Sequence[DiskSource],
        shape: GuestShape,
        *,
        scope: ResourceScope,
        directory: Path,
        within: timedelta,
        progress: Progress,
    ) -> tuple[Rework, ...]:
        """Give the system what it lacks, as the port says."""
        plugged = [
            Plugged(mac=net.mac or mac_address(scope.sandbox_id, number), address=net.address)
            for number, net in enumerate(shape.networks)
        ]
        on_bench = [BenchDisk(path=disk.path, format=disk.format, writable=True) for disk in disks]
        async with (
            deadline(within, "adapting the restored system"),
            self._launcher.opened(on_bench, scope=scope, directory=directory, within=within) as bench,
        ):
            self._version = await version_of(bench, within=STEP)
            wanted = await self._decided(bench, shape, plugged, within)
            for line in wanted.left:
                progress.note(f"adapt: {line}")
            reworks = await self._done(bench, wanted, within, progress)
            await bench.ask("make", within=STEP, steps=[["umount_all"]])
        return reworks

    async def _decided(
        self, bench: RunningBench, shape: GuestShape, plugged: Sequence[Plugged], within: timedelta
    ) -> Adaption:
        try:
            found = tamed(await bench.ask("mounted", within=STEP))
        except BenchFailed as error:
            if error.kind != "mounts":
                raise
            return Adaption(files={}, reworks=(), left=(str(error),))
        if not found["root"]:
            return Adaption(files={}, reworks=(), left=(_NOT_ONE_LINUX,))
        system = read_system(
            await bench.ask("look", within=within, programs=list(PROGRAMS), directories=[*NEEDED, *TREES])
        )
        return adaption(system, shape, plugged, tuple(map(str, found["loaders"])))

    async def _done(
        self, bench: RunningBench, wanted: Adaption, within: timedelta, progress: Progress
    ) -> tuple[Rework, ...]:
        if wanted.files:
            await bench.ask("write", within=STEP, directories={}, files=dict(wanted.files))
        reworks = [*wanted.reworks]
        for command in wanted.commands:
            progress.note(f"adapt: {command.rework.change}")
            try:
                await bench.ask("perform", within=within, line=command.line)
            except BenchFailed as error:
                raise HostError(
                    f"the restored system's own programs did not make it ready: {error}",
                    hint="drill it with a profile that has `adapt: false` to see whether it starts as it is",
                ) from error
            reworks.append(command.rework)
        return tuple(reworks)

    async def tool(self) -> ToolFact:
        """Libguestfs, as the last bench found it."""
        return ToolFact(name="libguestfs", version=self._version or "not started")
