"""What a playbook's steps make of a recovery: their time counts, and what others left undone decides nothing."""

from dataclasses import replace

import pytest

from drverify.judging.measure import rto_achieved
from drverify.judging.objectives import judge, recovered
from drverify.model.access import Access
from drverify.model.drill import GaveUp, ProbeStatus
from drverify.model.obligation import Rto
from drverify.model.steps import AskStep, RunStep, StepRecord, StepStatus
from drverify.model.verdict import Outcome
from tests.support.records import (
    HOUR,
    MIN,
    SEC,
    gave_up,
    obligation,
    plan,
    playbook,
    record,
    register,
    with_result,
)
from tests.unit.judging.test_objectives import RECOVERY

MET, MISSED, UNPROVEN = Outcome
RUN = RunStep(id="run", party="provider", access=Access(via="agent"), command=("systemctl", "start", "shop"))
THEIRS = replace(RUN, party="customer")
ASK = AskStep(id="run", party="customer", question="Plug it in", allowance=5 * MIN)
AWAY = with_result(record(), "web", status=ProbeStatus.FAILED, settled=None)


def planned(*steps):
    return plan(playbook=playbook(steps=steps))


def went(status, of=None, *, took=SEC):
    step = StepRecord(step="run", status=status, started=63 * SEC, took=took, said="exit 5")
    return replace(of or record(), steps=(step,))


def outcomes(by, of):
    return {judge(obligation("4.1", one), by, of, register()).outcome for one in RECOVERY}


def test_it_is_not_back_before_the_last_step_has_ended():
    assert rto_achieved(planned(RUN), went(StepStatus.DONE)) == 134 * SEC
    long = went(StepStatus.DONE, took=HOUR)
    assert rto_achieved(planned(RUN), long) == HOUR + 63 * SEC
    verdict = judge(obligation("4.1", Rto(limit=HOUR)), planned(RUN), long, register())
    assert (verdict.outcome, verdict.achieved) == (MISSED, HOUR + 63 * SEC)


@pytest.mark.parametrize("of", [record(), went(StepStatus.ERRORED)], ids=["missing", "errored"])
def test_a_step_that_is_missing_or_ours_shows_no_recovery(of):
    assert rto_achieved(planned(RUN), of) is None
    assert outcomes(planned(RUN), of) == {UNPROVEN}
    assert not recovered(planned(RUN), of)


@pytest.mark.parametrize(
    ("step", "status", "why"),
    [
        (ASK, StepStatus.ALLOWED, "step run was not done, as nobody was there to do it"),
        (ASK, StepStatus.FAILED, "step run was not done, as the operator said that it cannot be"),
        (replace(ASK, party="provider"), StepStatus.FAILED, "as the operator said that it cannot be"),
        (THEIRS, StepStatus.FAILED, "step run, which is the customer's to do, failed"),
    ],
)
def test_what_others_left_undone_breaks_no_promise(step, status, why):
    assert outcomes(planned(step), went(status)) == {MET}
    for away in (AWAY, gave_up(AWAY, GaveUp.STALL)):
        of = went(status, away)
        assert outcomes(planned(step), of) == {UNPROVEN}
        late = judge(obligation("4.1", Rto(limit=SEC)), planned(step), of, register())
        assert late.outcome is UNPROVEN
        assert why in late.reason


def test_a_step_of_the_provider_that_failed_excuses_nothing():
    assert outcomes(planned(RUN), went(StepStatus.FAILED, AWAY)) == {MISSED}
    assert outcomes(planned(ASK), went(StepStatus.DONE, AWAY)) == {MISSED}
