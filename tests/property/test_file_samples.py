"""The bound of a sample against every possible spread of bad files, and both verifiers' against each other."""

import itertools
from math import comb

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.planning.bound import at_most_ppm, bad_at_most, worst_spread
from drverify.planning.drawing import allotted
from tests.support import second

STRATUM = st.integers(0, 9).flatmap(lambda files: st.tuples(st.just(files), st.integers(0, files)))
STRATA = st.lists(STRATUM, max_size=3)


def brute(strata: list[tuple[int, int]]) -> int:
    """The most bad files under some spread of which the sample has a chance of more than 1 in 20."""
    best = 0
    for spread in itertools.product(*(range(files - drawn + 1) for files, drawn in strata)):
        missing = every = 1
        for (files, drawn), bad in zip(strata, spread, strict=True):
            missing *= comb(files - bad, drawn)
            every *= comb(files, drawn)
        if missing * 20 > every:
            best = max(best, sum(spread))
    return best


@given(STRATA)
@settings(max_examples=120, deadline=None)
def test_the_bound_is_exact(strata: list[tuple[int, int]]) -> None:
    assert bad_at_most(strata) == brute(strata)


@given(
    st.lists(
        st.integers(1, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_both_verifiers_compute_the_same(strata: list[tuple[int, int]]) -> None:
    assert bad_at_most(strata) == second._PROGRAM.bad_at_most(strata)
    most = bad_at_most(strata)
    assert sum(worst_spread(strata, most)) == most
    assert at_most_ppm(strata) * sum(files for files, _ in strata) >= most * 1_000_000


@given(
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 1000), max_size=12), st.integers(0, 3000)
)
@settings(max_examples=60, deadline=None)
def test_shares_add_up_and_leave_nobody_out(sizes: dict[str, int], wanted: int) -> None:
    shares = allotted(sizes, wanted)
    assert sum(shares.values()) == min(wanted, sum(sizes.values()))
    assert all(0 <= shares[name] <= size for name, size in sizes.items())
    assert wanted < len(sizes) or all(shares.values())


def test_known_figures() -> None:
    """59 of a very large number show 5 %: 0.95 ** 59 is just below 1 / 20."""
    assert bad_at_most([(1_000_000, 300)]) == 9934
    assert bad_at_most([(1_000_000, 59)]) < 50_000 < bad_at_most([(1_000_000, 58)])
    assert bad_at_most([(100, 100)]) == 0
    assert bad_at_most([(100, 0), (50, 50)]) == 100
