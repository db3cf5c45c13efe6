"""What earlier drills say about patience, and what a wait that we ended is called."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from drverify.model.drill import Fault, GaveUp, PhaseName, PhaseRecord
from drverify.model.verdict import Outcome
from drverify.operation.endings import _faults
from drverify.planning.tonight.following import follow
from drverify.planning.tonight.patience import took
from tests.support.bookings import NIGHT, booking, ending
from tests.unit.planning.tonight.test_following import attempts

SEC = timedelta(seconds=1)


def record(gave_up_by: GaveUp = GaveUp.NOT, *faults: Fault) -> Any:
    spans = {"provision": 9, "restore": 100, "boot": 30, "configure": 50, "application": 4, "probe": 6}
    phases = [PhaseRecord(name=PhaseName(name), started=SEC, took=span * SEC) for name, span in spans.items()]
    return SimpleNamespace(
        gave_up_by=gave_up_by, gave_up="not healthy within 40 s", phases=phases, faults=faults,
        started_at=NIGHT, ended_at=NIGHT + 300 * SEC,
    )  # fmt: skip


def test_what_our_limits_count_is_read_out_of_a_drill() -> None:
    found = took(record())
    assert found is not None
    assert (found.provision, found.healthy, found.drill) == (9 * SEC, 40 * SEC, 300 * SEC)
    assert took(record(GaveUp.HEALTHY_LIMIT)) == found
    assert took(record(GaveUp.STALL)) is None


def test_a_wait_that_we_ended_is_ours_and_tried_again() -> None:
    (said,) = _faults(record(GaveUp.HEALTHY_LIMIT))
    assert said == "boot: a limit of ours ended the wait: not healthy within 40 s"
    assert list(_faults(record(GaveUp.STALL))) == []
    for outcome, state in ((Outcome.UNPROVEN, "wanted"), (Outcome.MISSED, "done")):
        ended = replace(ending("concluded", outcome), faults=(said,))
        assert follow(booking("a"), attempts(ended), at_most=3) == state
