"""Tables without rules: columns told by the white rivers between them, rows by the space above."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from drverify.adapters.documents.pdf_page import Box, Fragment
from drverify.adapters.documents.pdf_tables import TableRow

_NARROWEST = 3.0
"""Points of white between two columns."""
_WIDE = 0.62
"""Of the width of the lines: a stretch that wide is running text."""
_CROSSING = 0.15
"""Of the lines may cross a river (headings within the table)."""
_APART = 1.25
_REACH = 4.0
_USUAL = 0.15
_WRAPPED = 0.2
"""Of the lines going on in lower case: cells are wrapped over lines."""

_Lines = Sequence[Sequence[Fragment]]


def unruled(lines: _Lines) -> tuple[int, list[TableRow]]:
    """A table at the beginning of `lines`: how many of them it takes, and its rows (none if it is none)."""
    if len(lines[0]) < 2:  # noqa: PLR2004
        return 0, []
    region = _region(lines)
    while region and len(region[-1]) < 2:  # noqa: PLR2004
        region = region[:-1]
    edges = _columns(region)
    if len(edges) < 2 or sum(len(line) > 1 for line in region) < 2:  # noqa: PLR2004
        return 0, []
    region = [*region, *_tail(lines[len(region) :], region[-1], edges)]
    rows = _rows(region, edges)
    full = sum(sum(bool(cell) for cell in row.cells) > 1 for row in rows)
    if full < 2 or full < 0.5 * len(rows):  # noqa: PLR2004
        return 0, []
    return len(region), rows


def _region(lines: _Lines) -> list[Sequence[Fragment]]:
    """The lines up to the first of running text or a large space."""
    left = min(part.box.x0 for line in lines for part in line)
    right = max(part.box.x1 for line in lines for part in line)
    region: list[Sequence[Fragment]] = []
    for line in lines:
        if any(part.box.x1 - part.box.x0 > _WIDE * (right - left) for part in line):
            break
        if region and _distance(region[-1], line) > _REACH * line[0].size:
            break
        region.append(line)
    return region


def _columns(lines: _Lines) -> list[float]:
    """Left edges of the columns."""
    if not lines:
        return []
    left = min(part.box.x0 for line in lines for part in line)
    right = max(part.box.x1 for line in lines for part in line)
    covered = [0] * (int(right - left) + 2)
    for line in lines:
        for part in line:
            for at in range(int(part.box.x0 - left), int(part.box.x1 - left) + 1):
                covered[at] += 1
    allowed = int(_CROSSING * len(lines))
    edges: list[float] = []
    white = _NARROWEST
    for at, count in enumerate(covered):
        if count <= allowed:
            white += 1
            continue
        if white >= _NARROWEST:
            edges.append(left + at)
        white = 0
    return edges


def _tail(lines: _Lines, last: Sequence[Fragment], edges: Sequence[float]) -> list[Sequence[Fragment]]:
    """Lines after the last with several parts that still go on with a cell."""
    tail: list[Sequence[Fragment]] = []
    for line in lines:
        close = 0 <= _distance(last, line) <= 1.5 * line[0].size
        if len(line) > 1 or not close or _column(line[0].box.x0, edges) == 0:
            break
        tail.append(line)
        last = line
    return tail


def _column(x: float, edges: Sequence[float]) -> int:
    return max(0, bisect_right(edges, x + 2) - 1)


def _distance(upper: Sequence[Fragment], lower: Sequence[Fragment]) -> float:
    return upper[0].box.y0 - lower[0].box.y0


def _pitch(lines: _Lines, gaps: Sequence[float]) -> float:
    """The distance of lines within a cell: the smallest that is usual."""
    counts = Counter(round(gap) for line, gap in zip(lines, gaps, strict=False) if gap >= 0.9 * line[0].size)
    usual = [gap for gap in sorted(counts) if counts[gap] >= _USUAL * sum(counts.values())]
    return float(usual[0]) if usual else 0.0


def _rows(lines: _Lines, edges: Sequence[float]) -> list[TableRow]:
    """Lines of one row put together.

    Rows are set apart by space, or each line with a first cell begins one.
    """
    gaps = [_distance(upper, lower) for upper, lower in pairwise(lines)]
    pitch = _pitch(lines, gaps)
    spaced = any(gap > _APART * pitch + 0.5 for gap in gaps)
    going_on = sum(any(part.text[:1].islower() for part in line) for line in lines)
    wrapped = going_on > _WRAPPED * len(lines)
    rows: list[list[Fragment]] = []
    for at, line in enumerate(lines):
        first = _column(line[0].box.x0, edges) == 0 and not (wrapped and line[0].text[:1].islower())
        apart = at > 0 and gaps[at - 1] > _APART * pitch + 0.5
        if at == 0 or (apart if wrapped and spaced else first or apart):
            rows.append([])
        rows[-1].extend(line)
    made = []
    for row in rows:
        cells: list[list[Fragment]] = [[] for _ in edges]
        for part in row:
            cells[_column(part.box.x0, edges)].append(part)
        box = Box(
            x0=min(part.box.x0 for part in row), y0=min(part.box.y0 for part in row),
            x1=max(part.box.x1 for part in row), y1=max(part.box.y1 for part in row),
        )  # fmt: skip
        made.append(TableRow(box=box, cells=tuple(map(tuple, cells))))
    return made
