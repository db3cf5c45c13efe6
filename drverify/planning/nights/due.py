"""Which drills obligations ask for within some nights. Pure.

A restore test is promised at least every so often. Each drill has a window of a quarter of that time, and
the next window ends three quarters after the one before: however early the one is run and however late the
next, no more than the promised time lies between them (`planning.schedule` cuts periods by the same part).
Where both parties signed a schedule, its slots are the windows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.model.nights import Due, WhichPoint
from drverify.model.obligation import Mode, Register, Retention, Rto, in_scope
from drverify.model.records import Slot
from drverify.planning.schedule import promised_every

_PARTS = 4
OLDEST_EVERY = 4
"""One drill of so many takes the oldest point, where retention is promised."""
ASSUMED = timedelta(minutes=30)
"""What a drill takes of which none is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a workload besides its promises."""

    workload: str
    host: str
    memory_mib: int
    protected_since: datetime
    tested_at: datetime | None = None
    """End of the last drill that recovered it; None: never."""
    takes: timedelta | None = None
    """A whole drill of it, with teardown; None: never measured."""
    reads: int = 0


def dues(
    register: Register,
    known: Sequence[Known],
    slots: Mapping[str, Sequence[Slot]],
    *,
    now: datetime,
    until: datetime,
) -> Iterator[Due]:
    """Every drill whose window opens before `until`; `slots` are the agreed ones, open or to come."""
    for one in known:
        owed = in_scope(register, one.workload)
        if not owed:
            continue
        windows = (
            _slots(slots[one.workload], until)
            if slots.get(one.workload)
            else _windows(one, promised_every([register], one.workload), now, until)
        )
        retained = any(isinstance(each.objective, Retention) for each in owed)
        modes = {each.objective.mode for each in owed if isinstance(each.objective, Rto)}
        mode: Mode = "instant" if modes == {"instant"} else "full"
        for number, window in enumerate(windows, 1):
            point: WhichPoint = "oldest" if retained and number % OLDEST_EVERY == 0 else "latest"
            yield Due(
                workload=one.workload,
                number=number,
                host=one.host,
                opens=window.opens,
                closes=window.closes,
                mode=mode,
                point=point,
                takes=one.takes or ASSUMED,
                measured=one.takes is not None,
                memory_mib=one.memory_mib,
                reads=one.reads,
                obligations=tuple(each.id for each in owed),
                why=window.why,
                slot=window.slot.id if window.slot else None,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    opens: datetime
    closes: datetime
    why: str
    slot: Slot | None = None


def _slots(slots: Sequence[Slot], until: datetime) -> Iterator[_Window]:
    for slot in sorted(slots, key=lambda one: one.opens):
        if slot.opens < until:
            why = f"slot {slot.id} of the agreed schedule, open until {slot.closes:%Y-%m-%d %H:%M} UTC"
            yield _Window(opens=slot.opens, closes=slot.closes, why=why, slot=slot)


def _windows(one: Known, every: timedelta | None, now: datetime, until: datetime) -> Iterator[_Window]:
    if every is None:
        return
    if one.tested_at is None:
        base, said = max(one.protected_since, now - every), "never tested"
    else:
        base, said = one.tested_at, f"tested last on {one.tested_at:%Y-%m-%d}"
    jitter = every / _PARTS
    closes = base + every
    while closes - jitter < until:
        overdue = ", overdue" if closes < now else ""
        yield _Window(
            opens=max(now, closes - jitter),
            closes=closes,
            why=f"a restore test every {_days(every)}; {said}, due by {closes:%Y-%m-%d}{overdue}",
        )
        said = "after the one before"
        closes = max(closes, now) + every - jitter


def _days(every: timedelta) -> str:
    days, rest = divmod(every, timedelta(days=1))
    return f"{days} days" if not rest else f"{every / timedelta(hours=1):g} h"
