"""Bounds against tables and against another way to compute them."""

from fractions import Fraction
from math import comb

import pytest

from drverify.annex.chance import chance_at_most, workloads_at_most

ONE_IN_20 = Fraction(1, 20)


@pytest.mark.parametrize(
    ("shown", "missed", "per_mille"),
    # 1 - 0.05 ** (1 / n) for no misses; with misses as printed tables of Clopper-Pearson limits have them
    [
        (1, 0, 950),
        (3, 0, 632),
        (10, 0, 259),
        (59, 0, 50),
        (300, 0, 10),
        (10, 1, 395),
        (20, 2, 283),
        (7, 7, 1000),
    ],
)
def test_the_chance_is_the_one_of_the_tables(shown: int, missed: int, per_mille: int) -> None:
    assert chance_at_most(shown=shown, missed=missed) == per_mille


def test_the_rule_of_three_is_near() -> None:
    for shown in range(30, 400, 37):
        assert abs(chance_at_most(shown=shown, missed=0) - 3000 / shown) < 6


def test_the_most_bad_workloads_follow_from_counting_all_samples() -> None:
    for of in (1, 5, 12):
        for shown in range(of + 1):
            for missed in range(shown + 1):
                likely = [bad for bad in range(of + 1) if hypergeometric(of, bad, shown, missed) > ONE_IN_20]
                expected = max(
                    (bad for bad in likely if missed <= bad <= of - shown + missed), default=missed
                )
                assert workloads_at_most(of=of, shown=shown, missed=missed) == expected


def hypergeometric(of: int, bad: int, shown: int, missed: int) -> Fraction:
    ways = sum(comb(bad, one) * comb(of - bad, shown - one) for one in range(missed + 1))
    return Fraction(ways, comb(of, shown))


def test_whoever_looked_at_all_estimates_nothing() -> None:
    assert workloads_at_most(of=400, shown=400, missed=3) == 3
    assert workloads_at_most(of=400, shown=0, missed=0) == 400


@pytest.mark.parametrize(("of", "shown", "missed"), [(5, 6, 0), (5, 3, 4), (5, 3, -1)])
def test_what_is_no_sample_is_refused(of: int, shown: int, missed: int) -> None:
    with pytest.raises(ValueError, match="not a sample"):
        workloads_at_most(of=of, shown=shown, missed=missed)


def test_more_misses_than_drills_are_refused() -> None:
    with pytest.raises(ValueError, match="not a sample"):
        chance_at_most(shown=2, missed=3)
