"""What a drill of a migration says of the time that the cut-over and the way back take."""

from datetime import timedelta

from drverify.engine.migration.moving import recovery
from drverify.migrating.deciding import decide
from drverify.model.migration import Decision
from drverify.model.obligation import Allowance
from drverify.model.steps import AskStep, StepRecord, StepStatus
from drverify.model.verdict import Outcome
from tests.support import records
from tests.support.migrations import MIN, SEC, drill, facts, rollback

HOUR = timedelta(hours=1)
ASK = AskStep(id="route", question="Is the route changed?", allowance=HOUR)


def found(status: StepStatus, *allowances: Allowance):
    plan = records.plan(playbook=records.playbook(steps=(ASK,), allowances=allowances))
    step = StepRecord(step="route", status=status, started=SEC, took=SEC)
    return recovery(plan, records.record(steps=(step,)), records.register())


def test_what_a_drill_left_out_is_added_to_its_time() -> None:
    assert found(StepStatus.DONE).took == 134 * SEC
    assert found(StepStatus.ALLOWED).took == 134 * SEC + HOUR
    granted = Allowance(name="decision", time=5 * MIN, clause="4")
    assert found(StepStatus.ALLOWED, granted).took == 134 * SEC + HOUR + 5 * MIN


def test_an_unattended_hour_is_no_go_for_a_window_of_half_an_hour() -> None:
    left_out = found(StepStatus.ALLOWED)
    assert left_out.outcome is Outcome.MET
    assert decide(facts()).decision is Decision.GO
    for changes in (
        {"drills": (drill(1, recovery=left_out), drill(2, recovery=left_out))},
        {"rollback": rollback(recovery=left_out)},
    ):
        assert decide(facts(**changes)).decision is Decision.NO_GO
