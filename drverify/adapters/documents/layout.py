"""From paragraphs that carry their numbers in print to blocks: headings, clauses, items, paragraphs.

Used for plain text and PDF. A paragraph is a span of the text; what repeats on pages is known before.
"""
# ruff: noqa: RUF001 - dashes and quotes as documents have them

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from drverify.adapters.documents.markers import (
    LONGEST_MARK,
    Mark,
    bare_number,
    decimal_parts,
    follows,
    is_caps,
    is_dashed,
    is_title,
    mark_of,
    run_in,
)
from drverify.model.agreement import Span
from drverify.model.document import Block, BlockKind

_ENDS = re.compile(r"[.;:!?,][\"”’')\]]*$")
_INLINE = re.compile(
    r"(?<=[.;:!?)”\"])\s+(?=[A-Z]?\d{1,3}(?:\.\d{1,3})+\.?\s+[A-Za-z\"“(])|\s+(?=[•●▪■◦‣]\s*\S)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a stretch of text is taken for."""

    kind: BlockKind
    start: int
    end: int
    number: str = ""
    level: int = 0


@dataclass(slots=True, kw_only=True)
class Shaper:
    """Reads paragraphs in order; remembers the last clause number to tell numbers from figures."""

    content: str
    last: tuple[int, ...] = ()
    depth: int = 0
    """Level of the last numbered heading."""
    items: list[tuple[str, str]] = field(default_factory=list)
    """Style and last number of the open lists, outermost first."""
    plain: bool = False
    within: int = 0
    """1 within a schedule, an annex or a part, whose clauses count anew."""

    def shapes(self, start: int, end: int, *, heading: int = 0, plain: bool = False) -> Iterator[Shape]:
        """The blocks of one paragraph; `heading` is its level where its looks say it is one.

        -1: it is one, and its number tells the level.
        `plain`: its looks say that it is none (a cell of a lost table), unless it is numbered.
        """
        self.plain = plain
        for first, last in self._parts(start, end):
            text = self.content[first:last]
            trimmed = first + len(text) - len(text.lstrip()), first + len(text.rstrip())
            if trimmed[0] < trimmed[1]:
                yield from self._part(*trimmed, heading)

    def number_of(self, start: int, end: int) -> str:
        """The number a heading begins with, remembered; empty if there is none."""
        text = self.content[start:end].lstrip()
        mark = mark_of(text) or bare_number(text)
        if mark is None or mark.kind == "bullet":
            return ""
        self.last = decimal_parts(mark.number.rsplit(" ", 1)[-1]) or self.last
        return mark.number

    def after(self, number: str, following: str) -> bool:
        """Whether `following` comes right after `number` (or after the last one known)."""
        return follows(decimal_parts(number) or self.last, following)

    def _parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Clauses that were run together: the paragraph is cut before each next number and bullet."""
        at = start
        for found in _INLINE.finditer(self.content, start, end):
            mark = mark_of(self.content[found.end() : min(end, found.end() + LONGEST_MARK)])
            known = self._after(start if at == start else at)
            if mark and (mark.kind == "bullet" or follows(known, mark.number)):
                if found.start() > at:
                    yield at, found.start()
                at = found.end()
        yield at, end

    def _after(self, at: int) -> tuple[int, ...]:
        mark = mark_of(self.content[at : at + LONGEST_MARK])
        return (decimal_parts(mark.number) if mark and mark.kind == "clause" else ()) or self.last

    def _part(self, start: int, end: int, heading: int) -> Iterator[Shape]:
        text = self.content[start:end]
        mark = self._mark(text, sure=bool(heading))
        rest = text[mark.end :] if mark else text
        if mark and mark.kind in {"clause", "part"}:
            yield from self._clause(mark, rest, start, end, heading)
        elif mark and not is_dashed(text):
            yield Shape(kind="item", start=start, end=end, number=mark.number, level=self._item_level(mark))
        elif heading or (not self.plain and self._is_heading(text)):
            self.items.clear()
            yield Shape(kind="heading", start=start, end=end, level=heading or self._loose_level(text))
        else:
            yield Shape(kind="paragraph", start=start, end=end)

    def _mark(self, text: str, *, sure: bool) -> Mark | None:
        """The mark of a part; `sure` that it is a heading, a bare number is its number."""
        mark = mark_of(text) or bare_number(text)
        if mark is None or mark.kind in {"part", "item", "bullet"}:
            return mark
        rest = text[mark.end :].lstrip()
        if text[: mark.end].strip().isdigit():
            return mark if sure or _titled(rest) else None
        if "." in mark.number and (not rest or rest[0].islower() or rest[0].isdigit()):
            return mark if follows(self.last, mark.number) else None
        return mark

    def _clause(self, mark: Mark, rest: str, start: int, end: int, heading: int) -> Iterator[Shape]:
        short = rest.rstrip(".: ")
        titled = bool(heading or self._is_heading(rest) or self._is_heading(short) or run_in(rest))
        if (
            not titled
            and rest
            and mark.kind == "clause"
            and "." not in mark.number
            and self._restarts(mark.number)
        ):
            yield Shape(kind="item", start=start, end=end, number=mark.number, level=self._item_level(mark))
            return
        self.items.clear()
        level = self._level(mark, heading)
        if parts := decimal_parts(mark.number.rsplit(" ", 1)[-1]):
            self.last = parts
        title = run_in(rest)
        if heading or self._is_heading(rest) or self._is_heading(short) or not rest:
            self.depth = level
            yield Shape(kind="heading", start=start, end=end, number=mark.number, level=level)
        elif title:
            self.depth = level
            at = start + mark.end + title
            yield Shape(kind="heading", start=start, end=at, number=mark.number, level=level)
            at += len(self.content[at:end]) - len(self.content[at:end].lstrip())
            yield from self._part(at, end, 0)
        else:
            yield Shape(kind="paragraph", start=start, end=end, number=mark.number)

    def _restarts(self, number: str) -> bool:
        """Whether a number without dots counts something within the clause, not the clauses."""
        value = decimal_parts(number)
        return bool(self.last and value) and value[0] != self.last[0] + 1

    def _level(self, mark: Mark, heading: int) -> int:
        """Level of a numbered heading: one more within a schedule than without."""
        if mark.kind == "clause" or mark.number.startswith(("Section", "Clause")):
            return heading if heading > 0 else mark.depth + self.within
        self.within = int(not mark.number.startswith("Article"))
        return heading if heading > 0 else 1

    def _is_heading(self, text: str) -> bool:
        stripped = text.strip()
        if is_dashed(stripped):
            return True
        if is_caps(stripped):
            return not _ENDS.search(stripped) or len(stripped) < 80  # noqa: PLR2004
        return is_title(stripped) and not _ENDS.search(stripped) and ": " not in stripped

    def _loose_level(self, text: str) -> int:
        if is_caps(text) and not is_dashed(text):
            self.depth = 1
            return 1
        return self.depth + (2 if is_dashed(text) else 1)

    def _item_level(self, mark: Mark) -> int:
        style = self._style(mark.number)
        styles = [known for known, _ in self.items]
        if style in styles:
            del self.items[styles.index(style) :]
        self.items.append((style, mark.number))
        return len(self.items)

    def _style(self, number: str) -> str:
        bare = number.strip("()")
        if not bare:
            return "bullet"
        form = number.replace(bare, "x")
        if bare.isdigit():
            return f"{form}1"
        letters, roman = f"{form}a", f"{form}i"
        if bare.isupper():
            return f"{form}A"
        if not _ROMAN.fullmatch(bare):
            return letters
        goes_on = any(
            style == letters and _next_letter(last.strip("()")) == bare for style, last in self.items
        )
        return letters if goes_on else roman


_ROMAN = re.compile(r"x{0,2}(?:ix|iv|v?i{0,3})")


def _next_letter(letter: str) -> str:
    return chr(ord(letter) + 1) if len(letter) == 1 else ""


def _titled(rest: str) -> bool:
    return bool(run_in(rest)) or ((is_title(rest) or is_caps(rest)) and not _ENDS.search(rest))


def block(shape: Shape, *, page: int | None, locator: str, continues: bool = False) -> Block:
    """The block of a shape."""
    return Block(
        kind=shape.kind,
        span=Span(start=shape.start, end=shape.end),
        number=shape.number,
        level=shape.level,
        page=page,
        locator=locator,
        continues=continues and shape.kind == "paragraph" and not shape.number,
    )
