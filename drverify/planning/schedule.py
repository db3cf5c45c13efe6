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

Both parties may agree on something else: on fewer drills, on a part of a period that has begun, on a workload
that came later. `gaps` says what such a schedule leaves unshown.

"Every month" is 28 days in one month and 31 in another, so the promise is asked for at several instants of
the period, and the shortest answer counts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What both parties want of a schedule beyond what the promise asks for."""

    window: timedelta = WINDOW
    since: datetime | None = None
    """Nothing opens before that; None: the period's beginning."""
    each: int | None = None
    """So many slots for each workload; None: as many as the promise needs."""
    workloads: Collection[str] = ()
    """Only for these; empty: for all that something is promised for."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """How many slots of the period each workload has already: numbers go on from there."""


def schedule_slots(
    registers: Sequence[Register], period: Period, wishes: Wishes | None = None
) -> tuple[Slot, ...]:
    """The slots of a period, in the order in which they open. Times are whole seconds.

    `registers` are of one contract for `instants_of(period)`, at least the first. ValueError for wishes that
    cannot be, an interval shorter than `SHORTEST`, and more than `MAX_SLOTS`.
    """
    wanted = wishes or Wishes()
    known = sorted({name for one in registers[0].obligations for name in one.scope})
    names = [name for name in known if not wanted.workloads or name in wanted.workloads]
    if strange := sorted(set(wanted.workloads) - set(known)):
        raise ValueError(f"nothing is promised for {', '.join(strange)}")
    slots: list[Slot] = []
    for place, name in enumerate(names):
        every = promised_every(registers, name)
        owed = tuple(one.id for one in in_scope(registers[0], name))
        windows = _windows(period, every, wanted, (place, len(names)))
        first = wanted.planned.get(name, 0) + 1
        digits = max(2, len(str(len(windows))))
        slots += [
            Slot(
                id=SlotId(f"{period.id}/{name}/{number:0{digits}}"),
                workload=name,
                opens=opens,
                closes=closes,
                obligations=owed,
            )
            for number, (opens, closes) in enumerate(windows, first)
        ]
        if len(slots) > MAX_SLOTS:
            raise ValueError(f"more than {MAX_SLOTS} slots in one schedule: take a shorter period")
    return tuple(sorted(slots, key=lambda one: (one.opens, one.id)))


def gaps(registers: Sequence[Register], period: Period, slots: Sequence[Slot]) -> dict[str, timedelta]:
    """How long each workload may go without a drill although the slots are kept, where that is too long.

    Counted inside the period: from its beginning to the first close, from each opening to the next close,
    from the last opening to its end. A workload without any slot goes without for the whole period.
    """
    found: dict[str, timedelta] = {}
    for name in sorted({name for one in registers[0].obligations for name in one.scope}):
        every = promised_every(registers, name)
        own = sorted((slot.opens, slot.closes) for slot in slots if slot.workload == name)
        edges = [(period.begins, period.begins), *own, (period.ends, period.ends)]
        longest = max(later[1] - earlier[0] for earlier, later in pairwise(edges))
        if every is not None and longest > every:
            found[name] = longest
    return found


def promised_every(registers: Sequence[Register], workload: str) -> timedelta | None:
    """The longest time between two restore tests of a workload; None when no interval is promised."""
    owed = (one for register in registers for one in in_scope(register, workload) if one.party == "provider")
    return min(
        (one.objective.every for one in owed if isinstance(one.objective, RestoreTestFrequency)), default=None
    )


def _windows(
    period: Period, every: timedelta | None, wanted: Wishes, share: tuple[int, int]
) -> list[tuple[datetime, datetime]]:
    """One window in each cell, moved on by `share` (so many parts of so many) of what is free in it."""
    since = max(period.begins, wanted.since or period.begins)
    length = period.ends - since
    if length < _SECOND or wanted.window < _SECOND or (wanted.each is not None and wanted.each < 1):
        raise ValueError("no slot fits: the period is over, or a window or a number is no time or number")
    if every is not None and every < SHORTEST:
        raise ValueError(f"a restore test every {every} cannot be scheduled")
    lasts = _whole(min(wanted.window, length if every is None else min(length, every / _PARTS)))
    needed = 1 if every is None else -(-length // (every - lasts - _SECOND))
    count = needed if wanted.each is None else wanted.each
    if count > MAX_SLOTS:
        raise ValueError(f"more than {MAX_SLOTS} slots in one schedule: take a shorter period")
    cell = length / count
    lasts = max(_SECOND, min(lasts, _whole(cell)))
    offset = (cell - lasts) * share[0] / share[1]
    begins = (since + _whole(cell * number + offset) for number in range(count))
    return [(opens, min(opens + lasts, period.ends)) for opens in begins]


def _next_month(at: datetime) -> datetime:
    return (at.replace(day=1) + timedelta(days=32)).replace(day=1)


def _whole(span: timedelta) -> timedelta:
    return span // _SECOND * _SECOND
