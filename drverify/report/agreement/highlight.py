"""A document's text cut into pieces, each with the provisions that quote it, beside its blocks."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from drverify.model.agreement import Span
from drverify.model.contract import Provision
from drverify.model.document import Block, Text
from drverify.report.agreement.words import clean

LONG = 300
"""Characters of a paragraph after which a quote begins a passage of its own."""
_NO_WORDS = frozenset(" \t\r\n\f\v#*|-=_`:>+~\N{BYTE ORDER MARK}")
"""Characters that mark text up: between two blocks they say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Characters that the same provisions quote."""

    text: str
    """Safe to show; line feeds and tabs stay."""
    quoted_by: tuple[int, ...] = ()
    """Positions of the provisions, in the order of their spans."""
    first_of: tuple[int, ...] = ()
    """Those of them that begin here."""
    says: str = ""
    """What exactly these characters state: `figure`, or the slots they fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One block of the document, or what stands between two blocks."""

    block: Block | None
    cells: tuple[tuple[Piece, ...], ...]
    """The cells of a row; of everything else one."""
    beside: tuple[int, ...] = ()
    """Positions of the provisions whose quote begins here."""
    loose: tuple[int, ...] = ()
    """Those of them that no piece shows (they quote nothing but a table's rules, say)."""
    goes_on: bool = False
    """Whether it goes on with the block of the passage before it."""


def passages(text: Text, provisions: Sequence[tuple[int, Provision]]) -> Iterator[Passage]:
    """Cut a text along its blocks, in order. Every provision of the document stands beside one passage.

    `provisions` are those that cite this document, each with the position that it is known by.
    """
    ordered = sorted(provisions, key=lambda pair: (pair[1].citation.span.start, pair[0]))
    blocks = sorted(text.blocks, key=lambda block: block.span.start)
    pages = list(_all_passages(text, blocks))
    touched = _touching([span for span, _ in pages], ordered)
    begun: set[int] = set()
    for (span, block), touching in zip(pages, touched, strict=True):
        cells = (block.cells if block is not None else ()) or (span,)
        cut = [tuple(_pieces(text, cell, touching, begun)) for cell in cells]
        rest = tuple(at for at, _ in touching if at not in begun)
        begun.update(rest)
        parts = [cut] if len(cut) > 1 else [[part] for part in _parts(cut[0])]
        for number, part in enumerate(parts):
            own = rest if part is parts[-1] else ()
            yield Passage(
                block=block,
                cells=tuple(part),
                beside=(*_begins(part), *own),
                loose=own,
                goes_on=number > 0,
            )


def _begins(cells: Sequence[Sequence[Piece]]) -> tuple[int, ...]:
    return tuple(sorted({at for cell in cells for piece in cell for at in piece.first_of}))


def _parts(pieces: Sequence[Piece]) -> list[tuple[Piece, ...]]:
    """Cut a long paragraph before the quotes in it, so that what was read stands beside its words."""
    parts: list[list[Piece]] = [[]]
    length = 0
    for piece in pieces:
        if piece.first_of and length >= LONG:
            parts.append([])
            length = 0
        parts[-1].append(piece)
        length += len(piece.text)
    return [tuple(part) for part in parts]


def around(text: Text, provision: Provision, *, characters: int = 240) -> tuple[Piece, ...]:
    """A provision's quote with some text before and after it, cut at lines."""
    span = provision.citation.span
    start = max(0, span.start - characters)
    end = min(len(text.content), span.end + characters)
    if start:
        newline = text.content.find("\n", start, span.start)
        start = newline + 1 if newline >= 0 else start
    if end < len(text.content):
        newline = text.content.rfind("\n", span.end, end)
        end = newline if newline >= 0 else end
    return tuple(_pieces(text, Span(start=start, end=end), [(0, provision)], set()))


def _all_passages(text: Text, blocks: Sequence[Block]) -> Iterator[tuple[Span, Block | None]]:
    """The blocks, and between them whatever holds words."""
    position = 0
    for block in blocks:
        yield from _between(text, position, block.span.start)
        yield block.span, block
        position = max(position, block.span.end)
    yield from _between(text, position, len(text.content))


def _between(text: Text, start: int, end: int) -> Iterator[tuple[Span, None]]:
    if start < end and not _NO_WORDS.issuperset(text.content[start:end]):
        yield Span(start=start, end=end), None


def _touching(
    spans: Sequence[Span], ordered: Sequence[tuple[int, Provision]]
) -> list[list[tuple[int, Provision]]]:
    """For each span the provisions whose quote overlaps it; one that overlaps none goes to its neighbour."""
    found: list[list[tuple[int, Provision]]] = [[] for _ in spans]
    starts = [span.start for span in spans]
    ends = [span.end for span in spans]
    for pair in ordered:
        quote = pair[1].citation.span
        first, last = bisect_right(ends, quote.start), bisect_left(starts, quote.end)
        if first >= last and spans:
            first = min(first, len(spans) - 1)
            last = first + 1
        for index in range(first, last):
            found[index].append(pair)
    return found


def _pieces(
    text: Text, span: Span, touching: Sequence[tuple[int, Provision]], begun: set[int]
) -> Iterator[Piece]:
    """Cut one span at every place where a quote, a figure or a slot begins or ends."""
    if not touching:
        yield Piece(text=clean(text.content[span.start : span.end], lines=True))
        return
    marks = [(at, provision.citation.span) for at, provision in touching]
    said = [pair for _, provision in touching for pair in _says(provision)]
    cuts = {span.start, span.end}
    for _, part in (*marks, *said):
        cuts.update(cut for cut in (part.start, part.end) if span.start < cut < span.end)
    edges = sorted(cuts)
    for start, end in pairwise(edges):
        quoted = tuple(at for at, part in marks if part.start <= start and end <= part.end)
        first = tuple(at for at in quoted if at not in begun)
        begun.update(first)
        words = dict.fromkeys(name for name, part in said if part.start <= start and end <= part.end)
        yield Piece(
            text=clean(text.content[start:end], lines=True),
            quoted_by=quoted,
            first_of=first,
            says="; ".join(words),
        )


def _says(provision: Provision) -> Iterator[tuple[str, Span]]:
    if provision.figure is not None:
        yield "figure", provision.figure.span
    for slot in provision.slots:
        if slot.span is not None and slot.span != provision.citation.span:
            yield f"{slot.name.replace('_', ' ')}: {slot.value}", slot.span
