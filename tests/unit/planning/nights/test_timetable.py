from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.nights import Due, Load, NightRule, Room
from drverify.planning.nights.calendar import nights
from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.lanes import lanes_of
from drverify.planning.nights.spreading import spread
from drverify.planning.nights.timetable import late, timetable
from tests.support.records import register

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = NightRule(zone="UTC", begins=time(22), ends=time(6), weekdays=frozenset(range(7)))
ROOM = Room(host="h", at_once=2, memory_mib=8192, vcpus=12, disk_mib=900, mib_per_s=300)
DAY = timedelta(days=1)


def due(name: str = "w", **said: object) -> Due:
    facts: dict[str, object] = {
        "workload": name,
        "number": 1,
        "host": "h",
        "opens": NOW,
        "closes": NOW + 10 * DAY,
        "mode": "full",
        "point": "latest",
        "takes": timedelta(minutes=30),
        "measured": True,
        "load": Load(memory_mib=1024),
        "reads": 0,
        "obligations": (),
        "why": "",
    }
    return Due(**(facts | said))  # type: ignore[arg-type]


def planned(owed: Sequence[Due], number: int = 10, rooms: Sequence[Room] = (ROOM,), seed: str = "s"):
    over = nights(RULE, after=NOW, number=number)
    return timetable(owed, over, rooms, spread=lambda a, n, r: spread(a, n, r, seed=seed), seed=seed)


def test_every_drill_has_a_night_in_its_window() -> None:
    plan = planned([due(f"w{number}") for number in range(50)])
    assert len(plan.planned) == 50
    assert plan.unplanned == ()
    assert late(plan, NOW) == ()


def test_nights_are_filled_evenly() -> None:
    plan = planned([due(f"w{number}") for number in range(100)])
    by_night = [sum(one.night == night for one in plan.planned) for night in plan.nights]
    assert max(by_night) - min(by_night) <= 8


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    owed = [due(f"w{number}") for number in range(30)]
    assert planned(owed) == planned(owed)
    assert planned(owed).planned != planned(owed, seed="other").planned


def test_what_is_overdue_is_drilled_in_the_first_night_with_room_and_is_late() -> None:
    plan = planned([due("w", opens=NOW, closes=NOW - DAY)])
    assert plan.planned[0].night == plan.nights[0]
    assert len(late(plan, NOW)) == 1


@pytest.mark.parametrize(
    ("owed", "why", "remedy"),
    [
        (due(load=Load(memory_mib=9000)), "9000 MiB", "has more"),
        (due(load=Load(vcpus=13)), "13 virtual processors, and host h has 12", "has more"),
        (due(load=Load(disk_mib=901)), "901 MiB of disk, and host h has 900", "has more"),
        (due(load=Load(mib_per_s=301)), "301 MiB/s from sources, and host h has 300", "has more"),
        (due(takes=timedelta(hours=9)), "the longest night is 8 h", "longer nights"),
        (due(opens=NOW + 30 * DAY, closes=NOW + 40 * DAY), "none of these nights", "plan more nights"),
    ],
)
def test_what_fits_in_no_night_is_said_with_what_would_change_it(owed: Due, why: str, remedy: str) -> None:
    plan = planned([owed])
    assert plan.planned == ()
    assert why in plan.unplanned[0].why
    assert remedy in plan.unplanned[0].remedy


def test_a_full_host_leaves_out_what_no_later_night_has_room_for() -> None:
    long = [due(f"w{number}", takes=timedelta(hours=8)) for number in range(21)]
    plan = planned(long)
    assert (len(plan.planned), len(plan.unplanned)) == (20, 1)
    assert "full in every night" in plan.unplanned[0].why


def test_a_night_reads_no_more_than_it_may() -> None:
    room = Room(host="h", at_once=4, memory_mib=8192, reads=100)
    plan = planned([due(f"w{number}", reads=60) for number in range(12)], rooms=[room])
    assert (len(plan.planned), len(plan.unplanned)) == (10, 2)
    too_much = planned([due(reads=101)], rooms=[room])
    assert "a night may read 100" in too_much.unplanned[0].why


def test_a_host_that_nobody_described_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing is known of host x"):
        planned([due(host="x")])


ONE = st.builds(
    lambda name, opens, window, minutes, load: due(
        f"w{name}",
        opens=NOW + opens * DAY,
        closes=NOW + (opens + window) * DAY,
        takes=timedelta(minutes=minutes),
        load=load,
    ),
    st.integers(0, 10**6),
    st.integers(-2, 8),
    st.integers(1, 6),
    st.integers(1, 300),
    st.builds(
        Load,
        memory_mib=st.sampled_from([512, 4096, 8192]),
        vcpus=st.sampled_from([0, 2, 8]),
        disk_mib=st.sampled_from([0, 400, 500]),
        mib_per_s=st.sampled_from([0, 90, 200]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ONE, max_size=60, unique_by=lambda one: one.workload))
def test_limits_are_never_exceeded_and_nothing_disappears(owed: list[Due]) -> None:
    plan = planned(owed)
    assert len(plan.planned) + len(plan.unplanned) == len(owed)
    for night in plan.nights:
        inside = [one for one in plan.planned if one.night == night]
        assert all(night.begins <= one.begins and one.begins + one.due.takes <= night.ends for one in inside)
        assert all(one.begins >= one.due.opens for one in inside)
        for one in inside:  # the most is reached where one begins
            beside = [
                other for other in inside if other.begins <= one.begins < other.begins + other.due.takes
            ]
            assert sum(lanes_of(other.due, ROOM) for other in beside) <= ROOM.at_once
            assert not sum((other.due.load for other in beside), Load()).beyond(ROOM.load)


@given(st.integers(0, 200), st.integers(0, 7))
def test_windows_that_are_kept_keep_the_promise(ago: int, place: int) -> None:
    """Whether each drill is run as early or as late as its window allows."""
    promised = register()
    objective = next(one for one in promised.obligations if one.objective.kind == "restore-test-frequency")
    every, name = objective.objective.every, objective.scope[0]  # type: ignore[union-attr]
    tested = NOW - min(timedelta(days=ago), every)
    known = Known(
        workload=name, host="h", load=Load(memory_mib=1), protected_since=NOW - 900 * DAY, tested_at=tested
    )
    found = list(dues(promised, [known], {}, now=NOW, until=NOW + 400 * DAY))
    early_or_late = [
        one.closes if (place >> number % 3) & 1 else one.opens for number, one in enumerate(found)
    ]
    times = [tested, *early_or_late]
    assert all(later - earlier <= every for earlier, later in pairwise(times))
    assert len(found) >= 2
