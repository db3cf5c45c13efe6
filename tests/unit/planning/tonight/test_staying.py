"""How long a sandbox stands on for a look."""

from datetime import timedelta

import pytest

from drverify.model.booking import BookingState, Keeping
from drverify.planning.tonight.staying import LONGEST, SHORTEST, refusal, until
from tests.support.bookings import MIN, MORNING, NIGHT, SEC, booking

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("asked", "span", "stands_until"),
    [
        (NIGHT - HOUR, HOUR, NIGHT + HOUR),  # asked while it was drilled: from its end
        (NIGHT + MIN, HOUR, NIGHT + MIN + HOUR),  # asked again: from then
        (NIGHT + 7 * HOUR, 3 * HOUR, NIGHT + LONGEST),
        (NIGHT + MIN, timedelta(), NIGHT + MIN),  # released
    ],
)
def test_it_stands_so_long_after_it_was_asked_for_or_began_to(asked, span, stands_until) -> None:
    keeping = Keeping(by="ann", at=asked, span=span)
    assert until(NIGHT, keeping, MORNING + 9 * HOUR) == stands_until
    assert until(NIGHT, keeping, NIGHT + SEC) == NIGHT + SEC  # its deadline


def test_what_cannot_be_kept() -> None:
    running = BookingState.RUNNING
    assert refusal(booking("a"), running, HOUR) == ""
    assert refusal(booking("a"), running, timedelta()) == ""
    assert refusal(booking("a"), BookingState.DONE, HOUR) == "it does not run: it is done"
    assert refusal(booking("a", kind="control"), running, HOUR) == "a control has no sandbox to look into"
    for span in (SHORTEST - SEC, LONGEST + SEC):
        assert refusal(booking("a"), running, span) == "a sandbox is kept from 1 min to 8 h"
