"""The ports of recovery: sources by what their points hold, and hosts that restore points by themselves."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from drverify.engine.ports import Progress, ResourceScope, Sandbox, SandboxSpec
from drverify.errors import DrverifyError
from drverify.model.drill import ToolFact
from drverify.model.evidence import Blob
from drverify.model.obligation import Mode
from drverify.model.recovery import Deviation, Disk, MachineDescription, Network, PointFilter, RecoveryPoint
from drverify.model.standing import ToldFailures


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore wrote, where it was told to."""

    logical_bytes: int
    allocated_bytes: int
    read_bytes: int | None
    files: int
    deviations: tuple[Deviation, ...] = ()
    """In what a machine that the host restored by itself differs from the backed-up one."""


class OpenedImage(Protocol):
    """A disk image inside a backup, readable where it is."""

    @property
    def path(self) -> Path:
        """Where it is read."""

    def read_bytes(self) -> int | None:
        """Bytes read from the source for it so far; none when the source cannot say."""

    async def examine(self, *, stall: timedelta) -> DrverifyError | None:
        """Say why a guest on this image came to grief; None when the image is whole and was served.

        Asked only after something failed, and may read the whole image. DefectError when the backup is
        damaged; SourceError when the source was or is lost, or gave no byte for `stall`; any other error
        when it could not be found out.
        """


class RecoverySource(Protocol):
    """Holds points: a restic repository, a store of vzdump archives, a cluster's backup storages."""

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """List matching points, newest first. No point is an answer, not an error.

        Raises SourceError when the source cannot be asked. Takes no lock and changes nothing.
        """

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say whether a local cache of this source exists."""

    async def tool(self) -> ToolFact:
        """Name the program behind the source and its version."""


@runtime_checkable
class ImageSource(RecoverySource, Protocol):
    """A source whose points hold disk images by path."""

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write the disk image `path` of the point to the new file `into`, sparse where it is zero.

        Verifies every byte that it reads. Raises DefectError when the point is damaged, truncated or
        does not hold `path`; HostError on no space; SourceError when the source is lost on the way;
        DeadlineError when no byte came for `stall`. Leaves no partial file under `into` on failure.
        """

    def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: "ResourceScope"
    ) -> AbstractAsyncContextManager[OpenedImage]:
        """Give a read-only view of the disk image without copying it, for as long as the context lasts.

        `at` is an existing empty directory for a mount. The mount and its process are entered in
        `scope` before they exist, and gone when the context ends, however it ends.
        """


@runtime_checkable
class FileSource(RecoverySource, Protocol):
    """A source whose points hold files by path."""

    async def restore_files(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Restore everything under `path` into the existing empty directory `into`.

        Verifies and raises as `ImageSource.restore_image`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A machine as its backup states it, and that statement itself for the evidence."""

    machine: MachineDescription
    statement: Blob
    """The configuration as it was found, named `STATEMENT`."""


@runtime_checkable
class DescribingSource(RecoverySource, Protocol):
    """A source whose points are whole machines that state their own shape."""

    async def describe(self, point: RecoveryPoint, networks: Sequence[Network]) -> Described:
        """Read the machine's own configuration out of the point, without its disks.

        `networks` are what its cards shall be plugged into, in their order. DefectError when the point
        is damaged there or states no machine; HostError when the machine must not be restored as it is
        (the text names what, the hint what to do); InputError when the networks do not fit its cards.
        """


@runtime_checkable
class MachineSource(DescribingSource, Protocol):
    """A source that hands out the disks of its machines."""

    async def restore_machine(
        self, point: RecoveryPoint, disks: Sequence[Disk], *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write every disk to the new file `into / f"{disk.name}.raw"`, sparse where it is zero.

        Verifies and raises as `ImageSource.restore_image`; leaves no partial file on failure.
        """


@runtime_checkable
class RestoringSandbox(Sandbox, Protocol):
    """A sandbox whose host restores points by itself, into a guest that cannot be started yet."""

    async def restore(
        self, point: RecoveryPoint, described: Described, *, mode: Mode, stall: timedelta, progress: Progress
    ) -> Restored:
        """Restore the point, harmless from the first instant on; `boot` starts it.

        Before it returns the guest's configuration is looked at again. Raises DefectError when the host
        found the point damaged; HostError on no space, a lock, a lost node; IsolationError when the
        guest's configuration is not what was asked for; DeadlineError when nothing moved for `stall`.
        With mode `instant` the guest may already run when this returns, and `boot` finds it running.
        """


@runtime_checkable
class RestoringHost(Protocol):
    """A host that restores the points of some sources by itself."""

    def sandbox(
        self, spec: SandboxSpec, scope: ResourceScope
    ) -> AbstractAsyncContextManager[RestoringSandbox]:
        """Make an isolated sandbox, as `SandboxHost.sandbox`."""

    async def tools(self) -> tuple[ToolFact, ...]:
        """Name the programs behind the host, as `SandboxHost.tools`."""

    def restores(self, source: str) -> bool:
        """Say whether the points of the source of that name are restored by this host."""


@runtime_checkable
class TellingSource(Protocol):
    """A source that knows of backups which were tried and failed."""

    async def failures(self, since: datetime, now: datetime) -> ToldFailures:
        """What failed since then, and what could not be asked. SourceError when nothing can be known."""
