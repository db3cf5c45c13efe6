"""What a person asks for now takes the place of nothing that is planned."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from drverify.model.nights import Load, Night, NightPlan, Planned
from drverify.operation.asking import asked_for
from drverify.planning.nights.due import Known, dues
from drverify.planning.tonight.booking import bookings_of
from tests.support.records import DAY, HOUR, register, workload

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
SHOP = workload()


def test_its_id_is_not_the_plan_s() -> None:
    """Else the plan's own would be known already, and never be run, nor missed."""
    shop: Any = SimpleNamespace(
        workload=lambda _: SHOP,
        agreed=SimpleNamespace(register=lambda _: register(), contract=SimpleNamespace(id="acme")),
        drills=SimpleNamespace(entries=lambda: iter(())),
        settings=SimpleNamespace(host_of=lambda _: "local"),
    )
    asked = asked_for(shop, SHOP.name, site="x", account="ann", now=NOW, nights=None, window=12 * HOUR)
    known = Known(workload=SHOP.name, host="local", load=Load(memory_mib=1), protected_since=NOW - 200 * DAY)
    owed = list(dues(register(), [known], {}, now=NOW, until=NOW + 400 * DAY))
    night = Night(evening=date(2026, 11, 23), begins=NOW, ends=NOW + timedelta(hours=8))
    every = tuple(Planned(due=one, night=night, begins=NOW) for one in owed)
    plan = NightPlan(nights=(night,), planned=every, unplanned=(), seed="s")
    planned = {one.id for one in bookings_of(plan, site="x", agreement="acme")}
    assert len(planned) == len(owed) > 3
    assert (asked.id, asked.evening) == (f"acme/{SHOP.name}/2026-11-23/asked", night.evening)
    numbered = {f"{asked.id}.{number}" for number in range(2, 9)}
    assert not planned & {asked.id, *numbered}
