"""What one drill shows as not kept is kept again when one of the same kind says so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drverify.judging.aims import mends, taken_in
from drverify.judging.findings import fold, retest_of, why_not
from drverify.judging.promised import Owed, course, marked
from drverify.model.drill import DrillId
from drverify.model.finding import Cause, Examined, Finding, Sighting, Subject
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Objective,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.result import Judged, Result, Stands
from drverify.model.variety import Variety, meant
from drverify.model.verdict import Outcome
from drverify.planning.nights.turns import Turn
from drverify.planning.selection import select
from tests.support import records
from tests.support.records import DAY, HOUR, INCIDENT, STARTED

MET, MISSED, UNPROVEN = Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN
NEWEST = Variety(generation="newest", mode="full")
OLDEST, BETWEEN = replace(NEWEST, generation="oldest"), replace(NEWEST, generation="between")
INSTANT, VAULT, TAPE = (
    replace(NEWEST, mode="instant"),
    replace(NEWEST, copy="vault"),
    replace(NEWEST, copy="tape"),
)
RTO, WORKS = Rto(limit=HOUR, mode="full"), ApplicationValidation()
RPO, TESTS = Rpo(limit=HOUR), RestoreTestFrequency(every=30 * DAY)
Told = tuple[Variety | None, Outcome]


def result(day: int, taken: Variety | None, outcome: Outcome, objective: Objective) -> Result:
    at = INCIDENT + day * DAY
    judged = Judged(
        obligation=records.obligation("5.1", objective).id,
        outcome=outcome,
        limit=HOUR,
        achieved=HOUR,
        allowance=timedelta(0),
        aimed=taken is None or meant(objective, taken),
    )
    return Result(
        agreement="a",
        drill=DrillId(f"d{day}"),
        workload="shop",
        state="concluded",
        started_at=at,
        ended_at=at,
        recovered=True,
        mode="full",
        verdicts=(judged,),
        taken=taken,
    )


def of(objective: Objective, *told: Told) -> list[Result]:
    return [result(day, *one, objective) for day, one in enumerate(told)]


@pytest.mark.parametrize(
    ("objective", "told", "stands", "counts", "since"),
    [
        (RTO, [(NEWEST, MISSED), (VAULT, MET)], "MISSED", 0, 0),
        (RTO, [(NEWEST, MISSED), (OLDEST, MET)], "MISSED", 0, 0),
        (RTO, [(NEWEST, MISSED), (VAULT, MET), (NEWEST, MET)], "MET", 2, 2),
        (RTO, [(OLDEST, MISSED), (NEWEST, MET), (OLDEST, MET)], "MET", 2, 2),
        (RTO, [(OLDEST, MISSED), (BETWEEN, MISSED), (BETWEEN, MET)], "MISSED", 0, 0),
        (RTO, [(NEWEST, MISSED), (NEWEST, UNPROVEN)], "MISSED", 0, 0),
        (RTO, [(INSTANT, MISSED), (NEWEST, MET)], "MET", 1, 1),  # its backup was defective, however restored
        (WORKS, [(INSTANT, MISSED), (NEWEST, MET)], "MISSED", 0, 0),
        (WORKS, [(INSTANT, MISSED), (NEWEST, MET), (INSTANT, MET)], "MET", 2, 2),
        (RPO, [(NEWEST, MISSED), (VAULT, MET)], "MISSED", 0, 0),
        (RPO, [(NEWEST, UNPROVEN), (VAULT, MET)], "UNPROVEN", 0, 0),
        (RPO, [(OLDEST, MISSED), (NEWEST, MET)], "MET", 1, 1),  # about its own points, whichever showed it
        (Retention(at_least=DAY), [(NEWEST, MISSED), (OLDEST, MET), (OLDEST, UNPROVEN)], "MET", 1, 1),
        (TESTS, [(VAULT, MISSED), (NEWEST, MET)], "MET", 1, 1),  # the test came too late, whatever it took
        (TESTS, [(NEWEST, MISSED), (VAULT, MET)], "MISSED", 0, 0),
        (RTO, [(NEWEST, MET), (VAULT, UNPROVEN)], "MET", 0, 0),
        (RTO, [(NEWEST, MET), (VAULT, MET), (VAULT, UNPROVEN)], "MET", 0, 0),
        (RTO, [(VAULT, MET)], "MET", 0, 0),
        (RTO, [(VAULT, UNPROVEN)], "UNPROVEN", 0, 0),
        (RTO, [(NEWEST, MET), (OLDEST, UNPROVEN)], "UNPROVEN", 1, 1),
        (RTO, [(NEWEST, MISSED), (None, MET)], "MET", 1, 1),  # entered before it was kept: as it was then
        (RTO, [(None, MISSED), (VAULT, MET)], "MET", 1, 1),
    ],
)
def test_how_a_promise_stands(
    objective: Objective, told: Sequence[Told], stands: str, counts: int, since: int
) -> None:
    owed = Owed(agreement="a", workload="shop", since=INCIDENT, every=30 * DAY, one_of={})
    made = course(owed, records.obligation("5.1", objective), of(objective, *told))
    now = INCIDENT + len(told) * DAY
    assert made.stands(now) is Stands(stands)
    assert made.drill == f"d{counts}"
    assert made.taken == told[counts][0]
    assert made.since == INCIDENT + since * DAY


def test_what_a_copy_lacks_is_told_as_that_copys_and_is_neither_a_flip_nor_a_change() -> None:
    owed = Owed(agreement="a", workload="shop", since=INCIDENT, every=30 * DAY, one_of={})
    told = of(RTO, (NEWEST, MISSED), (VAULT, MET), (TAPE, UNPROVEN), (NEWEST, MISSED), (VAULT, MET))
    made = course(owed, records.obligation("5.1", RTO), told)
    assert [(one.copy, one.shown, one.drill) for one in made.copies] == [
        ("tape", UNPROVEN, "d2"),
        ("vault", MET, "d4"),
    ]
    assert [one.copy for one in made.lacking] == ["tape"]
    assert (made.flips, made.flipping, made.told) == (0, False, "")
    assert not any(one.changed for one in marked(told))
    again = course(owed, records.obligation("5.1", RTO), of(RTO, (OLDEST, MISSED), (NEWEST, MET)))
    assert again.told == "the oldest point, full restore"
    both = course(
        owed, records.obligation("5.1", RTO), of(RTO, (VAULT, MET), (NEWEST, MISSED), (NEWEST, MET))
    )
    assert both.flipping


def test_a_drill_takes_what_its_turn_says() -> None:
    points = tuple(records.point(n * HOUR) for n in range(30))
    asked = {"latest": "latest", "oldest": points[-1].id, "between": points[7].id, "copy:vault": "copy"}
    for point, wanted in asked.items():
        for mode in ("full", "instant"):
            source = "vault" if wanted == "copy" else "s"
            plan = records.plan(
                requested_point=wanted, mode=mode, workload=replace(records.workload(), source=source)
            )
            recorded = records.record(selection=select(points, wanted, INCIDENT, STARTED))
            assert taken_in(plan, recorded) == Turn(point=point, mode=mode).variety  # type: ignore[arg-type]
    only = records.record(selection=select(points[:1], points[0].id, INCIDENT, STARTED))
    assert taken_in(records.plan(requested_point=points[0].id), only).generation == "oldest"
    none = records.record(selection=select((), "latest", INCIDENT, STARTED))
    assert taken_in(records.plan(requested_point="latest"), none) == NEWEST


def test_whose_word_mends_whose() -> None:
    own = (NEWEST, OLDEST, BETWEEN, INSTANT)
    for objective in (RPO, BackupFrequency(every=DAY), Retention(at_least=DAY), TESTS):
        assert all(mends(objective, one, other, missed=True) for one in own for other in own)
    for objective in (RPO, RTO, WORKS, TESTS, None):
        assert not any(mends(objective, one, VAULT, missed=True) for one in own)
        assert mends(objective, VAULT, VAULT, missed=False)
        assert not mends(objective, VAULT, NEWEST, missed=False)
        assert not mends(objective, VAULT, TAPE, missed=False)
    assert mends(None, NEWEST, NEWEST, missed=True)
    assert not any(mends(None, NEWEST, one, missed=True) for one in own[1:]), "nobody knows what is promised"


def examined(day: int, taken: Variety | None, outcome: Outcome) -> Examined:
    at: datetime = INCIDENT + day * DAY
    plan = records.plan(drill_id=DrillId(f"d{day}"))
    retest = retest_of(
        plan, records.record(started_at=at, start=None), evidence=records.digest(b"%d" % day), index=None
    )
    promise = records.obligation("5.1", RTO).id
    subject = Subject(
        agreement="a",
        cause=Cause.MISSED if outcome is MISSED else Cause.UNPROVEN,
        workload=retest.workload,
        obligation=promise,
    )
    seen = Sighting(subject=subject, at=at, reason="slow", drill=retest.drill, needs=(promise,))
    return Examined(
        at=at,
        drill=retest.drill,
        envelope=retest.evidence,
        retest=retest,
        sightings=() if outcome is MET else (seen,),
        met=(promise,) if outcome is MET else (),
        taken=taken,
    )


def found(*told: Told) -> Finding:
    objectives = {records.obligation("5.1", RTO).id: RTO}
    return fold([examined(day, *one) for day, one in enumerate(told)], objectives=objectives)[0]


def test_a_finding_is_closed_by_a_drill_of_the_kind_that_showed_it() -> None:
    assert found((NEWEST, MISSED), (VAULT, MET)).retests == ()
    assert found((NEWEST, MISSED), (VAULT, MET), (NEWEST, MET)).retests == ("d2",)
    assert found((VAULT, UNPROVEN), (NEWEST, MET)).retests == ()
    assert found((VAULT, UNPROVEN), (NEWEST, MET), (VAULT, MET)).retests == ("d2",)
    assert found((OLDEST, MISSED), (NEWEST, MISSED), (NEWEST, MET), (OLDEST, MET)).retests == ("d2",)
    assert found((OLDEST, MISSED), (NEWEST, MISSED), (NEWEST, MET)).retests == ()
    assert found((NEWEST, MISSED), (None, MET)).retests == ("d1",), "examined before it was kept"
    assert found((None, MISSED), (VAULT, MET)).retests == ("d1",)
    one = found((NEWEST, MISSED), (VAULT, MET))
    last = examined(1, VAULT, MET)
    assert why_not(one, last.retest, last.met, judged=last.met) == (
        "it was seen in drill d0 (the newest point, full restore), "
        "and no later drill of the same kind shows it as mended"
    )
