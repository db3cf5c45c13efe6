"""What was signed: the document, its parties and the clauses that promise recovery."""

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
class Clause:
    """One clause, verbatim, and where it stands."""

    number: str
    title: str
    quote: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A signed document, known by the digest of its bytes."""

    id: AgreementId
    title: str
    document: str
    """File name of the document."""
    sha256: Sha256
    provider: str
    customer: str
    effective: date
    clauses: tuple[Clause, ...]
