"""For which slot of the agreed schedule a drill is begun, and what is said."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from drverify.cli.drill_slot import named, slot_for, slot_in
from drverify.errors import InputError
from drverify.model.agreement import Sha256
from drverify.model.drill import LoggedStart
from drverify.model.evidence import KeyId
from drverify.model.records import AgreedRegister, Period, PeriodId, Schedule, Slot, SlotId, SlotReference
from drverify.sealing import codec
from drverify.sealing.records.history import History
from drverify.sealing.records.statements import Statement
from drverify.transparency.leaf import Leaf
from tests.support import records

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLANNED = Sha256("5" * 64)
ORIGIN = "log"


def slot(number: int, opens: datetime, closes: datetime, workload: str = "shop") -> Slot:
    return Slot(
        id=SlotId(f"2026Q4/{workload}/{number:02}"),
        workload=workload,
        opens=opens,
        closes=closes,
        obligations=(),
    )


SLOTS = (
    slot(1, NOW - 9 * DAY, NOW - DAY),
    slot(2, NOW - DAY, NOW + 3 * DAY),
    slot(3, NOW - DAY, NOW + 2 * DAY),
    slot(4, NOW + DAY, NOW + 9 * DAY),
    slot(1, NOW - DAY, NOW + DAY, "mail"),
)


def leaf(kind: str, payload: str) -> Leaf:
    return Leaf(kind=kind, payload=Sha256(payload), signature=Sha256("1" * 64), keyid=KeyId("2" * 64))


class Told:
    """A log that holds the schedule, and drills as they are begun."""

    def __init__(self, *slots: Slot) -> None:
        self.history = History(origin=ORIGIN)
        self.size = 0
        if slots:
            period = Period(id=PeriodId("2026Q4"), begins=NOW - 50 * DAY, ends=NOW + 50 * DAY)
            schedule = Schedule(agreement="A-1", contract=Sha256("3" * 64), period=period, slots=slots)
            self.take(leaf("schedule", PLANNED), schedule)

    def take(self, entry: Leaf, said) -> int:
        self.history.take(self.size, entry, said)
        self.size += 1
        return self.size - 1

    def begin(self, reference: SlotReference, *, ends: bool) -> None:
        payload = Sha256(f"{self.size:064}")
        said = Statement(payload=payload, drill="d", workload="shop", start=None, slot=reference)
        index = self.take(leaf("drill-started", payload), said)
        if ends:
            result = Sha256(f"{self.size:064}")
            start = LoggedStart(origin=ORIGIN, index=index, payload=payload)
            ended = Statement(payload=result, drill="d", workload="shop", start=start)
            self.take(leaf("restore-drill", result), ended)

    @property
    def workshop(self):
        return SimpleNamespace(
            log=object,
            drills=SimpleNamespace(path=Path("/nowhere")),
            parties=SimpleNamespace(
                history=lambda log, drills: self.history,
                records=SimpleNamespace(path=SimpleNamespace(glob=lambda _: iter(self.history.planned))),
            ),
        )


def reference(number: int, attempt: int = 1) -> SlotReference:
    return SlotReference(schedule=PLANNED, slot=SlotId(f"2026Q4/shop/{number:02}"), attempt=attempt)


def test_the_open_slot_that_closes_first_is_taken_and_named() -> None:
    found, said = slot_for(Told(*SLOTS).workshop, "shop", "", NOW)
    assert found == reference(3)
    assert said == "slot: 2026Q4/shop/03, open until 2026-11-25T12:00:00Z"


def test_another_one_may_be_asked_for() -> None:
    assert slot_for(Told(*SLOTS).workshop, "shop", "2026Q4/shop/02", NOW)[0] == reference(2)


def test_an_attempt_that_came_to_nothing_is_counted_and_a_result_ends_the_slot() -> None:
    told = Told(*SLOTS)
    told.begin(reference(3), ends=False)
    found, said = slot_for(told.workshop, "shop", "", NOW)
    assert found == reference(3, attempt=2)
    assert said.startswith("slot: 2026Q4/shop/03 (attempt 2), open until")
    told.begin(reference(3, attempt=2), ends=True)
    assert slot_for(told.workshop, "shop", "", NOW)[0] == reference(2)


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("2026Q4/shop/99", "no agreed schedule in the log has the slot '2026Q4/shop/99'"),
        ("2026Q4/mail/01", "is of workload mail"),
        ("2026Q4/shop/01", "was open until 2026-11-22T12:00:00Z"),
        ("2026Q4/shop/04", "opens at 2026-11-24T12:00:00Z"),
        ("2026Q4/shop/03", "has its result already"),
    ],
)
def test_a_slot_that_is_not_open_is_refused_with_the_reason(wanted: str, why: str) -> None:
    told = Told(*SLOTS)
    told.begin(reference(3), ends=True)
    with pytest.raises(InputError, match=why) as refused:
        slot_for(told.workshop, "shop", wanted, NOW)
    assert "open slots of shop: 2026Q4/shop/02" in refused.value.hint


def test_a_drill_that_was_not_planned_is_said_to_be_none() -> None:
    workshop = Told(*SLOTS).workshop
    assert slot_for(workshop, "shop", "none", NOW) == (
        None,
        "slot: none, as asked for: this drill is not one that was planned",
    )
    assert slot_for(workshop, "web", "", NOW) == (
        None,
        "slot: none of workload web is open: this drill is not one that was planned",
    )


def test_where_nothing_was_ever_scheduled_nothing_is_said() -> None:
    assert slot_for(Told().workshop, "shop", "", NOW) == (None, "")
    unlogged = SimpleNamespace(log=lambda: None)
    assert slot_for(unlogged, "shop", "none", NOW) == (None, "")
    with pytest.raises(InputError, match="--slot needs a log"):
        slot_for(unlogged, "shop", "2026Q4/shop/01", NOW)


def test_a_list_names_the_slot_of_each_drill(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"slot": {"slot": "2026Q4/shop/03"}}))
    assert slot_in(tmp_path) == "2026Q4/shop/03"
    for content in ("{}", '{"slot": null}', '{"slot": 1}', "no json"):
        (tmp_path / "plan.json").write_text(content)
        assert slot_in(tmp_path) == ""
    assert slot_in(tmp_path / "gone") == ""
    assert named(None) == ""


def test_nothing_is_begun_by_a_contract_that_the_parties_did_not_agree_on() -> None:
    told, contract = Told(*SLOTS), records.contract()
    workshop = told.workshop
    workshop.agreed = SimpleNamespace(contract=contract)
    for digest, refused in ((codec.digest(contract), False), (Sha256("4" * 64), True)):
        agreed = AgreedRegister(agreement=contract.id, contract=digest, documents=(), revision=1)
        told.take(leaf("register", "6" * 64), agreed)
        if not refused:
            assert slot_for(workshop, "shop", "", NOW)[0] == reference(3)
            continue
        for wanted in ("", "none", "2026Q4/shop/02"):
            with pytest.raises(InputError, match="not the one that both parties agreed on"):
                slot_for(workshop, "shop", wanted, NOW)
