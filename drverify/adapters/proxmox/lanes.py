"""Threads for blocking calls: a few for each node, so that a node never has more of our calls at once.

A node answers with three worker processes (a hung storage blocks one per call), so at most two calls
are under way: one lane for questions about storages, which may take minutes, and one for all others,
which therefore never wait behind them. A third is for files that are sent, which block no worker until all
of it has come. Threads are daemons: a call that hangs never keeps the program
from ending. A call that was not begun when its caller was cancelled is never made.
"""

import asyncio
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Lane = Literal["quick", "storage", "upload"]
_Work = tuple[Callable[[], object], "Future[Any]"]


class Lanes:
    """The threads of one client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, Lane], queue.SimpleQueue[_Work | None]] = {}
        self._closed = False
        weakref.finalize(self, _end, self._queues)  # threads of a client that nobody closed

    async def call(self, node: str, lane: Lane, work: Callable[[], T]) -> T:
        """Run `work()` on the node's lane, from any event loop; cancelling does not stop what has begun."""
        future: Future[T] = Future()
        self._queue(node, lane).put((work, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Let the threads end after what they are at."""
        with self._lock:
            self._closed = True
            _end(self._queues)

    def _queue(self, node: str, lane: Lane) -> "queue.SimpleQueue[_Work | None]":
        with self._lock:
            if self._closed:
                raise RuntimeError("the client is closed")
            if (node, lane) not in self._queues:
                waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
                self._queues[node, lane] = waiting
                name = f"pve-{node or 'any'}-{lane}"
                threading.Thread(target=_serve, args=(waiting,), name=name, daemon=True).start()
            return self._queues[node, lane]


def _end(queues: "dict[tuple[str, Lane], queue.SimpleQueue[_Work | None]]") -> None:
    for waiting in queues.values():
        waiting.put(None)
    queues.clear()


def _serve(waiting: "queue.SimpleQueue[_Work | None]") -> None:
    while (item := waiting.get()) is not None:
        work, future = item
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - handed over to the caller's loop
            future.set_exception(error)
        del item, work, future
