"""Slot cues of the kinds around the core, and of answers of core kinds that only the rules ask for."""

from drverify.reading.cue import SlotCue
from drverify.reading.tables.around_end_slots import ENDS, EXCLUDED_ABOVE
from drverify.reading.tables.around_layer_slots import LAYERS
from drverify.reading.tables.around_recovery_slots import BACKUP, RECOVERY
from drverify.reading.tables.around_service_slots import REPORTS, SERVICE

SLOT_CUES: tuple[SlotCue, ...] = (*LAYERS, *RECOVERY, *BACKUP, *SERVICE, *REPORTS, *ENDS, EXCLUDED_ABOVE)
