"""Which point a night's drill asks for."""

from dataclasses import replace
from datetime import UTC, datetime

from drverify.model.nights import Load, NightPlan
from drverify.model.obligation import RestoreTestFrequency
from drverify.planning.nights.coverage import untried
from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.turns import TURNS
from tests.support.records import DAY, obligation, register, workload

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_the_oldest_point_has_its_turn_however_few_windows_a_plan_sees() -> None:
    def first(drilled: int) -> str:
        known = Known(
            workload=workload().name,
            host="local",
            load=Load(memory_mib=1),
            protected_since=NOW - 200 * DAY,
            drilled=drilled,
        )
        return next(iter(dues(register(), [known], {}, now=NOW, until=NOW + DAY))).point

    turns = [first(drilled) for drilled in range(2 * TURNS)]
    assert [number + 1 for number, point in enumerate(turns) if point == "oldest"] == [
        TURNS,
        2 * TURNS,
    ]


def test_a_drill_says_what_its_test_brings_back_and_the_plan_what_none_can() -> None:
    one = Known(
        workload=workload().name,
        host="local",
        load=Load(memory_mib=1),
        protected_since=NOW - 200 * DAY,
        shows=frozenset({"vm", "full_system"}),
    )
    test = RestoreTestFrequency(every=92 * DAY, grains=("file", "vm"))
    promised = replace(register(), obligations=(obligation("7.1", test),))
    due = next(iter(dues(promised, [one], {}, now=NOW, until=NOW + DAY)))
    assert due.why.startswith(
        "a restore test (a file restore and a restore of a virtual machine) every 92 days"
    )
    plan = NightPlan(nights=(), planned=(), unplanned=(), seed="s")
    lacks = [lack for lack in untried(promised, [one], plan) if "promised" in lack.what]
    assert [(lack.what, lack.remedy) for lack in lacks] == [
        (
            "a file restore, as promised",
            "its drills show none; what would: a required checksum probe, or a workload of files",
        )
    ]
    unknown = replace(one, shows=None)
    assert not [lack for lack in untried(promised, [unknown], plan) if "promised" in lack.what]
