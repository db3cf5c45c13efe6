"""How long the virtual processors of a QEMU have waited for real ones.

Format: `/proc/PID/task/TID/schedstat` (Documentation/scheduler/sched-stats.rst of Linux): nanoseconds on a
processor, nanoseconds in a run queue waiting for one, and how often. QEMU names these threads `CPU n/...`.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

_VCPU = "CPU "


def longest_wait(process: Path) -> timedelta | None:
    """Of the virtual processor that has waited longest; None when there is none, or it cannot be read."""
    return max(_waits(process), default=None)


def _waits(process: Path) -> Iterator[timedelta]:
    try:
        for thread in sorted((process / "task").iterdir()):
            if (thread / "comm").read_text().startswith(_VCPU):
                waited = int((thread / "schedstat").read_text().split()[1])
                yield timedelta(microseconds=waited // 1000)
    except (OSError, ValueError, IndexError):
        return
