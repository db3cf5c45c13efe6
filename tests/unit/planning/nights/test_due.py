"""Which point a night's drill asks for."""

from datetime import UTC, datetime

from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.turns import TURNS
from tests.support.records import DAY, register, workload

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_the_oldest_point_has_its_turn_however_few_windows_a_plan_sees() -> None:
    def first(drilled: int) -> str:
        known = Known(
            workload=workload().name,
            host="local",
            memory_mib=1,
            protected_since=NOW - 200 * DAY,
            drilled=drilled,
        )
        return next(iter(dues(register(), [known], {}, now=NOW, until=NOW + DAY))).point

    turns = [first(drilled) for drilled in range(2 * TURNS)]
    assert [number + 1 for number, point in enumerate(turns) if point == "oldest"] == [
        TURNS,
        2 * TURNS,
    ]
