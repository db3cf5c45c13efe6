"""Which scheduled drills may be begun now. Pure."""

from datetime import datetime

from drverify.model.agreement import Sha256
from drverify.model.records import Slot, SlotReference
from drverify.sealing.records.history import History


def open_slots(history: History, workload: str, now: datetime) -> tuple[tuple[SlotReference, Slot], ...]:
    """The workload's slots whose window holds `now` and of which nothing came yet; soonest to close first.

    A slot with a result is over, whatever the result says: it is not drilled until it comes out right. A
    start without one does not take its slot, and the next is a further attempt; whoever begins it knows
    whether the one before is still running. Voided attempts are counted, too.
    """
    found = [
        (_reference(history, one.slot, one.schedule), one.slot)
        for one in history.planned.values()
        if one.slot.workload == workload
        and one.slot.opens <= now < one.slot.closes
        and not any(begun.results for begun in history.attempts.get(one.slot.id, ()))
    ]
    return tuple(sorted(found, key=lambda pair: (pair[1].closes, pair[1].opens, pair[1].id)))


def _reference(history: History, slot: Slot, schedule: Sha256) -> SlotReference:
    earlier = history.attempts.get(slot.id, ())
    return SlotReference(schedule=schedule, slot=slot.id, attempt=len(earlier) + 1)
