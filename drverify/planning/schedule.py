"""Which drills a period needs, out of what the agreement promises. Pure.

A restore test is promised at least every so often (`RestoreTestFrequency`; of several for one workload the
shortest counts). The period is cut into equal cells with one window in each, at the same place in each, and
so many that from the opening of one window to the close of the next is never more than the promise: whoever
begins every drill in its window, as early or as late as it allows, keeps it, and any stretch of the
promised length inside the period has a whole window in it. That is one drill more than the bare number
where a promise is as long as the period: two drills a quarter for a test every three months, for two that
are begun on the first and the last day of their quarters lie half a year apart.

Each workload's windows are moved on by a part of what is free in its cells, so that the workloads are
spread over the period. What else is promised for a workload is drilled along with it. A workload for which
no interval is promised has one slot in the period, anywhere in it: its other promises are shown then.

"Every month" is 28 days in one month and 31 in another, so the promise is asked for at several instants of
the period, and the shortest answer counts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from drverify.model.obligation import Register, RestoreTestFrequency, in_scope
from drverify.model.records import Period, Slot, SlotId

WINDOW = timedelta(days=7)
"""How long a window is, if the promise leaves room for it."""
SHORTEST = timedelta(hours=1)
"""A promise below that is no interval that restores can be scheduled by."""
MAX_SLOTS = 20_000
_SECOND = timedelta(seconds=1)
_PARTS = 4
"""A window takes no more than this part of the promised interval, however short that is."""


def instants_of(period: Period) -> tuple[datetime, ...]:
    """For which instants the registers have to be made: its beginning, and where each month begins in it."""
    at = period.begins
    found = [at]
    while (at := _next_month(at)) <= period.ends:
        found.append(at)
    return tuple(found)


def schedule_slots(
    registers: Sequence[Register], period: Period, *, window: timedelta = WINDOW
) -> tuple[Slot, ...]:
    """The slots of a period, in the order in which they open. Times are whole seconds.

    `registers` are of one contract for `instants_of(period)`, at least the first. ValueError for a window
    that is no time, an interval shorter than `SHORTEST`, and more than `MAX_SLOTS`.
    """
    if window < _SECOND:
        raise ValueError("a window must last a second at least")
    names = sorted({name for one in registers[0].obligations for name in one.scope})
    slots: list[Slot] = []
    for place, name in enumerate(names):
        every = promised_every(registers, name)
        owed = tuple(one.id for one in in_scope(registers[0], name))
        windows = _windows(period, every, window, (place, len(names)))
        digits = max(2, len(str(len(windows))))
        slots += [
            Slot(
                id=SlotId(f"{period.id}/{name}/{number:0{digits}}"),
                workload=name,
                opens=opens,
                closes=closes,
                obligations=owed,
            )
            for number, (opens, closes) in enumerate(windows, 1)
        ]
        if len(slots) > MAX_SLOTS:
            raise ValueError(f"more than {MAX_SLOTS} slots in one schedule: take a shorter period")
    return tuple(sorted(slots, key=lambda one: (one.opens, one.id)))


def promised_every(registers: Sequence[Register], workload: str) -> timedelta | None:
    """The longest time between two restore tests of a workload; None when no interval is promised."""
    owed = (one for register in registers for one in in_scope(register, workload) if one.party == "provider")
    return min(
        (one.objective.every for one in owed if isinstance(one.objective, RestoreTestFrequency)), default=None
    )


def _windows(
    period: Period, every: timedelta | None, window: timedelta, share: tuple[int, int]
) -> list[tuple[datetime, datetime]]:
    """One window in each cell, moved on by `share` (so many parts of so many) of what is free in it."""
    length = period.ends - period.begins
    if every is not None and every < SHORTEST:
        raise ValueError(f"a restore test every {every} cannot be scheduled")
    lasts = _whole(min(window, length if every is None else min(length, every / _PARTS)))
    count = 1 if every is None else -(-length // (every - lasts - _SECOND))
    if count > MAX_SLOTS:
        raise ValueError(f"more than {MAX_SLOTS} slots in one schedule: take a shorter period")
    cell = length / count
    offset = (cell - lasts) * share[0] / share[1]
    begins = (period.begins + _whole(cell * number + offset) for number in range(count))
    return [(opens, opens + lasts) for opens in begins]


def _next_month(at: datetime) -> datetime:
    return (at.replace(day=1) + timedelta(days=32)).replace(day=1)


def _whole(span: timedelta) -> timedelta:
    return span // _SECOND * _SECOND
