"""What is wrong at a site, out of its desk and of how promises stand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from drverify.engine.nightly.ports import Desk
from drverify.errors import HostError
from drverify.model.alarm import AlarmKind
from drverify.model.board import Course
from drverify.model.booking import Attempt, Booking, BookingId, BookingState, Ending, EndingKind
from drverify.model.drill import DrillId
from drverify.model.duration import human
from drverify.model.obligation import ObligationId
from drverify.model.variety import Variety
from drverify.model.verdict import Outcome
from drverify.operation.alarms import Seen, alarms
from tests.support.bookings import MIN, MORNING, NIGHT, W1, booking, ending

NOW = MORNING + MIN
LEFT, GIVEN_UP, MISSED = AlarmKind.LEFT_BEHIND, AlarmKind.GIVEN_UP, AlarmKind.DRILL


def attempt(one: Booking, number: int, kind: EndingKind, **changes: Any) -> Attempt:
    ended: Ending = replace(ending(kind), **changes)
    return Attempt(booking=one.id, number=number, worker=W1, began=NIGHT, ending=ended, host="local")


class Told:
    """A desk of which only this is asked."""

    def __init__(self, states: dict[BookingState, Booking], *attempts: Attempt) -> None:
        self._states, self._attempts = states, attempts
        self.away = False

    def bookings(self, *, begins: datetime, ends: datetime, limit: int) -> list[tuple[Booking, BookingState]]:
        assert limit > 1000
        return [(one, state) for state, one in self._states.items() if begins <= one.not_before < ends]

    def ended_since(self, at: datetime) -> Sequence[Attempt]:
        if self.away:
            raise HostError("the desk is away")
        return [one for one in self._attempts if one.ending.at >= at]

    def booking(self, name: BookingId) -> tuple[Booking, BookingState] | None:
        return next(((one, state) for state, one in self._states.items() if one.id == name), None)

    def workers(self) -> Sequence[object]:
        return ()


def told(desk: Told, *courses: Course) -> dict[str, str]:
    found = alarms(cast("Desk", desk), Seen(courses=courses), NOW, [])
    assert found.unseen == frozenset()
    return {f"{one.kind}: {one.workload}": one.what for one in found.alarms}


def test_what_an_attempt_left_is_told_whatever_became_of_its_booking() -> None:
    states = {state: booking(state.name) for state in BookingState}
    left = [attempt(one, 1, "died", left_behind=True) for one in states.values()]
    found = told(Told(states, *left))
    assert {key for key in found if key.startswith(LEFT)} == {f"{LEFT}: {one.name}" for one in BookingState}


def test_what_was_left_again_is_another_thing() -> None:
    one = booking("shop")
    first, second = (attempt(one, n, "died", left_behind=True) for n in (1, 2))

    def keys(*attempts: Attempt) -> list[str]:
        desk = cast("Desk", Told({BookingState.DONE: one}, *attempts))
        return [each.key for each in alarms(desk, Seen(), NOW, []).alarms]

    assert keys(first) != keys(first, second)
    assert keys(first, second) == keys(first, second, attempt(one, 3, "concluded"))


def test_a_booking_that_came_to_nothing_says_what_its_last_attempt_says() -> None:
    gone, late = booking("gone"), booking("late")
    states = {BookingState.GIVEN_UP: gone, BookingState.MISSED: late}
    assert told(Told(states)) == {
        f"{GIVEN_UP}: gone": "nobody ran it",
        f"{MISSED}: late": "its night went by before there was room for it",
    }
    tried = [attempt(gone, 1, "died"), attempt(gone, 2, "failed", why="no disk"), attempt(late, 1, "lost")]
    assert told(Told(states, *tried)) == {
        f"{GIVEN_UP}: gone": "after 2 attempts: no disk",
        f"{MISSED}: late": "after 1 attempt: lost",
    }


def course(shown: Outcome | None) -> Course:
    return Course(
        agreement="acme",
        obligation=ObligationId("rto-2.2"),
        workload="shop",
        shown=shown,
        since=NIGHT,
        judged_at=NIGHT if shown else None,
        drill=DrillId("20261123T210000Z-000001") if shown else None,
        achieved=90 * MIN,
        limit=30 * MIN,
        lapses_at=NIGHT,
        promised=True,
    )


def test_a_promise_says_what_is_wrong_with_it() -> None:
    def said(shown: Outcome | None) -> str:
        (what,) = told(Told({}), course(shown)).values()
        return what

    assert said(Outcome.MISSED) == f"rto-2.2: {human(90 * MIN)} shown, {human(30 * MIN)} promised"
    slow = replace(
        course(Outcome.MISSED),
        allowance=10 * MIN,
        taken=Variety(generation="oldest", mode="full"),
    )
    assert list(told(Told({}), slow).values()) == [
        "rto-2.2: 1 h 30 min shown and 10 min allowed, 30 min promised (the oldest point, full restore)"
    ]
    assert said(None) == "rto-2.2: no drill has shown it within the promised time"
    assert said(Outcome.MET) == said(None)
    assert "no drill has decided it" in said(Outcome.UNPROVEN)
    assert "20261123T210000Z-000001" in said(Outcome.UNPROVEN)


def test_a_desk_that_cannot_be_asked_keeps_no_promise_from_being_told() -> None:
    desk, problems = Told({}), list[str]()
    desk.away = True
    found = alarms(cast("Desk", desk), Seen(courses=(course(None),)), NOW, problems)
    assert [one.kind for one in found.alarms] == [AlarmKind.OVERDUE]
    assert found.unseen == {LEFT, GIVEN_UP, MISSED}
    assert problems == ["the desk is away"]
