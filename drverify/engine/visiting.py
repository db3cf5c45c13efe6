"""Somebody who looks at a restored system once it is proven, and again when nobody needs it any more.

In a group that is when the last member is done: what is taken along of one may not keep another waiting.

A visit is no part of what the drill measures and judges: it begins when the last probe has settled, and
whatever goes wrong in it is the visitor's to tell, never the drill's fault.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

from drverify.engine.drills.probing import Probing
from drverify.engine.ports import Progress, Reading, Sandbox
from drverify.model.access import Access

LEAVING = timedelta(hours=3)
"""For what a visitor takes along: its longest part has a limit of its own."""
Ask = Callable[[Access, Sequence[str], timedelta], Awaitable[Reading]]
"""(way in, command, limit) -> what it printed, or why it did not run. Never raises for what a system does."""


class Visitor(Protocol):
    """Looks at restored systems."""

    async def look(self, ask: Ask) -> None:
        """Ask the guest while it is up and proven."""

    async def leave(self, ask: Ask, sandbox: Sandbox) -> None:
        """Take along what is wanted of the guest, which is destroyed afterwards. It may be switched off."""


class Visit:
    """What a visitor, if there is one, does in one drill."""

    def __init__(self, visitor: Visitor | None, progress: Progress) -> None:
        self._visitor = visitor
        self._progress = progress
        self._left: tuple[Probing, Sandbox] | None = None

    async def looked(self, probing: Probing) -> None:
        """Let it look."""
        if self._visitor is not None:
            await self._said(self._visitor.look(_ask(probing)))

    def proven(self, probing: Probing, sandbox: Sandbox) -> None:
        """Remember what is left of the guest, which this drill needs no more."""
        self._left = (probing, sandbox)

    async def parted(self) -> None:
        """Let it take along what it wants of a guest that nobody needs any more, within a time of ours."""
        if self._visitor is not None and self._left is not None:
            probing, sandbox = self._left
            await self._said(_in_time(self._visitor.leave(_ask(probing), sandbox)))

    async def _said(self, visit: Awaitable[None]) -> None:
        try:
            await visit
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a visit that fails is a gap in what the visitor has
            self._progress.note(f"the visit ended early: {type(error).__name__}: {error}")


async def _in_time(visit: Awaitable[None]) -> None:
    async with asyncio.timeout(LEAVING.total_seconds()):
        await visit


def _ask(probing: Probing) -> Ask:
    async def ask(access: Access, argv: Sequence[str], within: timedelta) -> Reading:
        return await probing.read(access, argv, within=within)

    return ask
