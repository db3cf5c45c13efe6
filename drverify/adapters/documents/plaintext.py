"""Plain text -> blocks.

Real agreements as text are ugly: hard-wrapped or one paragraph a line, page furniture within sentences,
table columns lost, several paragraphs run together with wide gaps.

The content is the file's own text; blocks are spans of it, nothing is changed.
"""
# ruff: noqa: RUF001 - dashes and quotes as documents have them

import re
from collections.abc import Sequence
from dataclasses import dataclass

from drverify.adapters.documents.furniture import Piece, furniture
from drverify.adapters.documents.layout import Shaper, block
from drverify.adapters.documents.markers import LONGEST_MARK, is_caps, mark_of
from drverify.adapters.documents.matrix import columns_lost, header_of, rows_of
from drverify.model.agreement import Span
from drverify.model.document import Block, BlockKind, Remark

LONG_LINE = 160
"""A line longer than this was not wrapped by hand."""

_LINE = re.compile(r"[^\r\n\f\v\x85\u2028\u2029]*(?:\r\n|[\r\n\f\v\x85\u2028\u2029]|\Z)")
_GAP = re.compile(r"[ \t]{3,}|\t+")
_SENTENCE_END = re.compile(r"[.;:!?][\"”’')\]]*$")
_PIPE = re.compile(r"[ \t]*\|[ \t]*")
_RULE = re.compile(r"[\s|+:=_*~-]+")
_PAGE_TAG = re.compile(r"<PAGE>", re.IGNORECASE)
_GAP_LINES = 3
_MIN_ROWS = 2
_CELL = 80
_NO_TASK = 600
"""Characters of a line too long for a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line without its white space at both ends."""

    start: int
    end: int
    number: int
    page: int
    indent: int


def blocks_of(content: str) -> tuple[tuple[Block, ...], int | None, tuple[Remark, ...]]:
    """The blocks of a plain text, its number of pages (None without page breaks), what is to be remarked."""
    lines = _lines(content)
    paged = "\f" in content.strip("\f\r\n ") or _PAGE_TAG.search(content) is not None
    groups = _groups(content, lines)
    pieces = [piece for group in groups for piece in group]
    repeated = furniture(content, pieces)
    builder = _Builder(content=content, paged=paged, repeated=repeated, flowed=_is_flowed(lines))
    for group in groups:
        builder.group(group)
    builder.flush()
    return tuple(builder.blocks), (lines[-1].page if paged and lines else None), tuple(builder.remarks)


def _lines(content: str) -> list[Line]:
    lines = []
    page = 1
    for number, found in enumerate(_LINE.finditer(content), 1):
        text = found.group()
        bare = text.strip()
        page += bool(_PAGE_TAG.match(bare))
        start = found.start() + len(text) - len(text.lstrip())
        if bare:
            indent = len(text.expandtabs()) - len(text.expandtabs().lstrip())
            lines.append(Line(start=start, end=start + len(bare), number=number, page=page, indent=indent))
        page += text.endswith("\f")
    return lines


def _is_flowed(lines: Sequence[Line]) -> bool:
    total = sum(line.end - line.start for line in lines)
    long = sum(line.end - line.start for line in lines if line.end - line.start > LONG_LINE)
    return long > 0.3 * total  # a few long lines (addresses, tables) do not make it so


def _groups(content: str, lines: Sequence[Line]) -> list[list[Piece]]:
    """Pieces (lines cut at wide gaps), grouped by the blank lines between them."""
    groups: list[list[Piece]] = []
    last: Line | None = None
    for line in lines:
        blank = line.number - last.number - 1 if last else 0
        turned = last is not None and line.page != last.page
        if last is None or blank or turned:
            groups.append([])
        at = line.start
        cuts = [(found.start(), found.end()) for found in _GAP.finditer(content, line.start, line.end)]
        for order, (end, after) in enumerate([*cuts, (line.end, line.end)]):
            groups[-1].append(
                Piece(
                    start=at,
                    end=end,
                    line=line.number,
                    page=line.page,
                    indent=line.indent,
                    order=order,
                    breaks=(turned or blank >= _GAP_LINES) and order == 0,
                )
            )
            at = after
        last = line
    return groups


@dataclass(slots=True)
class _Open:
    """A paragraph that may go on in the next line."""

    start: int
    end: int
    first: Piece
    last: Piece
    plain: bool
    """Whether it stands beside others in its line, like a cell."""


class _Builder:
    """Joins pieces to paragraphs and hands these to the shaper."""

    def __init__(self, *, content: str, paged: bool, repeated: frozenset[int], flowed: bool) -> None:
        self.content = content
        self.paged = paged
        self.repeated = repeated
        self.flowed = flowed
        self.shaper = Shaper(content=content)
        self.blocks: list[Block] = []
        self.open: _Open | None = None
        self.tables = 0
        self.remarks: list[Remark] = []
        self.responsibilities: int | None = None
        """Number of the open table of responsibilities."""
        self.cut = False
        """Whether furniture came since the last paragraph."""

    def text(self, piece: Piece) -> str:
        return self.content[piece.start : piece.end]

    def group(self, pieces: Sequence[Piece]) -> None:
        """One stretch of lines without a blank one."""
        if self.open and not self._is_mark_alone(self.open) and self.responsibilities is None:
            self.flush()
        by_line: dict[int, list[Piece]] = {}
        for piece in pieces:
            by_line.setdefault(piece.line, []).append(piece)
        lines = list(by_line.values())
        width = max(line[-1].end - line[0].start + line[0].indent for line in lines)
        at = 0
        while at < len(lines):
            if self._matrix(lines[at]):
                at += 1
                continue
            if rows := self._table(lines[at:]):
                self.flush()
                at += rows
                continue
            plain = len(lines[at]) > 1 and all(self._is_cell(piece) for piece in lines[at])
            for piece in lines[at]:
                self.piece(piece, width, plain=plain)
            at += 1

    def _matrix(self, line: Sequence[Piece]) -> bool:
        """Whether a line belongs to a table of responsibilities (its columns lost); its rows are made."""
        start, end = line[0].start, line[-1].end
        if header := header_of(self.content, start, end):
            self.flush()
            self.responsibilities = self.tables
            self.tables += 1
            self.remarks.append(columns_lost(line[0].line))
            self._row("header-row", Span(start=start, end=header[-1].end), header, line[0])
            start = end - len(self.content[header[-1].end : end].lstrip())
        elif self.responsibilities is None or any(piece.start in self.repeated for piece in line):
            return False
        waiting = self.open
        task = Span(start=waiting.start, end=waiting.end) if waiting and not header else None
        rows, rest = rows_of(self.content, task, start, end)
        if not rows and not header:
            mark = mark_of(self.content[start:end])
            if (mark and mark.kind == "part") or end - start > _NO_TASK:
                self.responsibilities = None
            return False
        if rows and task is not None and rows[0].span.start == task.start:
            self.open = None
        self.flush()
        for row in rows:
            if row.cells:
                self._row("row", row.span, row.cells, line[0])
            else:
                self.open = _Open(row.span.start, row.span.end, line[0], line[0], plain=False)
                self.flush()
        if rest is not None:
            self.open = _Open(rest.start, rest.end, line[0], line[-1], plain=True)
        return True

    def _row(self, kind: BlockKind, span: Span, cells: tuple[Span, ...], piece: Piece) -> None:
        page = piece.page if self.paged else None
        locator = f"line {piece.line}"
        table = self.responsibilities
        self.blocks.append(Block(kind=kind, span=span, page=page, locator=locator, table=table, cells=cells))

    def _is_cell(self, piece: Piece) -> bool:
        text = self.text(piece)
        return len(text) <= _CELL and not mark_of(text) and not _SENTENCE_END.search(text)

    def piece(self, piece: Piece, width: int, *, plain: bool) -> None:
        if piece.start in self.repeated:
            self._furniture(piece)
        elif self.open and self._goes_on(self.open, piece, width):
            self.open.end, self.open.last = piece.end, piece
        else:
            self.flush()
            self.open = _Open(piece.start, piece.end, piece, piece, plain)

    def _furniture(self, piece: Piece) -> None:
        self.flush()
        self.cut = True
        self.blocks.append(
            Block(
                kind="furniture",
                span=Span(start=piece.start, end=piece.end),
                page=piece.page if self.paged else None,
                locator=f"line {piece.line}",
            )
        )

    def _is_mark_alone(self, paragraph: _Open) -> bool:
        if paragraph.end - paragraph.start > LONGEST_MARK:
            return False
        text = self.content[paragraph.start : paragraph.end]
        mark = mark_of(text)
        return mark is not None and mark.end == len(text) and mark.kind != "part"

    def _goes_on(self, before: _Open, piece: Piece, width: int) -> bool:
        text = self.text(piece)
        mark = mark_of(text)
        if self._is_mark_alone(before):
            return mark is None
        if mark and (mark.kind != "clause" or text[mark.end : mark.end + 1].isupper()):
            return False
        earlier = self.content[max(before.start, before.end - LONG_LINE) : before.end]
        ended = bool(_SENTENCE_END.search(earlier))
        if self.flowed or piece.line == before.last.line:
            return text[:1].islower() and not ended
        last_width = before.last.end - before.last.start + before.last.indent
        if is_caps(earlier) != is_caps(text) and (is_caps(earlier) or is_caps(text)):
            return False
        if ended and (last_width < 0.7 * width or piece.indent > before.last.indent + 1):
            return False
        return text[:1].islower() or last_width >= 0.6 * width  # else: short lines, an address

    def _table(self, lines: Sequence[Sequence[Piece]]) -> int:
        """How many of the lines are a table's rows; their blocks are made."""
        count = 0
        while count < len(lines) and self._cells(lines[count]) is not None:
            count += 1
        rows = [(line, self._cells(line) or ()) for line in lines[:count]]
        if sum(len(cells) >= 2 for _, cells in rows) < _MIN_ROWS:  # noqa: PLR2004 - columns
            return 0
        self.flush()
        ruled = any(not cells for _, cells in rows[1:2])
        shown = [(line, cells) for line, cells in rows if cells]
        for order, (line, cells) in enumerate(shown):
            header = order == 0 and (ruled or self._looks_like_header(cells, shown))
            self.blocks.append(
                Block(
                    kind="header-row" if header else "row",
                    span=Span(start=line[0].start, end=line[-1].end),
                    page=line[0].page if self.paged else None,
                    locator=f"line {line[0].line}",
                    table=self.tables,
                    cells=cells,
                )
            )
        self.tables += 1
        return count

    def _looks_like_header(self, cells: Sequence[Span], rows: Sequence[object]) -> bool:
        texts = [self.content[cell.start : cell.end] for cell in cells]
        short = all(len(text) <= 40 for text in texts)  # noqa: PLR2004
        figures = any(character.isdigit() for text in texts for character in text)
        return len(rows) > _MIN_ROWS and short and not figures

    def _cells(self, line: Sequence[Piece]) -> tuple[Span, ...] | None:
        """The cells of a line; () for a rule between rows; None where it is no row."""
        start, end = line[0].start, line[-1].end
        text = self.content[start:end]
        if any(piece.start in self.repeated for piece in line):
            return None
        if len(line) > 1 and _RULE.fullmatch(text):
            return ()
        if "|" in text:
            return self._piped(start, end, text)
        if len(line) > 1 and all(self._is_cell(piece) for piece in line):
            return tuple(Span(start=piece.start, end=piece.end) for piece in line)
        return None

    def _piped(self, start: int, end: int, text: str) -> tuple[Span, ...] | None:
        if _RULE.fullmatch(text):
            return ()
        start += text.startswith("|")
        end -= text.endswith("|")
        cells = []
        at = start
        for found in _PIPE.finditer(self.content, start, end):
            cells.append(Span(start=at, end=found.start()))
            at = found.end()
        cells.append(Span(start=at, end=end))
        trimmed = tuple(self._trimmed(cell) for cell in cells)
        return trimmed if len(trimmed) > 1 else None

    def _trimmed(self, cell: Span) -> Span:
        text = self.content[cell.start : cell.end]
        start = cell.start + len(text) - len(text.lstrip())
        return (
            Span(start=start, end=start + len(text.strip()))
            if text.strip()
            else Span(start=cell.start, end=cell.start)
        )

    def flush(self) -> None:
        """The open paragraph ends."""
        if self.open is None:
            return
        first, last = self.open.first, self.open.last
        locator = f"line {first.line}" if first.line == last.line else f"lines {first.line}-{last.line}"
        page = first.page if self.paged else None
        continues = self._continues(self.open.start)
        for shape in self.shaper.shapes(self.open.start, self.open.end, plain=self.open.plain):
            self.blocks.append(block(shape, page=page, locator=locator, continues=continues))
            continues = False
        self.open = None
        self.cut = False

    def _continues(self, start: int) -> bool:
        """Whether the paragraph at `start` goes on with a sentence that page furniture cut."""
        before = next((known for known in reversed(self.blocks) if known.kind != "furniture"), None)
        if not self.cut or before is None or before.kind not in {"paragraph", "item"}:
            return False
        text = self.content[before.span.start : before.span.end]
        first = self.content[start]
        return not _SENTENCE_END.search(text) and (first.islower() or first in "([" or text[-1] == ",")
