"""What was signed: the documents, the parties and the clauses that promise recovery."""

from dataclasses import dataclass
from datetime import date
from typing import NewType

AgreementId = NewType("AgreementId", str)
Sha256 = NewType("Sha256", str)
"""64 lower-case hexadecimal digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters `start` (inclusive) to `end` (exclusive) of the document's text, counted from 0."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """One signed document, known by the digest of its bytes and of the text that was read from them."""

    id: str
    name: str
    """File name."""
    sha256: Sha256
    text_sha256: Sha256
    """Digest of the canonical text in UTF-8; for plain text and Markdown that of the file itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause, verbatim, and where it stands."""

    number: str
    title: str
    document: str
    """Id of the document whose text it stands in."""
    quote: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What both parties signed."""

    id: AgreementId
    title: str
    documents: tuple[Signed, ...]
    provider: str
    customer: str
    effective: date | None
    clauses: tuple[Clause, ...]
