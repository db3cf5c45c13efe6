"""What becomes of a booking after each way in which an attempt can end."""

import pytest

from drverify.model.booking import Attempt, BookingState, Ending, EndingKind
from drverify.model.verdict import Outcome
from drverify.planning.tonight.following import flips, follow, without_another
from tests.support.bookings import NIGHT, W1, booking, ending

MET, MISSED, UNPROVEN = Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN
OURS = ending("concluded", MET, UNPROVEN, faults=("sandbox: no memory",))


def attempts(*endings: Ending) -> list[Attempt]:
    one = booking("a")
    return [
        Attempt(booking=one.id, number=number, worker=W1, began=NIGHT, ending=ended, host="local")
        for number, ended in enumerate(endings, start=1)
    ]


def after(*endings: Ending) -> BookingState:
    return follow(booking("a"), attempts(*endings), at_most=3)


@pytest.mark.parametrize(
    "ended",
    [
        ending("concluded", MET),
        ending("concluded", MISSED, UNPROVEN),
        ending("concluded", MISSED, faults=("teardown: slow",)),
        ending("concluded", MISSED, UNPROVEN, faults=("teardown: slow",)),
    ],
)
def test_evidence_ends_it(ended: Ending) -> None:
    assert after(ended) is BookingState.DONE


def test_our_own_fault_is_tried_again_before_anything_is_unproven() -> None:
    assert after(OURS) is BookingState.WANTED
    assert after(OURS, ending("died")) is BookingState.WANTED
    assert after(OURS, OURS, OURS) is BookingState.DONE
    assert after(OURS, ending("died"), ending("died")) is BookingState.DONE


@pytest.mark.parametrize("kind", ["failed", "died", "lost", "expired"])
def test_what_left_no_evidence_is_counted(kind: EndingKind) -> None:
    assert after(ending(kind)) is BookingState.WANTED
    assert after(ending(kind), ending("died")) is BookingState.WANTED
    assert after(ending("died"), ending("failed"), ending(kind)) is BookingState.GIVEN_UP


def test_what_a_person_ended_stays_ended() -> None:
    assert after(ending("cancelled")) is BookingState.CANCELLED


def test_without_another_attempt_what_was_tried_is_not_missed() -> None:
    assert without_another(()) is BookingState.MISSED
    assert without_another(attempts(ending("died"))) is BookingState.GIVEN_UP
    assert without_another(attempts(ending("failed"), OURS, ending("died"))) is BookingState.DONE


def test_a_verdict_that_flips_is_seen() -> None:
    assert flips(attempts(ending("concluded", MET), ending("concluded", MISSED)))
    assert not flips(attempts(ending("concluded", MET), ending("concluded", UNPROVEN), ending("died")))
