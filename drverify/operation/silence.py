"""For how long drills have given no sign of life, as one process sees it. Pure.

A sign carries the time of the drill's machine. It is held against the sign before it and never against a
clock of ours, which may be set otherwise; how long it stays the same is measured by our own monotonic clock.
What this process did not look on at itself it knows nothing of: after a suspended machine, or a desk that was
away, everybody seems to be silent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from drverify.model.booking import BookingId, Lease


class Silence:
    """What one process has seen of the signs of life."""

    def __init__(self, gap: timedelta) -> None:
        """`gap`: who looks more seldom than that has not looked on."""
        self._gap = gap
        self._last: tuple[float, datetime] | None = None
        self._since: dict[tuple[BookingId, int], tuple[datetime, float]] = {}
        """The sign of each attempt that was seen last, and since when it is the same."""

    def look(self, clock: float, now: datetime) -> None:
        """Note that this process looks on; a gap of either clock (`clock`: monotonic) begins anew."""
        if self._last is not None:
            by_clock = timedelta(seconds=clock - self._last[0])
            if by_clock > self._gap or abs(now - self._last[1] - by_clock) > self._gap:
                self.begin_anew()
        self._last = clock, now

    def begin_anew(self) -> None:
        """Forget since when anybody is silent."""
        self._since.clear()

    def among(self, leases: Sequence[Lease], clock: float, after: timedelta) -> Sequence[Lease]:
        """Those of everything given out whose sign of life has been the same for so long."""
        known, self._since = self._since, {}
        for lease in leases:
            key = lease.booking, lease.attempt
            seen, since = known.get(key, (lease.seen, clock))
            self._since[key] = lease.seen, since if seen == lease.seen else clock
        last = clock - after.total_seconds()
        return [lease for lease in leases if self._since[lease.booking, lease.attempt][1] <= last]
