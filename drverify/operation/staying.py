"""A night's sandbox that stands on because somebody asked: as the desk says, until its time is over."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.engine.staying import Standing
from drverify.model.booking import Keeping, Lease, Live
from drverify.operation.telling import printable
from drverify.planning.tonight.staying import until

PAUSE = timedelta(seconds=1)
"""Between two looks at whether it is over."""


class NightStay:
    """Implements `engine.staying.Stay` for one attempt; a group's members share it.

    What is asked for comes from the thread that gives the signs of life, what it says goes to that thread.
    """

    def __init__(
        self, lease: Lease, now: Callable[[], datetime] = lambda: datetime.now(UTC), pause: timedelta = PAUSE
    ) -> None:
        self._deadline, self._now, self._pause = lease.deadline, now, pause
        self._turn = threading.Lock()
        self._keeping: Keeping | None = None
        self._since: datetime | None = None
        self._ways_in: tuple[str, ...] = ()
        self._ended = False

    def told(self, keeping: Keeping | None) -> None:
        """What is asked for now; None: nothing ever was."""
        self._keeping = keeping

    def end(self) -> None:
        """Let nothing stand any more: cancelled, past its deadline, another's."""
        self._ended = True

    def wanted(self) -> bool:
        """Whether it shall stand: somebody asked, and did not take it back."""
        return not self._ended and self._keeping is not None and bool(self._keeping.span)

    async def over(self, standing: Standing) -> None:
        """Return when its time is over, it is released, or the attempt has to end: another thread tells."""
        lines = tuple(printable(line) for line in standing.ways_in)
        with self._turn:
            self._since = self._since or self._now()
            self._ways_in += tuple(one for one in lines if one not in self._ways_in)
        while (last := self._until()) is not None and self._now() < last:  # noqa: ASYNC110 - see above
            await asyncio.sleep(self._pause.total_seconds())

    def shown(self, live: Live) -> Live:
        """What a running drill says of itself, with what stands; unchanged while nothing does."""
        last = self._until()
        return live if last is None else replace(live, stands_until=last, ways_in=self._ways_in)

    def _until(self) -> datetime | None:
        """When it goes; None: nothing stands, or nothing shall any more."""
        with self._turn:
            keeping, since = self._keeping, self._since
        if self._ended or keeping is None or since is None:
            return None
        return until(since, keeping, self._deadline)
