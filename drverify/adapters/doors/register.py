"""Register files: the obligations of one agreement, held against the prose that was signed.

A register is only as good as its quotes: the document's bytes must have the digest that it states,
and each quote must stand in the document's text exactly where its span says.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, nearest, refuse
from drverify.errors import InputError
from drverify.model.agreement import Clause, Span
from drverify.model.obligation import Register

MAX_DOCUMENT = 16 * 1024 * 1024


def load_register(path: Path) -> Register:
    """Read a register and check it against its document, which lies beside it.

    Raises InputError with file and line for everything wrong, and how to mend it.
    """
    document = load(path)
    register = shape_of(Register).read(document)
    findings = [*_references(register), *_against_prose(register, path.parent)]
    refuse([document.complaint(loc, text) for loc, text in findings])
    return register


def locate(document: str, quote: str) -> Span:
    """Find where a quote stands in the document's text (characters from 0, end exclusive).

    Raises InputError when it stands nowhere, or more than once.
    """
    start = document.find(quote) if quote else -1
    if start < 0:
        raise InputError(
            "the quote does not stand in the document, letter by letter", hint=_differs(document, quote)
        )
    if document.find(quote, start + 1) >= 0:
        raise InputError("the quote stands more than once in the document", hint="quote more of the clause")
    return Span(start=start, end=start + len(quote))


def _differs(document: str, quote: str) -> str:
    """Where the longest beginning of the quote that the document holds breaks off."""
    low, high = 0, len(quote)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if quote[:middle] in document else (low, middle - 1)
    if low < min(8, len(quote)):
        return "not even its beginning does"
    at = document.find(quote[:low]) + low
    return (
        f"up to character {at} of the document it does; "
        f"there the document goes on {document[at : at + 24]!r}, the quote {quote[low : low + 24]!r}"
    )


def _against_prose(register: Register, folder: Path) -> Iterator[tuple[Loc, str]]:
    agreement = register.agreement
    loc: Loc = ("agreement", "document")
    if Path(agreement.document).name != agreement.document:
        yield loc, f"expected a file name beside the register, found {agreement.document!r}"
        return
    try:
        with (folder / agreement.document).open("rb") as file:
            content = file.read(MAX_DOCUMENT)
        text = content.decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        yield loc, f"the document {agreement.document} cannot be read: {reason}"
        return
    digest = hashlib.sha256(content).hexdigest()
    if digest != agreement.sha256:
        yield (
            ("agreement", "sha256"),
            f"{agreement.document} has the digest {digest}; if that is what was signed, write it here",
        )
    for at, clause in enumerate(agreement.clauses):
        yield from (((*("agreement", "clauses", at), *below), why) for below, why in _of_clause(clause, text))


def _of_clause(clause: Clause, text: str) -> Iterator[tuple[Loc, str]]:
    if text[clause.span.start : clause.span.end] == clause.quote:
        return
    try:
        found = locate(text, clause.quote)
    except InputError as error:
        yield ("quote",), f"clause {clause.number}: {error}; {error.hint}"
    else:
        yield (
            ("span",),
            _wrong_span(found, clause.span),
        )


def _wrong_span(found: Span, stated: Span) -> str:
    right, wrong = ((span.start, span.end) for span in (found, stated))
    return f"expected {list(right)}, where the quote stands, found {list(wrong)}"


def _references(register: Register) -> Iterator[tuple[Loc, str]]:
    """Names that are given twice, and names that lead nowhere."""
    yield from _unique(("agreement", "clauses"), "number", [c.number for c in register.agreement.clauses])
    yield from _unique(("obligations",), "id", [o.id for o in register.obligations])
    yield from _unique(("gaps",), "id", [g.id for g in register.gaps])
    known = [clause.number for clause in register.agreement.clauses]
    for at, obligation in enumerate(register.obligations):
        used: list[tuple[Loc, str]] = [(("obligations", at, "clause"), obligation.clause)]
        used += [
            (("obligations", at, "allowances", number, "clause"), allowance.clause)
            for number, allowance in enumerate(obligation.allowances)
            if allowance.clause
        ]
        yield from _dangling(used, known)
    yield from _dangling(
        [(("gaps", at, "clause"), gap.clause) for at, gap in enumerate(register.gaps) if gap.clause], known
    )


def _unique(loc: Loc, key: str, values: list[str]) -> Iterator[tuple[Loc, str]]:
    for at, value in enumerate(values):
        if value in values[:at]:
            yield (*loc, at, key), f"expected each {key} once, found {value} again"


def _dangling(used: list[tuple[Loc, str]], known: list[str]) -> Iterator[tuple[Loc, str]]:
    for loc, clause in used:
        if clause not in known:
            yield (
                loc,
                f"expected the number of a clause of the agreement, found {clause!r}{nearest(clause, known)}",
            )
