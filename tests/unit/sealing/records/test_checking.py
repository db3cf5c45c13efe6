"""A record that cannot be true is named so, whoever signed it: by itself, and after what was logged before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.model.records import LogReference, PartyRecord, PeriodId
from drverify.sealing.records.building import kind_of
from drverify.sealing.records.checking import Grounds, contradictions, flaws
from tests.support import records, stated
from tests.support.stated import (
    AGREED,
    BEGINS,
    CONTRACT,
    DAY,
    NEXT,
    NOTHING,
    QUARTER,
    Told,
    every_kind,
    schedule,
    sha,
    slot,
)

GROUNDS = Grounds(
    register=lambda contract, at: AGREED.register(at) if contract == CONTRACT else None,
    root=lambda size: sha(f"root of {size}"),
    not_before=BEGINS - DAY,
    not_after=BEGINS - DAY,
)
LATER = replace(GROUNDS, not_before=QUARTER.ends + DAY, not_after=QUARTER.ends + DAY)


def wrong(record: PartyRecord, told: Told, grounds: Grounds = GROUNDS) -> str:
    return "; ".join(contradictions(record, told.history, told.size, grounds))


@pytest.fixture
def told() -> Told:
    """A log with a register and a schedule of the first and the fifth week."""
    made = Told()
    for record in (stated.register(), schedule()):
        assert wrong(record, made) == ""
        made.record(record)
    return made


@pytest.mark.parametrize("record", every_kind(), ids=kind_of)
def test_a_sound_record_has_no_flaw(record: PartyRecord) -> None:
    assert list(flaws(record)) == []
    assert list(flaws(replace(record, agreement=" "))) == ["it names no agreement"]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (stated.register(contract="A" * 64), "is not a digest"),
        (
            stated.register(documents=(records.register().agreement.documents) * 2),
            "stands in it more than once",
        ),
        (schedule(slots=()), "plans nothing"),
        (schedule(period=replace(QUARTER, ends=BEGINS)), "ends before it begins"),
        (schedule(period=replace(QUARTER, id=PeriodId(""))), "has no name"),
        (schedule(slots=(slot(1), slot(1))), "slot 2026Q4/shop/01 stands in it more than once"),
        (schedule(slots=(slot(5), slot(1))), "not in the order in which they open"),
        (schedule(slots=(replace(slot(1), closes=BEGINS),)), "closes before it opens"),
        (
            schedule(slots=(replace(slot(1), closes=QUARTER.ends + timedelta(seconds=1)),)),
            "outside of the period",
        ),
        (schedule(slots=(replace(slot(1), opens=BEGINS - timedelta(seconds=1)),)), "outside of the period"),
        (schedule(slots=(slot(1, obligations=()),)), "does not say what is drilled, and what for"),
        (
            schedule(slots=(slot(1, obligations=("rto", "rto")),)),
            "obligation rto stands in it more than once",
        ),
        (stated.void(LogReference(index=0, payload=sha("x")), "d", reason=" "), "says no reason"),
        (stated.close(begin=1), "no tree of 0 entries"),
        (stated.close(root="0" * 63), "is not a digest"),
        (stated.refresh(), "names no file"),
        (stated.refresh("a", "a"), "file a stands in it more than once"),
    ],
)
def test_what_cannot_be_is_named(record: PartyRecord, why: str) -> None:
    assert why in "; ".join(flaws(record))
    assert why in wrong(record, Told())


def test_registers_follow_one_another(told: Told) -> None:
    first = told.history.registers[-1][0]
    second = stated.register(revision=2, supersedes=first)
    assert wrong(second, told) == ""
    assert "it is revision 1, and the next is 2" in wrong(stated.register(), told)
    assert "does not supersede" in wrong(replace(second, supersedes=replace(first, index=1)), told)
    assert "does not supersede" in wrong(replace(second, supersedes=None), told)
    told.record(second)
    assert "the next is 3" in wrong(second, told)


def test_a_register_is_of_the_contract_that_it_names(told: Told) -> None:
    empty = Told()
    other = replace(records.register().agreement.documents[0], sha256=sha("another"))
    assert "does not name the documents" in wrong(stated.register(documents=(other,)), empty)
    assert "its contract is of the agreement" in wrong(stated.register(agreement="another"), empty)
    assert "it is of the agreement another" in wrong(
        stated.refresh("a").__class__(agreement="another", files=()), told
    )


def test_a_schedule_needs_a_register_and_time(told: Told) -> None:
    assert "no register was agreed before it" in wrong(schedule(), Told())
    more = schedule(period=NEXT)
    assert wrong(more, told) == ""
    late = replace(GROUNDS, not_before=NEXT.begins, not_after=NEXT.begins)
    assert "its first slot opens at 2027-01-01" in wrong(more, told, late)
    unknown = replace(GROUNDS, not_before=None, not_after=NEXT.ends)
    assert wrong(more, told, unknown) == "", "a stamp that came late accuses nobody"
    told.record(stated.register(revision=2, supersedes=told.history.registers[-1][0], contract=sha("new")))
    assert "its contract is not that of the register that was agreed last" in wrong(more, told)


def test_a_slot_is_planned_once_and_for_what_is_promised(told: Told) -> None:
    assert wrong(schedule(7), told) == "", "a second schedule adds slots"
    assert "the slot 2026Q4/shop/05 was planned before" in wrong(schedule(5, 7), told)
    assert "no obligation nothing for shop" in wrong(
        schedule(slots=(slot(7, obligations=("nothing",)),)), told
    )
    strange = schedule(slots=(slot(7, workload="mail"),))
    assert "for mail" in wrong(strange, told)


def test_a_period_is_the_same_everywhere_and_shares_no_time(told: Told) -> None:
    longer = replace(QUARTER, ends=QUARTER.ends + DAY)
    assert "the period 2026Q4 lasts from" in wrong(schedule(7, period=longer), told)
    month = replace(QUARTER, id=PeriodId("2026-11"))
    assert "shares time with the period 2026Q4" in wrong(schedule(period=month), told)


def test_only_a_start_without_a_result_is_voided_and_once(told: Told) -> None:
    begun = told.start("d1", "2026Q4/shop/01")
    assert wrong(stated.void(begun, "d1"), told) == ""
    assert "is the start of drill d1, not of d2" in wrong(stated.void(begun, "d2"), told)
    assert "entry 0 is not the start" in wrong(stated.void(replace(begun, index=0), "d1"), told)
    assert "is not the start" in wrong(stated.void(replace(begun, payload=sha("x")), "d1"), told)
    other = told.start("d3")
    result = told.result(other)
    assert f"has a result, entry {result.index}" in wrong(stated.void(other, "d3"), told)
    told.record(stated.void(begun, "d1"))
    assert "is voided already, by entry 5" in wrong(stated.void(begun, "d1"), told)


@pytest.fixture
def closing(told: Told) -> Told:
    """One slot was drilled, one not."""
    told.result(told.start("d1", "2026Q4/shop/01"), met=4, missed=1)
    return told


COUNTED = replace(NOTHING, planned=2, started=1, finished=1, not_started=1, met=4, missed=1)
CLOSED = stated.close(COUNTED, size=4, root=sha("root of 4"))


def test_a_close_that_counts_rightly_holds(closing: Told) -> None:
    assert wrong(CLOSED, closing, LATER) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"counts": replace(COUNTED, missed=0)}, "it counts 0 missed, and the log has 1"),
        ({"counts": replace(COUNTED, not_started=0)}, "it counts 0 not started, and the log has 1"),
        ({"begin": 2}, "what was not counted yet begins at 0"),
        ({"size": 5, "root": sha("root of 5")}, "it counts 5 entries, and there were 4 before it"),
        ({"root": sha("another")}, "its root is not that of the first 4 entries"),
        ({"size": 3, "root": sha("root of 3")}, "it counts 1 finished, and the log has 0"),
        ({"period": replace(QUARTER, ends=NEXT.ends)}, "lasts from"),
    ],
)
def test_a_close_that_does_not_is_named(closing: Told, changes: dict[str, object], why: str) -> None:
    assert why in wrong(replace(CLOSED, **changes), closing, LATER)  # type: ignore[arg-type]


def test_no_close_leaves_out_what_was_logged_before_it(closing: Told) -> None:
    """A small tree counts truly what is in it, and hides the rest."""
    early = stated.close(size=1, root=sha("root of 1"))
    assert (
        wrong(early, closing, LATER) == "entry 1 is of its period, was logged before it, and is not counted"
    )
    begun = closing.start("d2", "2026Q4/shop/05")
    assert "entry 4 is of its period" in wrong(CLOSED, closing, LATER)
    told = replace(COUNTED, started=2, open=1, not_started=0)
    closing.record(stated.void(begun, "d2"))
    assert "entry 5 is of its period" in wrong(
        stated.close(told, size=5, root=sha("root of 5")), closing, LATER
    )
    told = replace(told, open=0, voided=1)
    whole = stated.close(told, size=6, root=sha("root of 6"))
    assert wrong(whole, closing, LATER) == ""
    closing.record(schedule(period=NEXT))
    closing.start("next", "2027Q1/shop/01")
    assert wrong(whole, closing, LATER) == "", "what is of the next period may stand in between"


def test_a_period_is_closed_once_after_its_end_and_in_order(closing: Told) -> None:
    assert "its period ends at 2027-01-01T00:00:00Z" in wrong(CLOSED, closing)
    closing.record(CLOSED)
    again = stated.close(size=5, begin=4, root=sha("root of 5"))
    assert "the period 2026Q4 was closed before" in wrong(again, closing, LATER)
    earlier = replace(QUARTER, id=PeriodId("2026Q3"), begins=BEGINS - 92 * DAY, ends=BEGINS)
    assert "is not over when it begins" in wrong(replace(again, period=earlier), closing, LATER)
    assert (
        wrong(replace(again, period=NEXT), closing, replace(GROUNDS, not_before=None, not_after=None)) == ""
    )
    assert "the period 2026Q4 was closed before it" in wrong(schedule(9), closing)


BROKEN: dict[str, Callable[[Told], PartyRecord]] = {
    "register": lambda told: stated.register(),
    "schedule": lambda told: schedule(),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_stands_in_the_log_is_not_stated_again(told: Told, name: str) -> None:
    assert wrong(BROKEN[name](told), told)
