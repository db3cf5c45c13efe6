"""Where what failed by a fault of ours is run again."""

from datetime import timedelta

import pytest

from drverify.model.booking import Attempt, Place, Worker, WorkerId, machine_of
from drverify.planning.tonight.placing import ALIVE, PATIENCE, Standpoint, places
from tests.support.bookings import MIN, NIGHT, W1, W2, booking, ending

ONE = booking("a", elsewhere=("two", "three"))
AT = NIGHT + 2 * MIN


def tried(*where: tuple[str, WorkerId]) -> list[Attempt]:
    return [
        Attempt(booking=ONE.id, number=number, worker=worker, began=NIGHT, ending=ending("died"), host=host)
        for number, (host, worker) in enumerate(where, start=1)
    ]


def found(
    before: list[Attempt],
    able: str,
    *,
    crew: tuple[Worker, ...] = (),
    now=AT,
    one=ONE,  # type: ignore[no-untyped-def]
) -> list[Place]:
    seen = Standpoint(worker=W1, tried={one.id: before} if before else {}, crew=crew)
    return list(places(one, seen, now, able.split().__contains__))


def worker(name: WorkerId, *hosts: str, seen=NIGHT) -> Worker:  # type: ignore[no-untyped-def]
    return Worker(
        id=name, site="fra1", machine=machine_of(name), pid=1, boot="", version="1", seen=seen, hosts=hosts
    )


def test_a_first_attempt_runs_where_it_was_planned() -> None:
    assert found([], "local two") == [Place(host="local")]
    assert found([], "two") == []


@pytest.mark.parametrize(
    ("before", "able", "host", "why"),
    [
        ([("local", W1)], "local two three", "two", "another host, after a fault of ours on local"),
        ([("local", W1)], "local three", "three", "another host, after a fault of ours on local"),
        ([("local", W1), ("two", W1)], "local two three", "three", "another host, after a fault of ours on local, two"),
        ([("local", W1)], "local", "local", "the same again: two, three could not take it in time"),
        ([("local", W2)], "local", "local", "the same host by another machine, one: two, three could not take it in time"),
        ([("local", W1), ("two", W1), ("three", W1)], "local two three", "local",
         "back to local: a fault of ours on every host that can"),
    ],
)  # fmt: skip
def test_the_host_that_was_tried_least_and_why(
    before: list[tuple[str, WorkerId]], able: str, host: str, why: str
) -> None:
    assert found(tried(*before), able)[0] == Place(host=host, why=why)


def test_without_another_host_it_is_the_same_again_and_said() -> None:
    alone = booking("a")
    assert found(tried(("local", W1)), "local", one=alone) == [
        Place(host="local", why="the same again: no other host can")
    ]


def test_a_better_seat_of_another_s_is_left_to_it_for_a_while() -> None:
    other = worker(W2, "two")
    assert found(tried(("local", W1)), "local", crew=(other,)) == []
    assert found(tried(("local", W1)), "local", crew=(worker(W2, "nothing"),)) != []
    gone = worker(W2, "two", seen=AT - ALIVE - MIN)
    assert found(tried(("local", W1)), "local", crew=(gone,)) != []
    late = NIGHT + MIN + PATIENCE
    again = found(tried(("local", W1)), "local", crew=(worker(W2, "two", seen=late),), now=late)
    assert [one.host for one in again] == ["local"]


def test_the_same_host_is_left_to_a_machine_that_has_not_tried_it() -> None:
    alone, other = booking("a"), worker(W2, "local")
    assert found(tried(("local", W1)), "local", crew=(other,), one=alone) == []
    assert found(tried(("local", W2)), "local", crew=(other,), one=alone) != []


def test_a_full_host_is_waited_for_and_then_the_next_best_is_taken() -> None:
    before = tried(("local", W1))
    assert [one.host for one in found(before, "local two")] == ["two"]
    late = NIGHT + MIN + PATIENCE
    assert [one.host for one in found(before, "local two", now=late)] == ["two", "local"]


def test_who_has_little_time_left_waits_for_half_of_it() -> None:
    short = booking("a", elsewhere=("two",), not_after=NIGHT + 16 * MIN)  # ends 5 minutes after it begins
    before = tried(("local", W1))  # at minute 1: ten minutes are left to begin in
    assert [one.host for one in found(before, "local two", one=short, now=NIGHT + 5 * MIN)] == ["two"]
    assert len(found(before, "local two", one=short, now=NIGHT + 6 * MIN + timedelta(seconds=1))) == 2
