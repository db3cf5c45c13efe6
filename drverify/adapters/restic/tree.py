"""Gives the files of a point as one tar stream: `restic dump` of a directory.

The stream goes from restic to whoever reads the descriptor and never through this process. It is PAX with
numeric owners, modes with set-id bits, extended attributes (`SCHILY.xattr.`) and ACLs; restic writes every
name of a file with several (hard links) as a file of its own. Every blob is checked by restic as it is read.
"""

import os
from dataclasses import dataclass
from datetime import timedelta

from drverify.adapters.restic.certainty import surely
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import CutOff
from drverify.adapters.restic.files import listed
from drverify.adapters.restic.order import SHORT, beside, known_size
from drverify.adapters.restic.watch import Watch, follow
from drverify.engine.ports import Progress
from drverify.engine.sources import Restored
from drverify.model.recovery import PointId


@dataclass(frozen=True, slots=True, kw_only=True)
class TreePouring:
    """One directory of one point, and the descriptor that its archive is written to."""

    cli: ResticCli
    point: PointId
    path: str
    into: int
    stall: timedelta
    progress: Progress

    async def run(self) -> Restored:
        """Pour. What looks like damage is read a second time, into nothing, before it counts.

        A reader of the descriptor that has gone makes restic fail as it would on a full disk: whoever owns
        the other end knows better, and says so itself.
        """
        tried = 0

        async def attempt() -> Restored:
            nonlocal tried
            tried += 1
            if tried == 1:
                return await self._poured(self.into)
            nothing = os.open(os.devnull, os.O_WRONLY)
            try:
                await self._poured(nothing)
            finally:
                os.close(nothing)
            raise CutOff(
                f"{self._doing}: what was missing at first was there when it was read again",
                hint="somebody may have pruned the repository meanwhile: repeat the drill",
            )

        return await surely(self.cli, self.point, attempt)

    @property
    def _doing(self) -> str:
        return f"restoring {self.path} from {self.point[:SHORT]}"

    async def _poured(self, into: int) -> Restored:
        arguments = ["dump", "--archive", "tar", self.point, self.path]
        async with beside(listed(self.cli, self.point, self.path)) as listing:
            async with self.cli.started(arguments, stdout=into) as process:
                watch = Watch(self.cli, process, doing=self._doing, file=self.path, stall=self.stall)
                read_bytes = await follow(process, watch, self.progress, lambda: known_size(listing))
            expected = await listing
        self.progress.bytes(expected.size, expected.size)
        return Restored(
            logical_bytes=expected.size,
            allocated_bytes=expected.size,
            read_bytes=read_bytes,
            files=expected.files,
        )
