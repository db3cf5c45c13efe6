"""What the annex says of negative controls."""

from datetime import timedelta

from drverify.cli.report_gate import told
from drverify.model.agreement import AgreementId
from drverify.model.controls import ControlKind, ControlOutcome, ControlResult
from drverify.model.drill import DrillId
from tests.support.records import DAY, INCIDENT

CAUGHT, MISSED, NOT_RUN = ControlOutcome.CAUGHT, ControlOutcome.NOT_CAUGHT, ControlOutcome.NOT_RUN
POSSIBLE: set[ControlKind] = {"flipped-bit", "stale", "emptied"}


def control(days: int, kind: ControlKind, outcome: ControlOutcome) -> ControlResult:
    return ControlResult(
        id=DrillId(f"c{days}"),
        agreement=AgreementId("a"),
        workload="shop",
        kind=kind,
        outcome=outcome,
        why="",
        at=INCIDENT - timedelta(days=days) + DAY,
        damage=None,
        point=None,
        good_drill=None,
    )


def test_the_last_catch_its_evidence_and_how_many_kinds() -> None:
    found = [control(3, "stale", NOT_RUN), control(4, "flipped-bit", CAUGHT), control(6, "stale", CAUGHT)]
    held, open_ = told(found, POSSIBLE, "ab12")
    at = f"{INCIDENT - 3 * DAY:%Y-%m-%d}"
    (line,) = held
    assert line == (
        f"negative controls: the gate last caught a known-bad point on {at} (flipped-bit, shop), 2 of 3 kinds "
        "in this period; the SHA-256 of the statement is ab12"
    )
    assert open_ == ("no point with this damage was caught in this period: emptied",)


def test_without_a_catch_nothing_shows_that_a_drill_would_turn_red() -> None:
    held, (said,) = told([control(1, "stale", NOT_RUN)], POSSIBLE, "")
    assert held == ()
    assert said.startswith("no known-bad point was caught")


def test_a_point_that_passed_as_good_is_said_until_a_later_one_is_caught() -> None:
    found = [control(2, "stale", NOT_RUN), control(3, "stale", MISSED), control(5, "stale", CAUGHT)]
    _, open_ = told(found, {"stale"}, "")
    assert len(open_) == 1
    assert "(stale) passed as good on" in open_[0]
    assert told([control(1, "stale", CAUGHT), *found], {"stale"}, "")[1] == ()
