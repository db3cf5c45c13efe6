"""Reads a document with the product's own intake and reader, for scoring."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drverify.adapters.documents.intake import read_document
from drverify.model.contract import Contract, Provision, Reader, Source
from drverify.model.document import DocumentId, Text
from drverify.reading.reader import provisions
from drverify.report.agreement.spans import rows
from lab.evaluation.score import KINDS, Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read in one document."""

    text: Text
    provisions: tuple[Provision, ...]
    claims: tuple[Claim, ...]
    """Of the core kinds."""
    seconds: float
    """Processor time of intake and reader."""

    @property
    def inexact(self) -> tuple[Provision, ...]:
        """Provisions whose quote is not what stands at their span: there must be none."""
        return tuple(one for one in self.provisions if self.text.of(one.citation.span) != one.citation.quote)

    @property
    def unquoted(self) -> tuple[Provision, ...]:
        """Provisions with a figure that does not stand inside their quote: there must be none.

        A column's unit may stand in the table's header; the figure's span then begins there.
        """
        return tuple(one for one in self.provisions if not self._quoted(one))

    def _quoted(self, one: Provision) -> bool:
        if one.figure is None:
            return True
        quote, figure = one.citation.span, one.figure.span
        within = quote.start <= figure.start < figure.end <= quote.end
        return within or (figure.start < quote.start and quote.start < figure.end <= quote.end)


def read(path: Path) -> Reading:
    """The document as the product reads it."""
    before = time.process_time()
    text = read_document(path)
    document = DocumentId("D1")
    found = provisions(text, document=document)
    seconds = time.process_time() - before
    return Reading(text=text, provisions=found, claims=claims(text, document, found), seconds=seconds)


def claims(text: Text, document: DocumentId, found: Iterable[Provision]) -> tuple[Claim, ...]:
    """Provisions in the words of the labels, cut down to the core kinds."""
    contract = Contract(
        id="evaluation",
        documents=(Source(id=document, name=text.name, sha256=text.sha256, format=text.format),),
        provisions=tuple(found),
        reader=Reader(version=""),
    )
    return tuple(_claim(row) for row in rows(contract) if row["kind"] in KINDS)


def _claim(row: dict[str, Any]) -> Claim:
    names = ("doc", "start", "end", "kind", "value", "unit", "comparator", "party", "vague")
    return Claim(**{name: row[name] for name in names})
