"""Restores one disk image with `restic restore --sparse`, which restic 0.15 and newer have.

restic writes the file itself and knows from the blobs which of them are zero: no pipe, and no second
look at the data by us. Measured with 0.18 on an image of 2 GiB with 700 MiB of data: 1.8 to 2.6 s
against 2.8 s for `restic dump`.
"""

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import DamagedData
from drverify.adapters.restic.files import literal
from drverify.adapters.restic.image import SHORT, cannot_write, file_node
from drverify.adapters.restic.listing import Node
from drverify.adapters.restic.watch import STOP, Watch, follow, outcome, over
from drverify.engine.pacing import finish
from drverify.engine.ports import Progress, Restored
from drverify.errors import HostError
from drverify.model.recovery import PointId


class PlacedImage:
    """One restore of one image into a new file."""

    def __init__(
        self, cli: ResticCli, point: PointId, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> None:
        self._cli = cli
        self._point = point
        self._path = path
        self._into = into
        self._stage = into.with_name(f".{into.name}.partial")
        self._stall = stall
        self._progress = progress
        self._doing = f"restoring {path} from {point[:SHORT]}"

    async def run(self) -> Restored:
        """Restore; nothing is left under either name when it fails."""
        if self._into.exists():
            raise HostError(f"{self._into} already exists")
        try:
            self._stage.mkdir(mode=0o700)
        except OSError as error:
            raise cannot_write(self._into, self._doing, error) from error
        try:
            read_bytes, node = await self._fill()
            keeping = asyncio.to_thread(self._keep, node, read_bytes)
            return await finish(keeping, within=STOP, what="keeping the image")
        finally:
            clearing = asyncio.to_thread(shutil.rmtree, self._stage, ignore_errors=True)
            await finish(clearing, within=STOP, what=f"removing {self._stage}")

    async def _fill(self) -> tuple[int | None, Node]:
        listing = asyncio.create_task(file_node(self._cli, self._point, self._path))
        arguments = ["restore", self._point, "--sparse", "--target", str(self._stage)]
        arguments += ["--include", literal(self._path)]
        try:
            async with self._cli.started(arguments) as process:
                watch = Watch(self._cli, process, doing=self._doing, file=self._path, stall=self._stall)
                read_bytes = await follow(process, watch, self._progress, lambda: _size(listing))
            return read_bytes, await listing
        finally:
            listing.cancel()
            await finish(over(listing), within=STOP, what="ending the listing")

    def _keep(self, node: Node, read_bytes: int | None) -> Restored:
        image = self._stage / self._path.lstrip("/")
        try:
            target = os.open(image, os.O_RDWR | os.O_NOFOLLOW)
            try:
                os.fchown(target, os.geteuid(), os.getegid())  # not who owned it in production
                os.fchmod(target, 0o600)
                status = os.fstat(target)
                if status.st_size != node.size:
                    raise DamagedData(
                        f"{self._doing}: {status.st_size} of {node.size} bytes came back", file=self._path
                    )
                image.rename(self._into)
            finally:
                os.close(target)
        except OSError as error:
            raise cannot_write(self._into, self._doing, error) from error
        self._progress.bytes(status.st_size, node.size)
        return Restored(
            path=self._into,
            logical_bytes=status.st_size,
            allocated_bytes=status.st_blocks * 512,
            read_bytes=read_bytes,
            files=1,
        )


def _size(listing: "asyncio.Task[Node]") -> int | None:
    known = outcome(listing)
    return None if known is None else known.size
