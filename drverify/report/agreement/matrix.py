"""Responsibility by recovery step and layer, as text, Markdown, JSON and a page; unowned cells marked."""

import json
from collections.abc import Iterator

from drverify.linting.responsibility import Cell, Claim, Responsibility
from drverify.model.contract import Contract, Party
from drverify.model.slots import LAYERS, STEPS
from drverify.report.agreement.findings import title
from drverify.report.agreement.page import render
from drverify.report.agreement.words import PARTIES, STATUSES, clean, place, shorten

SHORT: dict[Party, str] = {"provider": "P", "customer": "C", "third_party": "3", "both": "P+C"}
LAYER_WORDS = {layer: layer.replace("_", " ").replace("guest os", "guest OS") for layer in LAYERS}
STEP_WORDS = {step: step.replace("_", " ").replace("os recovery", "OS recovery") for step in STEPS}
LEGEND = (
    "P provider, C customer, 3 third party; (P) only who runs the layer is said, not who recovers it; "
    "!! two accountable parties; OPEN nobody; · no such work"
)
_HEADS = {
    "hypervisor": "hyperv.",
    "guest_os": "guest OS",
    "application": "applic.",
    "backup_platform": "backup",
}
_BOTH: tuple[Party, ...] = ("provider", "customer")
_WIDTH = 9
_FIRST = 25


def summary(found: Responsibility) -> str:
    """`31 of 48 cells are owned, 3 by two parties, 10 only implied, 4 by nobody`."""
    work = [cell for cell in found.cells if cell.state != "not applicable"]
    owned = len(found.of("owned", "twice"))
    return (
        f"{owned} of {len(work)} steps have an owner ({len(found.of('twice'))} of them two); for "
        f"{len(found.of('implied'))} only the layer's operator is named, "
        f"{len(found.of('unowned'))} nobody owns"
    )


def mark(cell: Cell) -> str:
    """A cell in a few characters."""
    who = "/".join(SHORT.get(party, "?") for party in cell.parties)
    match cell.state:
        case "not applicable":
            return "·"
        case "unowned":
            return "OPEN"
        case "implied":
            return f"({who})"
        case "twice":
            return f"{who} !!"
        case "owned":
            return who


def words(cell: Cell) -> str:
    """A cell in words: `provider`, `provider and customer: two accountable parties`."""
    who = _who(cell)
    match cell.state:
        case "not applicable":
            return ""
        case "unowned":
            return "nobody"
        case "implied":
            return f"{who} runs it"
        case "twice":
            return f"{who}: two accountable"
        case "owned":
            return who


def why(cell: Cell) -> str:
    """The clauses behind a cell: `4.2, 7.1`."""
    return ", ".join(dict.fromkeys(_clause(claim) for claim in _decisive(cell)))


def text(contract: Contract, found: Responsibility) -> str:
    """A table of 100 columns, then every step that needs an owner."""
    head = " " * _FIRST + "".join(f"{_HEADS.get(layer, LAYER_WORDS[layer]):<{_WIDTH}}" for layer in LAYERS)
    lines = [f"{title(contract)}: who does which recovery step on which layer", "", head.rstrip()]
    for step in STEPS:
        marks = "".join(f"{mark(found.cell(layer, step)):<{_WIDTH}}" for layer in LAYERS)
        lines.append(f"{STEP_WORDS[step]:<{_FIRST}}{marks}".rstrip())
    lines += ["", LEGEND, "", f"{summary(found)}.", ""]
    return "\n".join([*lines, *_remarks(found)]) + "\n"


def _remarks(found: Responsibility) -> Iterator[str]:
    for step in STEPS:
        cells = [cell for cell in found.of("unowned") if cell.step == step]
        if cells:
            layers = ", ".join(LAYER_WORDS[cell.layer] for cell in cells)
            yield f"nobody: {STEP_WORDS[step]} of {layers}{_unnamed(cells)}"
    for cell in found.of("twice"):
        what = f"{STEP_WORDS[cell.step]} of {LAYER_WORDS[cell.layer]}"
        yield f"two accountable: {what}: {_who(cell)} ({why(cell)})"


def _who(cell: Cell) -> str:
    """Each party once; `both` is provider and customer."""
    named = [one for party in cell.parties for one in (_BOTH if party == "both" else (party,))]
    return " and ".join(PARTIES[party] for party in dict.fromkeys(named))


def _unnamed(cells: list[Cell]) -> str:
    clauses = dict.fromkeys(_clause(claim) for cell in cells for claim in cell.claims)
    return f" (named without a party in {', '.join(clauses)})" if clauses else ""


def markdown(contract: Contract, found: Responsibility) -> str:
    """A table for a wiki; the clauses stand in the cells."""
    lines = [f"# {_md(title(contract))}: who recovers what", "", f"{summary(found)}.", ""]
    lines += ["| Step | " + " | ".join(LAYER_WORDS[layer] for layer in LAYERS) + " |", "|---" * 9 + "|"]
    for step in STEPS:
        cells = (found.cell(layer, step) for layer in LAYERS)
        lines.append(f"| {STEP_WORDS[step]} | " + " | ".join(_md_cell(cell) for cell in cells) + " |")
    return "\n".join([*lines, "", *(f"- {_md(line)}" for line in _remarks(found))]) + "\n"


def _md_cell(cell: Cell) -> str:
    if cell.state == "not applicable":
        return "·"
    clauses = f" ({_md(why(cell))})" if cell.parties else ""
    return f"**{words(cell)}**{clauses}" if cell.state in {"unowned", "twice"} else words(cell) + clauses


def _md(said: str) -> str:
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!&~" else char for char in said)


def as_json(contract: Contract, found: Responsibility) -> str:
    """For programs; every cell."""
    value = {
        "agreement": {"id": contract.id, "title": contract.title},
        "layers": list(LAYERS),
        "steps": list(STEPS),
        "cells": [_row(cell) for cell in found.cells if cell.state != "not applicable"],
    }
    return json.dumps(value, indent=2) + "\n"


def _row(cell: Cell) -> dict[str, object]:
    return {
        "layer": cell.layer,
        "step": cell.step,
        "state": cell.state,
        "parties": list(cell.parties),
        "provisions": [claim.provision.id for claim in _decisive(cell)],
    }


def matrix_page(contract: Contract, found: Responsibility) -> str:
    """The page as HTML."""
    return render(
        "matrix.html",
        style="matrix.css",
        name=title(contract),
        found=found,
        layers=LAYER_WORDS,
        steps=STEP_WORDS,
        cell_words=words,
        claims=_quotes,
        tally=summary(found),
        remarks=list(_remarks(found)),
    )


def _quotes(cell: Cell) -> list[tuple[str, str]]:
    return [
        (
            _clause(claim),
            f"{STATUSES[claim.provision.status]}: “{shorten(claim.provision.citation.quote, 160)}”",
        )
        for claim in _decisive(cell)
    ]


def _decisive(cell: Cell) -> list[Claim]:
    """The claims that the cell's state rests on."""
    named = [claim for claim in cell.claims if claim.party != "unknown"]
    return [claim for claim in named if claim.nearness == named[0].nearness]


def _clause(claim: Claim) -> str:
    return clean(place(claim.provision)) or clean(claim.provision.id)
