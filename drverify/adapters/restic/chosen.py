"""Lists the files of a point, and restores some of them.

Measured with restic 0.14 on 100,000 files in 1,000 directories: one `restore` with 300, 2,000 and 8,000
times `--include` took 3.4, 20.7 and 110 s, for every file met is held against every pattern. The paths are
therefore sorted and restored in batches: a batch only enters the directories of its own. (Reading them
through `restic mount` took 1.1, 2.7 and 7.7 s, but then it would be our copying, not restic's restoring, that
brings back owners, ACLs and times.) `--include-file` exists from 0.17 on, and changes nothing about that.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from functools import partial

from drverify.adapters.restic.below import nodes_below
from drverify.adapters.restic.certainty import surely
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.files import STAGE, Tally, clear, literal, tally
from drverify.adapters.restic.listing import read_listed
from drverify.adapters.restic.order import RestoreOrder
from drverify.adapters.restic.watch import STOP, follow
from drverify.engine.pacing import finish
from drverify.engine.sources import Restored
from drverify.errors import HarnessError, HostError
from drverify.model.recovery import PointId
from drverify.planning.drawing import Listed

BATCH = 500
"""Patterns of one restore."""
LONGEST = 1 << 20
"""Characters of them: an argument list holds 2 MiB."""
SOME = 4096
"""Files of a listing that are handed over at once."""


async def listing(cli: ResticCli, point: PointId, path: str) -> AsyncGenerator[Sequence[Listed], None]:
    """Everything below `path` that is no directory. NotInPoint when there is no such path."""
    top = "/" + path.strip("/")
    some: list[Listed] = []
    async with aclosing(nodes_below(cli, point, path, lambda line: read_listed(line, top))) as found:
        async for node in found:
            if isinstance(node, Listed):
                some.append(node)
            if len(some) == SOME:
                yield some
                some = []
    yield some


class ChosenRestore:
    """One restore of chosen files into an empty directory."""

    def __init__(self, order: RestoreOrder, chosen: Sequence[str]) -> None:
        self._order = order
        self._top = "/" + order.path.strip("/")
        self._chosen = sorted(chosen)

    async def run(self) -> Restored:
        """Restore; the directory is empty again when it fails."""
        into = self._order.into
        if not into.is_dir() or any(into.iterdir()):
            raise HostError(f"{into} is not an empty directory")
        try:
            read: int | None = 0
            for batch in batches([self._pattern(path) for path in self._chosen]):
                more = await surely(self._order.cli, self._order.point, partial(self._some, batch))
                read = None if read is None or more is None else read + more
            return await finish(
                asyncio.to_thread(self._keep, read), within=STOP, what="moving restored files"
            )
        except BaseException:
            await finish(asyncio.to_thread(clear, into), within=STOP, what="clearing a failed restore")
            raise

    def _pattern(self, path: str) -> str:
        """A byte that is no UTF-8 is U+FFFD in the listing: any character may stand there."""
        return literal(f"{self._top.rstrip('/')}/{path}").replace("\ufffd", "?")

    async def _some(self, patterns: Sequence[str]) -> int | None:
        order = self._order
        arguments = ["restore", order.point, "--target", str(order.into / STAGE)]
        for pattern in patterns:
            arguments += ["--include", pattern]
        async with order.cli.started(arguments) as process:
            return await follow(process, order.watch(process), None, lambda: None)

    def _keep(self, read_bytes: int | None) -> Restored:
        into, stage = self._order.into, self._order.into / STAGE
        root = stage / self._top.lstrip("/")
        if self._chosen:
            if not root.is_dir() or root.is_symlink():
                raise HarnessError(f"{self._order.doing}: nothing of {len(self._chosen)} files came back")
            for child in list(root.iterdir()):
                child.rename(into / child.name)
            shutil.copystat(root, into)
        shutil.rmtree(stage, ignore_errors=True)
        lost = [path for path in self._chosen if "\ufffd" not in path and not os.path.lexists(into / path)]
        if lost:
            raise HarnessError(
                f"{self._order.doing}: {len(lost)} of {len(self._chosen)} files did not come, {lost[0]} first"
            )
        found: Tally = tally(into)
        self._order.progress.bytes(found.size, found.size)
        return Restored(
            logical_bytes=found.size,
            allocated_bytes=found.allocated,
            read_bytes=read_bytes,
            files=found.files,
        )


def batches(patterns: Sequence[str]) -> Iterator[list[str]]:
    """Patterns in their order, as many at once as one restore takes."""
    some: list[str] = []
    length = 0
    for pattern in patterns:
        if some and (len(some) == BATCH or length + len(pattern) > LONGEST):
            yield some
            some, length = [], 0
        some.append(pattern)
        length += len(pattern)
    if some:
        yield some
