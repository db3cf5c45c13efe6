from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from drverify.model.drill import PhaseName
from drverify.simulating.calibrating import Drilled, alone, calibrate, side_by_side, stages
from drverify.simulating.course import Capacity, Recovery, Stage
from drverify.simulating.site_loss import site_loss

DAY = datetime(2026, 10, 1, tzinfo=UTC)
SPANS = {PhaseName.RESTORE: 8.0, PhaseName.BOOT: 20.0, PhaseName.PROBE: 6.0}
TRUE = {PhaseName.RESTORE: 0.9, PhaseName.BOOT: 0.5, PhaseName.PROBE: 0.1}
SETTLING = 5.0


def recovery(number: int, begins: float = 0.0) -> Recovery:
    made = tuple(
        Stage(
            phase=phase,
            alone=span - (SETTLING if phase is PhaseName.PROBE else 0),
            load=TRUE[phase],
            waits=SETTLING if phase is PhaseName.PROBE else 0,
        )
        for phase, span in SPANS.items()
    )
    return Recovery(workload=f"w{number}", host="", memory_mib=1, stages=made, begins=begins)


def ran(at: datetime, number: int) -> list[Drilled]:
    """Drills as they would have been measured if the true loads were these."""
    course = site_loss(
        [recovery(one, begins=one * 0.5) for one in range(number)], {"": Capacity(memory_mib=99, at_once=99)}
    )
    return [
        Drilled(
            workload=one.workload,
            host="",
            alike="tiny",
            memory_mib=1,
            declared=at + timedelta(seconds=one.admitted),
            phases=tuple((span.phase, span.began - one.admitted, span.took) for span in one.spans),
            settling=SETTLING,
            back=one.back - one.admitted,
        )
        for one in course.returns
    ]


def error(loads: Mapping[PhaseName, float], number: int) -> float:
    """How far a foretold run of so many is from the true one."""
    single = ran(DAY, 1)[0]
    foretold = site_loss(
        [
            Recovery(
                workload=f"w{one}", host="", memory_mib=1, stages=stages(single, loads), begins=one * 0.5
            )
            for one in range(number)
        ],
        {"": Capacity(memory_mib=99, at_once=99)},
    )
    true = {one.workload: one.back for one in ran(DAY, number)}
    return max(
        abs(one.back - one.admitted - true[one.workload]) / true[one.workload] for one in foretold.returns
    )


def test_drills_that_overlap_are_told_from_those_alone() -> None:
    history = [*ran(DAY, 1), *ran(DAY + timedelta(hours=1), 3)]
    assert [len(run) for run in side_by_side(history)] == [1, 3]
    assert [one.declared for one in alone(history)] == [DAY]


def test_drills_on_two_hosts_are_each_alone() -> None:
    first, second = ran(DAY, 1)[0], ran(DAY, 1)[0]
    other = Drilled(**{name: getattr(second, name) for name in Drilled.__slots__} | {"host": "other"})
    assert len(alone([first, other])) == 2


@pytest.mark.parametrize("learnt_from", [3, 4])
def test_what_three_side_by_side_teach_foretells_eight(learnt_from: int) -> None:
    found = calibrate([*ran(DAY, 1), *ran(DAY + timedelta(hours=1), learnt_from)])
    assert (found.runs, found.largest) == (1, learnt_from)
    assert found.error is not None
    assert found.error < 0.05
    assert error(found.loads, 8) < 0.1


def test_without_drills_side_by_side_nothing_is_known() -> None:
    found = calibrate([*ran(DAY, 1), *ran(DAY + timedelta(hours=1), 1)])
    assert (found.runs, found.error, dict(found.loads)) == (0, None, {})


def test_gaps_belong_to_the_phase_after_them_and_settling_is_waiting() -> None:
    one = Drilled(
        workload="w",
        host="",
        alike="",
        memory_mib=1,
        declared=DAY,
        phases=((PhaseName.RESTORE, 1.0, 2.0), (PhaseName.BOOT, 4.0, 6.0), (PhaseName.PROBE, 10.0, 9.0)),
        settling=5.0,
        back=17.0,
    )
    made: Sequence[Stage] = stages(one, {})
    assert [(stage.alone, stage.waits) for stage in made] == [(3.0, 0.0), (7.0, 0.0), (2.0, 5.0)]
    assert sum(stage.alone + stage.waits for stage in made) == one.back
