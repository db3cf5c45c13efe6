"""What came of a negative control, by the verdicts of a stale point."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.judging.controls import came_of
from drverify.judging.objectives import judge_all
from drverify.model.controls import ControlOutcome
from drverify.model.drill import ProbeStatus
from drverify.model.obligation import BackupFrequency, Obligation, ObligationId, Rpo
from drverify.model.verdict import Outcome, Verdict
from tests.support.records import DAY, defect, fault, plan, point, record, register, selection, with_result

HOUR = timedelta(hours=1)
STALE = selection((point(5 * DAY),))


def promised(*objectives: Any) -> Any:
    made = [
        Obligation(id=ObligationId(one.kind), clause="1", scope=("shop",), objective=one)
        for one in objectives
    ]
    return SimpleNamespace(obligations=tuple(made))


def verdict(of: str, outcome: Outcome) -> Verdict:
    return Verdict(
        obligation=ObligationId(of),
        outcome=outcome,
        limit=HOUR,
        achieved=HOUR * {Outcome.MET: 1, Outcome.MISSED: 9}.get(outcome, 0) or None,
        allowance=HOUR * 0,
        reason="why",
    )


@pytest.mark.parametrize(
    ("rpo", "every", "came"),
    [
        (Outcome.MISSED, Outcome.MISSED, ControlOutcome.CAUGHT),
        (Outcome.MISSED, Outcome.UNPROVEN, ControlOutcome.CAUGHT),
        (Outcome.MISSED, Outcome.MET, ControlOutcome.NOT_CAUGHT),
        (Outcome.MET, Outcome.UNPROVEN, ControlOutcome.NOT_CAUGHT),
        (Outcome.UNPROVEN, Outcome.UNPROVEN, ControlOutcome.NOT_RUN),
    ],
)
def test_a_stale_point(rpo: Outcome, every: Outcome, came: ControlOutcome) -> None:
    register = promised(Rpo(limit=HOUR), BackupFrequency(every=HOUR))
    verdicts = [verdict("rpo", rpo), verdict("backup-frequency", every), verdict("rto", Outcome.MET)]
    assert came_of("stale", register, plan(), record(selection=STALE), verdicts)[0] is came


def test_without_a_promise_a_stale_point_shows_nothing() -> None:
    outcome, why = came_of("stale", promised(), plan(), record(selection=STALE), [])
    assert outcome is ControlOutcome.NOT_RUN
    assert "no promise" in why


def judged(of: Any) -> tuple[ControlOutcome, str]:
    """As the drill of a stale copy is judged: by every promise."""
    return came_of("stale", register(), plan(), of, judge_all(register(), plan(), of))


def test_a_stale_copy_that_came_back_is_caught_by_its_age() -> None:
    outcome, why = judged(record(selection=STALE))
    assert outcome is ControlOutcome.CAUGHT
    assert "5 d against a limit of 1 h" in why


@pytest.mark.parametrize(
    "bad",
    [
        with_result(record(selection=STALE), "orders", status=ProbeStatus.FAILED),
        record(selection=STALE, defects=(defect(),)),
        record(selection=selection(())),
        record(selection=STALE, faults=(fault(),)),
    ],
    ids=["a probe failed", "a defect", "no point", "a fault of ours"],
)
def test_a_stale_copy_that_did_not_come_back_shows_nothing_about_age(bad: Any) -> None:
    """Its promises are MISSED at any age."""
    outcome, why = judged(bad)
    assert outcome is ControlOutcome.NOT_RUN
    assert "did not come back" in why


def test_a_stale_copy_is_not_caught_by_what_gives_no_figure() -> None:
    made = promised(Rpo(limit=HOUR))
    without = replace(verdict("rpo", Outcome.MISSED), achieved=None)
    assert came_of("stale", made, plan(), record(selection=STALE), [without])[0] is ControlOutcome.NOT_RUN
