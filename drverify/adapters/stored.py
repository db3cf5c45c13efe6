"""Files in a store, as one adapter lends them to another.

Adapters do not know each other: whoever reads files of a certain form (archives, say) asks for a
`FileStore`, and whoever can reach a store (a directory, a restic repository) is one. The table of
adapters brings the two together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from drverify.model.drill import ToolFact

T = TypeVar("T")

Bytes = Path | int
"""A file that can be read anywhere and again; or the reading end of a pipe that gives its bytes once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """One file of a store."""

    name: str
    """Without any directory."""
    key: str
    """By which its store finds it."""
    path: str
    """For people, and for the path of a recovery point."""
    size: int
    modified: datetime | None = None
    """UTC; none where it is of no use."""


class FileStore(Protocol):
    """Files that lie somewhere; nothing is ever written there."""

    heads_are_cheap: bool
    """Whether reading the beginning of each file costs little."""

    async def files(self) -> Sequence[StoredFile]:
        """List them all, each name once. SourceError when the store cannot be asked."""

    async def content(self, file: StoredFile, *, limit: int) -> bytes:
        """Return the first `limit` bytes of a small file. Errors as `read`."""

    async def read(self, file: StoredFile, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta) -> T:
        """Return what `work(bytes)` returns. It leaves nothing behind when it fails: it may be done twice.

        When the bytes ended early or did not come, what the store has to say is raised in place of what
        `work` thought of it: DefectError when the store proved its own copy to be damaged, SourceError
        when it was lost or the file is gone, DeadlineError when no byte came for `stall`.
        """

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say whether a local cache of this store exists."""

    async def tool(self) -> ToolFact:
        """Name the program behind the store and its version."""


async def several(works: Sequence[Coroutine[Any, Any, T]], at_once: int) -> list[T]:
    """Do works of one kind, a few at a time, and return their results in order.

    The first error is raised when all of them have ended; those under way are cancelled.
    """
    gate = asyncio.Semaphore(at_once)

    async def one(work: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await work

    tasks = [asyncio.create_task(one(work)) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for work in works:
            work.close()  # those that never began; nothing happens to the others
