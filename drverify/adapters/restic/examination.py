"""Finds out why an image that is read in place could not be read: a lost restic, or a damaged backup.

A reader of the mount learns nothing but EIO, and restic 0.14 and 0.18 say nothing either when the reason
is damage. So the image is read once more by `restic dump`, which checks every blob and says what is wrong.
"""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.restic.certainty import surely
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import CutOff, recognise, translate
from drverify.adapters.restic.watch import Watch, follow
from drverify.errors import DeadlineError, DrverifyError, SourceError
from drverify.model.recovery import PointId

SHORT = 8
ANSWER = timedelta(seconds=20)
"""Longest wait for the mount to answer a question that needs no repository."""


class Examination:
    """One opened image: the restic that serves it, and where."""

    def __init__(
        self, cli: ResticCli, serving: StreamingCommand, point: PointId, path: str, *, at: Path
    ) -> None:
        self._cli = cli
        self._serving = serving
        self._point = point
        self._path = path
        self._at = at
        self._doing = f"serving {path} of {point[:SHORT]}"

    async def run(self, stall: timedelta) -> DrverifyError | None:
        """Say what is wrong, or None when the image is whole and restic served it all the time."""
        if lost := await self._ended() or await self._silent():
            return lost
        try:
            await surely(self._cli, self._point, lambda: self._read_through(stall))
        except DeadlineError as error:
            return CutOff(str(error), hint=error.hint)
        except DrverifyError as error:
            return error
        return await self._ended() or self._complained()

    async def _ended(self) -> DrverifyError | None:
        if self._serving.exit_code is None:
            return None
        await self._serving.wait()
        failure = self._cli.failure(self._serving, doing=self._doing, file=self._path)
        return translate(failure, await self._cli.abilities())

    async def _silent(self) -> DrverifyError | None:
        """Ask the mount for its size: no cache of the kernel answers that, only restic."""
        try:
            async with asyncio.timeout(ANSWER.total_seconds()):
                await asyncio.to_thread(os.statvfs, self._at)
        except TimeoutError:
            return CutOff(f"{self._doing}: restic does not answer any more")
        except OSError as error:
            return await self._ended() or CutOff(f"{self._doing}: restic serves no more: {error.strerror}")
        return None

    async def _read_through(self, stall: timedelta) -> None:
        doing = f"reading {self._path} of {self._point[:SHORT]} once more"
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        try:
            async with self._cli.started(["dump", self._point, self._path], stdout=nowhere) as process:
                watch = Watch(self._cli, process, doing=doing, file=self._path, stall=stall)
                await follow(process, watch, None, lambda: None)
        finally:
            os.close(nowhere)

    def _complained(self) -> DrverifyError | None:
        """The repository was lost while the guest ran, and is there again: restic said so at the time."""
        said = recognise(self._cli.failure(self._serving, doing=self._doing, file=self._path))
        return said if isinstance(said, SourceError) else None
