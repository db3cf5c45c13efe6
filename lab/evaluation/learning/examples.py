"""Labelled documents to learn from: what passages show, what people found, what the rules said at first.

A set is a folder with documents and `gold.jsonl` (the labels' format of `lab.evaluation.labelled`). Beside it
may lie `said.jsonl`: what the reader of its day said of documents that nobody had read yet, one provision a
line with `doc`, `start`, `end`, `kind`, `value` and `status`. Only from such sets is it learned how far the
rules are to be believed: on documents that they were mended with, they are nearly always right.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drverify.adapters.documents.intake import read_document
from drverify.model.contract import Kind
from drverify.reading.learned import CORE
from drverify.reading.looked import Passage, passages
from drverify.reading.segments import segments
from drverify.reading.weighing import Said

_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One document to learn from."""

    name: str
    passages: tuple[Passage, ...]
    labels: tuple[dict[str, float], ...]
    """For each passage by kind: 1 for what it must be found to be, NaN for what it may be."""
    said: tuple[dict[Kind, Said], ...] | None
    """For each passage what the rules said before anybody had read the document; None when unknown."""


def examples(folder: Path) -> list[Example]:
    """The documents of a set, by name."""
    gold = _by_document(folder / "gold.jsonl")
    told = folder / "said.jsonl"
    said = _by_document(told) if told.exists() else None
    found = []
    for name in sorted(gold):
        whole = tuple(passages(segments(read_document(folder / name))))
        found.append(
            Example(
                name=name,
                passages=whole,
                labels=tuple(_labels(one, gold[name]) for one in whole),
                said=None if said is None else tuple(_said(one, said.get(name, [])) for one in whole),
            )
        )
    return found


def _by_document(path: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["doc"], []).append(row)
    return found


def _labels(passage: Passage, rows: Iterable[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        if (
            not row["core"]
            or row["kind"] not in CORE
            or not _meets(passage, row["clause_start"], row["clause_end"])
        ):
            continue
        if row["optional"]:
            found.setdefault(row["kind"], float("nan"))
        else:
            found[row["kind"]] = 1.0
    return found


def _said(passage: Passage, rows: Sequence[dict[str, Any]]) -> dict[Kind, Said]:
    found: dict[Kind, Said] = {}
    for row in rows:
        kind = next((one for one in CORE if one == row["kind"]), None)
        if kind is None or not _meets(passage, row["start"], row["end"]):
            continue
        known = found.get(kind)
        found[kind] = Said(
            figure=row["value"] is not None or (known is not None and known.figure),
            doubtful=row["status"] == "needs_review",
        )
    return found


def _meets(passage: Passage, start: int, end: int) -> bool:
    span = passage.segment.span
    shared = min(end, span.end) - max(start, span.start)
    return shared > 0 and shared >= _HALF * min(end - start, span.end - span.start)
