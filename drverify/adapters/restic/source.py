"""A restic repository as a source of recovery points."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from drverify.adapters.restic.abandoned import abandoned
from drverify.adapters.restic.certainty import surely
from drverify.adapters.restic.chosen import ChosenRestore, listing
from drverify.adapters.restic.cli import ResticCli, warm
from drverify.adapters.restic.files import FilesRestore
from drverify.adapters.restic.listing import read_points
from drverify.adapters.restic.mount import MountedImage, opened
from drverify.adapters.restic.order import RestoreOrder
from drverify.adapters.restic.placed import placed
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.streamed import streamed
from drverify.adapters.restic.tree import TreePouring
from drverify.engine.ports import Progress, ResourceScope
from drverify.engine.sources import Restored
from drverify.model.drill import ToolFact
from drverify.model.recovery import PointFilter, RecoveryPoint, SecretRef
from drverify.model.standing import ToldFailures
from drverify.planning.drawing import Listed


class ResticSource:
    """Implements `RecoverySource` with restic 0.14 or newer.

    `resolve` turns a reference into the secret's bytes, each time it is needed; nothing is kept.
    """

    def __init__(self, settings: ResticSettings, resolve: Callable[[SecretRef], bytes]) -> None:
        self._settings = settings
        self._cli = ResticCli(settings, resolve)

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """List matching points, newest data first.

        A snapshot whose own file is damaged cannot be attributed to a workload: restic leaves it out,
        and the gap shows as an older newest point.
        """
        output = await self._cli.ask(
            ["snapshots", "--json"], doing=f"listing the points of source {self._settings.name}"
        )
        return read_points(output, self._settings.name, wanted)

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write the image to a sparse file: streamed from `dump`, or placed by `restore --sparse` (0.15).

        `read_bytes` is what the restic process read by system calls (repository, local cache, sockets),
        as counted by the kernel; metadata included, and a lower bound by what it reads in its last
        twentieth of a second.
        """
        way = placed if (await self._cli.abilities()).sparse_restore else streamed
        order = self._order(point, path, into=into, stall=stall, progress=progress)
        return await surely(self._cli, point.id, lambda: way(order))

    async def restore_files(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """Restore what is under `path`, with owners, modes and times; `into` gets the content of `path`."""
        order = self._order(point, path, into=into, stall=stall, progress=progress)
        return await surely(self._cli, point.id, FilesRestore(order).run)

    async def listing(self, point: RecoveryPoint, path: str) -> AsyncIterator[Sequence[Listed]]:
        """List everything under `path` that is no directory, as it comes."""
        async with aclosing(listing(self._cli, point.id, path)) as found:
            async for some in found:
                yield some

    async def restore_chosen(
        self,
        point: RecoveryPoint,
        path: str,
        chosen: Sequence[str],
        *,
        into: Path,
        stall: timedelta,
        progress: Progress,
    ) -> Restored:
        """Restore these files below `path`, with owners, modes and times, and the directories above them."""
        order = self._order(point, path, into=into, stall=stall, progress=progress)
        return await ChosenRestore(order, chosen).run()

    async def pour_tree(
        self, point: RecoveryPoint, path: str, *, into: int, stall: timedelta, progress: Progress
    ) -> Restored:
        """Write the files below `path` as one tar archive; their names in it begin with `path`."""
        path = "/" + path.strip("/")
        return await TreePouring(
            cli=self._cli, point=point.id, path=path, into=into, stall=stall, progress=progress
        ).run()

    def _order(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> RestoreOrder:
        return RestoreOrder(
            cli=self._cli, point=point.id, path=path, into=into, stall=stall, progress=progress
        )

    @asynccontextmanager
    async def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AsyncIterator[MountedImage]:
        """Mount the repository at `at` and give the path of the image in it.

        Every local user who can reach `at` can read the mounted backups, because the guest's process
        is another user than ours: put `at` below a directory that only that user may enter.
        restic says nothing about damage that it meets here: readers get EIO.
        """
        async with opened(self._cli, point.id, path, at=at, scope=scope) as image:
            yield image

    async def failures(self, since: datetime, now: datetime) -> ToldFailures:
        """What died within that time and left its lock."""
        found = await abandoned(self._cli, self._settings.name, now)
        return ToldFailures(failed=tuple(one for one in found if one.at >= since))

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say whether restic's local cache holds anything; without a cache every read is cold."""
        cache = self._settings.cache_directory
        return "warm" if cache is not None and warm(cache) else "cold"

    async def tool(self) -> ToolFact:
        """Name restic and its version."""
        return ToolFact(name="restic", version=(await self._cli.abilities()).text)
