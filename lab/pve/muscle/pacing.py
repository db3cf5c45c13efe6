"""Progress of a copy: a line now and then, never faster than the limit."""

import time
from collections.abc import Callable

from drverify.adapters.vma.stopping import Stop

SLICE = 0.05
"""Seconds between two looks at the flag while a limited copy waits."""


class Pace:
    """Called with bytes done and of all, in the thread that copies."""

    def __init__(
        self, say: Callable[[int, int, float], None], stop: Stop, limit: int, *, step: int = 1
    ) -> None:
        """`say` gets percent (each `step`), bytes and seconds. `limit` is in KiB/s; 0 is none."""
        self._step = step
        self._say = say
        self._stop = stop
        self._limit = limit * 1024
        self._percent = 0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    def __call__(self, done: int, total: int) -> None:
        """Wait as the limit says, then tell. StoppedError when the work is to end."""
        while self._limit and self.seconds < done / self._limit:
            self._stop.check()
            time.sleep(min(SLICE, max(0.0, done / self._limit - self.seconds)))
        self._stop.check()
        percent = (done * 100 // total if total else 100) // self._step * self._step
        if percent > self._percent:
            self._percent = percent
            self._say(percent, done, self.seconds)
