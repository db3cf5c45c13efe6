"""The coming night is booked once, and planned anew when what it rests on has changed."""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.booking import Booking
from drverify.operation import scheduling
from drverify.operation.forecasts import forecast
from drverify.operation.scheduling import AGAIN, Scheduler
from drverify.operation.watching import WatchedEstate
from lab.settings import ROOT

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = f"""\
state_dir = "state"
register = "{ROOT}/contracts/acme-managed-hosting.lock.yaml"
inventory = "inventory.yaml"
playbooks = "{ROOT}/playbooks"
sources = {{}}

[hosts.local]
kind = "libvirt"

[signing]
key = "file:runner.key"

[nights]
zone = "UTC"
begins = 22:00:00
ends = 06:00:00

[nights.hosts.local]
at_once = 2
memory_mib = 4096
"""


class Desk:
    """Remembers what was published, each booking once."""

    def __init__(self) -> None:
        self.rounds: list[Sequence[Booking]] = []
        self.away = False

    def publish(self, bookings: Sequence[Booking]) -> int:
        if self.away:
            raise HostError("the desk is away")
        known = {one.id for told in self.rounds for one in told}
        self.rounds.append(bookings)
        return len({one.id for one in bookings} - known)


class Bench:
    """A site's files and its scheduler."""

    def __init__(self, folder: Path) -> None:
        self.settings, self.inventory = folder / "drverify.toml", folder / "inventory.yaml"
        self.settings.write_text(SETTINGS)
        shutil.copy(ROOT / "contracts" / "inventory.example.yaml", self.inventory)
        self.watched, self.desk, self.said = WatchedEstate(self.settings), Desk(), list[str]()
        desk: Any = self.desk
        self.scheduler = Scheduler(self.watched, desk, self.said.append)

    @property
    def agreement(self) -> str:
        return next(iter(self.watched.now().workshops))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_one_night_is_booked_and_the_next_when_it_is_over(bench: Bench) -> None:
    for hours in (0, 1, 11, 17):  # up to 05:00
        bench.scheduler.tick(NOON + timedelta(hours=hours))
    assert len(bench.desk.rounds) == 1
    evenings = {f"{one.evening}" for one in bench.desk.rounds[0]}
    assert evenings <= {"2026-11-23"}
    bench.scheduler.tick(NOON + timedelta(hours=19))
    assert len(bench.desk.rounds) == 2
    assert {f"{one.evening}" for one in bench.desk.rounds[1]} <= {"2026-11-24"}
    assert all(one.site == "local" and one.agreement == bench.agreement for one in bench.desk.rounds[1])


def test_the_same_night_is_planned_alike_again(bench: Bench) -> None:
    bench.scheduler.tick(NOON)
    plan = forecast(bench.watched.now(), bench.agreement)
    assert plan.keys() == {"shop", "shop-files"}
    again = Scheduler(bench.watched, bench.scheduler._desk, bench.said.append)
    again.tick(NOON + timedelta(minutes=1))
    assert bench.desk.rounds[0] == bench.desk.rounds[1]
    assert forecast(bench.watched.now(), bench.agreement).keys() == plan.keys()


def test_a_changed_inventory_plans_anew_and_a_wrong_one_changes_nothing(bench: Bench) -> None:
    bench.scheduler.tick(NOON)
    good = bench.inventory.read_text()
    bench.inventory.write_text("version: 1\nworkloads: nothing\n")
    bench.scheduler.tick(NOON)
    bench.scheduler.tick(NOON)
    told = [line for line in bench.said if line.startswith("the settings as they were count on: ")]
    assert len(told) == 1
    assert len(bench.watched.now().main.workloads) > 1
    bench.inventory.write_text(good + "\n")
    bench.scheduler.tick(NOON)
    assert bench.said[-2] == "the settings are right again"
    assert len(bench.desk.rounds) == 3


def test_settings_without_nights_are_refused(bench: Bench) -> None:
    bench.settings.write_text(SETTINGS.partition("[nights]")[0])
    watched = WatchedEstate(bench.settings)
    desk: Any = bench.desk
    with pytest.raises(InputError, match="when drills may run"):
        Scheduler(watched, desk, bench.said.append).tick(NOON)


def test_a_night_that_could_not_be_booked_is_tried_again(bench: Bench) -> None:
    """Nothing of it would become missed, for nothing of it is known to the desk."""
    bench.desk.away = True
    for minutes in (0, 1, 10):
        bench.scheduler.tick(NOON + timedelta(minutes=minutes))
    told = [line for line in bench.said if "the desk is away" in line]
    assert len(told) == 1, "it is said once"
    bench.desk.away = False
    bench.scheduler.tick(NOON + timedelta(minutes=11))
    assert not bench.desk.rounds, "not at every look"
    bench.scheduler.tick(NOON + timedelta(minutes=10) + AGAIN)
    bench.scheduler.tick(NOON + timedelta(hours=1))
    assert len(bench.desk.rounds) == 1


def test_what_a_control_lacks_keeps_no_drill_from_being_booked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> tuple[Booking, ...]:
        raise EvidenceError("a statement cannot be read")

    monkeypatch.setattr(scheduling, "trials_of", fails)
    bench.scheduler.tick(NOON)
    assert len(bench.desk.rounds) == 1
    assert forecast(bench.watched.now(), bench.agreement)
    monkeypatch.undo()
    bench.scheduler.tick(NOON + AGAIN)
    assert len(bench.desk.rounds) == 2
