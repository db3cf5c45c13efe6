import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.model.drill import PhaseName
from drverify.simulating.course import Capacity, Recovery, Stage
from drverify.simulating.site_loss import site_loss

ROOM = Capacity(memory_mib=10_000, at_once=100)


def recovery(name: str, *stages: tuple[float, float, float], **said: object) -> Recovery:
    """Stages as (alone, load, waits)."""
    made = tuple(
        Stage(phase=PhaseName.BOOT, alone=alone, load=load, waits=waits) for alone, load, waits in stages
    )
    return Recovery(workload=name, host="h", memory_mib=100, stages=made, **said)  # type: ignore[arg-type]


def test_alone_it_takes_what_it_takes() -> None:
    course = site_loss([recovery("a", (3, 0.5, 0), (4, 1.0, 2))], {"h": ROOM})
    assert course.of("a").back == pytest.approx(9)
    assert [span.took for span in course.of("a").spans] == [pytest.approx(3), pytest.approx(6)]


def test_two_that_fit_do_not_slow_each_other_down_and_a_third_does() -> None:
    two = site_loss([recovery(name, (10, 0.5, 0)) for name in "ab"], {"h": ROOM})
    assert [one.back for one in two.returns] == [pytest.approx(10)] * 2
    three = site_loss([recovery(name, (10, 0.5, 0)) for name in "abc"], {"h": ROOM})
    assert [one.back for one in three.returns] == [pytest.approx(15)] * 3


def test_who_stays_goes_on_faster_when_others_are_done() -> None:
    course = site_loss([recovery("long", (10, 1.0, 0)), recovery("short", (2, 1.0, 0))], {"h": ROOM})
    assert course.of("short").back == pytest.approx(4)
    assert course.of("long").back == pytest.approx(12)


def test_waiting_takes_no_longer_on_a_busy_host() -> None:
    course = site_loss([recovery(name, (0, 0.5, 5)) for name in "abcdef"], {"h": ROOM})
    assert [one.back for one in course.returns] == [pytest.approx(5)] * 6


def test_twice_the_power_holds_twice_as_many() -> None:
    strong = Capacity(memory_mib=10_000, at_once=100, power=2.0)
    course = site_loss([recovery(name, (10, 1.0, 0)) for name in "ab"], {"h": strong})
    assert [one.back for one in course.returns] == [pytest.approx(10)] * 2


def test_a_full_host_lets_in_the_most_urgent_first_and_the_path_says_who_waited_for_whom() -> None:
    one_at_a_time = Capacity(memory_mib=10_000, at_once=1)
    course = site_loss(
        [recovery("late", (5, 1, 0), rank=2.0), recovery("soon", (5, 1, 0), rank=1.0)],
        {"h": one_at_a_time},
    )
    assert course.returns[0].workload == "late"  # it came first, when the host was empty
    course = site_loss(
        [
            recovery("first", (5, 1, 0)),
            recovery("late", (5, 1, 0), rank=2.0),
            recovery("soon", (5, 1, 0), rank=1.0),
        ],
        {"h": one_at_a_time},
    )
    assert [one.workload for one in course.returns] == ["first", "soon", "late"]
    assert [one.workload for one in course.critical_path()] == ["first", "soon", "late"]


def test_memory_keeps_the_large_one_waiting_and_nobody_overtakes_it() -> None:
    small = Capacity(memory_mib=150, at_once=9)
    course = site_loss([recovery(name, (4, 0.1, 0)) for name in "abc"], {"h": small})
    assert [one.back for one in course.returns] == [pytest.approx(4), pytest.approx(8), pytest.approx(12)]


def test_a_group_comes_back_in_its_order() -> None:
    course = site_loss(
        [recovery("front", (2, 0.1, 0), after=("base",)), recovery("base", (3, 0.1, 0))], {"h": ROOM}
    )
    assert course.of("front").back == pytest.approx(5)
    assert [one.workload for one in course.critical_path()] == ["base", "front"]


@pytest.mark.parametrize(
    ("recoveries", "complaint"),
    [
        ([], "nothing to recover"),
        ([recovery("a"), recovery("a")], "twice"),
        ([recovery("a", after=("b",))], "b, which is not recovered"),
        ([recovery("a", after=("b",)), recovery("b", after=("a",))], "waits for itself"),
        ([Recovery(workload="a", host="x", memory_mib=1, stages=())], "no host 'x'"),
        ([Recovery(workload="a", host="h", memory_mib=10_001, stages=())], "10001 MiB of memory"),
    ],
)
def test_what_never_can_come_back_is_said(recoveries: list[Recovery], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        site_loss(recoveries, {"h": ROOM})


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0.05, 1.0), st.floats(0, 5)), min_size=1, max_size=12),
    st.integers(1, 5),
)
def test_nobody_is_back_sooner_than_alone_nor_later_than_one_after_the_other(
    stages: list[tuple[float, float, float]], at_once: int
) -> None:
    recoveries = [recovery(str(number), one) for number, one in enumerate(stages)]
    course = site_loss(recoveries, {"h": Capacity(memory_mib=10_000, at_once=at_once)})
    together = sum(alone + waits for alone, _, waits in stages)
    for number, (alone, _, waits) in enumerate(stages):
        assert alone + waits <= course.of(str(number)).back + 1e-6
    assert course.returns[-1].back <= together + 1e-6
