"""A look at the console of a drill's guest while it runs, where its host gives one cheaply."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from drverify.adapters import table
from drverify.compose import Workshop
from drverify.engine.ports import SandboxId
from drverify.errors import DrverifyError
from drverify.model.drill import DrillId

EVERY = timedelta(seconds=10)
AT_MOST = 256 << 10
"""Bytes of a picture; a larger one is not shown."""

Screens = Callable[[str], Awaitable[bytes]]
"""Sandbox id -> PNG of its guest's screen. HostError when there is none."""


class Window:
    """Looks every ten seconds, in a thread of its own: a host that hangs keeps nobody from anything."""

    def __init__(self, workshop: Workshop, host: str, drills: Callable[[], Sequence[DrillId]]) -> None:
        """`drills`: those that were begun; of several that have a sandbox each is looked at in turn."""
        self._workshop, self._drills = workshop, drills
        self._looks = 0
        self._chosen = workshop.settings.hosts.get(workshop.settings.host_of(host))
        self._newest = b""

    def open(self) -> None:
        """Begin to look, until this process ends; not at all where the host gives no pictures."""
        if self._chosen is not None and self._chosen.kind in table.SCREENS:
            threading.Thread(target=self._run, name="window", daemon=True).start()

    def newer(self) -> bytes:
        """PNG of the screen if there is a newer one than was given last; empty if not."""
        found, self._newest = self._newest, b""
        return found

    def _run(self) -> None:
        assert self._chosen is not None  # noqa: S101 - `open` looked
        screens: Screens = table.load(table.SCREENS, self._chosen.kind, "host")(self._chosen.options())
        pause = threading.Event()
        while not pause.wait(EVERY.total_seconds()):
            sandbox = self._sandbox()
            if sandbox is not None:
                self._newest = _picture(screens, sandbox)

    def _sandbox(self) -> SandboxId | None:
        drills = self._drills()
        views = self._workshop.ledgers.views() if drills else ()
        found = sorted(view.sandbox_id for view in views if view.drill_id in drills)
        self._looks += 1
        return found[self._looks % len(found)] if found else None


def _picture(screens: Screens, sandbox: SandboxId) -> bytes:
    async def taken() -> bytes:
        return await screens(sandbox)

    try:
        found = asyncio.run(taken())
    except DrverifyError:  # it is being made or taken back: there is no screen now
        return b""
    return found if len(found) <= AT_MOST else b""
