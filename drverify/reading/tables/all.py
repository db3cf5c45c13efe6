"""Every table that the reader uses, in one place: what is added here is read."""

from drverify.reading.cue import KindCue, SlotCue
from drverify.reading.tables import around_cues, around_slots, core_slots, core_slots_ends, promised

LEXICONS: tuple[tuple[tuple[KindCue, ...], str | tuple[str, ...]], ...] = (
    (promised.CUES, promised.GATE),
    (around_cues.KIND_CUES, around_cues.GATE),
)
"""Cues with their gate: a pattern, or words in lower case, without which none of them is tried."""
SLOT_CUES: tuple[SlotCue, ...] = (
    *core_slots.CLOCKS,
    *core_slots.SHAPES,
    *core_slots.PLACES,
    *core_slots_ends.RECOVERING,
    *core_slots_ends.PLANS,
    *core_slots_ends.ENDS,
    *around_slots.SLOT_CUES,
)
