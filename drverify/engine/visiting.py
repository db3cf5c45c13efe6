"""Somebody who looks at a restored system once it is proven, and again when the drill needs it no more.

A visit is no part of what the drill measures and judges: it begins when the last probe has settled, and
whatever goes wrong in it is the visitor's to tell, never the drill's fault.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

from drverify.engine.ports import DiskSource, Progress, Reading, Sandbox
from drverify.engine.probing import Probing
from drverify.model.access import Access

Ask = Callable[[Access, Sequence[str], timedelta], Awaitable[Reading]]
"""(way in, command, limit) -> what it printed, or why it did not run. Never raises for what a system does."""


class Visitor(Protocol):
    """Looks at restored systems."""

    async def look(self, ask: Ask) -> None:
        """Ask the guest while it is up and proven."""

    async def leave(self, ask: Ask, sandbox: Sandbox, disks: Sequence[DiskSource]) -> None:
        """Take along what is wanted of the guest, which is destroyed afterwards. It may be switched off."""


async def looked(visitor: Visitor | None, probing: Probing, progress: Progress) -> None:
    """Let the visitor look, if there is one."""
    if visitor is not None:
        await _said(visitor.look(_ask(probing)), progress)


async def left(
    visitor: Visitor | None,
    probing: Probing,
    progress: Progress,
    sandbox: Sandbox,
    disks: Sequence[DiskSource],
) -> None:
    """Let the visitor take along what it wants, if there is one."""
    if visitor is not None:
        await _said(visitor.leave(_ask(probing), sandbox, disks), progress)


def _ask(probing: Probing) -> Ask:
    async def ask(access: Access, argv: Sequence[str], within: timedelta) -> Reading:
        return await probing.read(access, argv, within=within)

    return ask


async def _said(visit: Awaitable[None], progress: Progress) -> None:
    try:
        await visit
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - a visit that fails is a gap in what the visitor has
        progress.note(f"the visit ended early: {type(error).__name__}: {error}")
