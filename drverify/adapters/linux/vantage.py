"""An event loop on a thread that lives inside a network namespace.

What runs there, and every thread and program started from there, has the namespace's network and no
other: asyncio's sockets, name look-ups in executor threads, child processes.
"""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from drverify.adapters.linux import netns
from drverify.errors import HostError, TeardownError

T = TypeVar("T")
_START = timedelta(seconds=10)
_STOP = timedelta(seconds=15)


class NamespaceVantage:
    """The Vantage port on a thread inside the namespace at `path`. Start once, stop once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop: asyncio.AbstractEventLoop | None = None
        self._until: asyncio.Future[None] | None = None
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Start the thread and let it enter the namespace.

        IsolationError when it is not inside afterwards, HostError when it cannot get in.
        """
        ready: Future[asyncio.AbstractEventLoop] = Future()
        name = f"vantage-{self._path.name}"
        self._thread = threading.Thread(target=self._live, args=(ready,), name=name, daemon=True)
        self._thread.start()
        async with asyncio.timeout(_START.total_seconds()):
            self._loop = await asyncio.wrap_future(ready)

    def _live(self, ready: "Future[asyncio.AbstractEventLoop]") -> None:
        try:
            netns.enter(self._path)
        except BaseException as error:  # noqa: BLE001 - handed to the starter, whatever it is
            ready.set_exception(error)
            return
        with asyncio.Runner() as runner:  # ends tasks, generators and executor threads when left
            loop = runner.get_loop()
            until = loop.create_future()
            self._until = until
            ready.set_result(loop)
            runner.run(_wait(until))

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work()` inside and return what it returns.

        Cancelling the caller cancels the work and waits until it has ended; work that was cancelled
        inside is cancellation to the caller too. HostError when the vantage is not running.
        """
        inside, outside = self._loop, asyncio.get_running_loop()
        if inside is None or inside.is_closed():
            raise HostError("the sandbox's vantage point is not running")
        if inside is outside:
            return await work()
        return await _across(inside, outside, work)

    async def stop(self) -> None:
        """End everything that runs inside, and the thread. Idempotent; TeardownError when it hangs."""
        loop, until, thread = self._loop, self._until, self._thread
        if thread is None:
            return
        self._loop = None
        if loop is not None and until is not None and thread.is_alive():
            loop.call_soon_threadsafe(_release, until)
        joined: Future[None] = Future()
        threading.Thread(target=_join, args=(thread, joined), daemon=True).start()
        await asyncio.wrap_future(joined)
        if thread.is_alive():
            raise TeardownError(f"thread {thread.name} did not end")


async def _wait(until: "asyncio.Future[None]") -> None:
    await until


def _release(until: "asyncio.Future[None]") -> None:
    if not until.done():
        until.set_result(None)


def _join(thread: threading.Thread, joined: "Future[None]") -> None:
    thread.join(_STOP.total_seconds())
    joined.set_result(None)


async def _across(
    inside: asyncio.AbstractEventLoop,
    outside: asyncio.AbstractEventLoop,
    work: Callable[[], Coroutine[Any, Any, T]],
) -> T:
    context = contextvars.copy_context()
    started: Future[asyncio.Task[T]] = Future()
    ended = outside.create_future()

    async def body() -> T:
        return await work()

    def begin() -> None:
        task = inside.create_task(body(), context=context)
        task.add_done_callback(lambda _: _tell(outside, ended))
        started.set_result(task)

    inside.call_soon_threadsafe(begin)
    cancelled: asyncio.CancelledError | None = None
    while not ended.done():
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError as error:
            cancelled = error
            inside.call_soon_threadsafe(lambda: started.result().cancel())
    task = started.result()
    if cancelled is not None:
        if not task.cancelled() and (failure := task.exception()):
            cancelled.add_note(f"the work inside failed: {failure!r}")
        raise cancelled
    return task.result()


def _tell(outside: asyncio.AbstractEventLoop, ended: "asyncio.Future[None]") -> None:
    if not outside.is_closed():
        outside.call_soon_threadsafe(_release, ended)
