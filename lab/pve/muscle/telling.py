"""A task's log, for work in a thread: each line is written on the event loop, and the thread waits for it.

What the log raises (a fault of the lab) is raised in the thread, and so ends its work.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from threading import Thread
from typing import TypeVar

from drverify.adapters.vma.stopping import Stop, StoppedError
from drverify.engine.pacing import finish
from lab.pve.seam import Log

T = TypeVar("T")
GONE = timedelta(minutes=1)
"""How long a stopped thread may take to end."""


def telling(log: Log) -> Log:
    """Return a log that may be used in another thread while the current loop runs."""
    loop = asyncio.get_running_loop()

    def tell(line: str) -> None:
        written: Future[None] = Future()
        loop.call_soon_threadsafe(_write, log, line, written)
        written.result()

    return tell


def _write(log: Log, line: str, written: "Future[None]") -> None:
    try:
        log(line)
    except BaseException as error:  # noqa: BLE001 - the thread's work ends with it
        written.set_exception(error)
    else:
        written.set_result(None)


async def in_thread(work: Callable[[Stop], T], stop: asyncio.Event) -> T | None:
    """Run blocking work that looks at a `Stop`; None when `stop` ended it. Cancelled, it ends first."""
    loop = asyncio.get_running_loop()
    result: Future[T] = Future()
    over = asyncio.Event()
    result.add_done_callback(lambda _: loop.call_soon_threadsafe(over.set))
    with Stop() as flag:
        Thread(target=_live, args=(work, flag, result), daemon=True).start()
        waits = {loop.create_task(event.wait()) for event in (over, stop)}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            flag.set()
            await finish(over.wait(), within=GONE, what="ending a copy")
    with suppress(StoppedError):
        return result.result()
    return None


def _live(work: Callable[[Stop], T], flag: Stop, result: "Future[T]") -> None:
    try:
        result.set_result(work(flag))
    except BaseException as error:  # noqa: BLE001 - handed on, whatever it is
        result.set_exception(error)
