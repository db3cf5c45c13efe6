"""The fold over whole periods: what stands in an annex follows from the drills, and from nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.annex.gathering import Beside, Earlier, Gathering
from drverify.annex.judged import overall
from drverify.annex.lines import Bound, ObligationLine
from drverify.annex.model import Annex, NotTested
from drverify.model.audit import AuditFinding, SlotState, Weight
from drverify.model.records import Period, PeriodId
from drverify.model.verdict import Outcome
from tests.support import annexes, records
from tests.support.annexes import DEFECT, DROPPED, FAULT, NOT_RUN, OLD, SLOW, WELL


def of(annex: Annex, metric: str) -> ObligationLine:
    return next(one for one in annex.obligations if one.metric == metric)


def folded(*fates: str) -> Annex:
    return annexes.estate(len(fates), fates=fates).annex()


def test_a_period_in_which_all_is_well() -> None:
    annex = folded(WELL, WELL, WELL)
    rto = of(annex, "rto")
    assert (rto.outcome, rto.met, rto.drilled, rto.shown) == (Outcome.MET, 3, 3, 3)
    assert rto.figures is not None
    assert rto.figures.worst >= rto.figures.median > timedelta(0)
    assert rto.allowance == records.MIN * 30
    assert rto.limit == rto.widest == records.HOUR * 4
    # what no drill of this estate can show keeps the period from being all well
    retention = of(annex, "retention")
    assert (retention.outcome, retention.figures, retention.at_least) == (Outcome.UNPROVEN, None, True)
    assert (annex.summary.outcome, annex.summary.met, annex.summary.unproven) == (Outcome.UNPROVEN, 5, 1)
    assert (annex.isolation.closed, annex.isolation.checks, annex.isolation.checks_closed) == (3, 6, 6)
    assert not annex.slots


def test_a_miss_stays_a_miss_though_a_later_drill_is_well() -> None:
    estate = annexes.estate(2, fates=(SLOW, WELL))
    renamed = tuple((replace(drill, workload="shop-01"), report) for drill, report in estate.drills)
    annex = replace(estate, drills=renamed).annex()
    rto = of(annex, "rto")
    assert (rto.outcome, rto.met, rto.missed) == (Outcome.MISSED, 1, 1)
    assert "kept again by the last drill of shop-01" in rto.why
    assert rto.figures is not None
    assert rto.figures.worst == rto.figures.median > rto.figures.last
    assert annex.summary.outcome is Outcome.MISSED


@pytest.mark.parametrize(
    ("fates", "metric", "outcome", "why"),
    [
        ((WELL, DROPPED), "rto", Outcome.UNPROVEN, "no result, which counts as failed: 2026Q3/erp-01/01"),
        ((WELL, NOT_RUN), "rto", Outcome.UNPROVEN, "not shown for 1 of 2 workloads"),
        ((WELL, FAULT), "rto", Outcome.UNPROVEN, "not shown for 1 of 2 workloads"),
        ((FAULT,), "rto", Outcome.UNPROVEN, "none of which shows it"),
        ((NOT_RUN,), "rto", Outcome.UNPROVEN, "no drill of the period was judged by it"),
        ((WELL, DEFECT), "rto", Outcome.MISSED, "the backup is defective"),
        ((WELL, OLD), "rpo", Outcome.MISSED, "3 h against a limit of 1 h"),
        ((WELL, WELL), "rpo", Outcome.MET, "on 2 of 2 workloads"),
    ],
)
def test_what_is_not_shown_is_not_met(
    fates: tuple[str, ...], metric: str, outcome: Outcome, why: str
) -> None:
    line = of(folded(*fates), metric)
    assert (line.outcome, why in line.why) == (outcome, True), line.why


def test_drills_without_result_are_lines_of_their_own() -> None:
    annex = folded(WELL, DROPPED, NOT_RUN)
    assert [(one.state, len(one.drills)) for one in annex.slots] == [
        (SlotState.FAILED, 1),
        (SlotState.NOT_STARTED, 0),
    ]
    assert (annex.counts.planned, annex.counts.open, annex.counts.not_started) == (3, 1, 1)
    assert [one.subject for one in annex.untested if one.kind is NotTested.NOT_DRILLED] == [
        "erp-01",
        "mail-01",
    ]


def test_what_nobody_drilled_is_said() -> None:
    annex = folded(NOT_RUN)
    kinds = {one.kind for one in annex.untested}
    assert kinds >= {NotTested.NO_DRILL, NotTested.NOT_DRILLED, NotTested.OPEN_POINT, NotTested.BEYOND}
    assert sum(one.kind is NotTested.NO_DRILL for one in annex.untested) == len(annex.obligations)
    assert annex.summary.outcome is Outcome.UNPROVEN
    assert all(not one.assurance and one.figures is None for one in annex.obligations)


def test_the_sample_is_the_one_that_was_drawn() -> None:
    estate = annexes.estate(12, fates=(WELL, WELL, WELL, SLOW, *[NOT_RUN] * 8))
    of_workloads, of_drills = of(estate.annex(), "rto").assurance
    assert (of_workloads.counted, of_workloads.of, of_workloads.shown, of_workloads.missed) == (
        Bound.WORKLOADS, 12, 4, 1,
    )  # fmt: skip
    assert of_workloads.at_most == 8
    assert (of_drills.counted, of_drills.shown, of_drills.missed, of_drills.at_most) == (
        Bound.DRILLS,
        4,
        1,
        752,
    )


def test_a_point_that_a_drill_found_defective_closes_no_gap() -> None:
    def gap(fate: str) -> timedelta:
        found = folded(fate).workloads[0].largest_gap
        assert found is not None
        return found

    assert gap(WELL) <= records.HOUR
    assert gap(DEFECT) > gap(WELL)
    assert gap(OLD) == records.HOUR * 3


def test_every_drill_is_a_line_with_its_place_and_digest() -> None:
    estate = annexes.estate(12)
    annex = estate.annex()
    assert [(one.drill, one.index, one.payload) for one in annex.drills] == [
        (drill.drill, drill.index, drill.payload) for drill, _ in estate.drills
    ]
    assert all(one.verdicts and one.phases and one.recovered for one in annex.drills)
    drill, report = estate.drills[0]
    alone = Gathering()
    alone.take(replace(drill, index=-1, start_index=-1), report)
    assert (alone.drills[0].index, alone.drills[0].start_index) == (None, None)


def test_findings_of_an_audit_keep_the_period_from_being_met() -> None:
    estate = annexes.estate(1, fates=(WELL,))
    only = tuple(one for one in estate.contract.provisions if one.kind == "rto")
    contract = records.contract(provisions=only, open_points=())
    drill, report = estate.drills[0]
    kept = replace(
        report,
        register=records.agreed(contract).register(report.plan.incident_at),
        verdicts=tuple(one for one in report.verdicts if one.obligation == "rto-shop"),
    )
    small = replace(estate, contract=contract, drills=((drill, kept),))
    assert small.annex().summary.outcome is Outcome.MET
    for weight, outcome in (
        (Weight.NOTED, Outcome.MET),
        (Weight.FAILED, Outcome.UNPROVEN),
        (Weight.REFUSED, Outcome.UNPROVEN),
    ):
        found = AuditFinding(code="x", weight=weight, what="something")
        assert (
            replace(small, audit=replace(estate.audit, findings=(found,))).annex().summary.outcome is outcome
        )


def test_a_drill_without_a_result_keeps_the_period_from_being_met() -> None:
    estate = annexes.estate(1, fates=(WELL,))
    line = replace(of(estate.annex(), "rto"), outcome=Outcome.MET)
    counts = estate.audit.counts
    assert overall([line], (), counts) is Outcome.MET
    assert overall([line], (), replace(counts, open=1)) is Outcome.UNPROVEN
    assert overall([line], (), replace(counts, not_started=1)) is Outcome.UNPROVEN
    assert overall([], (), counts) is Outcome.UNPROVEN


def test_the_trend_is_what_earlier_annexes_say() -> None:
    now = annexes.estate(2)
    before = replace(now.audit, period=Period(id=PeriodId("2026Q2"), begins=annexes.PERIOD.begins - 91 * records.DAY, ends=annexes.PERIOD.begins))  # fmt: skip
    earlier = Earlier(annex=replace(now, audit=before).annex(), sha256=records.digest(b"earlier"))
    trend = now.annex(earlier=(earlier,)).trend
    assert [(one.period, one.annex) for one in trend] == [("2026Q2", earlier.sha256), ("2026Q3", None)]
    assert trend[0].lines == earlier.annex.trend[-1].lines
    for wrong in ((earlier, earlier), (replace(earlier, annex=now.annex()),)):
        with pytest.raises(ValueError, match="not of an earlier period"):
            now.annex(earlier=wrong)
    other = replace(
        earlier, annex=replace(earlier.annex, agreement=replace(earlier.annex.agreement, id="B-2"))
    )
    with pytest.raises(ValueError, match="is of agreement B-2"):
        now.annex(earlier=(other,))


def test_nobody_accepted_nothing_is_promised() -> None:
    estate = annexes.estate(1)
    proposal = replace(estate.contract, accepted=None)
    with pytest.raises(ValueError, match="not accepted"):
        Gathering().finish(estate.audit, Beside(contract=proposal, audited=True))
