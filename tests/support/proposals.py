"""Contracts made by hand for tests of what is printed about them."""

from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import (
    Citation,
    Contract,
    Figure,
    OpenPoint,
    Parties,
    Provision,
    ProvisionId,
    Reader,
    Scope,
    Slot,
    Source,
)
from drverify.model.document import Block, BlockKind, DocumentId, Text
from drverify.model.quantity import Quantity

MAIN = DocumentId("main")


def text_of(content: str, *, name: str = "agreement.md", **fields: Any) -> Text:
    """A text whose blocks are its paragraphs; one that starts with `#` is a heading."""
    blocks: list[Block] = []
    position = 0
    for line in content.splitlines(keepends=True):
        body = line.strip("\n")
        if body.strip():
            kind: BlockKind = "heading" if body.startswith("#") else "paragraph"
            span = Span(start=position, end=position + len(body))
            blocks.append(Block(kind=kind, span=span, level=1 if kind == "heading" else 0))
        position += len(line)
    digest = Sha256(sha256(content.encode("utf-8", "surrogatepass")).hexdigest())
    known: dict[str, Any] = {"format": "md", "blocks": tuple(blocks), **fields}
    return Text(name=name, sha256=digest, content=content, **known)


def provision(text: Text, quote: str, kind: Any = "rpo", **fields: Any) -> Provision:
    """A provision that quotes the first occurrence of the words; `figure=("4", "hour", "<=", "4 hours")`."""
    start = text.content.index(quote)
    span = Span(start=start, end=start + len(quote))
    section = fields.pop("section", "")
    heading = fields.pop("heading", "")
    page = fields.pop("page", None)
    figure = fields.pop("figure", None)
    slots = tuple(
        Slot(name=name, value=value, span=_within(text, span, words))
        for name, value, words in fields.pop("slots", ())
    )
    scope = fields.pop("scope", "")
    known: dict[str, Any] = {"id": ProvisionId(f"{kind}-{start}"), "status": "defined", **fields}
    return Provision(
        kind=kind,
        figure=_figure(text, span, figure),
        slots=slots,
        scope=scope if isinstance(scope, Scope) else Scope(text=scope),
        citation=Citation(document=MAIN, section=section, heading=heading, span=span, quote=quote, page=page),
        **known,
    )


def _figure(text: Text, within: Span, given: tuple[str, ...] | None) -> Figure | None:
    if given is None:
        return None
    value, unit, comparator, words, *clock = given
    quantity = Quantity(value=Decimal(value), unit=unit)  # type: ignore[arg-type]
    span = _within(text, within, words)
    assert span is not None
    return Figure(
        quantity=quantity,
        comparator=comparator,
        span=span,
        clock=clock[0] if clock else "elapsed",  # type: ignore[arg-type]
    )


def _within(text: Text, span: Span, words: str) -> Span | None:
    if not words:
        return None
    start = text.content.index(words, span.start, span.end)
    return Span(start=start, end=start + len(words))


def contract(
    text: Text, provisions: Iterable[Provision], *, open_points: tuple[OpenPoint, ...] = (), **fields: Any
) -> Contract:
    """A proposal over one document."""
    source = Source(
        id=MAIN,
        name=text.name,
        sha256=text.sha256,
        format=text.format,
        language=text.language,
        pages=text.pages,
        remarks=text.remarks,
    )
    known: dict[str, Any] = {
        "id": "sample",
        "title": "Sample hosting agreement",
        "parties": Parties(provider="Provider Ltd", customer="Customer GmbH"),
        **fields,
    }
    return Contract(
        documents=(source,),
        provisions=tuple(provisions),
        open_points=open_points,
        reader=Reader(version="0.0"),
        **known,
    )
