"""Bounds of entries by others' clocks, and which envelopes a period needs."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drverify.auditing.scope import Scope, scope_of
from drverify.auditing.slots import NOTHING
from drverify.auditing.times import Times
from drverify.auditing.walking import Absent
from drverify.model.records import PeriodClose, Schedule
from drverify.planning.period import period_of

ZERO = datetime(2026, 1, 1, tzinfo=UTC)
MARKS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 50)), max_size=12)


def _at(minute: int) -> datetime:
    return ZERO + timedelta(minutes=minute)


@given(MARKS, st.integers(0, 12))
def test_the_earliest_mark_over_an_entry_bounds_it(marks: list[tuple[int, int]], index: int) -> None:
    times = Times({"one": [(size, _at(minute)) for size, minute in marks]})
    over = [minute for size, minute in marks if size > index]
    assert times.latest(index) == (_at(min(over)) if over else None)
    assert times.vouched(index) == times.latest(index)
    assert Times({}, [(size, _at(minute)) for size, minute in marks]).vouched(index) == times.latest(index)
    assert times.dated == max((size for size, _ in marks), default=0)


@given(st.lists(MARKS, max_size=4), st.integers(0, 12), st.integers(1, 4))
def test_several_bound_an_entry_when_the_last_of_them_does(
    each: list[list[tuple[int, int]]], index: int, count: int
) -> None:
    times = Times({str(n): [(size, _at(minute)) for size, minute in one] for n, one in enumerate(each)})
    firsts = sorted(min(over) for one in each if (over := [minute for size, minute in one if size > index]))
    assert times.latest_of(index, count) == (_at(firsts[count - 1]) if len(firsts) >= count else None)
    assert times.latest_of(index, 1) == times.latest(index)


@given(MARKS, st.integers(0, 12))
def test_an_entry_is_as_young_as_the_youngest_before_it(known: list[tuple[int, int]], index: int) -> None:
    times = Times({})
    for place, minute in known:
        times.learn(place, _at(minute))
    before = [minute for place, minute in known if place <= index]
    assert times.earliest(index) == (_at(max(before)) if before else None)


@given(st.sets(st.integers(0, 30)), st.integers(0, 30), st.integers(0, 30))
def test_absent_entries_are_told_as_far_as_they_are_needed(found: set[int], begin: int, end: int) -> None:
    absent = Absent()
    for index in sorted(found):
        absent.add(index)
    told = [index for low, high in absent.needed(Scope(begin=begin, end=end)) for index in range(low, high)]
    assert told == sorted(index for index in found if begin <= index < end)


def _schedule(name: str) -> Schedule:
    return Schedule(agreement="A-1", contract="0" * 64, period=period_of(name), slots=())


def _close(name: str, size: int) -> PeriodClose:
    return PeriodClose(
        agreement="A-1", period=period_of(name), begin=0, size=size, root="0" * 64, counts=NOTHING
    )


def test_a_period_needs_what_no_earlier_close_counted() -> None:
    year, quarter = period_of("2026"), period_of("2026Q2")
    planned = [(1, _schedule("2026Q1")), (10, _schedule("2026Q2"))]
    closes = [(20, _close("2026Q1", 18)), (40, _close("2026Q2", 39))]
    assert scope_of(quarter, [], [], size=50) == Scope(begin=0, end=50)
    assert scope_of(quarter, planned, [], size=50) == Scope(begin=0, end=50)
    assert scope_of(quarter, planned, closes[:1], size=50) == Scope(begin=10, end=50)
    assert scope_of(quarter, planned, closes, size=50) == Scope(begin=10, end=39)
    assert scope_of(year, planned, closes[:1], size=50) == Scope(begin=0, end=50)
    assert scope_of(year, planned, closes, size=50) == Scope(begin=0, end=39)
    assert Scope(begin=10, end=39).needs(0, "register")
    assert not Scope(begin=10, end=39).needs(9, "drill-started")
