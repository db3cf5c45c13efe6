"""Limits of ours, out of what the same drill took before."""

from datetime import timedelta

import pytest

from drverify.model.playbook import Limits
from drverify.planning.tonight.patience import AT_MOST, NEWEST, Took, adapted

MIN = timedelta(minutes=1)
STATED = Limits(provision=2 * MIN, healthy=30 * MIN, drill=240 * MIN)


def took(minutes: int, provision: int = 0, drill: int = 1) -> Took:
    return Took(provision=provision * MIN, healthy=minutes * MIN, drill=drill * MIN)


@pytest.mark.parametrize(
    ("before", "healthy"),
    [
        ([], 30),
        ([1, 2, 3], 30),  # what is stated is the least
        ([15], 30),
        ([16], 32),
        ([16, 40, 2], 80),  # the longest counts
        ([61], AT_MOST * 30),
        ([*[1] * NEWEST, 60], 30),  # older ones say nothing
    ],
)
def test_twice_the_longest_within_bounds(before: list[int], healthy: int) -> None:
    limits, said = adapted(STATED, [took(one) for one in before])
    assert limits.healthy == healthy * MIN
    assert (limits.provision, limits.drill, limits.boot_stall) == (2 * MIN, 240 * MIN, STATED.boot_stall)
    assert bool(said) == (healthy > 30)


def test_each_limit_has_its_own_reason() -> None:
    limits, said = adapted(STATED, [took(1, provision=3, drill=200), Took(drill=MIN)])
    assert (limits.provision, limits.healthy, limits.drill) == (6 * MIN, 30 * MIN, 400 * MIN)
    assert said == (
        "patience: 6 min for making the sandbox, not the playbook's 2 min: it took up to 3 min in the newest 2 here",
        "patience: 6 h 40 min for the whole drill, not the playbook's 4 h: it took up to 3 h 20 min in the newest 2 here",
    )
