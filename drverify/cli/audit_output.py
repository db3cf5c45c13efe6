"""An audit for a person and for a program."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import fill

from drverify.model.audit import Audit, AuditFinding, SlotOutcome, SlotState, Weight
from drverify.sealing.codec import to_json
from drverify.sealing.strict_json import Json

_WIDTH = 100
MOST_SLOTS = 40
"""More are counted by workload."""
MOST_FINDINGS = 50
"""Of one weight; the JSON has them all."""
_HEADS = {
    Weight.REFUSED: "What does not hold:",
    Weight.FAILED: "What is missing or was repeated:",
    Weight.NOTED: "What could not be checked, or deserves a look:",
}


def text(path: Path, audit: Audit) -> str:
    """Findings first, then slots and counts, then what held."""
    lines = [_verdict(path, audit), "", *_facts(audit), ""]
    for weight, found in groupby(audit.findings, key=lambda one: one.weight):
        lines += [_HEADS[weight], *_findings(list(found)), ""]
    if audit.slots:
        lines += ["Scheduled drills:", *_slots(audit.slots), ""]
    lines += ["Counted here:", *_counts(audit), ""]
    lines += ["What held:" if audit.held else "Nothing held."]
    lines += [f"  {number}. {_printable(one)}" for number, one in enumerate(audit.held, start=1)]
    return "\n".join(lines) + "\n"


def as_json(audit: Audit) -> str:
    """Everything, and the two answers."""
    return dumped({"holds": audit.holds, "complete": audit.complete, "audit": to_json(audit)})


def refusal(path: Path, why: str) -> str:
    """Of a bundle of which nothing can be read."""
    return f"The bundle DOES NOT HOLD: {path}\n\n{_indented(_printable(why), 2)}\n"


def dumped(value: Json) -> str:
    """JSON for programs."""
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"


def _verdict(path: Path, audit: Audit) -> str:
    if not audit.holds:
        return f"The bundle DOES NOT HOLD: {path}"
    if not audit.complete:
        return f"The bundle holds, and IS NOT COMPLETE: {path}"
    return f"The bundle HOLDS, and no drill is missing: {path}"


def _facts(audit: Audit) -> Iterator[str]:
    period = audit.period
    facts = (
        ("agreement", audit.agreement),
        ("period", f"{period.id}, {to_json(period.begins)} to {to_json(period.ends)}"),
        ("log", f"{audit.origin}, {audit.size} entries, root {audit.root or 'unknown'}"),
        ("audited", f"as of {to_json(audit.at)}"),
    )
    yield from (f"  {name:<10} {_printable(value)}" for name, value in facts)


def _findings(found: Sequence[AuditFinding]) -> Iterator[str]:
    for one in found[:MOST_FINDINGS]:
        where = f"{one.where}: " if one.where else ""
        yield _indented(_printable(f"{one.code}: {where}{one.what}"), 2, further=6)
    if len(found) > MOST_FINDINGS:
        yield f"  and {len(found) - MOST_FINDINGS} more: see --json"


def _slots(slots: Sequence[SlotOutcome]) -> Iterator[str]:
    if len(slots) <= MOST_SLOTS:
        for one in slots:
            drills = ", ".join(one.drills) or "-"
            yield _printable(f"  {one.state:<12} {one.slot.id:<24} {to_json(one.slot.opens)}  {drills}")
        return
    states = list(SlotState)
    yield f"  {'workload':<24}" + "".join(f"{state:>13}" for state in states)
    for name in sorted({one.slot.workload for one in slots}):
        counted = Counter(one.state for one in slots if one.slot.workload == name)
        yield _printable(f"  {name:<24}" + "".join(f"{counted[state]:>13}" for state in states))


def _counts(audit: Audit) -> Iterator[str]:
    one = audit.counts
    yield (
        f"  {one.planned} planned, {one.started} started, {one.finished} finished, {one.open} without a "
        f"result, {one.voided} voided, {one.not_started} not started, {one.unplanned} unplanned"
    )
    yield f"  verdicts: {one.met} MET, {one.missed} MISSED, {one.unproven} UNPROVEN"


def _indented(words: str, by: int, *, further: int | None = None) -> str:
    below = " " * (by if further is None else further)
    return fill(words, width=_WIDTH, initial_indent=" " * by, subsequent_indent=below)


def _printable(words: str) -> str:
    """A bundle quotes strangers: no control character of theirs reaches the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in words)
