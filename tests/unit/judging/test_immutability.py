"""What attempts to delete show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drverify.judging.immutability import CLOCKS, judged, withstood
from drverify.model.agreement import Sha256
from drverify.model.contract import ProvisionId
from drverify.model.immutability import Canary, HeldCanary, PromisedLock, TamperAttempt, Tampering
from drverify.model.verdict import Outcome

NOW = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CANARY = Canary(name="c", sha256=Sha256("0" * 64), planted_at=NOW - 10 * DAY)
DELETE = TamperAttempt(canary="c", what="delete", outcome="refused", said="403")
GOOD = Tampering(mechanism="m", attempts=(DELETE,), held=(HeldCanary(canary=CANARY, whole=True),))


def outcome(found: Tampering, least: timedelta | None = None, why_open: str = "") -> Outcome:
    promise = PromisedLock(provision=ProvisionId("p"), clause="4", least=least, open=why_open)
    (verdict,) = judged([promise], found, NOW)
    return verdict.outcome


def test_refused_and_whole_is_met() -> None:
    assert withstood(GOOD)[0] is Outcome.MET
    assert outcome(GOOD) is Outcome.MET


@pytest.mark.parametrize(
    "changed",
    [
        replace(GOOD, attempts=(DELETE, replace(DELETE, what="overwrite", outcome="went through"))),
        replace(GOOD, held=(HeldCanary(canary=CANARY, whole=False),)),
        replace(GOOD, problem="lost", attempts=(replace(DELETE, outcome="went through"),)),
    ],
)
def test_what_went_through_or_is_not_whole_is_missed_whatever_else(changed: Tampering) -> None:
    assert outcome(changed) is Outcome.MISSED


@pytest.mark.parametrize(
    "changed",
    [
        replace(GOOD, attempts=()),
        replace(GOOD, attempts=(DELETE, replace(DELETE, outcome="not decided"))),
        replace(GOOD, held=()),
        replace(GOOD, held=(HeldCanary(canary=CANARY, whole=None),)),
        replace(GOOD, problem="the server was lost"),
        replace(GOOD, held=(HeldCanary(canary=replace(CANARY, name="another"), whole=True),)),
    ],
)
def test_what_was_not_tried_or_not_read_back_is_unproven(changed: Tampering) -> None:
    assert outcome(changed) is Outcome.UNPROVEN


@pytest.mark.parametrize(
    ("least", "expected"), [(10 * DAY, Outcome.MET), (10 * DAY + timedelta(seconds=1), Outcome.UNPROVEN)]
)
def test_without_a_stated_end_the_age_of_what_withstood_decides(least: timedelta, expected: Outcome) -> None:
    assert outcome(GOOD, least) is expected


@pytest.mark.parametrize(
    ("locked", "expected"),
    [(14 * DAY, Outcome.MET), (14 * DAY - CLOCKS, Outcome.MET), (14 * DAY - 2 * CLOCKS, Outcome.MISSED)],
)
def test_a_stated_end_decides_by_itself(locked: timedelta, expected: Outcome) -> None:
    held = HeldCanary(canary=CANARY, whole=True, retain_until=CANARY.planted_at + locked, mode="COMPLIANCE")
    assert outcome(replace(GOOD, held=(held,)), 14 * DAY) is expected


def test_a_time_that_is_open_is_unproven() -> None:
    assert outcome(GOOD, None, "its figure is approximate") is Outcome.UNPROVEN
