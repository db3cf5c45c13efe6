"""The text of a page in reading order: lines, tables with and without rules, two columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from drverify.adapters.documents.markers import mark_of
from drverify.adapters.documents.pdf_columns import columns_of
from drverify.adapters.documents.pdf_page import HYPHEN, Box, Fragment
from drverify.adapters.documents.pdf_rivers import unruled
from drverify.adapters.documents.pdf_tables import Grid, TableRow, rows_of
from drverify.adapters.documents.words import marked

_LIKE_PROSE = "x" * 40
"""The text of the fragment that stands for a ruled table while columns are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line."""

    page: int
    box: Box
    parts: tuple[Fragment, ...]
    text: str
    size: float
    bold: bool
    right: float
    """Where the lines of its column end at most."""
    furniture: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The texts of a row's cells."""

    box: Box
    cells: tuple[str, ...]
    bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows from the top."""

    page: int
    box: Box
    rows: tuple[Row, ...]


Item = Line | Table


def items_of(
    fragments: Sequence[Fragment], grids: Sequence[Grid], page: int, furniture: frozenset[int]
) -> list[Item]:
    """Everything of a page in reading order; `furniture` are identities of the fragments of such lines."""
    turned = [fragment for fragment in fragments if fragment.turned]
    fragments = [fragment for fragment in fragments if not fragment.turned]
    apart = [fragment for fragment in fragments if id(fragment) in furniture]
    middle = sum(fragment.box.y0 for fragment in fragments) / max(1, len(fragments))
    frame: list[Item] = [replace(_line(line, page, 0.0), furniture=True) for line in lines_of(apart)]
    above = [line for line in frame if line.box.y0 >= middle]
    below = [line for line in frame if line.box.y0 < middle]
    rest = [fragment for fragment in fragments if id(fragment) not in furniture]
    stamp: list[Item] = [replace(_line(turned, page, 0.0), furniture=True)] if turned else []
    return [*above, *_body(rest, grids, page), *below, *stamp]


def _body(fragments: Sequence[Fragment], grids: Sequence[Grid], page: int) -> list[Item]:
    inside: dict[int, list[Fragment]] = {at: [] for at in range(len(grids))}
    free: list[Fragment] = []
    for fragment in fragments:
        at = next((at for at, grid in enumerate(grids) if grid.holds(fragment.box)), None)
        (free if at is None else inside[at]).append(fragment)
    tables: dict[int, Table] = {}
    for at, grid in enumerate(grids):
        table = _ruled(grid, inside[at], page)
        if table is None:
            free.extend(inside[at])
        else:
            place = Fragment(box=table.box, text=_LIKE_PROSE, size=10.0, bold=False)
            tables[id(place)] = table
            free.append(place)
    return [item for column in columns_of(free) for item in _column_items(column, page, tables)]


def _ruled(grid: Grid, fragments: list[Fragment], page: int) -> Table | None:
    rows = rows_of(grid, fragments)
    if sum(sum(bool(cell) for cell in row.cells) > 1 for row in rows) < 2:  # noqa: PLR2004 - a frame, no table
        return None
    return Table(page=page, box=grid.box, rows=tuple(map(_row, rows)))


def _row(row: TableRow) -> Row:
    bold = all(part.bold for cell in row.cells for part in cell)
    return Row(box=row.box, cells=tuple(map(text_of, row.cells)), bold=bold)


def text_of(fragments: Iterable[Fragment]) -> str:
    """The text of a cell's fragments, line by line."""
    lines = lines_of(list(fragments))
    return joined([marked(" ".join(part.text for part in line)) for line in lines])


def joined(lines: Iterable[str]) -> str:
    """Lines made one text; a hyphen that pdfium takes for a line end's is kept as a mark for later."""
    text = ""
    for line in lines:
        text = f"{text}{line}" if text.endswith(HYPHEN) or not text else f"{text} {line}"
    return text


def lines_of(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Fragments at one height, left to right; lines from the top."""
    lines: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda one: (-(one.box.y0 + one.box.y1), one.box.x0)):
        box = fragment.box
        if lines:
            last = lines[-1][0].box
            shared = min(last.y1, box.y1) - max(last.y0, box.y0)
            if shared > 0.5 * min(last.y1 - last.y0, box.y1 - box.y0):
                lines[-1].append(fragment)
                continue
        lines.append([fragment])
    for line in lines:
        line.sort(key=lambda one: one.box.x0)
    return lines


def _column_items(fragments: list[Fragment], page: int, tables: Mapping[int, Table]) -> Iterator[Item]:
    """The lines and tables of one column; ruled tables stand in it as one fragment each."""
    lines = [_with_mark(line) for line in lines_of([one for one in fragments if id(one) not in tables])]
    places = sorted((one for one in fragments if id(one) in tables), key=lambda one: -one.box.y1)
    right = _right_edge(lines)
    at = 0
    for place in [*places, None]:
        end = at
        while end < len(lines) and (place is None or lines[end][0].box.y0 >= place.box.y0):
            end += 1
        yield from _run_items(lines[at:end], page, right)
        at = end
        if place is not None:
            yield tables[id(place)]


def _run_items(lines: Sequence[list[Fragment]], page: int, right: float) -> Iterator[Item]:
    at = 0
    while at < len(lines):
        used, rows = unruled(lines[at:])
        if rows:
            yield Table(page=page, box=_around([row.box for row in rows]), rows=tuple(map(_row, rows)))
            at += used
        else:
            yield _line(lines[at], page, right)
            at += 1


def _right_edge(lines: Sequence[Sequence[Fragment]]) -> float:
    ends = sorted(line[-1].box.x1 for line in lines)
    return ends[int(0.95 * (len(ends) - 1))] if ends else 0.0


def _with_mark(line: list[Fragment]) -> list[Fragment]:
    """A number or bullet and the one text beside it are one fragment."""
    if len(line) == 2:  # noqa: PLR2004
        mark = mark_of(line[0].text)
        if mark is not None and mark.end == len(line[0].text):
            first, second = line
            box = _around([first.box, second.box])
            return [Fragment(box=box, text=f"{first.text} {second.text}", size=second.size, bold=second.bold)]
    return line


def _line(parts: Sequence[Fragment], page: int, right: float) -> Line:
    weight = sum(len(part.text) for part in parts if part.bold)
    text = marked(" ".join(part.text for part in parts))
    return Line(
        page=page, box=_around([part.box for part in parts]), parts=tuple(parts), text=text,
        size=max(parts, key=lambda part: len(part.text)).size, bold=2 * weight > len(text), right=right,
    )  # fmt: skip


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        x0=min(box.x0 for box in boxes), y0=min(box.y0 for box in boxes),
        x1=max(box.x1 for box in boxes), y1=max(box.y1 for box in boxes),
    )  # fmt: skip
