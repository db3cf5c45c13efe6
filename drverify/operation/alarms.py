"""What is wrong now at a site: out of how promises stand, what became of bookings, and who still works."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drverify.engine.nightly.ports import Desk
from drverify.errors import DrverifyError
from drverify.model.alarm import Alarm, AlarmKind, NightSum, Wrong
from drverify.model.board import Backups, Course
from drverify.model.booking import Attempt, Booking, BookingId, BookingState
from drverify.model.controls import Catch
from drverify.model.duration import human
from drverify.model.result import Stands
from drverify.model.verdict import Outcome

LOOK_BACK = timedelta(days=3)
"""Bookings of older nights are told by the state of their promises."""
LONELY = timedelta(minutes=5)
"""Without a sign of life of any worker for so long, nobody runs drills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked at besides the desk, as far as that went."""

    courses: tuple[Course, ...] = ()
    catches: tuple[tuple[str, Catch], ...] = ()
    """The gate's standings, with their agreement."""
    late: tuple[Backups, ...] = ()
    unseen: frozenset[AlarmKind] = frozenset()
    """What rests on something that could not be looked at."""


def alarms(desk: Desk, seen: Seen, now: datetime, problems: list[str]) -> Wrong:
    """Everything that is wrong, promises first; why the desk could not be asked is added to `problems`."""
    found, unseen = [*_promises(seen.courses, now), *_gate(seen.catches)], set(seen.unseen)
    asked: Sequence[tuple[frozenset[AlarmKind], Callable[[Desk, datetime], Iterator[Alarm]]]] = (
        (_OF_BOOKINGS, _bookings),
        (frozenset({AlarmKind.NO_WORKER}), _workers),
    )
    for kinds, ask in asked:
        try:
            found += ask(desk, now)
        except DrverifyError as error:
            problems.append(str(error))
            unseen |= kinds
    return Wrong(alarms=(*found, *_backups(seen.late)), unseen=frozenset(unseen))


def night_sum(desk: Desk, courses: Sequence[Course], begins: datetime, now: datetime) -> NightSum:
    """What became of everything that was to begin since `begins`, and how many promises are kept now."""
    states = [state for _, state in desk.bookings(begins=begins, ends=now, limit=100_000)]
    return NightSum(
        drills=len(states),
        concluded=states.count(BookingState.DONE),
        missed=states.count(BookingState.MISSED),
        given_up=states.count(BookingState.GIVEN_UP),
        promises=len(courses),
        met=sum(course.stands(now) is Stands.MET for course in courses),
    )


def _promises(courses: Iterable[Course], now: datetime) -> Iterator[Alarm]:
    for course in courses:
        stands = course.stands(now)
        if stands not in {Stands.MISSED, Stands.OVERDUE}:
            continue
        since = course.stands_since(now)
        kind = AlarmKind.PROMISE if stands is Stands.MISSED else AlarmKind.OVERDUE
        what = _missed(course) if stands is Stands.MISSED else _untested(course)
        yield Alarm(
            key=f"{kind}/{course.agreement}/{course.workload}/{course.obligation}/{since.isoformat()}",
            kind=kind,
            what=f"{course.obligation}: {what}",
            since=since,
            agreement=course.agreement,
            workload=course.workload,
        )


def _missed(course: Course) -> str:
    said = course.reason or _figures(course)
    return f"{said} ({course.told})" if course.told else said


def _figures(course: Course) -> str:
    if course.achieved is None or course.limit is None:
        return f"drill {course.drill} shows that it is not kept"
    allowed = f" and {human(course.allowance)} allowed" if course.allowance else ""
    return f"{human(course.achieved)} shown{allowed}, {human(course.limit)} promised"


def _untested(course: Course) -> str:
    if course.shown is not Outcome.UNPROVEN or course.drill is None:
        return "no drill has shown it within the promised time"
    return f"no drill has decided it within the promised time, the newest ({course.drill}) neither"


_OF_BOOKINGS = frozenset({AlarmKind.DRILL, AlarmKind.GIVEN_UP, AlarmKind.LEFT_BEHIND})


def _bookings(desk: Desk, now: datetime) -> Iterator[Alarm]:
    attempts: dict[BookingId, list[Attempt]] = defaultdict(list)
    for one in desk.ended_since(now - LOOK_BACK):
        attempts[one.booking].append(one)
    known = {}
    for booking, state in desk.bookings(begins=now - LOOK_BACK, ends=now, limit=100_000):
        known[booking.id] = booking
        ended = attempts.get(booking.id, [])
        why = f"after {_times(ended)}: {ended[-1].ending.why}" if ended else ""
        if state is BookingState.MISSED:
            yield _of(booking, AlarmKind.DRILL, why or "its night went by before there was room for it")
        elif state is BookingState.GIVEN_UP:
            yield _of(booking, AlarmKind.GIVEN_UP, why or "nobody ran it")
    yield from _left_behind(desk, known, attempts)


def _times(attempts: Sequence[Attempt]) -> str:
    return "1 attempt" if len(attempts) == 1 else f"{len(attempts)} attempts"


def _left_behind(
    desk: Desk, known: Mapping[BookingId, Booking], attempts: Mapping[BookingId, Sequence[Attempt]]
) -> Iterator[Alarm]:
    """Of whatever became of its booking: what one attempt left the next one does not take back."""
    for name, ended in attempts.items():
        left = [one for one in ended if one.ending.left_behind]
        if not left:
            continue
        booking = known.get(name)
        if booking is None and (there := desk.booking(name)) is not None:
            booking, _ = there
        if booking is not None:
            last = left[-1]
            what = f"attempt {last.number}: something may still exist: `drverify sandbox reap`"
            one = _of(booking, AlarmKind.LEFT_BEHIND, what)
            yield replace(one, key=f"{one.key}/{last.number}", since=last.ending.at)


def _of(booking: Booking, kind: AlarmKind, what: str) -> Alarm:
    return Alarm(
        key=f"{kind}/{booking.id}",
        kind=kind,
        what=what,
        since=booking.not_after,
        agreement=booking.agreement,
        workload=booking.workload,
    )


def _gate(catches: Iterable[tuple[str, Catch]]) -> Iterator[Alarm]:
    for agreement, catch in catches:
        if not catch.doubtful or catch.missed_at is None:
            continue
        last = f"last caught {catch.caught_at:%Y-%m-%d %H:%M} UTC" if catch.caught_at else "never caught"
        yield Alarm(
            key=f"{AlarmKind.GATE}/{agreement}/{catch.workload}/{catch.kind}/{catch.missed_at.isoformat()}",
            kind=AlarmKind.GATE,
            what=f"a copy with {catch.kind} stayed green, {last}: every green since then is doubtful",
            since=catch.missed_at,
            agreement=agreement,
            workload=catch.workload,
        )


def _backups(late: Iterable[Backups]) -> Iterator[Alarm]:
    for one in late:
        newest = f"{human(one.looked_at - one.newest)} old" if one.newest else "not there"
        allowed = human(one.allowed_gap) if one.allowed_gap else "what is promised"
        yield Alarm(
            key=f"{AlarmKind.BACKUP}/{one.agreement}/{one.workload}/{one.newest}",
            kind=AlarmKind.BACKUP,
            what=f"the newest point in {one.source} is {newest}, and {allowed} is allowed",
            since=one.looked_at,
            agreement=one.agreement,
            workload=one.workload,
        )


def _workers(desk: Desk, now: datetime) -> Iterator[Alarm]:
    """Somebody whose heart stopped: a site at which nobody was ever started has none."""
    workers = desk.workers()
    if workers and (last := max(one.seen for one in workers)) + LONELY < now:
        yield Alarm(
            key=f"{AlarmKind.NO_WORKER}/{last.isoformat()}",
            kind=AlarmKind.NO_WORKER,
            what=f"no worker has given a sign of life for {human(now - last)}",
            since=last,
        )
