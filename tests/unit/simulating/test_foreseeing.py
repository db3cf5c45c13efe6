import pytest

from drverify.model.drill import PhaseName
from drverify.simulating.course import Capacity, Recovery, Stage
from drverify.simulating.foreseeing import Promise, Prospect, foresee, spread

HOSTS = {"h": Capacity(memory_mib=1000, at_once=10)}


def variants(name: str, *seconds: float) -> list[Recovery]:
    return [
        Recovery(
            workload=name,
            host="h",
            memory_mib=1,
            stages=(Stage(phase=PhaseName.BOOT, alone=one, load=0.1),),
        )
        for one in seconds
    ]


def promise(workload: str, limit: float) -> Promise:
    return Promise(obligation=f"rto-{workload}", clause="1", workload=workload, limit=limit)


def test_each_limit_is_kept_at_risk_or_broken_and_the_tightest_comes_first() -> None:
    found = foresee(
        {"a": variants("a", 10, 10), "b": variants("b", 10, 30), "c": variants("c", 50)},
        HOSTS,
        [promise("a", 20), promise("b", 20), promise("c", 20)],
        runs=200,
        seed=1,
        contention=True,
    )
    assert [(one.promise.workload, one.prospect) for one in found.promises] == [
        ("c", Prospect.BROKEN),
        ("b", Prospect.AT_RISK),
        ("a", Prospect.KEPT),
    ]
    assert found.everything.middle == pytest.approx(50)


def test_without_measured_contention_nothing_is_called_kept_and_broken_stays_broken() -> None:
    found = foresee(
        {"a": variants("a", 10), "b": variants("b", 30)},
        HOSTS,
        [promise("a", 20), promise("b", 20)],
        runs=10,
        seed=1,
        contention=False,
    )
    assert {one.promise.workload: one.prospect for one in found.promises} == {
        "a": Prospect.UNKNOWN,
        "b": Prospect.BROKEN,
    }


def test_the_same_seed_gives_the_same_figures() -> None:
    def once(seed: int) -> object:
        drawn = {"a": variants("a", 1, 2, 3, 5, 8, 13)}
        return foresee(drawn, HOSTS, [], runs=50, seed=seed, contention=True).back

    assert once(1) == once(1)


def test_a_workload_that_was_never_drilled_is_an_error() -> None:
    with pytest.raises(ValueError, match="a was never drilled alone"):
        foresee({"a": []}, HOSTS, [], runs=1, seed=1, contention=True)


def test_the_interval_holds_nine_of_ten() -> None:
    found = spread([float(one) for one in range(100)])
    assert (found.low, found.middle, found.high) == (5.0, 50.0, 95.0)
