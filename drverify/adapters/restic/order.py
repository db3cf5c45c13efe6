"""One restore that was asked for, and what every way of doing it shares."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import DamagedData, NoSpace, NotInPoint, recognise, translate
from drverify.adapters.restic.listing import Node, find_file
from drverify.adapters.restic.watch import STOP, Watch, outcome, over
from drverify.engine.pacing import finish
from drverify.engine.ports import Progress
from drverify.engine.sources import Restored
from drverify.errors import HostError
from drverify.model.recovery import PointId

SHORT = 8
"""Digits of an id in messages."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Sized(Protocol):
    """Something listed whose size is known."""

    @property
    def size(self) -> int:
        """Bytes."""


S = TypeVar("S", bound=Sized)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """Which path of which point, where to, and with how much patience."""

    cli: ResticCli
    point: PointId
    path: str
    into: Path
    stall: timedelta
    progress: Progress

    @property
    def doing(self) -> str:
        """Name the action, for messages."""
        return f"restoring {self.path} from {self.point[:SHORT]}"

    @property
    def partial(self) -> Path:
        """Name what is not whole yet; on the file system of the target."""
        return self.into.with_name(f".{self.into.name}.partial")

    def watch(self, process: StreamingCommand) -> Watch:
        """Watch a restic that works on it."""
        return Watch(self.cli, process, doing=self.doing, file=self.path, stall=self.stall)

    def refuse_to_overwrite(self) -> None:
        """Raise HostError when the target exists."""
        if self.into.exists():
            raise HostError(f"{self.into} already exists")

    def no_room(self, why: str) -> NoSpace:
        """Say that what is restored does not fit on this machine."""
        hint = "make room below the sandbox directory (`state_dir` in the settings)"
        return NoSpace(f"{self.doing}: no room for {self.into}: {why}", hint=hint)

    def cannot_write(self, error: OSError) -> HostError:
        """Say why it cannot be written: no room, or something else of this machine."""
        if error.errno in NO_ROOM:
            return self.no_room(error.strerror or str(error))
        return HostError(f"{self.doing}: cannot write {self.into}: {error.strerror}")

    async def node(self) -> Node:
        """Ask the point for the regular file. NotInPoint when it does not hold it."""
        doing = f"looking for {self.path} in {self.point[:SHORT]}"
        arguments = ["ls", "--json", self.point, self.path]
        output, failure = await self.cli.attempt(arguments, doing=doing, file=self.path)
        if failure.exit_code != 0:
            raise translate(failure, await self.cli.abilities())
        node = find_file(output.splitlines(), self.path)
        if node is None:  # restic 0.14 exits with 0 when it cannot read the snapshot
            raise recognise(failure) or NotInPoint(
                f"point {self.point[:SHORT]} does not hold the file {self.path}",
                hint="compare the workload's path with `restic ls`",
            )
        return node

    def keep(self, image: Path, descriptor: int, node: Node, read_bytes: int | None) -> Restored:
        """Give a restored image its name. Raises DamagedData when it is not as long as the point says.

        Not synced: after a crash a sandbox is thrown away, never resumed.
        """
        status = os.fstat(descriptor)
        if status.st_size != node.size:
            raise DamagedData(
                f"{self.doing}: the image ends after {status.st_size} of {node.size} bytes", file=self.path
            )
        try:
            image.rename(self.into)
        except OSError as error:
            raise self.cannot_write(error) from error
        self.progress.bytes(status.st_size, node.size)
        return Restored(
            logical_bytes=status.st_size,
            allocated_bytes=status.st_blocks * 512,
            read_bytes=read_bytes,
            files=1,
        )


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, S]) -> "AsyncIterator[asyncio.Task[S]]":
    """Do other work while the context lasts: what a restore need not wait for, such as a listing."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await finish(over(task), within=STOP, what="ending the listing")


def known_size(listing: "asyncio.Task[S]") -> int | None:
    """Return the size of what was listed, if it is known by now."""
    known = outcome(listing)
    return None if known is None else known.size
