"""What a renewal changed, as text, Markdown and JSON."""

import json
from collections.abc import Callable, Iterator, Mapping

from drverify.linting.difference import Change, ChangeKind, Difference, numbers
from drverify.model.contract import Contract, Provision
from drverify.report.agreement.findings import title
from drverify.report.agreement.words import (
    KINDS,
    PARTIES,
    STATUSES,
    clean,
    clock_words,
    figure_words,
    place,
    shorten,
)

SHOWN: tuple[ChangeKind, ...] = ("changed", "added", "removed", "reworded", "moved")
SIGNS = {"changed": "~", "added": "+", "removed": "-", "reworded": "≈", "moved": ">", "same": "="}
SENSES = {"weaker": "weaker for the customer", "stronger": "stronger for the customer", "": ""}


def summary(found: Difference) -> str:
    """`2 changed (1 weaker), 1 added, 14 the same`."""
    parts = []
    for kind in (*SHOWN, "same"):
        some = [one for one in found.changes if one.kind == kind]
        if some:
            weaker = sum(one.sense == "weaker" for one in some)
            words = "the same" if kind == "same" else kind
            parts.append(f"{len(some)} {words}" + (f" ({weaker} weaker)" if weaker else ""))
    return ", ".join(parts) or "nothing to compare"


_FIELDS: Mapping[str, Callable[[Provision], str]] = {
    "figure": lambda one: figure_words(one.figure),
    "comparator": lambda one: one.figure.comparator if one.figure is not None else "",
    "clock": lambda one: clock_words(one.figure),
    "status": lambda one: STATUSES[one.status] + (f" ({one.why})" if one.why else ""),
    "party": lambda one: PARTIES[one.party],
    "modality": lambda one: one.modality.replace("_", " "),
    "scope": lambda one: one.scope.text,
    "systems": lambda one: ", ".join(one.scope.systems),
    "conditions": lambda one: "; ".join(one.conditions),
    "numbers": lambda one: ", ".join(numbers(one)),
    "words": lambda one: one.citation.quote,
    "section": lambda one: one.citation.section,
    "heading": lambda one: one.citation.heading,
}


def value(provision: Provision, field: str) -> str:
    """One field of a provision in words; `nothing` when it is empty."""
    if field in _FIELDS:
        return clean(_FIELDS[field](provision)) or "nothing"
    return clean(", ".join(provision.values(field.removeprefix("slot.")))) or "nothing"


def fields(change: Change) -> Iterator[tuple[str, str, str]]:
    """Each changed field with its old and its new value; nothing for what was added or removed."""
    if change.old is None or change.new is None:
        return
    skip = {"comparator"} if "figure" in change.fields else set()
    for name in change.fields:
        if name not in skip:
            words = name.removeprefix("slot.").replace("_", " ")
            yield words, value(change.old, name), value(change.new, name)


def headline(change: Change) -> str:
    """`data loss (RPO), clause 5.1: at most 4 hours`."""
    one = change.either()
    said = figure_words(one.figure) or STATUSES[one.status]
    covers = shorten(one.scope.text, 60)
    return (
        f"{KINDS[one.kind]}, {clean(place(one)) or 'no clause'}"
        + (f", {covers}" if covers else "")
        + f": {said}"
    )


def text(old: Contract, new: Contract, found: Difference) -> str:
    """For a terminal; what is the same is only counted."""
    lines = [f"--- {title(old)} ({clean(old.id)})", f"+++ {title(new)} ({clean(new.id)})", summary(found), ""]
    lines += [
        f"~ {fact.name}: {clean(fact.old) or 'nothing'} -> {clean(fact.new) or 'nothing'}"
        for fact in found.facts
    ]
    lines += [""] if found.facts else []
    for change in (one for kind in SHOWN for one in found.of(kind)):
        sense = f"  [{SENSES[change.sense]}]" if change.sense else ""
        lines.append(f"{SIGNS[change.kind]} {change.kind:<8} {headline(change)}{sense}")
        for name, before, after in fields(change):
            lines.append(f"    {name:<10} {shorten(before, 200)}")
            lines.append(f"    {'':<7}->  {shorten(after, 200)}")
        if change.kind in {"added", "removed"}:
            lines.append(f"    “{shorten(change.either().citation.quote, 240)}”")
    return "\n".join(lines).rstrip() + "\n"


def markdown(old: Contract, new: Contract, found: Difference) -> str:
    """For a ticket: one table for each sort of change."""
    lines = [f"# {_cell(title(old))} → {_cell(title(new))}", "", f"{summary(found)}.", ""]
    if found.facts:
        lines += ["| | Old | New |", "|---|---|---|"]
        lines += [f"| {fact.name} | {_cell(fact.old)} | {_cell(fact.new)} |" for fact in found.facts]
        lines.append("")
    for kind in SHOWN:
        changes = found.of(kind)
        if not changes:
            continue
        lines += [
            f"## {kind.capitalize()}",
            "",
            "| Provision | What | Old | New | |",
            "|---|---|---|---|---|",
        ]
        for change in changes:
            head = f"{KINDS[change.either().kind]}, {place(change.either())}"
            for name, before, after in list(fields(change)) or [_whole(change)]:
                cells = (head, name, shorten(before, 200), shorten(after, 200), SENSES[change.sense])
                lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _whole(change: Change) -> tuple[str, str, str]:
    quoted = f"“{change.either().citation.quote}”"
    return ("", "", quoted) if change.kind == "added" else ("", quoted, "")


def _cell(words: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!&~" else char for char in clean(words))


def as_json(old: Contract, new: Contract, found: Difference) -> str:
    """For programs; the unchanged ones are listed, too."""
    value_ = {
        "old": {"id": old.id, "title": old.title},
        "new": {"id": new.id, "title": new.title},
        "promise_changed": found.is_promise_changed,
        "facts": [{"name": one.name, "old": one.old, "new": one.new} for one in found.facts],
        "changes": [_row(one) for one in found.changes],
    }
    return json.dumps(value_, indent=2) + "\n"


def _row(one: Change) -> dict[str, object]:
    return {
        "change": one.kind,
        "kind": one.either().kind,
        "old": None if one.old is None else one.old.id,
        "new": None if one.new is None else one.new.id,
        "sense": one.sense or None,
        "fields": [
            {"field": name, "old": _raw(one.old, name), "new": _raw(one.new, name)} for name in one.fields
        ],
    }


def _raw(provision: Provision | None, name: str) -> str | None:
    if provision is None:
        return None
    words = value(provision, name)
    return None if words == "nothing" else words
