"""Restores a set of files with `restic restore`."""

import asyncio
import os
import re
import shutil
import stat
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.restic.below import nodes_below
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.listing import read_node
from drverify.adapters.restic.order import RestoreOrder, beside, known_size
from drverify.adapters.restic.watch import STOP, follow
from drverify.engine.pacing import finish
from drverify.engine.sources import Restored
from drverify.errors import HarnessError, HostError
from drverify.model.recovery import PointId

STAGE = ".drverify-restore"
"""restic rebuilds the whole path below its target: here, and the content is moved up afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many regular files, and bytes in them."""

    files: int
    size: int
    allocated: int = 0


def literal(path: str) -> str:
    """Quote a path for restic's patterns, so that it means itself."""
    return re.sub(r"([\\*?\[])", r"\\\1", path)


async def listed(cli: ResticCli, point: PointId, path: str) -> Tally:
    """Count the regular files under `path` in the point. NotInPoint when there is no such path."""
    files = size = 0
    async with aclosing(nodes_below(cli, point, path, read_node)) as found:
        async for node in found:
            files += node.kind == "file"
            size += node.size if node.kind == "file" else 0
    return Tally(files=files, size=size)


class FilesRestore:
    """One restore of one set of files into an empty directory."""

    def __init__(self, order: RestoreOrder) -> None:
        self._order = order
        self._path = "/" + order.path.strip("/")
        self._stage = order.into / STAGE

    async def run(self) -> Restored:
        """Restore; the directory is empty again when it fails."""
        into = self._order.into
        if not into.is_dir() or any(into.iterdir()):
            raise HostError(f"{into} is not an empty directory")
        try:
            read_bytes, expected = await self._fill()
            keeping = asyncio.to_thread(self._keep, read_bytes, expected)
            return await finish(keeping, within=STOP, what="moving restored files")
        except BaseException:
            await finish(asyncio.to_thread(clear, into), within=STOP, what="clearing a failed restore")
            raise

    async def _fill(self) -> tuple[int | None, Tally]:
        order = self._order
        arguments = ["restore", order.point, "--target", str(self._stage)]
        if self._path != "/":
            arguments += ["--include", literal(self._path)]
        async with beside(listed(order.cli, order.point, self._path)) as listing:
            async with order.cli.started(arguments) as process:
                read_bytes = await follow(
                    process, order.watch(process), order.progress, lambda: known_size(listing)
                )
            return read_bytes, await listing

    def _keep(self, read_bytes: int | None, expected: Tally) -> Restored:
        into = self._order.into
        root = self._stage / self._path.lstrip("/")
        if root.is_dir() and not root.is_symlink():
            for child in list(root.iterdir()):
                child.rename(into / child.name)
            shutil.copystat(root, into)
        else:
            root.rename(into / root.name)
        shutil.rmtree(self._stage, ignore_errors=True)  # nothing but empty directories by now
        found = tally(into)
        if (found.files, found.size) != (expected.files, expected.size):
            raise HarnessError(
                f"{self._order.doing}: {found.files} files with {found.size} bytes came back,"
                f" the point lists {expected.files} with {expected.size}"
            )
        self._order.progress.bytes(found.size, expected.size)
        return Restored(
            logical_bytes=found.size,
            allocated_bytes=found.allocated,
            read_bytes=read_bytes,
            files=found.files,
        )


def tally(root: Path) -> Tally:
    """Count the regular files below a directory; follows no link."""
    files = size = allocated = 0
    for directory, _, names in os.walk(root):
        for name in names:
            status = os.lstat(f"{directory}/{name}")
            if stat.S_ISREG(status.st_mode):
                files += 1
                size += status.st_size
                allocated += status.st_blocks * 512 // status.st_nlink
    return Tally(files=files, size=size, allocated=allocated)


def clear(directory: Path) -> None:
    """Remove what is in a directory of ours."""
    for child in list(directory.iterdir()):
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                child.unlink()
