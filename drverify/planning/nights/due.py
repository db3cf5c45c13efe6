"""Which drills obligations ask for within some nights. Pure.

A restore test is promised at least every so often. Each drill has a window of a quarter of that time, and
the next window ends three quarters after the one before: however early the one is run and however late the
next, no more than the promised time lies between them (`planning.schedule` cuts periods by the same part).
Where both parties signed a schedule, its slots are the windows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from drverify.model.grain import named
from drverify.model.group import Group
from drverify.model.nights import Due, Load
from drverify.model.obligation import (
    GRAINS,
    Grain,
    Obligation,
    Register,
    RestoreTestFrequency,
    Retention,
    Rto,
)
from drverify.model.records import Slot
from drverify.planning.nights.together import Share, as_one
from drverify.planning.nights.turns import Shown, Varieties, next_turns

_PARTS = 4
ASSUMED = timedelta(minutes=30)
"""What a drill takes of which none is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a workload besides its promises."""

    workload: str
    host: str
    load: Load
    protected_since: datetime
    tested_at: datetime | None = None
    """End of the last drill that recovered it; None: never."""
    takes: timedelta | None = None
    """A whole drill of it, with teardown; None: never measured."""
    reads: int = 0
    drilled: int = 0
    """Drills that recovered it so far and count (`turns.so_far`): turns go by them, whatever plan counts."""
    failed: Shown | None = None
    """What its newest drill took, if that failed."""
    copies: tuple[str, ...] = ()
    """Sources of further copies of its points."""
    generations: tuple[str, ...] = ()
    """Of the points between the newest and the oldest, as the newest drill saw them listed."""
    shown: tuple[Shown, ...] = ()
    """What its drills took, newest first."""
    in_group: bool = False
    """Whether `takes` was measured in a drill of its dependency group."""
    shows: frozenset[Grain] | None = None
    """What a drill by its playbook brings back; None: nobody asked, or the playbook cannot be read."""


def dues(
    register: Register,
    known: Sequence[Known],
    slots: Mapping[str, Sequence[Slot]],
    *,
    now: datetime,
    until: datetime,
    groups: Sequence[Group] = (),
) -> Iterator[Due]:
    """Every drill whose window opens before `until`; `slots` are the agreed ones, open or to come.

    `groups` are those that can be drilled as one; all their members are `known`.
    """
    asked = _Asked(promised=by_workload(register), slots=slots, now=now, until=until)
    by_name = {one.workload: one for one in known}
    members = {one.workload for group in groups for one in group.members}
    for one in known:
        if one.workload not in members and asked.owed(one):
            yield from _drills(one, asked.owed(one), asked.windows(one))
    for group in groups:
        yield from _of_group(group, [by_name[one.workload] for one in group.members], asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is promised and agreed, and for which time it is asked."""

    promised: Mapping[str, Sequence[Obligation]]
    slots: Mapping[str, Sequence[Slot]]
    now: datetime
    until: datetime

    def owed(self, one: Known) -> Sequence[Obligation]:
        return self.promised.get(one.workload, ())

    def every(self, one: Known) -> timedelta | None:
        return every_of(self.owed(one))

    def windows(self, one: Known) -> "Iterator[_Window]":
        if self.slots.get(one.workload):
            return _slots(self.slots[one.workload], self.until)
        return _windows(one, self.every(one), self.now, self.until, grains_of(self.owed(one)))


def _drills(one: Known, owed: Sequence[Obligation], windows: "Iterable[_Window]") -> Iterator[Due]:
    """A drill for each window, by turns."""
    turns = next_turns(one.drilled, one.failed, varieties(one, owed))
    for number, (window, taken) in enumerate(zip(windows, turns, strict=False), 1):
        yield Due(
            workload=one.workload,
            number=number,
            host=one.host,
            opens=window.opens,
            closes=window.closes,
            mode=taken.mode,
            point=taken.point,
            takes=one.takes or ASSUMED,
            measured=one.takes is not None,
            load=one.load,
            reads=one.reads,
            obligations=tuple(each.id for each in owed),
            why=f"{window.why}; {taken.why}" if taken.why else window.why,
            slot=window.slot.id if window.slot else None,
        )


def _of_group(group: Group, members: Sequence[Known], asked: _Asked) -> Iterator[Due]:
    """The drills of a group; where nothing is promised for any member, none.

    Windows are those of the member that is due first, at the shortest time that is promised for any.
    """
    if any(asked.slots.get(one.workload) for one in members):
        windows = [tuple(asked.windows(one)) for one in members]
    else:
        tested = [(every, one) for one in members if (every := asked.every(one)) is not None]
        if not tested:
            return
        first = min(tested, key=lambda each: _tested(each[1], each[0], asked.now)[0] + each[0])[1]
        every = min(each for each, _ in tested)
        windows = [tuple(_windows(first, every, asked.now, asked.until))] * len(members)
    drills = [_drills(one, asked.owed(one), own) for one, own in zip(members, windows, strict=True)]
    for row in zip_longest(*drills):
        yield from as_one(
            group,
            [
                Share(
                    due=due,
                    promised=due.slot is not None or asked.every(one) is not None,
                    in_group=one.in_group,
                )
                for one, due in zip(members, row, strict=True)
                if due is not None
            ],
        )


def varieties(one: Known, owed: Sequence[Obligation]) -> Varieties:
    """What the drills of a workload have to choose from; `owed` is all that is promised for it."""
    return varieties_of(owed, copies=one.copies, between=bool(one.generations))


def varieties_of(owed: Sequence[Obligation], *, copies: tuple[str, ...], between: bool) -> Varieties:
    """The same of a workload of which only its copies, and whether points lie between, are known."""
    return Varieties(
        modes=frozenset(each.objective.mode for each in owed if isinstance(each.objective, Rto)),
        retained=any(isinstance(each.objective, Retention) for each in owed),
        copies=copies,
        between=between,
    )


def by_workload(register: Register) -> dict[str, list[Obligation]]:
    """`in_scope` of every workload at once: ten thousand scopes are not searched ten thousand times."""
    found: dict[str, list[Obligation]] = {}
    for one in register.obligations:
        for name in dict.fromkeys(one.scope):
            found.setdefault(name, []).append(one)
    return found


def every_of(owed: Sequence[Obligation]) -> timedelta | None:
    """The promised time between two restore tests, as `planning.schedule.promised_every`."""
    tests = (one.objective for one in owed if one.party == "provider")
    return min((one.every for one in tests if isinstance(one, RestoreTestFrequency)), default=None)


def grains_of(owed: Sequence[Obligation]) -> tuple[Grain, ...]:
    """What the promised restore tests bring back, in the order of `GRAINS`; empty: no promise says."""
    tests = [one.objective for one in owed if one.party == "provider"]
    named = {each for one in tests if isinstance(one, RestoreTestFrequency) for each in one.grains}
    return tuple(one for one in GRAINS if one in named)


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


def _windows(
    one: Known,
    every: timedelta | None,
    now: datetime,
    until: datetime,
    grains: Sequence[Grain] = (),
) -> Iterator[_Window]:
    if every is None:
        return
    what = f"a restore test ({named(grains)})" if grains else "a restore test"
    base, said = _tested(one, every, now)
    jitter = every / _PARTS
    closes = base + every
    while closes - jitter < until:
        overdue = ", overdue" if closes < now else ""
        yield _Window(
            opens=max(now, closes - jitter),
            closes=closes,
            why=f"{what} every {_days(every)}; {said}, due by {closes:%Y-%m-%d}{overdue}",
        )
        said = "after the one before"
        closes = max(closes, now) + every - jitter


def _tested(one: Known, every: timedelta, now: datetime) -> tuple[datetime, str]:
    """From when on the time to the next test counts, and why."""
    if one.tested_at is None:
        return max(one.protected_since, now - every), "never tested"
    return one.tested_at, f"tested last on {one.tested_at:%Y-%m-%d}"


def _days(every: timedelta) -> str:
    days, rest = divmod(every, timedelta(days=1))
    return f"{days} days" if not rest else f"{every / timedelta(hours=1):g} h"
