"""Findings out of events and audits: same cause same finding, closed only by what comes later."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from drverify.judging.findings import fold, seen_by, why_not, why_not_by_audit
from drverify.model.audit import Audit, AuditFinding, SlotOutcome, SlotState, Weight
from drverify.model.drill import DrillId
from drverify.model.finding import (
    Assigned,
    Cause,
    Closed,
    Event,
    Examined,
    FindingState,
    Opened,
    Retest,
    Sighting,
    Subject,
    finding_id,
)
from drverify.model.obligation import ObligationId
from drverify.model.records import DrillCounts, Period, PeriodId, Slot, SlotId
from tests.support import records

T0 = datetime(2026, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RPO = ObligationId("rpo-shop")
MISSED = Subject(agreement="A-1", cause=Cause.MISSED, workload="shop", obligation=RPO)


def retest(day: int, **changes: object) -> Retest:
    made = Retest(
        drill=f"drill-{day}",
        workload="shop",
        started_at=T0 + day * DAY,
        evidence=records.digest(str(day).encode()),
        index=2 * day + 1,
        start_index=2 * day,
    )
    return replace(made, **changes)


def seen(day: int, subject: Subject = MISSED) -> Sighting:
    drill = retest(day)
    return Sighting(
        subject=subject,
        at=drill.started_at,
        reason="late",
        drill=drill.drill,
        evidence=drill.evidence,
        index=drill.index,
        start_index=drill.start_index,
        needs=(RPO,),
    )


def bad(day: int) -> Examined:
    drill = retest(day)
    return Examined(
        at=T0 + 90 * DAY,
        drill=drill.drill,
        envelope=drill.evidence,
        retest=drill,
        sightings=(seen(day),),
        met=(),
    )


def good(day: int) -> Examined:
    return replace(bad(day), sightings=(), met=(RPO,))


def assigned(day: int) -> Assigned:
    at = T0 + day * DAY + timedelta(hours=2)
    return Assigned(at=at, subject=MISSED, owner="A", action="mend", due=date(2026, 9, 20))


def closed(day: int) -> Closed:
    return Closed(at=T0 + day * DAY + timedelta(hours=1), subject=MISSED, retest=retest(day))


@pytest.mark.parametrize(
    ("events", "state", "reopened"),
    [
        ([bad(0)], FindingState.OPEN, 0),
        ([bad(0), assigned(1)], FindingState.ASSIGNED, 0),
        ([bad(0), assigned(1), bad(2)], FindingState.ASSIGNED, 0),
        ([bad(0), good(1), closed(1)], FindingState.CLOSED, 0),
        ([bad(0), assigned(0), good(1), closed(1), bad(2)], FindingState.OPEN, 1),
        ([bad(0), closed(1), bad(2), assigned(3)], FindingState.ASSIGNED, 1),
        ([bad(0), closed(1), bad(2), assigned(3), bad(4)], FindingState.ASSIGNED, 1),
        ([bad(0), closed(1), bad(2), closed(3)], FindingState.CLOSED, 1),
        ([bad(0), closed(3), bad(2)], FindingState.CLOSED, 0),
    ],
)
def test_what_became_of_it(events: list[Event], state: FindingState, reopened: int) -> None:
    (found,) = fold(events)
    assert (found.state, found.reopened, found.id) == (state, reopened, finding_id(MISSED))


def test_drills_may_be_examined_in_any_order() -> None:
    events: list[Event] = [bad(0), good(1), bad(2), good(3), closed(1)]
    results = {fold(order) for order in permutations(events)}
    (found,) = results
    assert found[0].retests == ("drill-3",)
    assert [one.drill for one in found[0].sightings] == ["drill-0", "drill-2"]


def test_a_second_examination_replaces_the_first() -> None:
    assert fold([bad(0), replace(good(0), envelope=records.digest(b"other"))]) == ()


def test_what_both_parties_voided_is_not_counted() -> None:
    assert fold([bad(0)], voided={"drill-0"}) == ()
    assert len(fold([bad(0), bad(1)], voided={"drill-0"})[0].sightings) == 1


def test_causes_obligations_workloads_and_agreements_are_different_findings() -> None:
    others = [
        replace(MISSED, cause=Cause.UNPROVEN),
        replace(MISSED, obligation="rto-shop"),
        replace(MISSED, workload="other"),
        replace(MISSED, agreement="A-2"),
        replace(MISSED, code="x"),
    ]
    assert len({finding_id(one) for one in (MISSED, *others)}) == 6


@pytest.mark.parametrize(
    ("drill", "met", "judged", "why"),
    [
        (retest(2), [RPO], [RPO], ""),
        (retest(2, workload="other"), [RPO], [RPO], "is of workload other"),
        (retest(1), [RPO], [RPO], "not begun after"),
        (retest(2, start_index=3), [RPO], [RPO], "not begun after"),
        (retest(2, start_index=None), [RPO], [RPO], ""),
        (retest(2), [], [RPO], "is not MET"),
        (retest(2), ["rto-shop"], ["rto-shop"], "judged nothing about rpo-shop"),
        (retest(2), [], [], "judged nothing"),
    ],
)
def test_what_a_retest_has_to_show(drill: Retest, met: list[str], judged: list[str], why: str) -> None:
    (found,) = fold([bad(0), bad(1)])
    problem = why_not(found, drill, met, judged=judged)
    assert why in problem
    assert bool(problem) == bool(why)


def slot(name: str, *drills: str, state: SlotState) -> SlotOutcome:
    return SlotOutcome(
        slot=Slot(id=SlotId(name), workload="shop", opens=T0, closes=T0 + DAY, obligations=(RPO, "rto-shop")),
        state=state,
        drills=tuple(DrillId(one) for one in drills),
    )


def audit(*slots: SlotOutcome, findings: tuple[AuditFinding, ...] = ()) -> Audit:
    counts = DrillCounts(**dict.fromkeys(DrillCounts.__slots__, 0))
    return Audit(
        agreement="A-1",
        period=Period(id=PeriodId("2026Q3"), begins=T0, ends=T0 + 30 * DAY),
        at=T0 + 31 * DAY,
        origin="log",
        size=9,
        root=records.digest(b""),
        counts=counts,
        slots=slots,
        findings=findings,
        held=(),
    )


def test_an_audit_gives_each_thing_once() -> None:
    found = list(
        seen_by(
            audit(
                slot("s1", "d1", state=SlotState.FAILED),
                slot("s2", state=SlotState.NOT_STARTED),
                slot("s3", "d3", state=SlotState.FINISHED),
                slot("s4", state=SlotState.DUE),
                slot("s5", "d5", state=SlotState.VOIDED),
                findings=(
                    AuditFinding(
                        code="open-start", weight=Weight.FAILED, what="no result", where="drill d1, entry 3"
                    ),
                    AuditFinding(code="not-started", weight=Weight.FAILED, what="no drill", where="slot s2"),
                    AuditFinding(code="repeated-slot", weight=Weight.FAILED, what="twice", where="slot s3"),
                    AuditFinding(code="no-schedule", weight=Weight.FAILED, what="no schedule"),
                    AuditFinding(code="no-time-stamp", weight=Weight.NOTED, what="no time"),
                ),
            )
        )
    )
    assert [(one.subject.cause, one.subject.workload, one.subject.code) for one in found] == [
        (Cause.FAILED, "shop", ""),
        (Cause.NOT_RUN, "shop", ""),
        (Cause.AUDIT, "shop", "repeated-slot slot s3"),
        (Cause.AUDIT, "", "no-schedule"),
    ]
    made = fold([Opened(at=T0, sighting=one) for one in found])
    assert len(made) == 4
    not_run = next(one for one in made if one.subject.cause is Cause.NOT_RUN)
    both = [RPO, ObligationId("rto-shop")]
    assert why_not(not_run, retest(2), both, judged=both) == ""
    assert "rto-shop is not MET" in why_not(not_run, retest(2), [RPO], judged=both)
    nowhere = next(one for one in made if not one.subject.workload)
    assert "no drill can show" in why_not(nowhere, retest(40), both, judged=both)


def test_what_is_about_no_workload_is_closed_by_an_audit_without_it() -> None:
    lack = AuditFinding(code="no-schedule", weight=Weight.FAILED, what="no schedule")
    refused = AuditFinding(code="changed-log", weight=Weight.REFUSED, what="changed")
    found_it = audit(findings=(lack,))
    (found,) = fold([Opened(at=T0, sighting=one) for one in seen_by(found_it)])
    later = replace(audit(), at=found_it.at + DAY)
    assert why_not_by_audit(found, later) == ""
    for one, why in (
        (audit(), "not later"),
        (replace(later, findings=(lack,)), "finds the same"),
        (replace(later, findings=(refused,)), "does not hold"),
        (replace(later, agreement="A-2"), "of agreement A-2"),
    ):
        assert why in why_not_by_audit(found, one)
    (about_shop,) = fold([bad(0)])
    assert "a drill has to show" in why_not_by_audit(about_shop, later)
    noted = AuditFinding(code="no-time-stamp", weight=Weight.NOTED, what="no time")
    assert [len(list(seen_by(audit(findings=(noted,)), noted=noted_too))) for noted_too in (False, True)] == [
        0,
        1,
    ]


def test_overdue_is_what_is_assigned_and_late() -> None:
    (found,) = fold([bad(0), assigned(1)])
    assert not found.overdue(date(2026, 9, 20))
    assert found.overdue(date(2026, 9, 21))
    assert not fold([bad(0)])[0].overdue(date(2030, 1, 1))
