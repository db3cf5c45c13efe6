"""A schedule that is kept keeps the promise, whatever was promised and whenever in its window a drill is begun."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.errors import InputError
from drverify.model.obligation import Obligation, ObligationId, Register, RestoreTestFrequency, Rpo
from drverify.model.records import Period, PeriodId, Schedule
from drverify.planning.period import period_of
from drverify.planning.schedule import Wishes, gaps, instants_of, promised_every, schedule_slots
from drverify.sealing import codec
from drverify.sealing.records.checking import flaws
from tests.support.records import DAY, HOUR, SEC, register

GOOD = register()
NAMES = ("shop", "files", "mail", "dc 1/β")
instants = st.datetimes(datetime(2020, 1, 1), datetime(2050, 1, 1)).map(  # noqa: DTZ001 - made aware
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
spans = st.integers(3600, 400 * 86400).map(lambda seconds: seconds * SEC)
periods = st.builds(
    lambda begins, length: Period(id=PeriodId("P"), begins=begins, ends=begins + length),
    instants,
    st.integers(1, 370 * 86400).map(lambda seconds: seconds * SEC),
)


def promise(name: str, every: timedelta, *scope: str) -> Obligation:
    return Obligation(
        id=ObligationId(name), clause="7.1", scope=scope, objective=RestoreTestFrequency(every=every)
    )


@st.composite
def registers(draw: st.DrawFn) -> Register:
    """Intervals for some workloads, another promise for others; long enough for a schedule of our size."""
    scopes = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)
    tests = [
        promise(f"test-{number}", draw(spans) + DAY, *draw(scopes))
        for number in range(draw(st.integers(0, 3)))
    ]
    rpo = Obligation(id=ObligationId("rpo"), clause="5.1", scope=NAMES[:2], objective=Rpo(limit=HOUR))
    return replace(GOOD, obligations=(rpo, *tests))


@settings(deadline=None)
@given(registers(), periods, st.integers(1, 30 * 86400).map(lambda seconds: seconds * SEC))
def test_every_interval_of_the_promise_has_a_slot(
    promised: Register, period: Period, window: timedelta
) -> None:
    slots = schedule_slots([promised], period, Wishes(window=window))
    made = Schedule(agreement="a", contract=GOOD.contract, period=period, slots=slots)
    assert list(flaws(made)) == []
    assert codec.decode(codec.encode(made), Schedule, what="it") == made
    assert {slot.workload for slot in slots} == {name for one in promised.obligations for name in one.scope}
    assert gaps([promised], period, slots) == {}
    for name in {slot.workload for slot in slots}:
        own = [slot for slot in slots if slot.workload == name]
        every = promised_every([promised], name)
        if every is None:
            assert len(own) == 1
            continue
        edges = [(period.begins, period.begins), *((one.opens, one.closes) for one in own)]
        assert all(later[1] - earlier[0] <= every for earlier, later in pairwise(edges))
        assert period.ends - own[-1].opens <= every
        # the next period's first window lies at the same place
        following = own[0].closes + (period.ends - period.begins)
        assert following - own[-1].opens <= every


@given(registers(), periods)
def test_workloads_do_not_all_wait_for_the_same_hour(promised: Register, period: Period) -> None:
    slots = schedule_slots([promised], period)
    firsts = {}
    for slot in slots:
        firsts.setdefault(slot.workload, slot.opens - period.begins)
    if period.ends - period.begins > 60 * DAY and len(firsts) > 1:
        assert len(set(firsts.values())) > 1


@settings(deadline=None)
@given(registers(), periods, st.integers(1, 9), st.integers(0, 99))
def test_parties_may_want_something_else_and_are_told_what_it_leaves_open(
    promised: Register, period: Period, each: int, part: int
) -> None:
    since = period.begins + (period.ends - period.begins) * part // 100
    wishes = Wishes(since=since, each=each, workloads=("shop",), planned={"shop": 7})
    if period.ends - since < SEC * 100:
        return
    slots = schedule_slots([promised], period, wishes)
    assert list(flaws(Schedule(agreement="a", contract=GOOD.contract, period=period, slots=slots))) == []
    assert [slot.id for slot in slots] == [f"P/shop/{8 + number:02}" for number in range(each)]
    assert min(slot.opens for slot in slots) >= since
    found = gaps([promised], period, slots)
    every = promised_every([promised], "shop")
    edges = [period.begins, *(slot.opens for slot in slots)]
    if every is not None and max(b - a for a, b in pairwise([*edges, period.ends])) > every:
        assert found["shop"] > every


def test_fewer_drills_than_the_promise_needs_are_said_to_be() -> None:
    made = [replace(GOOD, obligations=(promise("test", 92 * DAY, "shop"),))]
    quarter = period_of("2026Q4")
    once = schedule_slots(made, quarter, Wishes(each=1))
    assert gaps(made, quarter, once) == {}, "inside of one quarter; from one to the next nobody can say"
    assert gaps(made, quarter, ()) == {}
    assert gaps(made, period_of("2026"), once) == {"shop": once[0].closes - period_of("2026").begins}


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(window=0 * SEC),
        Wishes(each=0),
        Wishes(since=period_of("2026Q4").ends),
        Wishes(workloads=("mail",)),
    ],
)
def test_wishes_that_cannot_be(wishes: Wishes) -> None:
    with pytest.raises(ValueError, match=r"no slot fits|nothing is promised for mail"):
        schedule_slots([GOOD], period_of("2026Q4"), wishes)


def test_the_quarter_of_a_test_every_three_months() -> None:
    quarter = period_of("2026Q4")
    made = [
        replace(GOOD, obligations=(promise("test", 92 * DAY, "shop"), promise("other", 300 * DAY, "shop")))
    ]
    slots = schedule_slots(made, quarter)
    assert [(one.id, str(one.opens.date()), str(one.closes.date())) for one in slots] == [
        ("2026Q4/shop/01", "2026-10-01", "2026-10-08"),
        ("2026Q4/shop/02", "2026-11-16", "2026-11-23"),
    ]
    assert slots[0].obligations == ("test", "other")


def test_the_shortest_month_counts() -> None:
    months = [replace(GOOD, obligations=(promise("test", days * DAY, "shop"),)) for days in (31, 28)]
    assert schedule_slots(months, period_of("2027Q1")) == schedule_slots(months[1:], period_of("2027Q1"))
    assert [str(at.date()) for at in instants_of(period_of("2027Q1"))] == [
        "2027-01-01", "2027-02-01", "2027-03-01", "2027-04-01",
    ]  # fmt: skip


@pytest.mark.parametrize("every", [HOUR - SEC, 2 * HOUR])
def test_what_nobody_can_keep_is_not_scheduled(every: timedelta) -> None:
    made = [replace(GOOD, obligations=(promise("test", every, *(f"w{number}" for number in range(30))),))]
    with pytest.raises(ValueError, match=r"cannot be scheduled|more than"):
        schedule_slots(made, period_of("2026"))


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("2026Q4", "2026-10-01", "2027-01-01"),
        ("2026Q1", "2026-01-01", "2026-04-01"),
        ("2026-02", "2026-02-01", "2026-03-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026", "2026-01-01", "2027-01-01"),
    ],
)
def test_periods_are_known_by_their_names(name: str, begins: str, ends: str) -> None:
    found = period_of(name)
    assert (found.id, str(found.begins.date()), str(found.ends.date())) == (name, begins, ends)


@pytest.mark.parametrize(
    "name", ["", "2026Q5", "2026-13", "26Q1", "2026q1", "2026-1", "2026Q4 ", "\uff12026"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        period_of(name)
