"""How a promise stands: never green by default, never green for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drverify.judging.promised import UNSTATED, Owed, course, marked
from drverify.model.drill import DrillId
from drverify.model.obligation import Objective, Obligation, ObligationId, Retention, Rpo
from drverify.model.result import Judged, Result, ResultState, Stands
from drverify.model.verdict import Outcome

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = 30 * DAY
RPO = ObligationId("rpo")
MET, MISSED, UNPROVEN = Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN


def owed(every: timedelta | None = EVERY) -> Owed:
    return Owed(agreement="a", workload="shop", since=SINCE, every=every, one_of={})


def obligation(objective: Objective | None = None) -> Obligation:
    return Obligation(id=RPO, clause="5.1", scope=("shop",), objective=objective or Rpo(limit=HOUR))


def result(day: float, outcome: Outcome | None, state: ResultState = "concluded") -> Result:
    """A drill that many days after SINCE, of one hour; without an outcome it judged something else."""
    at = SINCE + day * DAY
    judged = Judged(
        obligation=RPO if outcome else ObligationId("other"),
        outcome=outcome or MET,
        limit=HOUR,
        achieved=HOUR / 2,
        allowance=timedelta(0),
    )
    return Result(
        agreement="a",
        drill=DrillId(f"{at:%Y%m%dT%H%M%SZ}-000001"),
        workload="shop",
        state=state,
        started_at=at,
        ended_at=at + HOUR if state == "concluded" else None,
        recovered=True,
        mode="full",
        verdicts=(judged,) if state == "concluded" else (),
    )


def stands(*drills: Result, at: float, every: timedelta | None = EVERY) -> tuple[Stands, float]:
    """How it stands that many days after SINCE, and since how many."""
    made = course(owed(every), obligation(), drills)
    now = SINCE + at * DAY
    return made.stands(now), round((made.stands_since(now) - SINCE) / DAY, 1)


def test_without_a_drill_it_is_unproven_and_then_overdue() -> None:
    assert stands(at=29) == (Stands.UNPROVEN, 0)
    assert stands(at=30) == (Stands.UNPROVEN, 0)
    assert stands(at=30.01) == (Stands.OVERDUE, 30)
    assert stands(at=400, every=None) == (Stands.UNPROVEN, 0)


def test_a_green_lapses_when_no_drill_follows_in_time() -> None:
    good = result(10, MET)
    assert stands(good, at=40) == (Stands.MET, 10)
    assert stands(good, at=40.1) == (Stands.OVERDUE, 40)
    assert stands(good, result(39, None), at=41) == (Stands.OVERDUE, 40), "a drill that did not judge it"
    lapse = 10 + HOUR / DAY + UNSTATED / DAY
    assert stands(good, at=lapse, every=None) == (Stands.MET, 10)
    assert stands(good, at=lapse + 1, every=None) == (Stands.UNPROVEN, 102)


def test_a_miss_stays_until_a_drill_shows_that_it_is_kept() -> None:
    bad, unclear = result(10, MISSED), result(12, UNPROVEN)
    assert stands(bad, at=300) == (Stands.MISSED, 10)
    assert stands(bad, unclear, result(13, UNPROVEN), at=14) == (Stands.MISSED, 10)
    assert stands(bad, unclear, result(13, MISSED), at=14) == (Stands.MISSED, 10)
    assert stands(bad, unclear, result(13, MET), at=14) == (Stands.MET, 13)


def test_a_newer_unproven_undoes_a_green() -> None:
    assert stands(result(10, MET), result(12, UNPROVEN), at=13) == (Stands.UNPROVEN, 12)
    assert stands(result(10, MET), result(12, UNPROVEN), result(15, UNPROVEN), at=16) == (Stands.UNPROVEN, 12)


@pytest.mark.parametrize("state", ["without result", "refused"])
def test_a_drill_without_evidence_that_holds_undoes_a_green_and_is_no_test(state: ResultState) -> None:
    lost = result(39, MET, state)
    assert stands(result(10, MET), lost, at=39.5) == (Stands.UNPROVEN, 39)
    assert stands(result(10, MET), lost, at=41) == (Stands.OVERDUE, 40)


def test_drills_that_prove_nothing_are_no_tests_of_a_promise() -> None:
    unclear = [result(10 * n, UNPROVEN) for n in range(1, 6)]
    assert stands(*unclear[:2], at=29) == (Stands.UNPROVEN, 10)
    assert stands(*unclear, at=51) == (Stands.OVERDUE, 30)
    assert stands(*unclear, at=51, every=None) == (Stands.UNPROVEN, 10)
    assert stands(result(5, MET), *unclear, at=34) == (Stands.UNPROVEN, 10)
    assert stands(result(5, MET), *unclear, at=36) == (Stands.OVERDUE, 35)
    assert stands(result(5, MISSED), *unclear, at=51) == (Stands.MISSED, 5)
    assert stands(*unclear, result(51, MET), at=60) == (Stands.MET, 51)


def test_retention_counts_by_the_drills_of_the_oldest_point() -> None:
    kept = obligation(Retention(at_least=DAY))
    drills = [result(10, MET), result(40, UNPROVEN), result(70, UNPROVEN)]
    made = course(replace(owed(), one_of={RPO: 4}), kept, drills)
    assert made.stands(SINCE + 100 * DAY) is Stands.MET
    assert made.lapses_at == SINCE + 10 * DAY + HOUR + 4 * EVERY
    assert made.stands(SINCE + 131 * DAY) is Stands.OVERDUE


def test_verdicts_that_change_are_marked_and_repeated_changes_flip() -> None:
    drills = [result(10 * n, one) for n, one in enumerate((MET, MET, MISSED, UNPROVEN, MET))]
    assert [one.changed for one in marked(drills)] == [False, False, True, True, True]
    assert course(owed(), obligation(), drills[:4]).flipping is False
    made = course(owed(), obligation(), drills)
    assert (made.flips, made.flipping) == (2, True)
    old = [*drills, *(result(60 + n, MET) for n in range(6))]
    assert course(owed(), obligation(), old).flipping is False, "long ago"


def test_one_change_between_neighbouring_nights_flips() -> None:
    assert course(owed(), obligation(), [result(10, MET), result(11, MISSED)]).flipping
    assert not course(owed(), obligation(), [result(10, MET), result(13, MISSED)]).flipping
    ours = [result(10, MET), result(10.5, UNPROVEN), result(11, MET)]
    assert not course(owed(), obligation(), ours).flipping, "a fault of ours in between is no contradiction"


def test_what_counts_is_told_with_its_drill() -> None:
    drills = [result(10, MISSED), result(12, UNPROVEN)]
    made = course(owed(), obligation(), drills)
    assert (made.drill, made.judged_at) == (drills[0].drill, drills[1].ended_at)
    assert made.met_at is None
