"""Waits for a guest to get healthy, and notices when that has become pointless."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from drverify.engine.drills.probing import Probing
from drverify.engine.ports import Activity, Clock, Sandbox
from drverify.model.drill import GaveUp
from drverify.model.playbook import Limits, ProbeSpec

WATCH_EVERY = timedelta(seconds=1)
_STARVED = 0.9
"""Of the time. A guest that spins beside nine others on two processors waits for 0.8 of it, and is judged."""
_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why waiting for a guest has become pointless."""

    by: GaveUp
    why: str
    starved: str = ""
    """Not the guest's fault: our host did not let it run. Empty: nothing shows that."""


class Watch:
    """Notices when a guest shows no sign of life any more, or its time is over.

    A guest that stands still because the host has no processor for it proves nothing about its backup: when
    a processor of the guest has waited for one of the host for nine tenths of the time, that is said.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._started = clock.monotonic()
        self._moved = self._started
        self._last: tuple[Activity, int] | None = None
        self._waited = _ZERO
        """What `Activity.starved` was when the guest moved last."""
        self._busy = False

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While the context lasts it is we who do something: a guest that stands still is not given up.

        Its time does not count towards the limit for getting healthy.
        """
        self._busy, since = True, self._clock.monotonic()
        try:
            yield
        finally:
            self._started += self._clock.monotonic() - since
            self._busy, self._last = False, None

    def verdict(self, activity: Activity, answers: int) -> Ending | None:
        """Say why waiting is over, or None to go on."""
        now = self._clock.monotonic()
        if (activity, answers) != self._last:
            self._last = (activity, answers)
            self._moved, self._waited = now, activity.starved or _ZERO
        if not activity.running:
            return Ending(by=GaveUp.GUEST_STOPPED, why="the guest is not running any more")
        if self._busy:
            return None
        if now - self._moved > self._limits.boot_stall:
            why = f"no sign of life for {self._limits.boot_stall.total_seconds():.0f} s"
            starved = _starved(activity, self._waited, now - self._moved)
            return Ending(by=GaveUp.STALL, why=why, starved=starved)
        if now - self._started > self._limits.healthy:
            why = f"not healthy within {self._limits.healthy.total_seconds():.0f} s"
            starved = _starved(activity, _ZERO, now - self._started)
            return Ending(by=GaveUp.HEALTHY_LIMIT, why=why, starved=starved)
        return None


def _starved(activity: Activity, before: timedelta, span: timedelta) -> str:
    """Whether the guest had to wait for nearly all of a time span; empty when that is not shown."""
    if activity.starved is None or (waited := activity.starved - before) < span * _STARVED:
        return ""
    return (
        f"the restore host had no processor for the guest for {waited.total_seconds():.0f} "
        f"of {span.total_seconds():.0f} s"
    )


class Vigil:
    """For as long as the context lasts, probes are asked again and again and the guest is watched."""

    def __init__(self, sandbox: Sandbox, probing: Probing, watch: Watch) -> None:
        self._sandbox = sandbox
        self._probing = probing
        self._watch = watch
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._dead = asyncio.create_task(self._until_dead())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._dead, *self._tasks):
            task.cancel()
        await asyncio.gather(self._dead, *self._tasks, return_exceptions=True)

    def ask(self, specs: Sequence[ProbeSpec]) -> None:
        """Ask these, too, from now on."""
        if specs:
            self._tasks.append(asyncio.create_task(self._probing.follow(specs)))

    async def until(self, goal: Callable[[], bool]) -> Ending | None:
        """Wait until the goal holds (None), or say why waiting has become pointless.

        Raises what keeps us from asking (a bug of ours) or from watching (HostError).
        """
        reached = asyncio.create_task(self._probing.when(goal))
        try:
            await asyncio.wait({reached, self._dead, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                if task.done():
                    task.result()
            return None if reached.done() else await self._dead
        finally:
            reached.cancel()
            await asyncio.gather(reached, return_exceptions=True)

    async def during(self, work: Coroutine[Any, Any, None]) -> Ending | None:
        """Do the work to its end (None), or say that the guest stopped meanwhile. Raises what work does."""
        doing = asyncio.create_task(work)
        try:
            with self._watch.busy():
                await asyncio.wait({doing, self._dead}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                return await self._dead
            doing.result()
            return None
        finally:
            doing.cancel()
            await asyncio.gather(doing, return_exceptions=True)

    async def _until_dead(self) -> Ending:
        while True:
            ending = self._watch.verdict(await self._sandbox.activity(), self._probing.answers)
            if ending is not None:
                return ending
            await asyncio.sleep(WATCH_EVERY.total_seconds())
