"""Markdown -> blocks. The content is the file's own text: blocks are spans of it, markup included.

CommonMark and tables by markdown-it-py, whose token maps give exact source lines. Indented code is read
as text, for agreements indent paragraphs and hold no code. Front matter, template tags on lines of their
own, comments and fences are `code`, paragraphs of images only are `caption`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from drverify.adapters.documents.counting import decimal_run
from drverify.adapters.documents.layout import Shape, Shaper
from drverify.adapters.documents.markers import is_title, mark_of
from drverify.model.agreement import Span
from drverify.model.document import Block, BlockKind, Remark

_NEWLINE = re.compile(r"\r\n?|\n")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n.*?^\1[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_TEMPLATE = re.compile(r"\{\{[<%]?.{0,400}?[>%]?\}\}|\{%.{0,400}?%\}", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>")
_STRONG = re.compile(r"\*\*|__")
_IMAGES = re.compile(r"(?:\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])\]?(?:\([^)]*\))?\s*)+(?:\{[^}]*\}\s*)?")
_ADMONITION = re.compile(r"(?:\[![A-Za-z]+\]|:::.*|!!! .*)")
_STRUCK = re.compile(r"~~(?=\S)(.{1,500}?)(?<=\S)~~|<(del|s|strike)>(.{1,500}?)</\2>", re.DOTALL)
_HEADER_SPAN = re.compile(r"\s*<span class=\"[^\"]*header[^\"]*\">(?P<title>[^<]{1,120})</span>")
_HASHES = re.compile(r"[ \t>]*#{1,6}[ \t]*")
_CLOSING = re.compile(r"[ \t]+#+[ \t]*$|[ \t]*\{#[^}]*\}[ \t]*$")
_CLOSING_MARKS = re.compile(r"[*_]+|</\w+>")
_LIST_MARK = re.compile(r"(?:[-*+]|(?P<number>\d{1,9})(?P<form>[.)]))(?:[ \t]+|$)")
_TASK = re.compile(r"\[[ xX]\][ \t]+")
_QUOTES = re.compile(r"(?:[ \t]*>)+[ \t]?")
_ROW = re.compile(r"<tr\b[^>]*>(?P<row>.*?)(?:</tr>|(?=<tr\b)|\Z)", re.DOTALL | re.IGNORECASE)
_CELL = re.compile(r"<(?P<tag>t[dh])\b[^>]*>(?P<cell>.*?)(?=</t[dh]>|<t[dh]\b|\Z)", re.DOTALL | re.IGNORECASE)


def _masked(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: " " * len(found.group()), text)


def _without_tags(text: str) -> str:
    """The text with blanks in place of tags and comments."""
    parts: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.extend((text[at:start], " " * (end + 3 - start)))
        at = end + 3
    return _masked(_TAG, "".join((*parts, text[at:])))


def blocks_of(content: str) -> tuple[tuple[Block, ...], tuple[Remark, ...]]:
    """The blocks of a Markdown text, and what is to be remarked about it."""
    walker = _Walker(content)
    walker.walk()
    return tuple(walker.blocks), _remarks(content)


def _remarks(content: str) -> tuple[Remark, ...]:
    remarks = []
    struck = [_line(content, found.start()) for found in _STRUCK.finditer(content)]
    if struck:
        where = ", ".join(map(str, struck[:10]))
        remarks.append(
            Remark(
                kind="struck",
                detail=f"struck-out text in line {where}; it is still in the text",
                blocks_absence=False,
            )
        )
    templates = [_line(content, found.start()) for found in _TEMPLATE.finditer(content)]
    if templates:
        detail = f"{len(templates)} template tags were not filled in, the first in line {templates[0]}"
        remarks.append(Remark(kind="other", detail=detail, blocks_absence=False))
    return tuple(remarks)


def _line(content: str, at: int) -> int:
    return len(_NEWLINE.findall(content, 0, at)) + 1


@dataclass(slots=True)
class _Item:
    """A list item that is open."""

    number: str
    fresh: bool = True
    """Whether none of its paragraphs has come yet."""
    nested: bool = False


class _Walker:
    """Goes through the tokens once."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.starts = [0, *(found.end() for found in _NEWLINE.finditer(content))]
        self.starts.append(len(content) + 1)
        masked = _masked(_STRONG, _without_tags(_masked(_TEMPLATE, content)))
        self.shaper = Shaper(content=masked)
        self.blocks: list[Block] = []
        self.items: list[_Item] = []
        self.level = 0
        self.tables = 0

    def walk(self) -> None:
        source = self.content
        if front := _FRONT_MATTER.match(source):
            self.add("code", 0, front.end())
            source = re.sub(r"[^\r\n]", " ", front.group()) + source[front.end() :]
        parser = MarkdownIt("commonmark").enable("table").disable(["code", "reference"])
        tokens = parser.parse(source)
        for at, token in enumerate(tokens):
            self.token(token, tokens, at)

    def token(self, token: Token, tokens: Sequence[Token], at: int) -> None:
        lines = (token.map[0], token.map[1]) if token.map else (0, 0)
        match token.type:
            case "heading_open":
                self.heading(lines, int(token.tag[1]), setext=token.markup in {"=", "-"})
            case "paragraph_open":
                self.paragraph(lines, nested=_has_list(tokens, at))
            case "list_item_open":
                self.items.append(_Item(f"{token.info}{token.markup}" if token.info else ""))
            case "list_item_close":
                self.items.pop()
            case "fence":
                self.add("code", *self.span(lines))
            case "html_block":
                self.html(*self.span(lines))
            case "thead_open" | "tbody_open" | "table_open":
                self.tables += token.type == "table_open"
            case "tr_open":
                self.row(lines[0], header=tokens[at + 1].type == "th_open")
            case _:
                pass

    def span(self, lines: tuple[int, int]) -> tuple[int, int]:
        """Characters of lines, white space at both ends left out."""
        start, end = self.starts[lines[0]], min(self.starts[lines[1]], len(self.content))
        text = self.content[start:end]
        return start + len(text) - len(text.lstrip()), start + len(text.rstrip())

    def add(
        self,
        kind: BlockKind,
        start: int,
        end: int,
        *,
        number: str = "",
        level: int = 0,
        table: int | None = None,
        cells: tuple[Span, ...] = (),
    ) -> None:
        """One block more, if there is anything in it."""
        text = self.content[start:end]
        start, end = start + len(text) - len(text.lstrip()), start + len(text.rstrip())
        if start >= end:
            return
        first, last = self.line(start), self.line(end - 1)
        self.blocks.append(
            Block(
                kind=kind,
                span=Span(start=start, end=end),
                number=number,
                level=level,
                table=table,
                cells=cells,
                locator=f"line {first}" if first == last else f"lines {first}-{last}",
            )
        )

    def line(self, at: int) -> int:
        low, high = 0, len(self.starts)
        while low < high:
            middle = (low + high) // 2
            if self.starts[middle] <= at:
                low = middle + 1
            else:
                high = middle
        return low

    def heading(self, lines: tuple[int, int], level: int, *, setext: bool) -> None:
        start, end = self.span((lines[0], lines[1] - 1) if setext else lines)
        if found := _HASHES.match(self.content, start, end):
            start = found.end()
        while found := _CLOSING.search(self.content[start:end]):
            end = start + found.start()
        mark = self.shaper.number_of(start, end)
        self.level = level
        self.add("heading", start, end, number=mark, level=level)

    def paragraph(self, lines: tuple[int, int], *, nested: bool) -> None:
        start, end = self.span(lines)
        if quote := _QUOTES.match(self.content, start, end):
            start = quote.end()
        if self.items and self.items[-1].fresh:
            self.item(start, end, nested=nested)
            return
        text = self.content[start:end].strip()
        if kind := self._special(text):
            self.add(kind, start, end)
            return
        strong = text.startswith("**") and text.endswith("**") and text.count("**") == 2  # noqa: PLR2004
        heading = 1 if strong and is_title(text) else 0
        for first, last in self.parts(start, end):
            at = first
            shapes = list(self.shaper.shapes(first, last, heading=heading))
            for order, shape in enumerate(shapes):
                closing = _CLOSING_MARKS.match(self.content, shape.end, last)
                end = last if order == len(shapes) - 1 else closing.end() if closing else shape.end
                self.shape(shape, at, end)
                at = end

    def _special(self, text: str) -> BlockKind | None:
        if _IMAGES.fullmatch(text):
            return "caption"
        if _ADMONITION.fullmatch(text) or not _without_tags(_TEMPLATE.sub("", text)).strip():
            return "code"
        return None

    def shape(self, shape: Shape, start: int, end: int) -> None:
        """A part of a paragraph, with the markup around it that the shaper does not see."""
        kind, level = shape.kind, shape.level
        if kind == "heading":
            level = min(6, self.level + level)
        if kind == "item":
            level += len(self.items)
        self.add(kind, start, end, number=shape.number, level=level if kind != "paragraph" else 0)

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A paragraph cut before the lines that begin with the next number."""
        at = start
        for found in _NEWLINE.finditer(self.content, start, end):
            line = self.shaper.content[found.end() : end].lstrip(" \t>")
            mark = mark_of(line)
            before = self.content[at : found.start()].rstrip()
            if mark is None or not before:
                continue
            known = mark_of(self.shaper.content[at:end].lstrip())
            last = known.number if known else ""
            clause = mark.kind == "clause" and "." in mark.number and self.shaper.after(last, mark.number)
            item = mark.kind == "item" and mark.number.startswith("(") and before[-1] in ".;:,"
            if clause or item or mark.number.startswith(("Article", "Schedule")) or before.endswith("  \\"):
                yield at, found.start()
                at = found.end()
        yield at, end

    def item(self, start: int, end: int, *, nested: bool) -> None:
        """The first paragraph of a list item; the block begins at the item's mark."""
        item = self.items[-1]
        item.fresh = False
        marked = _LIST_MARK.match(self.content, start, end)
        body = marked.end() if marked else start
        number = decimal_run([known.number.rstrip(".") for known in self.items]) if item.number else ""
        text = _without_tags(self.content[body:end]).strip(" *_")
        if header := _HEADER_SPAN.match(self.content, body, end):
            self.add("heading", start, header.end(), number=number, level=self.level + len(self.items))
            if self.content[header.end() : end].strip():
                self.add("paragraph", header.end(), end)
            return
        if item.number and nested and len(self.items) == 1 and is_title(text):
            self.add("heading", start, end, number=number, level=self.level + 1)
            return
        if not number and marked and not _TASK.match(self.content, body, end):
            mark = mark_of(self.shaper.content[body:end].lstrip())
            number = mark.number if mark and mark.kind != "bullet" else ""
        self.add("item", start, end, number=number, level=len(self.items))

    def row(self, line: int, *, header: bool) -> None:
        start, end = self.span((line, line + 1))
        if quote := _QUOTES.match(self.content, start, end):
            start = quote.end()
        cells = tuple(_cells(self.content, start, end))
        self.add("header-row" if header else "row", start, end, table=self.tables - 1, cells=cells)

    def html(self, start: int, end: int) -> None:
        """Raw HTML: rows of tables, and lines that hold words."""
        text = self.content[start:end]
        if "<tr" in text.lower():
            self.tables += 1
            for found in _ROW.finditer(self.content, start, end):
                self.html_row(found)
            return
        for first, last in _worded(self.content, start, end):
            self.add("paragraph", first, last)

    def html_row(self, found: re.Match[str]) -> None:
        cells = [
            (cell["tag"].lower(), cell.span("cell"))
            for cell in _CELL.finditer(self.content, *found.span("row"))
        ]
        if cells:
            header = all(tag == "th" for tag, _ in cells)
            spans = tuple(_trim(self.content, *span) for _, span in cells)
            self.add(
                "header-row" if header else "row",
                spans[0].start,
                max(span.end for span in spans),
                table=self.tables - 1,
                cells=spans,
            )


def _has_list(tokens: Sequence[Token], at: int) -> bool:
    following = tokens[at + 3] if at + 3 < len(tokens) else None
    return following is not None and following.type in {
        "bullet_list_open",
        "ordered_list_open",
        "paragraph_open",
    }


def _worded(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches between lines that hold nothing but tags and comments."""
    masked = _without_tags(content[start:end])
    for found in re.finditer(r"(?:[^\S\r\n]*\S[^\r\n]*(?:\r\n?|\n|\Z))+", masked):
        text = found.group()
        first = start + found.start() + len(text) - len(text.lstrip())
        yield first, start + found.start() + len(text.rstrip())


def _cells(content: str, start: int, end: int) -> Iterator[Span]:
    """Cells of a pipe row: cut at pipes that no backslash protects."""
    at = start + content.startswith("|", start)
    for position in range(at, end):
        character = content[position]
        escaped = content[position - 1] == "\\" if position else False
        if character == "|" and not escaped:
            yield _trim(content, at, position)
            at = position + 1
    if content[at:end].strip():
        yield _trim(content, at, end)


def _trim(content: str, start: int, end: int) -> Span:
    text = content[start:end]
    if not text.strip():
        return Span(start=start, end=start)
    return Span(start=start + len(text) - len(text.lstrip()), end=start + len(text.rstrip()))
