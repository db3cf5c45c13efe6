"""What a drill of a further copy tells of the next one of the workload's own points, and what it does not."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from drverify.model.drill import COPY
from drverify.operation.past_drills import history_of
from drverify.operation.patience import _before
from drverify.operation.planner import _known
from drverify.planning.nights.turns import Shown
from tests.support import records
from tests.support.records import HOUR

OWN = Shown(source="repo", mode="full", asked="latest", age=HOUR, oldest=False)
SHOP = records.workload()
VAULT = replace(SHOP, source="vault")
LONG = replace(records.record(), ended_at=records.record().ended_at + 9 * HOUR)


def workshop(*newest_first: str) -> Any:
    """Drills by `own`, `copy`, each `failed` with it; a copy took nine hours longer."""

    def entry(place: int, said: str) -> Any:
        copied, outcome = said.startswith("copy"), "failed" if said.endswith("failed") else "recovered"
        shown = replace(OWN, asked=COPY, source="vault") if copied else OWN
        ended = records.STARTED - place * HOUR
        return SimpleNamespace(
            drill_id=place, workload=SHOP.name, outcome=outcome, shown=shown, of_copy=copied, ended_at=ended
        )

    entries = [entry(place, said) for place, said in enumerate(newest_first)]
    return SimpleNamespace(
        drills=SimpleNamespace(entries=lambda: iter(entries)),
        workloads=(SHOP,),
        copies={},
        settings=SimpleNamespace(host_of=lambda _: "local"),
        sealed=lambda number: SimpleNamespace(
            plan=(
                records.plan(workload=VAULT, requested_point=COPY)
                if entries[number].of_copy
                else records.plan(workload=SHOP)
            ),
            record=LONG if entries[number].of_copy else records.record(),
        ),
    )


def test_a_copy_is_a_test_and_a_turn_and_says_nothing_of_how_long_the_next_takes() -> None:
    (one,) = _known(workshop("copy", "own"))
    own = records.record()
    assert one.takes == own.ended_at - own.started_at
    assert (one.tested_at, one.drilled, one.failed) == (records.STARTED, 2, None)
    (one,) = _known(workshop("copy failed", "own"))
    assert (one.tested_at, one.drilled) == (records.STARTED - HOUR, 1)
    assert one.failed is not None
    assert one.failed.asked == COPY
    assert [each.asked for each in one.shown] == ["latest"]


def test_patience_is_learned_from_drills_of_the_same_source() -> None:
    order: Any = SimpleNamespace(workload=SHOP, mode="full")
    shop = workshop("copy", "own")
    assert [one.drill for one in _before(shop, order, _acceleration())] == [_took()]
    order = SimpleNamespace(workload=VAULT, mode="full")
    assert [one.drill for one in _before(shop, order, _acceleration())] == [_took() + 9 * HOUR]


def test_a_site_loss_is_foretold_by_drills_of_the_workloads_own_points() -> None:
    assert len(history_of(workshop("copy", "own", "copy"))) == 1
    assert history_of(workshop("copy")) == ()


def _took() -> timedelta:
    return records.record().ended_at - records.record().started_at


def _acceleration() -> str:
    return next((one.version for one in records.record().tools if one.name == "acceleration"), "")
