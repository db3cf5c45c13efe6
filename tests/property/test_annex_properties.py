"""What holds for the annex of any drills: a miss never disappears, nothing measured is never kept."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.annex.gathering import Beside, Gathering
from drverify.annex.model import Annex
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.audit import AuditedDrill
from drverify.model.drill import DrillPlan, DrillRecord, ToolFact
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.verification import Report
from tests.support import annexes, evidence, records

Drill = tuple[Agreed, DrillPlan, DrillRecord]


def fold(drills: Sequence[Drill]) -> Annex:
    """The drills of one agreement, as they were judged."""
    agreed = drills[0][0]
    gathering = Gathering()
    for number, (_, plan, record) in enumerate(drills):
        register = agreed.register(records.INCIDENT)
        gathering.take(
            AuditedDrill(
                drill=plan.drill_id, workload="shop", index=2 * number + 1, start_index=2 * number, slot=None,
                payload=Sha256(f"{number:064x}"), not_before=None, not_after=None,
            ),
            Report(
                signers=(evidence.trusted(evidence.signer()),), plan=plan, plan_sha256=codec.digest(plan),
                record=record, register=register,
                verdicts=judge_all(register, plan, record), tool=ToolFact(name="drverify", version="0"),
                held=(), notes=(),
            ),
        )  # fmt: skip
    audit = annexes.estate(0).audit
    return gathering.finish(audit, Beside(contract=agreed.contract, audited=True))


@settings(max_examples=60, deadline=None)
@given(drills=st.lists(records.agreed_drills(), min_size=1, max_size=5))
def test_verdicts_of_a_period_follow_from_those_of_its_drills(drills: list[Drill]) -> None:
    annex = fold(drills)
    verdicts = [verdict for line in annex.drills for verdict in line.verdicts]
    for line in annex.obligations:
        mine = [one.outcome for one in verdicts if one.obligation == line.obligation]
        assert (line.met, line.missed, line.unproven) == (
            mine.count(Outcome.MET), mine.count(Outcome.MISSED), mine.count(Outcome.UNPROVEN),
        )  # fmt: skip
        assert (line.outcome is Outcome.MISSED) == (Outcome.MISSED in mine)
        if line.outcome is Outcome.MET:
            assert Outcome.MET in mine
        figures = line.figures
        measured = sorted(
            one.achieved
            for one in verdicts
            if one.obligation == line.obligation
            and one.achieved is not None
            and one.outcome is not Outcome.UNPROVEN
        )
        assert (figures is None) == (not measured)
        if figures is not None:
            ranked = measured if line.at_least else measured[::-1]
            assert figures.worst == ranked[0]
            assert figures.median in measured
            assert ranked.index(figures.median) * 2 <= len(ranked)
            assert figures.last in measured
        for bound in line.assurance:
            top = bound.of if bound.of is not None else 1000
            assert bound.missed <= bound.shown
            assert 0 <= bound.at_most <= top
    worst = {line.outcome for line in annex.obligations}
    if annex.summary.outcome is Outcome.MET:
        assert worst == {Outcome.MET}
    assert codec.decode(codec.encode(annex), Annex, what="annex") == annex
