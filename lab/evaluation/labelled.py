"""The labelled documents that there are, and how their labels are read.

A label file has one JSON object a line, in the format of the labelled corpus: `doc`, `clause_start`,
`clause_end` (characters of the UTF-8 text, no newline translation), `quote`, `kind`, `value`, `unit`,
`comparator`, `party`, `vague`, `core`, `optional`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drverify.errors import InputError
from lab.evaluation.score import Label

ROOT = Path(__file__).parents[2]
OWN = ROOT / "contracts"
TEST = ROOT / "tests/data/agreements"
SHARED = ROOT.parent / "shared/data/agreements"
"""Documents that are not part of the project; they lie beside the checkout where they are there at all."""
MOST_WRONG_QUOTES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One document and everything a person found in it: nothing, for a trap."""

    path: Path
    labels: tuple[Label, ...]
    """Of the core kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Labelled documents that are scored together."""

    name: str
    documents: tuple[Labelled, ...]


def corpora() -> tuple[Corpus, ...]:
    """Our samples, the documents of the tests and, where it is there, the shared corpus.

    Raises InputError when a label does not quote its document.
    """
    own = _labels(sorted((OWN / "labels").glob("*.jsonl")), OWN)
    test = _labels([TEST / "labels.jsonl"], TEST)
    found = [
        Corpus(name="samples", documents=_documents(OWN, own)),
        Corpus(name="test data", documents=_documents(TEST, test)),
    ]
    if SHARED.is_dir():
        rows = _labels([SHARED / "gold.jsonl"], SHARED / "dev")
        names = [json.loads(line)["doc"] for line in _lines(SHARED / "manifest.jsonl")]
        found.append(Corpus(name="shared", documents=_documents(SHARED / "dev", rows, names)))
    return tuple(found)


def _documents(
    folder: Path, labels: Mapping[str, tuple[Label, ...]], also: list[str] | None = None
) -> tuple[Labelled, ...]:
    names = sorted({*labels, *(also or [])})
    return tuple(Labelled(path=folder / name, labels=labels.get(name, ())) for name in names)


def _labels(files: list[Path], folder: Path) -> Mapping[str, tuple[Label, ...]]:
    """The core labels by document; a document that is only named (`"kind": null`) has none: a trap."""
    found: dict[str, list[Label]] = {}
    for path in files:
        rows = [json.loads(line) for line in _lines(path)]
        texts = {name: text_of(folder / name) for name in {row["doc"] for row in rows}}
        wrong = [place for row in rows if (place := misquoted(row, texts[row["doc"]]))]
        if wrong:
            raise InputError(f"{path.name}: {'; '.join(wrong[:MOST_WRONG_QUOTES])}; {ANCHOR}")
        for row in rows:
            found.setdefault(row["doc"], []).extend(_label(row))
    return {name: tuple(labels) for name, labels in found.items()}


ANCHOR = "after a change of the text: python -m lab.evaluation.anchor"


def misquoted(row: Mapping[str, Any], text: str) -> str:
    """What is wrong with a label's place, empty when the text at it is its quote."""
    if row["kind"] is None or text[row["clause_start"] : row["clause_end"]] == row["quote"]:
        return ""
    return f"{row['doc']} {row['clause_start']}: the text there is not {row['quote'][:60]!r}"


def _label(row: Mapping[str, Any]) -> Iterator[Label]:
    if row["kind"] is not None and row["core"]:
        yield Label(
            doc=row["doc"],
            start=row["clause_start"],
            end=row["clause_end"],
            kind=row["kind"],
            value=row["value"],
            unit=row["unit"],
            comparator=row["comparator"],
            party=row["party"],
            vague=row["vague"],
            optional=row["optional"],
        )


def text_of(path: Path) -> str:
    """The characters that the offsets count: UTF-8, no newline translated."""
    return path.read_bytes().decode("utf-8")


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
