"""Pages -> drafts of blocks: furniture set apart, lines joined to paragraphs, across pages too."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from drverify.adapters.documents.canvas import Draft, row_or_parts
from drverify.adapters.documents.furniture import is_contents_line
from drverify.adapters.documents.markers import bare_number, is_caps, is_title, mark_of, succeeds
from drverify.adapters.documents.pdf_lines import Item, Line, Table, joined
from drverify.adapters.documents.pdf_page import HYPHEN, Box
from drverify.adapters.documents.words import ENDS, Words
from drverify.model.document import BlockKind

_LONGEST = 140
_SHORT = 60
_DASHES = ("-", "\u2013", "\u2014")
_PITCH_SLACK = 1.22
_BIG = 1.15
_FULL = 0.05
_ROOM = 0.5
"""Of the line is left empty: it was ended on purpose."""
_BOLD_LINES = 5
_SAME_EDGE = 5.0
_CONTENTS_LINES = 6


@dataclass(slots=True)
class _Open:
    """A paragraph that may go on."""

    lines: list[Line]
    waiting: list[Draft] = field(default_factory=list)
    """Furniture met since its last line: put after it."""


def drafts_of(pages: Sequence[Sequence[Item]]) -> list[Draft]:
    """The drafts of a whole document, in reading order."""
    flow = _Flow(pages)
    for page in pages:
        for item in page:
            flow.add(item)
    flow.flush()
    return flow.drafts


class _Flow:
    """Joins lines to paragraphs."""

    def __init__(self, pages: Sequence[Sequence[Item]]) -> None:
        lines = [item for page in pages for item in page if isinstance(item, Line)]
        self.words = Words(line.text for line in lines)
        self.body = _body_size(lines)
        self.pitch = _pitch(pages)
        bold = sum(line.bold and len(line.text) < _LONGEST for line in lines)
        self.styled = bold >= max(_BOLD_LINES, len(lines) / 100)
        self.drafts: list[Draft] = []
        self.open: _Open | None = None
        self.tables = 0
        self.last_table: Table | None = None
        """The table that nothing but furniture has followed."""
        self.header: list[str] = []
        self.first_row = 0

    def add(self, item: Item) -> None:
        """The next line or table."""
        if isinstance(item, Table):
            self.flush()
            self._table(item)
            return
        if item.furniture or is_contents_line(item.text):
            draft = Draft(
                kind="furniture",
                text=item.text.replace(HYPHEN, "-"),
                page=item.page,
                locator=_locator(item.page, item.box),
                settled=True,
            )
            if self.open is None:
                self.drafts.append(draft)
            else:
                self.open.waiting.append(draft)
            return
        self.last_table = None
        if self.open is not None and self._goes_on(self.open, item):
            self.open.lines.append(item)
        else:
            self.flush()
            self.open = _Open([item])

    def _goes_on(self, before: _Open, line: Line) -> bool:
        last = before.lines[-1]
        text = self.words.plain(joined(one.text for one in before.lines[-2:]))
        ended = bool(ENDS.search(text))
        if last.text.endswith(HYPHEN):
            return True
        full = _is_full(last, line, before.lines[0].box.x0)
        alike = abs(last.size - line.size) <= 0.3 * max(last.size, line.size)
        if not alike or self._begins(line, before, ended=ended, full=full):
            return False
        heading = last.bold and not line.bold and len(before.lines) == 1 and not last.text[-1:].islower()
        if heading or (last.bold != line.bold and (is_title(text) or is_caps(text))):
            return False
        lower = line.text[:1].islower()
        if line.page != last.page or last.box.y0 < line.box.y0 - 2:
            return not ended and (lower or text.endswith(",") or (full and not last.bold))
        return self._is_next_line(before, line, full=full, ended=ended)

    def _is_next_line(self, before: _Open, line: Line, *, full: bool, ended: bool) -> bool:
        """Whether a line in the same column stands where the paragraph's next line would."""
        last = before.lines[-1]
        lower = line.text[:1].islower()
        gap = (last.box.y0 - line.box.y0) / max(last.size, line.size, 1.0)
        empty = last.right - last.box.x1 > _ROOM * (last.right - before.lines[0].box.x0)
        room = empty and not last.text.rstrip().endswith(",")
        if gap > self.pitch * _PITCH_SLACK:
            return lower and not ended and not room and gap <= 2 * self.pitch
        indented = line.box.x0 > last.box.x0 + line.size and len(before.lines) > 1
        return (lower and not ended and not room) or (full and not (ended and indented))

    def _begins(self, line: Line, before: _Open, *, ended: bool, full: bool) -> bool:
        """Whether a line begins with a number or bullet of its own."""
        last = before.lines[-1]
        mark = mark_of(line.text)
        if mark is None:
            bare = bare_number(line.text)
            return bare is not None and line.bold and is_title(line.text[bare.end :])
        rest = line.text[mark.end : mark.end + 1]
        if mark.kind == "bullet":
            return not line.text.startswith(_DASHES) or ended or line.box.x0 != last.box.x0
        if mark.kind == "clause":
            figure = full and "." not in mark.number and abs(line.box.x0 - last.box.x0) < 2  # noqa: PLR2004
            return ended or not (rest.islower() or figure)
        if mark.kind == "part":
            return ended or last.bold or is_title(line.text) or is_caps(line.text)
        opening = mark_of(before.lines[0].text)
        if opening is not None and succeeds(opening.number, mark.number):
            return True
        listed = last.text.rstrip().endswith((":", ";", ",", " and", " or"))
        return ended or listed or abs(line.box.x0 - last.box.x0) > line.size

    def flush(self) -> None:
        """The open paragraph ends."""
        if self.open is None:
            return
        opened, self.open = self.open, None
        text = self.words.plain(joined(line.text for line in opened.lines))
        first = opened.lines[0]
        on_page = [line.box for line in opened.lines if line.page == first.page]
        locator = _locator(first.page, _around(on_page))
        level = self._level(opened.lines, text)
        self.drafts.append(
            Draft(
                kind="heading" if level else "paragraph",
                text=text,
                level=level,
                page=first.page,
                locator=locator,
                plain=self.styled and not first.bold and not is_caps(text),
            )
        )
        self.drafts.extend(opened.waiting)

    def _level(self, lines: Sequence[Line], text: str) -> int:
        """Level of what its letters make a heading, -1 where its number tells it; 0 for the rest."""
        sentence = ENDS.search(text.rstrip(".") if len(text) < _SHORT else text)
        if len(lines) > 2 or len(text) > _LONGEST or sentence:  # noqa: PLR2004
            return 0
        big = lines[0].size >= _BIG * self.body
        bold = all(line.bold for line in lines) and self.styled
        if not (big or bold) or not any(character.isalpha() for character in text):
            return 0
        mark = mark_of(text) or bare_number(text)
        if mark is not None:
            return -1 if mark.kind in {"clause", "part"} else 0
        if text.endswith((".", ",")) or text[:1].islower():
            return 0
        return 1 if big else 2

    def _table(self, table: Table) -> None:
        if _is_contents([row.cells for row in table.rows]):
            self._contents(table)
            return
        number = self._table_number(table)
        goes_on = self.last_table is not None
        self.last_table = table
        headed = not goes_on and _is_headed(table)
        rows = goes_on
        self.first_row = self.first_row if goes_on else len(self.drafts)
        for at, printed in enumerate(table.rows):
            locator = _locator(table.page, printed.box)
            texts = [self.words.plain(cell).strip() for cell in printed.cells]
            parts = [[Draft(kind="paragraph", text=text, page=table.page)] if text else [] for text in texts]
            again = at == 0 and goes_on and texts == self.header
            if again:
                first = self.first_row
                self.drafts[first] = replace(self.drafts[first], kind="header-row")
            header = again or (at == 0 and headed)
            kind: BlockKind = "header-row" if header else "row"
            row = Draft(kind=kind, text="", page=table.page, locator=locator, table=number)
            made = row_or_parts(parts, row, goes_on=rows)
            rows = rows or any(draft.table == number for draft in made)
            self.drafts.extend(made)

    def _table_number(self, table: Table) -> int:
        """A new number, or that of the table which goes on from the page before."""
        last = self.last_table
        same = (
            last is not None
            and table.page == last.page + 1
            and len(table.rows[0].cells) == len(last.rows[0].cells)
            and abs(table.box.x0 - last.box.x0) < _SAME_EDGE
            and abs(table.box.x1 - last.box.x1) < _SAME_EDGE
        )
        if same:
            return self.tables - 1
        self.last_table = None
        self.header = [self.words.plain(cell).strip() for cell in table.rows[0].cells]
        self.tables += 1
        return self.tables - 1

    def _contents(self, table: Table) -> None:
        for row in table.rows:
            text = self.words.plain(" ".join(filter(None, row.cells)))
            locator = _locator(table.page, row.box)
            self.drafts.append(
                Draft(kind="furniture", text=text, page=table.page, locator=locator, settled=True)
            )


def _is_full(last: Line, line: Line, left: float) -> bool:
    """Whether the first word of `line` would not have had room at the end of `last`."""
    room = last.right - last.box.x1
    word = len(line.text.split(" ", 1)[0]) + 1
    wide = word * (line.box.x1 - line.box.x0) / max(1, len(line.text))
    return room <= max(_FULL * (last.right - left), wide)


def _is_headed(table: Table) -> bool:
    """Whether the first row alone is bold."""
    first, *rest = table.rows
    return first.bold and sum(map(bool, first.cells)) > 1 and bool(rest) and not all(row.bold for row in rest)


def _is_contents(rows: Sequence[Sequence[str]]) -> bool:
    """Whether they are a table of contents: numbered titles and pages that never go back."""
    pages = [int(row[-1]) for row in rows if row[-1].isdigit() and len(row[-1]) <= 4]  # noqa: PLR2004
    marked = sum(mark_of(row[0]) is not None for row in rows)
    many = len(pages) >= _CONTENTS_LINES and len(pages) >= 0.6 * len(rows)
    return many and marked >= 0.5 * len(rows) and pages == sorted(pages)


def _locator(page: int, box: Box) -> str:
    return f"page {page} at {box.x0:.0f},{box.y0:.0f}..{box.x1:.0f},{box.y1:.0f}"


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        x0=min(box.x0 for box in boxes), y0=min(box.y0 for box in boxes),
        x1=max(box.x1 for box in boxes), y1=max(box.y1 for box in boxes),
    )  # fmt: skip


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else 10.0


def _pitch(pages: Sequence[Sequence[Item]]) -> float:
    """The usual distance of lines within a paragraph, in letter heights."""
    ratios: Counter[float] = Counter()
    for page in pages:
        for upper, lower in pairwise(page):
            if not isinstance(upper, Line) or not isinstance(lower, Line) or ENDS.search(upper.text):
                continue
            gap = upper.box.y0 - lower.box.y0
            if 0 < gap < 4 * upper.size and lower.text[:1].islower():
                ratios[round(gap / max(upper.size, 1.0), 1)] += 1
    return max(ratios, key=lambda ratio: (ratios[ratio], -ratio)) if ratios else 1.4
