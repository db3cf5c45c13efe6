"""Whatever becomes of the slots of a period, an audit says just that, and what had to be counted is counted."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.audit import SlotState, Weight
from tests.support.periods import Kept, MemoryBundle, audited, slot

Fate = Literal["finished", "never", "open", "voided", "twice", "again", "two results"]
STATES: dict[Fate, SlotState] = {
    "finished": SlotState.FINISHED,
    "never": SlotState.NOT_STARTED,
    "open": SlotState.FAILED,
    "voided": SlotState.VOIDED,
    "twice": SlotState.FAILED,
    "again": SlotState.FINISHED,
    "two results": SlotState.FINISHED,
}
FOUND: dict[Fate, str] = {
    "never": "not-started",
    "open": "open-start",
    "twice": "open-start",
    "again": "repeated-slot",
    "two results": "second-result",
}
FATES: st.SearchStrategy[Fate] = st.sampled_from(list(STATES))


def befall(kept: Kept, day: int, fate: Fate) -> None:
    """Let it become of the day's slot."""
    if fate == "never":
        return
    plan, begun = kept.start(day)
    if fate == "voided":
        kept.void(plan, begun)
    if fate in {"finished", "again", "two results"}:
        kept.result(plan, begun, day)
    if fate == "two results":
        kept.result(plan, begun, day, "second.dsse.json", cleaned_up=False)
    if fate in {"twice", "again"}:
        reference = replace(kept.reference(slot(day)), attempt=2)
        kept.drill(day, slot=reference, drill_id=f"20260914T130001Z-{day:06x}")


@settings(max_examples=8, deadline=None)
@given(st.lists(FATES, min_size=1, max_size=4), st.booleans())
def test_an_audit_tells_what_became_of_every_slot(fates: list[Fate], closed: bool) -> None:
    with tempfile.TemporaryDirectory() as place:
        kept = Kept(Path(place) / "state", points=9)
        kept.register()
        kept.schedule([slot(day) for day in range(len(fates))])
        for day, fate in enumerate(fates):
            befall(kept, day, fate)
        if closed:
            kept.close()
        found = audited(MemoryBundle.of(kept.gather()))
    assert [one.state for one in found.slots] == [STATES[fate] for fate in fates]
    told = Counter(one.code for one in found.findings if one.weight is not Weight.NOTED)
    assert told == Counter(FOUND[fate] for fate in fates if fate in FOUND)
    counted = Counter(fates)
    assert found.counts.planned == len(fates)
    assert found.counts.not_started == counted["never"]
    assert found.counts.voided == counted["voided"]
    assert found.counts.open == counted["open"] + counted["twice"]
    assert found.counts.finished == counted["finished"] + 2 * counted["again"] + counted["twice"]
    assert found.holds
    assert found.complete == (not told)
