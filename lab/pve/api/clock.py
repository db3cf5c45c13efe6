"""The cluster's time: wall time with an offset, and waits that a factor shortens."""

import asyncio
import time


class Clock:
    """`scale` multiplies every wait of the stand-in (0.01: three seconds become thirty milliseconds)."""

    def __init__(self, *, scale: float = 1.0) -> None:
        self.scale = scale
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as the cluster believes."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once: tickets and tokens expire, nothing is waited for."""
        self._ahead += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of the cluster's time."""
        await asyncio.sleep(seconds * self.scale)
