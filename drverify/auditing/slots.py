"""What came of every scheduled drill, and of every start: the reconciliation of a period. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from drverify.auditing.findings import Findings
from drverify.auditing.scope import within
from drverify.auditing.times import Times
from drverify.model.audit import SlotOutcome, SlotState
from drverify.model.drill import DrillId
from drverify.model.records import DrillCounts, Period, Slot
from drverify.sealing.codec import to_json
from drverify.sealing.records.counting import Span, begun_in, count, is_voided, planned_in, results_by
from drverify.sealing.records.history import Begun, History

NOTHING = DrillCounts(
    planned=0,
    started=0,
    finished=0,
    open=0,
    voided=0,
    not_started=0,
    unplanned=0,
    met=0,
    missed=0,
    unproven=0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The drills of a period, counted."""

    counts: DrillCounts
    slots: tuple[SlotOutcome, ...]


def spans_of(history: History, asked: Period, size: int) -> tuple[Span, ...]:
    """The parts of the log that are counted: one for each period in the asked one, in their order.

    What was not closed is counted up to the log's end; what stands after the last close belongs to the
    first of these.
    """
    closes = {close.period.id: close for _, close in history.closes}
    known = sorted(
        (one for one in history.periods.values() if within(one, asked)), key=lambda one: one.begins
    )
    end = max((close.size for close in closes.values()), default=0)
    spans = []
    for period in known or [asked]:
        close = closes.get(period.id)
        if close is not None:
            spans.append(Span(period=period, begin=close.begin, size=close.size))
        else:
            spans.append(Span(period=period, begin=end, size=size))
            end = size
    return tuple(spans)


def reconcile(
    history: History, spans: Sequence[Span], *, at: datetime, times: Times, findings: Findings
) -> Reconciled:
    """Hold starts against slots, and results against starts."""
    counts, slots, straying = NOTHING, [], 0
    for span in spans:
        counts = added(counts, count(history, span))
        for planned in planned_in(history, span.period):
            attempts = [one for one in history.attempts.get(planned.slot.id, ()) if one.index < span.size]
            slots.append(_slot(planned.slot, attempts, span.size, at, findings))
            straying += sum(not _shown(one, planned.slot, times, findings) for one in attempts)
        for begun in begun_in(history, span):
            _start(begun, span, at, findings)
    if straying:
        findings.add("window-not-shown", f"{straying} starts of scheduled drills")
    return Reconciled(
        counts=counts, slots=tuple(sorted(slots, key=lambda one: (one.slot.opens, one.slot.id)))
    )


def added(one: DrillCounts, other: DrillCounts) -> DrillCounts:
    """Both counts together."""
    names = [name.name for name in fields(DrillCounts)]
    return DrillCounts(**{name: getattr(one, name) + getattr(other, name) for name in names})


def _slot(slot: Slot, attempts: Sequence[Begun], size: int, at: datetime, findings: Findings) -> SlotOutcome:
    state = _state(slot, attempts, size, at)
    if state is SlotState.NOT_STARTED:
        findings.add(
            "not-started",
            f"no drill of {slot.workload} was begun between {to_json(slot.opens)} and {to_json(slot.closes)}",
            f"slot {slot.id}",
        )
    if len(attempts) > 1:
        names = ", ".join(one.drill for one in attempts)
        findings.add("retried", f"{len(attempts)} attempts: {names}", f"slot {slot.id}")
    ended = next((place for place, one in enumerate(attempts) if one.results), len(attempts))
    for one in attempts[ended + 1 :]:
        if one.index > attempts[ended].results[0].index:
            findings.add(
                "repeated-slot",
                f"drill {one.drill} was begun although {attempts[ended].drill} had a result",
                f"slot {slot.id}",
            )
    return SlotOutcome(slot=slot, state=state, drills=tuple(DrillId(one.drill) for one in attempts))


def _state(slot: Slot, attempts: Sequence[Begun], size: int, at: datetime) -> SlotState:
    counted = [one for one in attempts if not is_voided(one, size)]
    unfinished = [one for one in counted if not results_by(one, size)]
    if not attempts:
        return SlotState.NOT_STARTED if slot.closes <= at else SlotState.DUE
    if not counted:
        return SlotState.VOIDED
    if not unfinished:
        return SlotState.FINISHED
    return SlotState.DUE if unfinished == [attempts[-1]] and slot.closes > at else SlotState.FAILED


def _start(begun: Begun, span: Span, at: datetime, findings: Findings) -> None:
    where = f"drill {begun.drill}, entry {begun.index}"
    if not results_by(begun, span.size) and not is_voided(begun, span.size):
        running = begun.planned is not None and begun.planned.slot.closes > at
        findings.add("maybe-running" if running else "open-start", where=where)
    if len(begun.results) > 1:
        names = ", ".join(str(one.index) for one in begun.results)
        findings.add("second-result", f"{len(begun.results)} results: entries {names}", where)
    if begun.voided is not None and begun.results:
        findings.add("voids-result", f"voided by entry {begun.voided}", where)
    if begun.planned is None and begun.slot is not None:
        findings.add("wrong-slot", f"it names the slot {begun.slot.slot}", where)
    elif begun.planned is None:
        findings.add("unplanned-start", f"of {begun.workload}", where)


def _shown(begun: Begun, slot: Slot, times: Times, findings: Findings) -> bool:
    """Whether others' clocks show that the start was in its window; a finding when it was outside."""
    earliest, latest = times.earliest(begun.index), times.latest(begun.index)
    outside = (latest is not None and latest < slot.opens) or (
        earliest is not None and earliest >= slot.closes
    )
    if outside:
        findings.add("outside-window", where=f"slot {slot.id}, drill {begun.drill}")
    vouched = times.vouched(begun.index)
    return outside or (vouched is not None and slot.opens <= vouched < slot.closes)
