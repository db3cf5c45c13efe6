"""What a night books beside its drills, whatever is wrong with what lies on disk."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.errors import EvidenceError
from drverify.model.nights import Night
from drverify.model.verdict import Outcome
from drverify.operation import trials
from drverify.operation.trials import trials_of
from drverify.planning.controls import DueControl
from drverify.planning.nights.due import ASSUMED
from tests.support.records import workload

BEGINS = datetime(2026, 11, 23, 22, tzinfo=UTC)
NIGHT = Night(evening=date(2026, 11, 23), begins=BEGINS, ends=BEGINS + timedelta(hours=8))
SHOP = workload()


class Shop:
    """A workshop of one workload, one drill of which recovered it."""

    state_dir = Path("/state")
    workloads = (SHOP,)
    drills = SimpleNamespace(
        entries=lambda: iter([SimpleNamespace(workload=SHOP.name, outcome="recovered", drill_id="d")])
    )
    settings = SimpleNamespace(
        controls=SimpleNamespace(immutability_every_days=30), host_of=lambda host: host or "local"
    )

    def workload(self, _: str) -> Any:
        return SHOP

    def sealed(self, _: object) -> Any:
        raise EvidenceError("of another version")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(trials, "due", lambda _: ())
    monkeypatch.setattr(trials, "probes", lambda _: ())
    monkeypatch.setattr(trials, "sources_with_writer", lambda _: ())
    return Shop()


def test_a_drill_that_cannot_be_read_keeps_no_control_from_being_booked(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = DueControl(workload=SHOP.name, kind="stale", due=BEGINS, why="stale was never tried")
    monkeypatch.setattr(trials, "due", lambda _: [owed])
    (booking,) = trials_of(shop, NIGHT, site="local", agreement="acme")
    assert (booking.kind, booking.takes, booking.reads) == ("control", ASSUMED, 0)


@pytest.mark.parametrize(
    ("outcomes", "owed"),
    [
        ((), True),
        ((Outcome.MET,), False),
        ((Outcome.MISSED,), False),
        ((Outcome.UNPROVEN,), True),
        ((Outcome.UNPROVEN, Outcome.MET), False),
    ],
)
def test_a_probe_that_could_plant_nothing_is_owed_again(
    shop: Any, monkeypatch: pytest.MonkeyPatch, outcomes: tuple[Outcome, ...], owed: bool
) -> None:
    """Newest first, one each night."""
    made = [
        SimpleNamespace(source=SHOP.source, at=BEGINS - timedelta(days=days), outcome=outcome)
        for days, outcome in enumerate(outcomes, 1)
    ]
    monkeypatch.setattr(trials, "sources_with_writer", lambda _: (SHOP.source,))
    monkeypatch.setattr(trials, "probes", lambda _: made)
    found = trials_of(shop, NIGHT, site="local", agreement="acme")
    assert [one.kind for one in found] == ["immutability"] * owed
