"""A disk on its way back from a migration's target: copied from there, and restored as if it were a backup.

The disk was ours while it was written: its format is the one that the host was told, and its only backing
file, if it has one, the disk that we restored. It holds what a restored system wrote, and is never mounted.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from drverify.adapters.linux.command import checked
from drverify.adapters.linux.raw_image import copied
from drverify.engine.ports import DiskSource, Progress, ResourceScope
from drverify.engine.sources import OpenedImage, Restored
from drverify.errors import InputError
from drverify.model.drill import ToolFact
from drverify.model.recovery import PointFilter, PointId, RecoveryPoint

_FIRST_LINE = 3


class ReturnedDisk:
    """An ImageSource of one point: the disk at `path`."""

    def __init__(self, path: Path, workload: str, at: datetime) -> None:
        self._path = path
        self._workload = workload
        self._at = at

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """The disk, as of when the target's copy was switched off."""
        del wanted
        return (
            RecoveryPoint(
                id=PointId("returned"),
                source="returned",
                consistent_as_of=self._at.astimezone(UTC),
                as_of_origin="source-time",
                host=self._workload,
                paths=(self._path.name,),
                size_bytes=self._path.stat().st_size,
            ),
        )

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Not known: it was written a moment ago."""
        return "unknown"

    async def tool(self) -> ToolFact:
        """qemu-img converts it."""
        said = await checked(["qemu-img", "--version"], within=timedelta(seconds=10))
        words = said.stdout.decode(errors="replace").split()
        return ToolFact(name="qemu-img", version=words[2] if len(words) >= _FIRST_LINE else "unknown")

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Copy the disk, sparse."""
        del point, path, stall
        size = await copied(DiskSource(path=self._path, format="raw"), into)
        progress.bytes(size, size)
        allocated = into.stat().st_blocks * 512
        return Restored(logical_bytes=size, allocated_bytes=allocated, read_bytes=size, files=1)

    def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AbstractAsyncContextManager[OpenedImage]:
        """InputError: the way back is walked whole."""
        del point, path, at, scope
        raise InputError("a disk on its way back is restored whole")
