"""On hardware that is not the system's own: what counts for it counts, what speaks against it decides nothing."""

from dataclasses import replace

import pytest

from drverify.judging.objectives import judge, recovered
from drverify.model.drill import GaveUp, PhaseName, ProbeStatus
from drverify.model.hardware import HardwareProfile
from drverify.model.obligation import BackupFrequency, Retention, Rpo, Rto
from drverify.model.verdict import Outcome
from tests.support.records import (
    DAY,
    HOUR,
    MIN,
    SEC,
    defect,
    gave_up,
    hourly,
    never_booted,
    obligation,
    record,
    register,
    selection,
    with_result,
)
from tests.support.records import plan as planned
from tests.unit.judging.test_objectives import EVERYTHING, RECOVERY

MET, MISSED, UNPROVEN = Outcome
OTHER = planned(hardware=HardwareProfile(name="sata-pc"))
FAILED = with_result(record(), "web", status=ProbeStatus.FAILED, settled=None)
NOT_ITS_OWN = "on hardware sata-pc, which is not the system's own"


def judged(objective, of, plan=OTHER):
    return judge(obligation("4.1", objective), plan, of, register())


def test_what_is_met_there_is_met() -> None:
    assert recovered(OTHER, record())
    for objective in EVERYTHING:
        assert judged(objective, record()).outcome == judged(objective, record(), planned()).outcome


@pytest.mark.parametrize(
    "of",
    [FAILED, gave_up(FAILED, GaveUp.STALL), never_booted(GaveUp.STALL)],
    ids=["a probe failed", "stood still", "never came up"],
)
def test_a_system_that_stays_away_there_breaks_no_promise(of) -> None:
    for objective in RECOVERY:
        assert judged(objective, of, planned()).outcome is MISSED
        verdict = judged(objective, of)
        assert verdict.outcome is UNPROVEN
        assert NOT_ITS_OWN in verdict.reason


def test_a_time_that_was_too_long_there_decides_nothing() -> None:
    promise = Rto(limit=SEC)
    assert judged(promise, record(), planned()).outcome is MISSED
    verdict = judged(promise, record())
    assert (verdict.outcome, verdict.reason.startswith("it took ")) == (UNPROVEN, True)
    assert NOT_ITS_OWN in verdict.reason
    late = never_booted(GaveUp.HEALTHY_LIMIT, after_boot=5 * HOUR)
    assert judged(Rto(limit=HOUR), late, planned()).outcome is MISSED
    assert judged(Rto(limit=HOUR), late).outcome is UNPROVEN


def test_what_hardware_has_no_part_in_is_judged_as_ever() -> None:
    broken = record(defects=(defect(),))
    for objective in RECOVERY:
        assert judged(objective, broken).outcome is MISSED
    seen = record(defects=(defect(phase=PhaseName.BOOT),))
    assert judged(RECOVERY[0], seen).outcome is judged(RECOVERY[0], seen, planned()).outcome
    assert judged(Rpo(limit=MIN), record()).outcome is MISSED
    few = replace(record(), selection=selection(hourly(3)))
    assert judged(BackupFrequency(every=HOUR), few).outcome is MISSED
    assert judged(Retention(at_least=400 * DAY), few) == judged(Retention(at_least=400 * DAY), few, planned())
