"""Which point a control breaks, and by what its statement is found again."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.model.booking import Ending
from drverify.operation import carrying
from drverify.operation.controls import NoGoodPointError, _good
from tests.support.bookings import booking, ending
from tests.support.memory import Silent
from tests.support.records import point, record, workload

HOUR = timedelta(hours=1)


def shop(*listed: Any) -> Any:
    """One drill of it, which recovered the newest point there was then."""
    entry = SimpleNamespace(workload="shop", outcome="recovered", drill_id="d", of_copy=False)

    async def points(_: object) -> Any:
        return listed

    return SimpleNamespace(
        drills=SimpleNamespace(entries=lambda: iter([entry])),
        sealed=lambda _: SimpleNamespace(record=record()),
        source=lambda _: SimpleNamespace(points=points),
    )


def test_the_point_that_was_drilled_is_broken() -> None:
    good = record().selection.point
    assert good is not None
    drill, found = asyncio.run(_good(shop(point(HOUR / 60), good), workload()))
    assert (drill, found) == ("d", good)


def test_a_point_that_was_never_shown_good_is_no_control() -> None:
    """The drilled one is forgotten: another one may be broken by itself, and its red would be a catch."""
    with pytest.raises(NoGoodPointError, match="does not list the point of shop that drill d recovered"):
        asyncio.run(_good(shop(point(HOUR / 60)), workload()))


@pytest.mark.parametrize("kind", ["control", "immutability"])
def test_the_number_of_a_trial_is_told_before_it_begins(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def runs(_: object, __: object, ___: object, ____: object, begun: Any) -> Ending:
        begun("number")
        return ending("concluded")

    async def mine() -> bool:
        return True

    monkeypatch.setattr(carrying, "run_control", runs)
    monkeypatch.setattr(carrying, "run_immutability", runs)
    told: list[str] = []
    one = booking("shop", kind=kind)
    anything: Any = None
    asyncio.run(carrying.carried_out(anything, one, Silent(), fence=mine, begun=told.append))
    assert told == ["number"]
