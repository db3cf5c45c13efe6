"""What a drill was meant to show: what it leaves open besides is nothing to be mended, and undoes nothing."""

from datetime import timedelta

from drverify.judging.aims import aimed
from drverify.judging.findings import retest_of, seen_in
from drverify.judging.objectives import judge_all
from drverify.judging.promised import Owed, course, marked
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.obligation import Rpo
from drverify.model.result import Judged, Result
from drverify.model.verdict import Outcome
from drverify.planning.selection import select
from tests.support import records
from tests.support.records import DAY, HOUR, INCIDENT, STARTED

POINTS = tuple(records.point(30 * timedelta(minutes=1) + n * HOUR) for n in range(24 * 40))
OLDEST = POINTS[-1].id


def drill(asked: str, **plan: object) -> tuple[DrillPlan, DrillRecord]:
    chosen = select(POINTS, asked, INCIDENT, STARTED)
    return records.plan(requested_point=asked, **plan), records.record(selection=chosen)


def open_in(asked: str, **plan: object) -> set[str]:
    """Kinds of promises that the drill leaves to be mended."""
    register = records.register()
    planned, recorded = drill(asked, **plan)
    verdicts = judge_all(register, planned, recorded)
    retest = retest_of(planned, recorded, evidence=records.digest(b""), index=None)
    kinds = {one.id: one.objective.kind for one in register.obligations}
    seen = seen_in(register, planned, recorded, verdicts, retest)
    return {kinds[one.subject.obligation] for one in seen}  # type: ignore[index]


def test_a_drill_of_the_newest_point_leaves_nothing_open_about_retention() -> None:
    register = records.register()
    planned, recorded = drill("latest")
    left = {
        one.obligation for one in judge_all(register, planned, recorded) if one.outcome is not Outcome.MET
    }
    assert {one.objective.kind for one in register.obligations if one.id in left} == {"retention"}
    assert open_in("latest") == set()


def test_the_oldest_point_leaves_nothing_open_about_data_loss_and_speaks_of_retention() -> None:
    register = records.register()
    planned, recorded = drill(OLDEST)
    meant = {
        one.objective.kind
        for one in register.obligations
        if aimed(one.objective, planned, recorded, register)
    }
    assert "retention" in meant
    assert "rpo" not in meant
    assert open_in(OLDEST) == set()
    assert not aimed(
        next(one.objective for one in register.obligations if one.objective.kind == "retention"),
        *drill(POINTS[5].id),
        register,
    ), "a point between the newest and the oldest"


def test_what_a_lagging_copy_lacks_breaks_no_promise() -> None:
    register = records.register()
    lagging = POINTS[24 * 12 :]
    chosen = select(lagging, "copy", INCIDENT, STARTED)
    recorded = records.record(selection=chosen)
    found = judge_all(register, records.plan(requested_point="copy"), recorded)
    first = judge_all(register, records.plan(requested_point="latest"), recorded)
    assert Outcome.MISSED in {one.outcome for one in first}
    assert Outcome.MISSED not in {one.outcome for one in found}
    assert any(one.reason.startswith("shown of a further copy alone: data loss") for one in found)
    assert "of a further copy" in chosen.why


def test_a_copy_that_does_not_come_back_is_to_be_mended_and_a_test_that_comes_too_late_is_missed() -> None:
    register = records.register()
    long = records.workload(protected_since=INCIDENT - 400 * DAY)
    planned = records.plan(requested_point="copy", previous_success_at=None, workload=long)
    chosen = select(POINTS, "copy", INCIDENT, STARTED)
    kinds = {one.id: one.objective.kind for one in register.obligations}
    good = judge_all(register, planned, records.record(selection=chosen))
    assert {kinds[one.obligation] for one in good if one.outcome is Outcome.MISSED} == {
        "restore-test-frequency"
    }
    broken = records.record(selection=chosen, defects=(records.defect(),))
    verdicts = judge_all(register, planned, broken)
    assert Outcome.MISSED not in {one.outcome for one in verdicts}
    retest = retest_of(planned, broken, evidence=records.digest(b""), index=None)
    assert seen_in(register, planned, broken, verdicts, retest)


def test_what_was_not_meant_to_be_shown_undoes_no_green_and_marks_no_change() -> None:
    def shown(day: int, outcome: Outcome, *, meant: bool) -> Result:
        verdict = Judged(
            obligation=promise.id,
            outcome=outcome,
            limit=HOUR,
            achieved=None,
            allowance=timedelta(0),
            aimed=meant,
        )
        at = INCIDENT + day * DAY
        return Result(
            agreement="a",
            drill=records.plan().drill_id,
            workload="shop",
            state="concluded",
            started_at=at,
            ended_at=at + HOUR,
            recovered=True,
            mode="full",
            verdicts=(verdict,),
        )

    promise = records.obligation("5.1", Rpo(limit=HOUR))
    owed = Owed(agreement="a", workload="shop", since=INCIDENT, every=30 * DAY, one_of={})
    drills = (shown(1, Outcome.MET, meant=True), shown(9, Outcome.UNPROVEN, meant=False))
    assert [one.changed for one in marked(drills)] == [False, False]
    assert course(owed, promise, drills).shown is Outcome.MET
    worse = (*drills, shown(12, Outcome.UNPROVEN, meant=True))
    assert course(owed, promise, worse).shown is Outcome.UNPROVEN
