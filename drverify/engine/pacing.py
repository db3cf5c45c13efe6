"""Waiting, deadlines and work that must end: how the engine treats time and cancellation."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

from drverify.errors import DeadlineError, TeardownError

T = TypeVar("T")


async def finish(work: Coroutine[Any, Any, T], *, within: timedelta, what: str) -> T:
    """Await `work` to its end, putting off cancellation until it is done.

    A cancellation that arrived meanwhile is raised afterwards, with a note when the work failed too.
    Raises TeardownError when the work takes longer than `within`; `what` names it there.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    deadline = loop.time() + within.total_seconds()
    cancelled: asyncio.CancelledError | None = None
    while not task.done() and (left := deadline - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)  # wait() never cancels the task
        except asyncio.CancelledError as error:
            cancelled = error
    if not task.done():
        task.cancel()
        raise TeardownError(
            f"{what} took longer than {within.total_seconds():.0f} s",
            hint="run `drverify sandbox reap`",
        ) from cancelled
    if cancelled is None:
        return task.result()
    if not task.cancelled() and (failure := task.exception()):
        cancelled.add_note(f"put-off work failed: {failure!r}")
    raise cancelled


@asynccontextmanager
async def deadline(within: timedelta, what: str) -> AsyncIterator[None]:
    """Bound a piece of work by a limit of ours; DeadlineError when it runs out."""
    bound = asyncio.timeout(within.total_seconds())
    try:
        async with bound:
            yield
    except TimeoutError as error:
        if not bound.expired():
            raise
        raise DeadlineError(f"{what} took longer than {within.total_seconds():.0f} s") from error
