"""For which scheduled slot a drill is begun, and how that is said."""

from datetime import datetime

from drverify.compose import Workshop
from drverify.errors import InputError
from drverify.model.records import Slot, SlotReference
from drverify.sealing import codec
from drverify.sealing.codec import to_json
from drverify.sealing.records.history import History
from drverify.sealing.records.slots import open_slots

NONE = "none"


def slot_for(
    workshop: Workshop, workload: str, wanted: str, now: datetime
) -> tuple[SlotReference | None, str]:
    """The slot of a drill that begins now, and one line that says so; empty when nothing was ever scheduled.

    `wanted` is a slot's id, `none`, or empty for the open one that closes first. InputError for a slot that
    is not open, EvidenceError when the log is not whole.
    """
    log = workshop.log()
    if log is None:
        if wanted not in {"", NONE}:
            raise InputError("--slot needs a log, and the settings name none", hint="see docs/evidence.md")
        return None, ""
    records = workshop.parties.records.path
    if wanted in {"", NONE} and not any(map(any, map(records.glob, ("schedule-*", "register-*")))):
        return None, ""  # a long history takes seconds to read
    history = workshop.parties.history(log, workshop.drills.path)
    _is_agreed(workshop, history)
    if not history.planned and wanted in {"", NONE}:
        return None, ""
    if wanted == NONE:
        return None, "slot: none, as asked for: this drill is not one that was planned"
    found = open_slots(history, workload, now)
    chosen = next(((reference, slot) for reference, slot in found if wanted in {"", slot.id}), None)
    if chosen is None and wanted:
        raise _not_open(history, wanted, workload, [slot for _, slot in found], now)
    if chosen is None:
        return None, f"slot: none of workload {workload} is open: this drill is not one that was planned"
    reference, slot = chosen
    return reference, f"slot: {named(reference)}, open until {to_json(slot.closes)}"


def slot_or_none(
    workshop: Workshop, workload: str, wanted: str, now: datetime
) -> tuple[SlotReference | None, str]:
    """As `slot_for`, but a slot that has its result, or is over, leaves a drill that was not planned.

    So is another attempt of a booking after one that proved nothing: its result stands for the slot.
    """
    try:
        return slot_for(workshop, workload, wanted, now)
    except InputError as error:
        found = slot_for(workshop, workload, NONE, now)[0]
        return found, f"slot: none: {error}: this drill is not one that was planned"


def _is_agreed(workshop: Workshop, history: History) -> None:
    """InputError when both parties agreed on another reading than a drill would be judged by.

    Its result would stand in the log for ever, and no audit would let it pass.
    """
    if not history.registers:
        return
    _, agreed = history.registers[-1]
    contract = workshop.agreed.contract
    if (agreed.agreement, agreed.contract) != (contract.id, codec.digest(contract)):
        raise InputError(
            f"the accepted register is not the one that both parties agreed on (revision {agreed.revision})",
            hint="have it agreed, `drverify record register`, or put back the lock that was",
        )


def named(reference: SlotReference | None) -> str:
    """A slot and the attempt in words; empty for none."""
    if reference is None:
        return ""
    return reference.slot if reference.attempt == 1 else f"{reference.slot} (attempt {reference.attempt})"


def _not_open(history: History, wanted: str, workload: str, found: list[Slot], now: datetime) -> InputError:
    known = ", ".join(slot.id for slot in found) or "none"
    hint = f"open slots of {workload}: {known}; --slot none begins a drill that is not planned"
    planned = next((one for key, one in history.planned.items() if key == wanted), None)
    if planned is None:
        return InputError(f"no agreed schedule in the log has the slot {wanted!r}", hint=hint)
    slot = planned.slot
    if slot.workload != workload:
        return InputError(f"slot {wanted} is of workload {slot.workload}", hint=hint)
    if now < slot.opens:
        return InputError(f"slot {wanted} opens at {to_json(slot.opens)}", hint=hint)
    if now >= slot.closes:
        return InputError(f"slot {wanted} was open until {to_json(slot.closes)}", hint=hint)
    return InputError(f"slot {wanted} has its result already", hint=hint)
