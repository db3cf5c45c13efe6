"""Silence by a clock of one's own: whatever time a drill's machine believes it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.operation.silence import Silence
from tests.support.bookings import MIN, NIGHT, SEC, booking, lease

AFTER = 30 * SEC
LEASE = lease(booking("a"))
HOUR = 60 * MIN


def silence() -> Silence:
    made = Silence(10 * SEC)
    made.look(0, NIGHT)
    return made


@pytest.mark.parametrize("skew", [-HOUR, timedelta(), HOUR])
def test_a_sign_that_changes_is_one_whatever_it_says(skew: timedelta) -> None:
    seen = silence()
    for clock in range(0, 300, 2):
        told = replace(LEASE, seen=NIGHT + skew + clock // 20 * SEC)
        assert seen.among([told], clock, AFTER) == []


@pytest.mark.parametrize("skew", [-HOUR, timedelta(), HOUR])
def test_who_says_the_same_for_so_long_is_silent(skew: timedelta) -> None:
    seen, told = silence(), replace(LEASE, seen=NIGHT + skew)
    assert seen.among([told], 0, AFTER) == []
    assert seen.among([told], 29, AFTER) == []
    assert seen.among([told], 30, AFTER) == [told]
    assert seen.among([replace(told, attempt=2)], 31, AFTER) == []  # another attempt has its own time
    assert seen.among([told], 32, AFTER) == []  # and who was away begins anew


@pytest.mark.parametrize(("clock", "by"), [(4, 2), (40, 40), (2, 40), (2, -40)])
def test_only_a_gap_begins_anew(clock: float, by: int) -> None:
    seen = silence()
    seen.among([LEASE], 0, AFTER)
    seen.look(clock, NIGHT + by * SEC)
    assert seen.among([LEASE], 60, AFTER) == ([LEASE] if (clock, by) == (4, 2) else [])
