"""Fills the slots of a provision from the words of its segment."""

import re
from dataclasses import dataclass
from functools import cache

from drverify.model.agreement import Span
from drverify.model.contract import Kind, Slot
from drverify.model.slots import SLOTS
from drverify.reading.cue import Segment
from drverify.reading.tables.all import SLOT_CUES

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class _Ready:
    slot: str
    value: str
    pattern: re.Pattern[str]
    inherited: bool


@dataclass(frozen=True, slots=True)
class _Hit:
    slot: str
    value: str
    start: int
    end: int
    gap: int


@cache
def slot_table() -> dict[Kind, tuple[_Ready, ...]]:
    """The slot cues by kind, compiled, in the table's order."""
    table: dict[Kind, tuple[_Ready, ...]] = {}
    for cue in SLOT_CUES:
        ready = _Ready(cue.slot, cue.value, re.compile(cue.pattern, re.IGNORECASE | re.DOTALL), cue.inherited)
        for kind in cue.kinds:
            table[kind] = (*table.get(kind, ()), ready)
    return table


def slots(segment: Segment, text: str, kind: Kind, *, figure: Span | None, shared: bool) -> tuple[Slot, ...]:
    """The slots that the segment fills, in the text's order.

    With several provisions of the kind in one segment (`shared`), of a slot that has several answers only
    the one nearest to this provision's figure.
    """
    hits: list[_Hit] = []
    for ready in slot_table().get(kind, ()):
        hits.extend(_hits(ready, segment, text, kind, figure))
    if shared and figure is not None:
        nearest: dict[str, _Hit] = {}
        for hit in hits:
            known = nearest.get(hit.slot)
            if known is None or hit.gap < known.gap:
                nearest[hit.slot] = hit
        hits = list(nearest.values())
    return _ordered(hits, segment)


def _hits(ready: _Ready, segment: Segment, text: str, kind: Kind, figure: Span | None) -> list[_Hit]:
    found: list[_Hit] = []
    for match in ready.pattern.finditer(text):
        group = 1 if ready.pattern.groups and match.group(1) else 0
        value = ready.value or " ".join(match.group(group).split()).strip(" ,;:")[:_LONGEST]
        allowed = SLOTS.get(kind, {}).get(ready.slot, ())
        if not value or (allowed and value not in allowed):
            continue
        start, end = match.span(group)
        found.append(_Hit(ready.slot, value, start, end, _gap(segment, start, end, figure)))
    if not found and ready.inherited and ready.value and ready.pattern.search(segment.inherited()):
        found.append(_Hit(ready.slot, ready.value, 0, len(text), len(text)))
    return found


def _gap(segment: Segment, start: int, end: int, figure: Span | None) -> int:
    if figure is None:
        return start
    first, last = figure.start - segment.span.start, figure.end - segment.span.start
    if end <= first:
        return first - end
    return start - last if start >= last else 0


def _ordered(hits: list[_Hit], segment: Segment) -> tuple[Slot, ...]:
    seen: set[tuple[str, str]] = set()
    answer: list[Slot] = []
    for hit in sorted(hits, key=lambda one: (one.start, one.end, one.slot, one.value)):
        if (hit.slot, hit.value) in seen:
            continue
        seen.add((hit.slot, hit.value))
        span = Span(start=segment.span.start + hit.start, end=segment.span.start + hit.end)
        answer.append(Slot(name=hit.slot, value=hit.value, span=span))
    return tuple(answer)
