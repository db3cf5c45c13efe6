"""From blocks to segments: the smallest sentence, row or bullet, and what it inherits from around it.

Spans are contiguous in the document's text. Page furniture inside a sentence is part of its span and blank
in its `text`, which is otherwise the text of the span character for character, markup blanked.
"""
# ruff: noqa: RUF001 - the characters that agreements use

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from drverify.model.agreement import Span
from drverify.model.document import Block, Text
from drverify.reading.cue import Segment
from drverify.reading.masking import readable
from drverify.reading.sentences import hangs, is_enumerated, is_filled, pieces

_CLAUSE_NUMBER = re.compile(
    r"^\W{0,3}(?:(?:section|clause|article)\s+)?(\d{1,3}(?:\.\d{1,3}){0,5})[.)]?\s", re.IGNORECASE
)
_INLINE_HEADING = re.compile(
    r"^\W{0,3}(?:(?:section|article)\s+)?(\d{1,3}(?:\.\d{1,3}){0,5}|[A-Z]\d(?:\.\d)*|[IVXLC]{1,5}(?=\.))[.)]?\s+"
    r"([A-Z][\w’'&/(),.-]*(?:\s+(?:[A-Z(&/][\w’'&/(),.-]*|and|or|of|to|for|the|in|on|with|by|a|&|-|–)){0,9})[.:]?\s*$"
)
_RUN_IN = re.compile(
    r"^\W{0,3}(?:(?:section|article)\s+)?(?:\d{1,3}(?:\.\d{1,3}){0,5}|[A-Z]|[a-z](?=[.)])|\([a-z]{1,3}\))?[.)]?\s*"
    r"[A-Z][\w’'&/-]*(?:[,\s]+(?:[A-Z(&/][\w’'&/()-]*|and|or|of|to|for|the|in|on|with|by|a|&|-|–)){0,8}\.$"
)
_LEAD_IN = re.compile(
    r"\b(?:will|shall|must|agrees?\s+to|responsible\s+for|responsibilities|includes?)\b[^:.;]{0,60}:\s",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(
    r"\b(?:the\s+following|below|here)\s+(?:is|are|shows?)\s+(?:an?\s+|some\s+)?examples?\b|\bfollowing\s+(?:diagram|figure|example)\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^title:\s*[\"']?([^\"'\n]{1,200})", re.MULTILINE)
_QUESTION = re.compile(
    r"^\W*(?:(?:how|what|where|which|why|who)\s+(?:\w+\s+){0,3}?(?:is|are|do|does|can|will|should|must|to|if|options)|(?:can|is|are|do|does|will|may|should)\s+(?:the|my|our|i|we|you|customers?|users?|data|it|there|any|this|these|backups?)\b)",
    re.IGNORECASE,
)
_SHOUTED = re.compile(r"\b(?:IS|ARE|SHALL|WILL|MUST|MAY|NOT|HAS|HAVE|DOES|AGREES?)\b")
_ANSWER = re.compile(r"^\W*(?:yes|no|never|always|correct)\b\W*$", re.IGNORECASE)
_FLAT_ITEM = 160
_REMEMBERED = 600
_SAMPLE = 60_000
_LINE = 50
_MANY_CLAUSES = 100
_SOFT_END = re.compile(r"[.!?:;]\W{0,4}$")
_MAX_HEADING = 90
_BLANKS = re.compile(r"\s+")
_UNREAD = frozenset({"furniture", "code", "caption"})


@dataclass(slots=True)
class _Place:
    """Where the walk stands."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    inline: str = ""
    section: str = ""
    stem: str = ""
    items: list[tuple[int, str]] = field(default_factory=list)
    table: int | None = None
    header: tuple[str, ...] = ()
    example: bool = False
    question: str = ""
    """A question that the next block answers."""
    last: str = ""
    """The segment before, in the same section."""


def segments(text: Text) -> tuple[Segment, ...]:
    """Every segment of the document, in order. Headings and header rows are inherited, not segments."""
    shape, content = readable(text)
    place = _Place()
    if title := _front_title(text):
        place.headings.append((0, title))
    found: list[Segment] = []
    for block in _joined(text, content):
        if block.kind == "heading" and not _is_shouted(content[block.span.start : block.span.end]):
            _enter(place, block, _tidy(content, block.span))
        elif block.kind == "header-row":
            place.table = block.table
            place.header = tuple(_tidy(content, cell) for cell in block.cells)
        elif block.kind == "row":
            found.extend(_row(place, block, content))
        else:
            found.extend(_prose(place, block, shape, content))
    return tuple(found)


def is_question(text: str) -> bool:
    """Whether it asks; also the line of a list of questions without a question mark."""
    return text.rstrip(" *_").endswith("?") or (
        _QUESTION.match(text) is not None and text.rstrip()[-1:] not in ".;:"
    )


def _front_title(text: Text) -> str:
    """The title that a Markdown file's front matter gives."""
    if text.format != "md" or not text.blocks or text.blocks[0].kind != "code":
        return ""
    match = _TITLE.search(text.of(text.blocks[0].span)[:2_000])
    return match[1].strip() if match is not None else ""


def _joined(text: Text, content: str) -> Iterator[Block]:
    """The blocks to read; a sentence that a page break or a wrapped line cuts in two is one block again."""
    filled = is_filled(content[:_SAMPLE])
    pending: Block | None = None
    broken = False
    for block in text.blocks:
        if block.kind in _UNREAD:
            broken = broken or block.kind == "furniture"
            continue
        if pending is None:
            pending = block
        elif _continues(pending, block, content, broken=broken, filled=filled):
            pending = replace(pending, span=Span(start=pending.span.start, end=block.span.end))
        else:
            yield pending
            pending = block
        broken = False
    if pending is not None:
        yield pending


def _continues(first: Block, second: Block, content: str, *, broken: bool, filled: bool) -> bool:
    prose = {"paragraph", "item", "footnote"}
    if first.kind not in prose or second.kind not in {"paragraph", "item"}:
        return False
    head = content[second.span.start : second.span.start + 12].lstrip()
    tail = content[max(first.span.start, first.span.end - 12) : first.span.end].rstrip()
    if is_enumerated(head) or _SOFT_END.search(tail) is not None or second.span.start <= first.span.end:
        return False
    between = content[first.span.end : second.span.start]
    if head[:1].islower() and (
        broken or (second.kind == "paragraph" and first.span.end - first.span.start > _LINE)
    ):
        return True
    if second.kind == "item" or "\n" in between:
        return broken and hangs(tail)
    return hangs(tail) or (filled and first.span.end - first.span.start > _LINE)


def _enter(place: _Place, block: Block, title: str) -> None:
    level = block.level or 1
    place.headings = [one for one in place.headings if one[0] < level] + [(level, title)]
    place.inline = ""
    place.stem = ""
    place.items = []
    place.header = ()
    place.table = None
    place.question = place.last = ""
    place.example = False
    if is_question(title):
        place.stem = title
    place.section = block.number or _clause_number(title) or place.section


def _row(place: _Place, block: Block, content: str) -> Iterator[Segment]:
    if place.table != block.table:
        place.table, place.header = block.table, ()
    yield _segment(place, block, content, block.span, place.stem)


def _prose(place: _Place, block: Block, shape: str, content: str) -> Iterator[Segment]:
    start, end = block.span.start, block.span.end
    body = content[start:end]
    place.header, place.table = (), None
    listed = block.kind == "item" or is_enumerated(body)
    if listed:
        place.items = [one for one in place.items if one[0] < max(1, block.level)]
    else:
        place.items = []
        if len(body) > _FLAT_ITEM or body.rstrip(" *_").endswith(":"):
            place.stem = ""
    if place.question:
        place.stem, place.question = place.question, ""
    place.section = _clause_number(body) or (block.number if "." in block.number else "") or place.section
    stem = " ".join((place.stem, *(one[1] for one in place.items))).strip()
    local = ""
    last = ""
    for first, after in pieces(shape[start:end]):
        piece = body[first:after]
        if not piece.strip():
            continue
        if _is_inline_heading(piece):
            place.inline, local = _BLANKS.sub(" ", piece).strip(), ""
            place.section = _clause_number(piece + " ") or place.section
            continue
        place.section = _clause_number(piece) or place.section
        enumerated = is_enumerated(piece) and first > 0
        yield _segment(
            place, block, content, Span(start=start + first, end=start + after), f"{stem} {local}".strip()
        )
        last = piece
        place.example = place.example or _EXAMPLE.search(piece) is not None
        led = _LEAD_IN.search(piece)
        if not enumerated and (piece.endswith(":") or _leads(body, after)):
            local = _BLANKS.sub(" ", piece)
        elif led is not None:
            local = _BLANKS.sub(" ", piece[: led.end()])
    _leave_stem(place, block, listed=listed, last=last)


def _leave_stem(place: _Place, block: Block, *, listed: bool, last: str) -> None:
    if is_question(last):
        place.question = _BLANKS.sub(" ", last)
    elif listed:
        place.items.append((max(1, block.level), _BLANKS.sub(" ", last)[:200]))
    elif last.rstrip(" *_").endswith((":", "：")):
        place.stem = _BLANKS.sub(" ", last)


def _leads(body: str, after: int) -> bool:
    return is_enumerated(body[after : after + 12].lstrip())


def _segment(place: _Place, block: Block, content: str, span: Span, stem: str) -> Segment:
    headings = tuple(title for _, title in place.headings)
    before, place.last = place.last, content[span.start : span.end][:_REMEMBERED]
    return Segment(
        span=span,
        text=content[span.start : span.end],
        block=block,
        section=place.section,
        headings=(*headings, place.inline) if place.inline else headings,
        stem=stem,
        header=place.header,
        before=before,
        example=place.example,
    )


def _is_inline_heading(piece: str) -> bool:
    return (
        len(piece) <= _MAX_HEADING
        and _ANSWER.match(piece) is None
        and (_INLINE_HEADING.match(piece) is not None or _RUN_IN.match(piece) is not None)
        and not _is_shouted(piece)
    )


def _is_shouted(piece: str) -> bool:
    """Whether it is a sentence in capitals ("CUSTOMER IS SOLELY RESPONSIBLE ..."), not a title."""
    return piece.isupper() and piece.rstrip()[-1:] in ".;" and _SHOUTED.search(piece) is not None


def _clause_number(text: str) -> str:
    match = _CLAUSE_NUMBER.match(text[:40])
    return match[1] if match is not None and (match[1].count(".") or int(match[1]) < _MANY_CLAUSES) else ""


def _tidy(content: str, span: Span) -> str:
    return _BLANKS.sub(" ", content[span.start : span.end]).strip(" #|")
