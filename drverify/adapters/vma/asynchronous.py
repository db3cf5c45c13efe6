"""The reader for an event loop: each archive is read in a thread of its own.

A cancelled call stops its thread, the program that unpacks and the conversion, waits until all of them
are gone and no new file is left, and only then raises.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import TypeVar

from drverify.adapters.vma import archive as reader
from drverify.adapters.vma.archive import STALL, ArchiveInfo, Expected, Extracted, Progress, Targets
from drverify.adapters.vma.stopping import Stop
from drverify.adapters.vma.stream import Archive
from drverify.engine.pacing import finish

T = TypeVar("T")
GONE = timedelta(minutes=1)
"""How long a stopped thread may take to clean up (it may hang in the kernel on a dead disk)."""
TELL = 0.05
"""Seconds between two calls of a progress at least."""


async def inspect(archive: Archive, *, stall: timedelta = STALL) -> ArchiveInfo:
    """Read the header only, and stop unpacking after it."""
    return await in_thread(lambda stop: reader.inspect(archive, stall=stall, stop=stop))


async def verify(
    archive: Archive,
    *,
    expected: Expected | None = None,
    hashing: bool = True,
    progress: Progress | None = None,
    stall: timedelta = STALL,
    scratch: Path | None = None,
) -> Extracted:
    """Read all of an archive without writing disks; ArchiveDefect unless it is complete and sound.

    `progress` is called in the event loop, a few times a second; what it raises is a bug.
    """
    return await extract(
        archive, {}, expected=expected, hashing=hashing, progress=progress, stall=stall, scratch=scratch
    )


async def extract(
    archive: Archive,
    targets: Targets,
    *,
    expected: Expected | None = None,
    hashing: bool = True,
    sync: bool = True,
    progress: Progress | None = None,
    stall: timedelta = STALL,
    scratch: Path | None = None,
) -> Extracted:
    """Write disks of an archive as the blocking `extract` does; a function as `targets` runs in the thread.

    `progress` is called in the event loop, a few times a second; what it raises is a bug.
    """
    tell = None if progress is None else _in_loop(progress)
    return await in_thread(
        lambda stop: reader.extract(
            archive,
            targets,
            expected=expected,
            hashing=hashing,
            sync=sync,
            progress=tell,
            stall=stall,
            stop=stop,
            scratch=scratch,
        )
    )


async def in_thread(work: Callable[[Stop], T]) -> T:
    """Return what `work` returns, done in a thread that is stopped and awaited on cancellation."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    stop = Stop()

    def run() -> None:
        try:
            with stop:
                result = work(stop)
        except BaseException as error:  # noqa: BLE001 - handed on, whatever it is
            loop.call_soon_threadsafe(future.set_exception, error)
        else:
            loop.call_soon_threadsafe(future.set_result, result)

    Thread(target=run, name="backup-reader", daemon=True).start()
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        stop.set()
        await finish(_over(future), within=GONE, what="ending the reading of a backup")
        raise


async def _over(future: "asyncio.Future[T]") -> None:
    """Wait for the end of work whose outcome no longer counts."""
    await asyncio.wait({future})
    future.exception()


def _in_loop(progress: Progress) -> Progress:
    """Call a progress in this loop, from another thread, now and then and at the end."""
    loop = asyncio.get_running_loop()
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELL or done == total:
            last = now
            loop.call_soon_threadsafe(progress, done, total)

    return tell
