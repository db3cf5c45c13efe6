"""Restores one disk image by streaming `restic dump` into a sparse file.

The way for restic 0.14, whose `restore` writes every zero; `placed.py` has the way from 0.15 on.
"""

import asyncio
import errno
import os
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import DamagedData, NoSpace, NotInPoint, recognise, translate
from drverify.adapters.restic.listing import Node, find_file
from drverify.adapters.restic.sparse import SparseCopy, pipe
from drverify.adapters.restic.watch import STOP, TICK, Patience, Watch, outcome, over
from drverify.engine.pacing import finish
from drverify.engine.ports import Progress, Restored
from drverify.errors import HostError
from drverify.model.recovery import PointId

SHORT = 8
"""Digits of an id in messages."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


async def file_node(cli: ResticCli, point: PointId, path: str) -> Node:
    """Ask the point for one regular file. NotInPoint when it does not hold it."""
    doing = f"looking for {path} in {point[:SHORT]}"
    output, failure = await cli.attempt(["ls", "--json", point, path], doing=doing, file=path)
    if failure.exit_code != 0:
        raise translate(failure, await cli.abilities())
    node = find_file(output.splitlines(), path)
    if node is None:  # restic 0.14 exits with 0 when it cannot read the snapshot
        raise recognise(failure) or NotInPoint(
            f"point {point[:SHORT]} does not hold the file {path}",
            hint="compare the workload's path with `restic ls`",
        )
    return node


def cannot_write(into: Path, doing: str, error: OSError) -> HostError:
    """Say why the restored image cannot be written: no room, or something else of this machine."""
    if error.errno in NO_ROOM:
        hint = "make room below the sandbox directory (`state_dir` in the settings)"
        return NoSpace(f"{doing}: no room for {into}: {error.strerror}", hint=hint)
    return HostError(f"{doing}: cannot write {into}: {error.strerror}")


class StreamedImage:
    """One restore of one image into a new file."""

    def __init__(
        self, cli: ResticCli, point: PointId, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> None:
        self._cli = cli
        self._point = point
        self._path = path
        self._into = into
        self._partial = into.with_name(f".{into.name}.partial")
        self._stall = stall
        self._progress = progress
        self._doing = f"restoring {path} from {point[:SHORT]}"

    async def run(self) -> Restored:
        """Restore; nothing is left under either name when it fails."""
        if self._into.exists():
            raise HostError(f"{self._into} already exists")
        try:
            target = os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise self._host_error(error) from error
        try:
            read_bytes = await self._fill(target)
            return await finish(
                asyncio.to_thread(self._keep, target, read_bytes), within=STOP, what="keeping the image"
            )
        finally:
            os.close(target)
            self._partial.unlink(missing_ok=True)

    async def _fill(self, target: int) -> int | None:
        listing = asyncio.create_task(file_node(self._cli, self._point, self._path))
        try:
            copy = await self._dump(target, listing)
            node = await listing
        finally:
            listing.cancel()
            await finish(over(listing), within=STOP, what="ending the listing")
        if copy.done != node.size:
            raise DamagedData(
                f"{self._doing}: the image ends after {copy.done} of {node.size} bytes", file=self._path
            )
        self._progress.bytes(copy.done, node.size)
        return copy.read_bytes

    async def _dump(self, target: int, listing: "asyncio.Task[Node]") -> SparseCopy:
        reading, writing = pipe()
        try:
            async with self._cli.started(["dump", self._point, self._path], stdout=writing) as process:
                os.close(writing)
                writing = -1
                copy = SparseCopy(reading, target, process.pid)
                watch = Watch(self._cli, process, doing=self._doing, file=self._path, stall=self._stall)
                await self._copy(copy, watch, listing)
                await self._ended(process, watch)
        finally:
            os.close(reading)
            if writing >= 0:
                os.close(writing)
        return copy

    async def _copy(self, copy: SparseCopy, watch: Watch, listing: "asyncio.Task[Node]") -> None:
        loop = asyncio.get_running_loop()
        patience = Patience(self._stall.total_seconds(), loop.time)
        work = loop.run_in_executor(None, copy.run)
        try:
            while not (await asyncio.wait({work}, timeout=TICK))[0]:
                known = outcome(listing)
                self._progress.bytes(copy.done, known.size if known else None)
                watch.check(patience, copy.done)
            work.result()
        except OSError as error:
            raise self._host_error(error) from error
        finally:
            copy.stop()
            await finish(over(work), within=STOP, what="ending the copy")

    async def _ended(self, process: StreamingCommand, watch: Watch) -> None:
        try:
            code = await asyncio.wait_for(process.wait(), self._stall.total_seconds())
        except TimeoutError:
            raise watch.stalled() from None
        if code != 0:
            raise await watch.failed()

    def _keep(self, target: int, read_bytes: int | None) -> Restored:
        try:
            self._partial.rename(
                self._into
            )  # not synced: after a crash a sandbox is thrown away, never resumed
        except OSError as error:
            raise self._host_error(error) from error
        status = os.fstat(target)
        return Restored(
            path=self._into,
            logical_bytes=status.st_size,
            allocated_bytes=status.st_blocks * 512,
            read_bytes=read_bytes,
            files=1,
        )

    def _host_error(self, error: OSError) -> HostError:
        return cannot_write(self._into, self._doing, error)
