"""Puts a machine together out of restored files, in the appliance: laid out, filled, made to start.

What the restored system's programs do, they do in there: without a network, with these disks alone.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from drverify.adapters.linux.links import mac_address
from drverify.adapters.workbench.launching import BenchDisk, BenchFailed, Launcher, RunningBench, version_of
from drverify.adapters.workbench.laying import STEP, Laid, Laying
from drverify.engine.pacing import deadline
from drverify.engine.ports import Progress, ResourceScope
from drverify.engine.preparing import Rebuilt, TreeSource
from drverify.engine.sources import Restored
from drverify.errors import HostError, InputError
from drverify.model.drill import ToolFact
from drverify.model.layout import Layout, Rework
from drverify.model.recovery import GuestShape, RecoveryPoint
from drverify.preparing.cards import Plugged
from drverify.preparing.disks import impossible, sizes
from drverify.preparing.starting import NEEDED, PROGRAMS, TREES, FoundKernel, FoundSystem, start

LAST_BYTES = timedelta(minutes=30)
"""How long the appliance may write after the source gave its last byte."""
FILLING = timedelta(days=7)
STAGE = "/.drverify-restored"
_VERSION = re.compile(r"[\w.+~:-]{1,100}", re.ASCII)
_NO_ROOM = re.compile(r"No space left on device|Cannot mkdir: .*space|Disk quota")


class GuestfsRebuilder:
    """Implements `Rebuilder`."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._version = ""

    @asynccontextmanager
    async def lay_out(
        self,
        disks: Sequence[Path],
        shape: GuestShape,
        layout: Layout,
        *,
        scope: ResourceScope,
        directory: Path,
    ) -> AsyncIterator["FilledBench"]:
        """Make the disks; they lie on the bench while the context lasts."""
        problems = [*impossible(layout, shape)]
        if problems:
            raise InputError("such a machine cannot be laid out: " + "; ".join(problems))
        await asyncio.to_thread(_made, disks, sizes(shape))
        reading, writing = os.pipe()
        ends = _Ends(reading, writing)
        try:
            async with self._launcher.opened(
                [BenchDisk(path=path, writable=True) for path in disks],
                scope=scope,
                directory=directory,
                pass_fds=(reading,),
            ) as bench:
                ends.close_reading()
                self._version = await version_of(bench, within=STEP)
                laid = await Laying(bench, shape, layout).run()
                plugged = [
                    Plugged(mac=net.mac or mac_address(scope.sandbox_id, number), address=net.address)
                    for number, net in enumerate(shape.networks)
                ]
                machine = Machine(shape=shape, layout=layout, plugged=plugged, disks=disks)
                yield FilledBench(bench, machine, laid, ends)
                await bench.ask("make", within=STEP, steps=[["umount_all"]])
        finally:
            ends.close_reading()
            ends.close_writing()

    async def tool(self) -> ToolFact:
        """Libguestfs, as the last bench found it."""
        return ToolFact(name="libguestfs", version=self._version or "not started")


class _Ends:
    """A pipe whose reading end the child has; each end is closed once."""

    def __init__(self, reading: int, writing: int) -> None:
        self.number = reading
        """Of the reading end, in the child as well."""
        self.writing = writing
        self._reading = reading

    def close_reading(self) -> None:
        if self._reading >= 0:
            os.close(self._reading)
            self._reading = -1

    def close_writing(self) -> None:
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine that is put together."""

    shape: GuestShape
    layout: Layout
    plugged: Sequence[Plugged]
    disks: Sequence[Path]


class FilledBench:
    """Implements `LaidOut`."""

    def __init__(self, bench: RunningBench, machine: Machine, laid: Laid, ends: _Ends) -> None:
        self.bench = bench
        self._machine = machine
        self._laid = laid
        self._ends = ends

    async def fill(
        self, tree: TreeSource, point: RecoveryPoint, path: str, *, stall: timedelta, progress: Progress
    ) -> Restored:
        """Pour the tree into the file systems; a path other than `/` is moved up to it afterwards."""
        prefix = "" if path.strip("/") == "" else "/" + path.strip("/")
        await self._mounted(prefix)
        pouring = asyncio.create_task(self._poured(tree, point, path, stall, progress))
        unpacking = asyncio.create_task(self._unpacked())
        try:
            await asyncio.wait({pouring, unpacking}, return_when=asyncio.FIRST_COMPLETED)
            if unpacking.done() and unpacking.exception() is not None and not pouring.done():
                await unpacking  # what the source says of its broken pipe is none of its own fault
            restored = await pouring
            async with deadline(LAST_BYTES, "writing the last restored files"):
                await unpacking
        finally:
            for task in (pouring, unpacking):
                task.cancel()
            await asyncio.gather(pouring, unpacking, return_exceptions=True)
        if prefix:
            await self._moved_up(prefix)
        allocated = await asyncio.to_thread(_allocated, self._machine.disks)
        return Restored(
            logical_bytes=restored.logical_bytes,
            allocated_bytes=allocated,
            read_bytes=restored.read_bytes,
            files=restored.files,
        )

    async def _poured(
        self, tree: TreeSource, point: RecoveryPoint, path: str, stall: timedelta, progress: Progress
    ) -> Restored:
        try:
            return await tree.pour_tree(point, path, into=self._ends.writing, stall=stall, progress=progress)
        finally:
            self._ends.close_writing()

    async def _unpacked(self) -> None:
        options = {"xattrs": True, "acls": True}
        try:
            await self.bench.ask(
                "make", within=FILLING, steps=[["tar_in", f"/dev/fd/{self._ends.number}", "/", options]]
            )
        except BenchFailed as error:
            if _NO_ROOM.search(str(error)):
                raise HostError(
                    "the restored files do not fit into the file systems of the layout",
                    hint="make `file_systems` of the workload's layout larger",
                ) from error
            raise HostError(f"the restored files could not be written: {error}") from error

    async def _mounted(self, prefix: str) -> None:
        """Mount what was made, below `prefix` but for the root itself."""
        steps: list[list[Any]] = []
        for at, device in sorted(
            self._laid.devices.items(), key=lambda one: len(PurePosixPath(one[0]).parts)
        ):
            place = "/" if at == "/" else prefix + at
            if at != "/":
                steps.append(["mkdir_p", place])
            steps.append(["mount_options", "quiet" if self._kind(at) == "vfat" else "", device, place])
        await self._steps(*steps)

    def _kind(self, at: str) -> str:
        return next(one.kind for one in self._machine.layout.file_systems if one.at == at)

    async def _moved_up(self, prefix: str) -> None:
        """Make the content of `prefix` that of the root. What bears its name there may be a part of it."""
        (there,) = await self._steps(["is_dir", prefix])
        if not there:
            raise HostError(f"nothing was restored below {prefix}")
        below = [at for at in self._laid.devices if at != "/"]
        places = sorted(below, key=lambda at: len(PurePosixPath(at).parts), reverse=True)
        top = "/" + prefix.split("/")[1]
        inside = STAGE + prefix.removeprefix(top)
        await self._steps(
            *(["umount", prefix + at] for at in places),
            ["mv", top, STAGE],
        )
        (names,) = await self._steps(["ls", inside])
        await self._steps(
            *(["mv", f"{inside}/{name}", "/"] for name in names),
            ["rm_rf", STAGE],
            *(
                ["mount_options", "quiet" if self._kind(at) == "vfat" else "", self._laid.devices[at], at]
                for at in reversed(places)
            ),
        )

    async def _steps(self, *steps: list[Any]) -> list[Any]:
        if not steps:
            return []
        return list(await self.bench.ask("make", within=STEP, steps=list(steps)))

    async def rebuild(self, *, within: timedelta, progress: Progress) -> Rebuilt:
        """Look, decide, write, and let the system's own programs do the rest."""
        async with deadline(within, "rebuilding the machine"):
            found = read_system(
                await self.bench.ask(
                    "look", within=within, programs=list(PROGRAMS), directories=[*NEEDED, *TREES]
                )
            )
            plan = start(
                found, self._machine.shape, self._machine.layout, self._laid.ground, self._machine.plugged
            )
            keys = {path: [content, 0o400] for path, content in self._laid.keys.items()}
            await self.bench.ask(
                "write", within=STEP, directories=dict(plan.directories), files={**keys, **plan.files}
            )
            reworks: list[Rework] = [*plan.reworks]
            for command in plan.commands:
                progress.note(f"rebuild: {command.rework.change}")
                await self._performed(command.line, within)
                reworks.append(command.rework)
        return Rebuilt(reworks=tuple(reworks))

    async def _performed(self, line: str, within: timedelta) -> None:
        try:
            await self.bench.ask("perform", within=within, line=line)
        except BenchFailed as error:
            raise HostError(
                f"the restored system's own programs did not put it together: {error}",
                hint="look whether the files of the backup are complete; nothing says that they are not",
            ) from error


def read_system(told: Any) -> FoundSystem:
    """Read the child's answer. HostError when it has another form."""
    try:
        return FoundSystem(
            texts={str(path): str(text) for path, text in told["texts"].items()},
            kernels=tuple(
                FoundKernel(
                    version=str(one["version"]),
                    initramfs=bool(one["initramfs"]),
                    early=frozenset(map(str, one["early"])),
                    there=frozenset(map(str, one["there"])),
                    read=bool(one["read"]),
                )
                for one in told["kernels"]
                if _VERSION.fullmatch(str(one["version"]))
            ),
            programs=frozenset(map(str, told["programs"])),
            platforms=frozenset(map(str, told["platforms"])),
            directories=frozenset(map(str, told["directories"])),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise HostError(f"the workbench's answer cannot be understood: {error!r}") from error


def _made(disks: Sequence[Path], wanted: Sequence[int]) -> None:
    """Make sparse files of these sizes. HostError when that cannot be."""
    for path, size in zip(disks, wanted, strict=True):
        try:
            with path.open("xb") as file:
                file.truncate(size)
        except OSError as error:
            raise HostError(f"cannot make the disk {path}: {error.strerror}") from error


def _allocated(disks: Sequence[Path]) -> int:
    return sum(path.stat().st_blocks * 512 for path in disks)
