"""Which files are drawn: in proportion, by chance, and the same again from the same seed."""

from datetime import UTC, datetime

import pytest

from drverify.planning.drawing import (
    ALL,
    DIRECTORIES,
    OTHERS,
    Census,
    Draw,
    Listed,
    Strata,
    allotted,
    digest_of,
    is_named,
    rank,
)

AS_OF = datetime(2026, 9, 14, 12, tzinfo=UTC)
NOW = int(AS_OF.timestamp())
DAY = 86400


def files(count: int, directories: int = 4) -> list[Listed]:
    ages = (0, 3 * DAY, 100 * DAY, 1000 * DAY)
    return [Listed(f"d{n % directories}/f{n:05d}", n, NOW - ages[n // directories % 4]) for n in range(count)]


def strata_of(listed: list[Listed], wanted: int) -> Strata:
    census = Census(AS_OF)
    for one in listed:
        census.add(one)
    return census.strata(wanted)


def drawn_of(listed: list[Listed], wanted: int, seed: str = "aa") -> set[str]:
    draw = Draw(strata_of(listed, wanted), seed)
    for one in listed:
        draw.offer(one)
    return set(draw.drawn())


def test_strata_are_directories_times_ages() -> None:
    strata = strata_of(files(1600), 160)
    assert len(strata.sizes) == 16
    assert set(strata.sizes.values()) == {100}
    assert set(strata.drawn.values()) == {10}
    assert strata.name(Listed("d1/x", 1, NOW + 5)) == "d1, up to a day old"
    assert strata.name(Listed("x", 1, NOW - 9 * DAY)) == "(others), up to a year old"


@pytest.mark.parametrize(("wanted", "names"), [(32, 16), (31, 4), (8, 4), (7, 1), (1, 1)])
def test_a_small_sample_has_coarser_strata(wanted: int, names: int) -> None:
    strata = strata_of(files(1600), wanted)
    assert len(strata.sizes) == names
    assert sum(strata.drawn.values()) == wanted
    assert sum(strata.sizes.values()) == 1600
    assert (ALL in strata.sizes) is (names == 1)


def test_small_directories_count_together() -> None:
    strata = strata_of(files(2000, directories=40), 1000)
    assert len(strata.directories) == DIRECTORIES
    assert sum(size for name, size in strata.sizes.items() if name.startswith(OTHERS)) == 28 * 50


def test_the_draw_is_the_same_in_any_order_and_another_with_another_seed() -> None:
    listed = files(1000)
    assert drawn_of(listed, 100) == drawn_of(listed[::-1], 100)
    assert len(drawn_of(listed, 100)) == 100
    assert drawn_of(listed, 100) != drawn_of(listed, 100, "ab")


def test_the_lowest_places_of_each_stratum_are_drawn() -> None:
    listed = files(64, directories=1)
    drawn = drawn_of(listed, 7)
    assert drawn == {one.path for one in sorted(listed, key=lambda one: rank("aa", digest_of(one.path)))[:7]}


@pytest.mark.parametrize(
    ("sizes", "wanted", "shares"),
    [
        ({"a": 90, "b": 10}, 10, {"a": 9, "b": 1}),
        ({"a": 999, "b": 1}, 10, {"a": 9, "b": 1}),
        ({"a": 3, "b": 3}, 10, {"a": 3, "b": 3}),
        ({"a": 5, "b": 5, "c": 5}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 7, "b": 7}, 7, {"a": 4, "b": 3}),
        ({}, 5, {}),
    ],
)
def test_shares(sizes: dict[str, int], wanted: int, shares: dict[str, int]) -> None:
    found = allotted(sizes, wanted)
    assert sum(found.values()) == min(wanted, sum(sizes.values()))
    assert sorted(found.values()) == sorted(shares.values())


def test_named_paths_and_what_lies_below() -> None:
    assert is_named("a/b", ("a",))
    assert is_named("a", ("a",))
    assert not is_named("ab", ("a",))
