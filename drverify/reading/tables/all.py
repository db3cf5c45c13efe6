"""Every table that the reader uses, in one place: what is added here is read."""

from drverify.reading.cue import KindCue, SlotCue
from drverify.reading.tables import around_cues, around_slots, core, core_slots

LEXICONS: tuple[tuple[tuple[KindCue, ...], str], ...] = (
    (core.CUES, core.GATE),
    (around_cues.KIND_CUES, around_cues.GATE),
)
"""Cues with their gate: a pattern without which none of them is tried (empty: always tried)."""
SLOT_CUES: tuple[SlotCue, ...] = (*core_slots.SLOTS_CUES, *around_slots.SLOT_CUES)
