"""What cannot be true of recorded steps, and what a step changes in a verdict, in both verifiers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.judging.objectives import judge
from drverify.model.access import Access
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, PhaseRecord, ProbeStatus
from drverify.model.obligation import Rto
from drverify.model.steps import AskStep, RunStep, StepRecord, StepStatus
from drverify.model.verdict import Outcome
from drverify.sealing.contradictions.consistency import contradictions
from tests.support.records import (
    HOUR,
    MIN,
    SEC,
    fault,
    obligation,
    phases,
    plan,
    playbook,
    record,
    register,
    with_result,
)

RUN = RunStep(id="start", party="provider", access=Access(via="agent"), command=("start",))
ASK = AskStep(id="plug", party="customer", question="Plug it in", allowance=30 * MIN, clause="7.2")
DONE = StepRecord(step="start", status=StepStatus.DONE, started=63 * SEC, took=SEC)
ALLOWED = StepRecord(step="plug", status=StepStatus.ALLOWED, started=64 * SEC, took=timedelta(0))


def stepped(*steps: StepRecord, took: timedelta = 2 * SEC) -> DrillRecord:
    """The good drill with a phase for its steps."""
    made = []
    for phase in phases():
        if phase.name is PhaseName.APPLICATION:
            made.append(PhaseRecord(name=PhaseName.CONFIGURE, started=phase.started, took=took))
            made.append(replace(phase, started=phase.started + took, took=phase.took - took))
        else:
            made.append(phase)
    return record(phases=tuple(made), steps=steps)


def planned() -> DrillPlan:
    return plan(playbook=playbook(steps=(RUN, ASK)))


def told(of: DrillRecord, by: DrillPlan | None = None) -> list[str]:
    return list(contradictions(by or planned(), of, register()))


def test_steps_as_they_are_recorded_can_be() -> None:
    assert told(stepped(DONE, ALLOWED)) == []


@pytest.mark.parametrize(
    ("of", "what"),
    [
        (stepped(DONE), "the application was asked, and step plug of the playbook is not recorded"),
        (
            stepped(replace(ALLOWED, started=63 * SEC), DONE),
            "the recorded steps are not the playbook's first ones in their order",
        ),
        (stepped(DONE, replace(ALLOWED, step="other")), "first ones in their order"),
        (
            stepped(replace(DONE, status=StepStatus.ALLOWED), ALLOWED),
            "step start is allowed for, and nobody is asked in it",
        ),
        (
            stepped(replace(DONE, status=StepStatus.ERRORED), ALLOWED),
            "a step failed by our fault, and no fault says so",
        ),
        (stepped(replace(DONE, started=50 * SEC), ALLOWED), "step start does not follow"),
        (stepped(DONE, replace(ALLOWED, took=5 * SEC)), "a step lasted longer than the phase"),
        (record(steps=(DONE, ALLOWED)), "a step was done, and there was no phase configure"),
    ],
)
def test_what_cannot_be(of: DrillRecord, what: str) -> None:
    assert any(what in one for one in told(of)), told(of)


def test_a_playbook_without_steps_has_no_phase_for_them() -> None:
    assert "there was a phase configure, and the playbook has no step" in told(stepped(), plan())


def test_what_nobody_was_there_to_do_is_allowed_for_in_the_rto() -> None:
    one = obligation("4.1", Rto(limit=HOUR))
    done = judge(one, planned(), stepped(DONE, replace(ALLOWED, status=StepStatus.DONE)), register())
    allowed = judge(one, planned(), stepped(DONE, ALLOWED), register())
    assert (done.allowance, allowed.allowance) == (timedelta(0), 30 * MIN)
    assert "step plug 30 min" in allowed.reason
    tight = judge(obligation("4.1", Rto(limit=31 * MIN)), planned(), stepped(DONE, ALLOWED), register())
    assert tight.outcome is Outcome.MISSED


def test_the_reason_names_the_step_that_failed_before_the_probe_did() -> None:
    failed = replace(DONE, status=StepStatus.FAILED, said="exit 5: no such unit")
    done = replace(ALLOWED, status=StepStatus.DONE)
    of = replace(
        with_result(record(), "orders", status=ProbeStatus.FAILED, settled=None), steps=(failed, done)
    )
    verdict = judge(obligation("4.1", Rto(limit=HOUR)), planned(), of, register())
    assert verdict.outcome is Outcome.MISSED
    assert verdict.reason.endswith("; before that, step start failed: exit 5: no such unit")


def test_a_step_that_failed_alone_decides_nothing() -> None:
    failed = replace(DONE, status=StepStatus.FAILED)
    verdict = judge(obligation("4.1", Rto(limit=HOUR)), planned(), stepped(failed, ALLOWED), register())
    assert verdict.outcome is Outcome.MET


def test_our_own_failure_in_a_step_proves_nothing() -> None:
    errored = stepped(replace(DONE, status=StepStatus.ERRORED), ALLOWED)
    of = replace(errored, faults=(fault(phase=PhaseName.CONFIGURE, at=64 * SEC),))
    assert judge(obligation("4.1", Rto(limit=HOUR)), planned(), of, register()).outcome is Outcome.UNPROVEN
