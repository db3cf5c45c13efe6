"""The ports that look into restored disks, and put a machine together out of restored files."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

from drverify.engine.ports import DiskSource, Progress, ResourceScope
from drverify.engine.sources import Restored
from drverify.model.drill import ToolFact
from drverify.model.inspection import Inspection
from drverify.model.layout import Layout, Rework
from drverify.model.recovery import GuestShape, RecoveryPoint, SecretRef


class Inspector(Protocol):
    """Reads restored disks without starting them, and without the restore host's kernel mounting anything."""

    async def inspect(
        self,
        disks: Sequence[DiskSource],
        shape: GuestShape,
        *,
        keys: Sequence[SecretRef],
        scope: ResourceScope,
        directory: Path,
        within: timedelta,
    ) -> Inspection:
        """Read everything that tells whether this system can start on a machine of this shape.

        Writes to none of the disks. `keys` open encrypted volumes; `directory` is the room's. What the disks
        hold never raises: it is a finding, or `Inspection.not_read`. HostError when the workbench cannot be
        had, DeadlineError after `within`. Every process is entered in `scope` before it exists.
        """

    async def tool(self) -> ToolFact:
        """Name the program behind it and its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """A machine put together out of restored files."""

    reworks: tuple[Rework, ...]


class LaidOut(Protocol):
    """New disks on the bench, with empty file systems."""

    async def fill(
        self, tree: "TreeSource", point: RecoveryPoint, path: str, *, stall: timedelta, progress: Progress
    ) -> Restored:
        """Restore the files of the point below `path` into the file systems, once. Errors of the ports."""

    async def rebuild(self, *, within: timedelta, progress: Progress) -> Rebuilt:
        """Make the restored system start from these disks: mounts, initramfs, boot loader, card names.

        DefectError when the files hold no system that could start (no kernel, no boot loader's programs);
        HostError when it is one that is not supported, or has no driver for this machine.
        """


class Rebuilder(Protocol):
    """Puts a machine together out of files where nothing of them can reach anything."""

    def lay_out(
        self,
        disks: Sequence[Path],
        shape: GuestShape,
        layout: Layout,
        *,
        scope: ResourceScope,
        directory: Path,
    ) -> AbstractAsyncContextManager["LaidOut"]:
        """Make the new raw `disks`, with partitions, volumes and empty file systems as `layout` says.

        While the context lasts they lie on the bench; when it ends everything written is on them. HostError
        when the workbench cannot be had, InputError when the layout does not fit on disks of that size.
        """

    async def tool(self) -> ToolFact:
        """Name the program behind it and its version."""


class Workbench(Protocol):
    """Changes restored disks where nothing of them can reach anything: a machine without network."""

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
        """Give a restored system what it lacks for this hardware: drivers, names of cards, boot order.

        Changes nothing that is there already. Empty when nothing was needed. What it lacks and cannot be
        given is told as a note: the boot shows what comes of it. HostError when the workbench cannot be had,
        or the system's own programs fail; DeadlineError after `within`.
        """

    async def tool(self) -> ToolFact:
        """Name the program behind it and its version."""


@runtime_checkable
class TreeSource(Protocol):
    """A source that gives the files of a point as one stream."""

    async def pour_tree(
        self, point: RecoveryPoint, path: str, *, into: int, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write a tar archive (PAX, with owners, ACLs and extended attributes) of `path` to the descriptor.

        Verifies and raises as `ImageSource.restore_image`. Does not close the descriptor.
        """
