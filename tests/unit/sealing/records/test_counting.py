"""What came of a period's drills: each start counted once, in one period, whatever order things came in."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drverify.model.records import DrillCounts
from drverify.sealing.completeness import GOOD, Stated, complete, history_of
from drverify.sealing.records.counting import Span, begun_in, count
from drverify.sealing.records.slots import open_slots
from tests.support import stated
from tests.support.evidence import ORIGIN
from tests.support.stated import DAY, NEXT, NOTHING, QUARTER, Told, schedule

FIRST, FIFTH = "2026Q4/shop/01", "2026Q4/shop/05"


def planned() -> Told:
    told = Told()
    told.record(stated.register())
    told.record(schedule())
    return told


def counted(told: Told, begin: int = 0, size: int | None = None) -> DrillCounts:
    return count(told.history, Span(period=QUARTER, begin=begin, size=told.size if size is None else size))


def test_a_period_in_which_nothing_was_begun() -> None:
    assert counted(planned()) == replace(NOTHING, planned=2, not_started=2)
    assert counted(Told()) == NOTHING


def test_each_start_is_finished_open_voided_or_has_too_many_results() -> None:
    told = planned()
    told.result(told.start("good", FIRST), met=3, unproven=1)
    told.start("lost", FIFTH)
    told.record(stated.void(told.start("power cut", FIFTH, attempt=2), "power cut"))
    twice = told.start("twice")
    told.result(twice, missed=1)
    told.result(twice, met=1)
    assert counted(told) == DrillCounts(
        planned=2,
        started=4,
        finished=1,
        open=1,
        voided=1,
        not_started=0,
        unplanned=1,
        met=5,
        missed=1,
        unproven=1,
    )


def test_what_has_a_result_is_not_voided_by_whoever_signed() -> None:
    told = planned()
    start = told.start("d", FIRST)
    void = told.record(stated.void(start, "d"))
    assert (counted(told).voided, counted(told).open) == (1, 0)
    told.result(start, missed=1)
    found = counted(told)
    assert (found.voided, found.finished, found.missed) == (0, 1, 1)
    assert counted(told, size=void.index + 1).voided == 1, "as it was in the smaller tree"


def test_a_slot_counts_only_for_its_own_workload_and_schedule() -> None:
    told = planned()
    told.start("other", FIRST, workload="mail")
    told.start("unknown", "2026Q4/shop/99")
    found = counted(told)
    assert (found.not_started, found.unplanned) == (2, 2)


def test_a_schedule_that_comes_after_the_start_planned_nothing() -> None:
    told = Told()
    told.record(stated.register())
    told.start("early", FIRST)
    told.record(schedule())
    assert (counted(told).unplanned, counted(told).not_started) == (1, 2)


def test_a_start_that_comes_after_the_close_is_the_next_periods() -> None:
    told = planned()
    size = told.size
    told.record(schedule(period=NEXT))
    early = told.start("next, early", "2027Q1/shop/01")
    told.start("late", FIRST)
    following = Span(period=NEXT, begin=size, size=told.size)
    assert counted(told, size=size).started == 0
    assert [one.drill for one in begun_in(told.history, following)] == ["next, early", "late"]
    assert count(told.history, following).unplanned == 1
    assert count(told.history, replace(following, begin=early.index + 1)).started == 2, (
        "its own, wherever it stands"
    )


starts = st.sampled_from([FIRST, FIFTH, "2027Q1/shop/01", "2027Q1/shop/05", "2026Q4/shop/99", None])
events = st.lists(
    st.tuples(st.just("start"), starts) | st.tuples(st.sampled_from(["result", "void"]), st.integers(0, 9))
)


@given(events, events, events)
def test_every_start_is_counted_once(first: list, second: list, third: list) -> None:
    """Two quarters are closed one after the other; what comes later belongs to a later one."""
    told = planned()
    told.record(schedule(period=NEXT))
    happen(told, first)
    one = Span(period=QUARTER, begin=0, size=told.size)
    happen(told, second)
    two = Span(period=NEXT, begin=one.size, size=told.size)
    before = (count(told.history, one), count(told.history, two))
    happen(told, third)
    assert before == (count(told.history, one), count(told.history, two)), (
        "what is closed is not counted anew"
    )
    found = [begun.index for span in (one, two) for begun in begun_in(told.history, span)]
    late = [index for index in told.history.begun if index >= two.size]
    assert sorted([*found, *late]) == sorted(told.history.begun)
    for counts, span in zip(before, (one, two), strict=True):
        several = sum(
            len([r for r in b.results if r.index < span.size]) > 1 for b in begun_in(told.history, span)
        )
        assert counts.started == counts.finished + counts.open + counts.voided + several
        assert min(vars_of(counts)) >= 0


def vars_of(counts: DrillCounts) -> list[int]:
    return [getattr(counts, name) for name in counts.__dataclass_fields__]


def happen(told: Told, what: list) -> None:
    for kind, value in what:
        if kind == "start":
            told.start(f"d{told.size}", value)
        elif told.history.begun:
            index = sorted(told.history.begun)[value % len(told.history.begun)]
            start = stated.LogReference(index=index, payload=told.history.begun[index].payload)
            if kind == "result":
                told.result(start, missed=1)
            else:
                told.record(stated.void(start, told.history.begun[index].drill))


def test_a_slot_is_open_in_its_window_until_it_has_a_result() -> None:
    told = planned()
    now = QUARTER.begins + DAY

    def found(at=now, workload: str = "shop") -> list[tuple[str, int]]:
        return [(slot.id, one.attempt) for one, slot in open_slots(told.history, workload, at)]

    assert found() == [(FIRST, 1)]
    assert found(QUARTER.begins - DAY) == found(QUARTER.begins + 7 * DAY) == found(workload="mail") == []
    assert found(QUARTER.begins) == [(FIRST, 1)], "a window holds its beginning"
    lost = told.start("lost", FIRST)
    assert found() == [(FIRST, 2)]
    told.record(stated.void(lost, "lost"))
    assert found() == [(FIRST, 2)], "a voided attempt was one"
    told.result(told.start("bad", FIRST, attempt=2), missed=1)
    assert found() == [], "it is not drilled until it comes out right"
    told.record(schedule(slots=(replace(stated.slot(1), id="2026Q4/shop/1b", closes=now + DAY),)))
    assert found() == [("2026Q4/shop/1b", 1)]


def overview(told: Told, **changes) -> list[tuple[str, str]]:
    given = Stated(**{"checked": told.stated, **changes})
    found = complete(told.entries, told.statements, origin=ORIGIN, stated=given)
    return [(one.leaf.kind, one.state) for one in found]


def test_the_overview_says_of_every_entry_what_it_means() -> None:
    told = planned()
    begun = told.start("d", FIRST)
    told.record(stated.void(begun, "d"))
    told.result(told.start("e", FIFTH))
    told.start("f")
    assert overview(told) == [
        ("register", "agreed"),
        ("schedule", "agreed"),
        ("drill-started", "voided"),
        ("drill-voided", "agreed"),
        ("drill-started", "finished"),
        ("restore-drill", "finished"),
        ("drill-started", "open"),
    ]


def test_a_record_that_is_not_at_hand_or_wrongly_signed_states_nothing() -> None:
    told = planned()
    begun = told.start("d", FIRST)
    told.record(stated.void(begun, "d"))
    leaf = told.entries[-1][1]
    rest = {one: record for one, record in told.stated.items() if one != leaf}
    assert overview(told, checked=rest)[2:] == [("drill-started", "open"), ("drill-voided", "not-here")]
    assert overview(told, checked=rest, refused={leaf: "x"})[2:] == [
        ("drill-started", "open"),
        ("drill-voided", "refused"),
    ]
    assert not {"open", "not-here", "refused", "contradicted"} & GOOD


def test_contradictions_are_named_and_a_result_after_a_void_is_one() -> None:
    told = planned()
    begun = told.start("d", FIRST)
    told.record(stated.void(begun, "d"))
    told.result(begun)
    told.record(stated.close(size=told.size))
    assert overview(told)[2:] == [
        ("drill-started", "finished"),
        ("drill-voided", "contradicted"),
        ("restore-drill", "finished"),
        ("period-close", "contradicted"),
    ]


def test_a_record_that_cannot_be_true_tells_nothing_and_may_be_corrected() -> None:
    told = planned()
    told.record(stated.close(size=1))
    right = replace(NOTHING, planned=2, not_started=2)
    told.record(stated.close(right, size=2))
    told.record(schedule(slots=(stated.slot(1, workload="mail"),), contract=stated.sha("other")))
    assert [state for _, state in overview(told)][2:] == ["contradicted", "agreed", "contradicted"]
    history = history_of(told.entries, told.statements, origin=ORIGIN, stated=Stated(checked=told.stated))
    assert [close.counts for _, close in history.closes] == [right]
    assert set(history.planned) == {FIRST, FIFTH}
