"""Windows, room and order of a night."""

from datetime import date, timedelta

import pytest

from drverify.model.booking import Booking
from drverify.model.nights import Load
from drverify.planning.tonight.admission import AGEING, choose, deadline
from drverify.planning.tonight.placing import PATIENCE
from tests.support.bookings import MIN, MORNING, NIGHT, SEC, booking, lease, room

HOST = {"local": room()}


def names(waiting: list[Booking], **asked: object) -> list[str]:
    said = {"given_out": [], "rooms": HOST, "now": NIGHT, **asked}
    return [name.split("/")[1] for name in choose(waiting, **said)]  # type: ignore[arg-type]


def test_the_promise_that_breaks_first_goes_first() -> None:
    later, sooner = booking("later"), booking("sooner", due=NIGHT + MIN)
    assert names([later, sooner]) == names([sooner, later]) == ["sooner", "later"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["a"]),
        ({"not_before": NIGHT + SEC}, []),
        ({"takes": timedelta(hours=8)}, ["a"]),
        ({"takes": timedelta(hours=8) + SEC}, []),
        ({"host": "elsewhere"}, []),
        ({"memory_mib": 2048}, ["a"]),
        ({"memory_mib": 2049}, []),
    ],
)
def test_who_may_begin_at_all(changes: dict[str, object], expected: list[str]) -> None:
    assert names([booking("a", **changes)]) == expected


def test_what_is_given_out_takes_slots_and_memory() -> None:
    running = lease(booking("r", memory_mib=1500))
    assert names([booking("a"), booking("b")], given_out=[running]) == ["a"]
    assert names([booking("a", memory_mib=549)], given_out=[running]) == []
    assert names([booking("a", memory_mib=549)], given_out=[lease(booking("r", host="other"))]) == ["a"]


@pytest.mark.parametrize("what", ["vcpus", "disk_mib", "mib_per_s"])
def test_processors_disk_and_line_are_given_out_like_memory_where_the_host_has_a_limit(what: str) -> None:
    rooms = {"local": room(**{what: 8})}
    waiting = [booking("a", load=Load(**{what: 5})), booking("b", load=Load(**{what: 4}))]
    assert names(waiting, rooms=rooms) == ["a"]
    assert names(waiting) == ["a", "b"]
    assert names(waiting[1:], rooms=rooms, given_out=[lease(waiting[0])]) == []
    never = booking("never", load=Load(**{what: 9}), priority=1)
    assert names([never, *waiting], rooms=rooms, now=NIGHT + PATIENCE) == ["a"]


def test_the_members_of_a_group_take_a_place_each() -> None:
    shop = booking("shop", members=("database", "app"), priority=10)
    assert names([shop, booking("a")]) == ["shop"]
    assert names([shop], rooms={"local": room(at_once=1)}) == []
    assert names([shop], given_out=[lease(booking("r"))]) == []
    assert names(
        [booking("a"), booking("b")], rooms={"local": room(at_once=3)}, given_out=[lease(shop, slots=2)]
    ) == ["a"]


def test_a_night_reads_no_more_than_was_said() -> None:
    rooms = {"local": room(reads=100)}
    assert names([booking("a", reads=60), booking("b", reads=60), booking("c", reads=40)], rooms=rooms) == [
        "a",
        "c",
    ]
    running = lease(booking("r", reads=80))
    assert names([booking("a", reads=21)], rooms=rooms, given_out=[running]) == []


def test_waiting_improves_the_priority() -> None:
    old = booking("old", priority=26, not_before=NIGHT - 5 * AGEING)
    assert names([booking("new", priority=20), old], at_most=1) == ["new"]
    assert names([booking("new", priority=22), old], at_most=1) == ["old"]


def test_a_large_one_is_passed_until_its_patience_ends() -> None:
    large = booking("large", memory_mib=2048, priority=10)
    running = [lease(booking("r"))]
    assert names([large, booking("small")], given_out=running) == ["small"]
    later = {"given_out": running, "now": NIGHT + PATIENCE}
    assert names([large, booking("small")], **later) == []
    assert names(
        [large, booking("small", host="two")], **{**later, "rooms": {**HOST, "two": room(host="two")}}
    ) == ["small"]
    assert names([large, booking("small", priority=5)], **later) == ["small"]


def test_what_never_fits_holds_nobody_up() -> None:
    never = booking("never", memory_mib=9999, priority=1)
    assert names([never, booking("small")], now=NIGHT + PATIENCE) == ["small"]


def test_of_missed_runs_the_latest_is_made_up_for() -> None:
    before = booking("a", id="acme/a/2026-11-22/drill", evening=date(2026, 11, 22))
    assert names([before, booking("a", why="tonight")]) == ["a"]
    assert list(choose([before, booking("a")], [], HOST, NIGHT)) == [booking("a").id]
    tomorrow = booking(
        "a", id="t", evening=date(2026, 11, 24), not_before=MORNING, not_after=MORNING + 60 * MIN
    )
    assert list(choose([booking("a"), tomorrow], [], HOST, NIGHT)) == [booking("a").id]
    asked = booking("a", id="acme/a/2026-11-22/drill.2", evening=date(2026, 11, 22), asked_by="ann")
    assert len(choose([asked, booking("a")], [], HOST, NIGHT)) == 2


def test_a_drill_ends_with_its_window() -> None:
    assert deadline(booking("a"), NIGHT, timedelta(hours=12)) == MORNING
    assert deadline(booking("a"), NIGHT, timedelta(hours=2)) == NIGHT + timedelta(hours=2)
