"""The machine's two clocks."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Implements `Clock`; the monotonic one counts suspended time too (CLOCK_BOOTTIME)."""

    def utc(self) -> datetime:
        """Wall time."""
        return datetime.now(UTC)

    def monotonic(self) -> timedelta:
        """Time since the machine started."""
        return timedelta(microseconds=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000)
