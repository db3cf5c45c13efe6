"""A plan of nights as bookings."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from drverify.model.nights import Due, Load, Night, NightPlan, Planned
from drverify.model.obligation import ObligationId
from drverify.model.records import SlotId
from drverify.planning.tonight.booking import FIRST, LAST, bookings_of, priority_of
from tests.support.bookings import MIN, MORNING, NIGHT

DAY = timedelta(days=1)


def planned(
    workload: str = "shop", number: int = 1, *, closes: timedelta = DAY, opens: timedelta = -DAY
) -> Planned:
    due = Due(
        workload=workload,
        number=number,
        host="local",
        opens=NIGHT + opens,
        closes=MORNING + closes,
        mode="full",
        point="latest",
        takes=5 * MIN,
        measured=True,
        load=Load(memory_mib=512),
        reads=7,
        obligations=(ObligationId("7.1"),),
        why="due",
    )
    night = Night(evening=date(2026, 11, 23), begins=NIGHT, ends=MORNING)
    return Planned(due=due, night=night, begins=NIGHT + 60 * MIN)


def plan(*ones: Planned) -> NightPlan:
    return NightPlan(nights=(ones[0].night,), planned=ones, unplanned=(), seed="s")


def test_planned_again_it_is_the_same() -> None:
    ones = planned("shop", 2), planned("files"), planned("shop", 1)
    made = bookings_of(plan(*ones), site="fra1", agreement="acme")
    assert [one.id for one in made] == [
        "acme/files/2026-11-23/drill",
        "acme/shop/2026-11-23/drill",
        "acme/shop/2026-11-23/drill.2",
    ]
    assert made == bookings_of(plan(*reversed(ones)), site="fra1", agreement="acme")
    assert {one.site for one in made} == {"fra1"}
    assert (made[0].reads, made[0].takes, made[0].due) == (7, 5 * MIN, MORNING + DAY)


def test_what_is_drilled_is_part_of_the_id() -> None:
    """Planned again after the first is over, another one that is owed does not get its id."""
    latest = planned("shop", 1)
    oldest = replace(latest, due=replace(latest.due, number=2, point="oldest"))
    slot = replace(latest, due=replace(latest.due, number=3, slot=SlotId("2026-Q4/shop/07")))
    instant = replace(latest, due=replace(latest.due, number=4, mode="instant"))
    every = bookings_of(plan(latest, oldest, slot, instant), site="x", agreement="a")
    assert [one.id.rpartition("/")[2] for one in every] == [
        "drill",
        "drill.oldest",
        "drill.slot-2026-Q4-shop-07",
        "drill.instant",
    ]
    for number, one in enumerate((latest, oldest, slot, instant)):
        (again,) = bookings_of(plan(replace(one, due=replace(one.due, number=1))), site="x", agreement="a")
        assert again.id == every[number].id


def test_it_may_begin_as_soon_as_night_and_window_do() -> None:
    def begins(opens: timedelta) -> object:
        return bookings_of(plan(planned(opens=opens)), site="x", agreement="a")[0].not_before

    assert begins(-DAY) == NIGHT
    assert begins(30 * MIN) == NIGHT + 30 * MIN
    assert begins(90 * MIN) == NIGHT + 60 * MIN  # its night begins it before its window opens


def test_the_nearer_the_breach_the_sooner() -> None:
    order = [priority_of(planned(closes=days * DAY)) for days in (-3, -1, 0, 1, 5, 79, 500)]
    assert order[0] == order[1] == FIRST
    assert order[-1] == LAST
    assert all(a <= b for a, b in pairwise(order))
