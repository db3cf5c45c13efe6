"""Restores one disk image with `restic dump` into dd, which leaves holes where the image is zero.

The way for restic 0.14, whose `restore` writes (and allocates) every zero; `placed.py` has the way from
0.15 on. The bytes go from process to process and never through this one: dd looks at blocks of 64 KiB
and seeks over zeros; at the end it gives the file its length. Nothing is hashed here: restic checks
every blob as it reads it. dd's messages are those of GNU coreutils in the C locale.
"""

import asyncio
import fcntl
import os
import re
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import timedelta

from drverify.adapters.linux.command import StreamingCommand, ending, last_lines, streaming
from drverify.adapters.restic.counters import IoCounters
from drverify.adapters.restic.listing import Node
from drverify.adapters.restic.order import RestoreOrder, beside, known_size
from drverify.adapters.restic.watch import LOOK, STOP, Patience, over
from drverify.engine.pacing import finish
from drverify.engine.sources import Restored
from drverify.errors import HostError

WRITER = ("dd", "bs=64K", "iflag=fullblock", "conv=sparse", "status=none")
"""Measured with images of 1 and 3 GiB: as fast as blocks of 128 KiB, faster and with more holes than
1 MiB, and faster than `cp --sparse=always`, which reads 128 KiB and looks at 4 KiB."""
PIPE = 1 << 20
_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|File too large")


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Lend a pipe (reading, writing) that holds 1 MiB where the kernel lets us."""
    ends = os.pipe()
    try:
        with suppress(OSError):  # unprivileged users have a limit (pipe-max-size); smaller only means slower
            fcntl.fcntl(ends[0], fcntl.F_SETPIPE_SZ, PIPE)
        yield ends
    finally:
        for end in ends:
            os.close(end)


async def streamed(order: RestoreOrder) -> Restored:
    """Restore into a new file; nothing is left under either name when it fails."""
    order.refuse_to_overwrite()
    try:
        target = os.open(order.partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise order.cannot_write(error) from error
    try:
        async with beside(order.node()) as listing:
            pouring = _Pouring(order, target, listing)
            await pouring.run()
            node = await listing
        keeping = asyncio.to_thread(order.keep, order.partial, target, node, pouring.read_bytes)
        return await finish(keeping, within=STOP, what="keeping the image")
    finally:
        os.close(target)
        removing = asyncio.to_thread(order.partial.unlink, missing_ok=True)
        await finish(removing, within=STOP, what=f"removing {order.partial}")


class _Pouring:
    """restic and dd at work, and what is seen of them from outside."""

    def __init__(self, order: RestoreOrder, target: int, listing: "asyncio.Task[Node]") -> None:
        self._order = order
        self._target = target
        self._listing = listing
        self.read_bytes: int | None = None
        """Bytes that restic had read when last looked at."""

    async def run(self) -> None:
        """Pour until both have ended well; both are gone when it returns or raises."""
        order = self._order
        async with AsyncExitStack() as stack:
            with pipe() as (reading, writing):
                writer = await stack.enter_async_context(
                    streaming(
                        WRITER,
                        stdin=reading,
                        stdout=self._target,
                        env={"LC_ALL": "C"},
                        grace=timedelta(0),
                        dies_with_us=True,
                    )
                )
                restic = await stack.enter_async_context(
                    order.cli.started(["dump", order.point, order.path], stdout=writing)
                )
            await self._written(writer, restic)
            await self._read(restic)

    async def _written(self, writer: StreamingCommand, restic: StreamingCommand) -> None:
        """Wait for dd, whose offset in the file that it shares with us is the progress."""
        loop = asyncio.get_running_loop()
        patience = Patience(self._order.stall.total_seconds(), loop.time)
        watch = self._order.watch(restic)
        ended = loop.create_task(writer.wait())
        try:
            with IoCounters(restic.pid) as counters:
                while not (await asyncio.wait({ended}, timeout=LOOK))[0]:
                    done = os.lseek(self._target, 0, os.SEEK_CUR)
                    self._order.progress.bytes(done, known_size(self._listing))
                    looked = counters.look()
                    if looked is not None:
                        self.read_bytes = looked[0]
                    watch.check(patience, done)
            code = ended.result()
        finally:
            ended.cancel()
            await finish(over(ended), within=STOP, what="waiting for dd")
        if code != 0:
            raise cannot_pour(self._order, code, writer.stderr_tail())

    async def _read(self, restic: StreamingCommand) -> None:
        """Wait for restic, whose output ended. How it ended counts only where dd took all of it."""
        watch = self._order.watch(restic)
        try:
            code = await asyncio.wait_for(restic.wait(), self._order.stall.total_seconds())
        except TimeoutError:
            raise watch.stalled() from None
        if code != 0:
            raise await watch.failed()


def cannot_pour(order: RestoreOrder, code: int, stderr: bytes) -> HostError:
    """Say why dd gave up: no room, or something else of this machine; never the backup's fault."""
    said = last_lines(stderr)
    if code == -signal.SIGXFSZ or _NO_ROOM.search(said):
        return order.no_room(said or "the file would be larger than this process may write")
    hint = "look for the OOM killer in dmesg" if code < 0 else ""
    return HostError(
        f"{order.doing}: cannot write {order.into}: dd {ending(code)}{said and f': {said}'}", hint=hint
    )
