"""Ruled tables of a page: from the straight lines drawn on it to rows and cells."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drverify.adapters.documents.pdf_page import Box, Fragment

_NEAR = 3.5
"""Points within which lines meet."""
_MAX_RULES = 2500
_WIDE = 0.9
_MAX_CELLS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The rules of one table."""

    box: Box
    xs: tuple[float, ...]
    """Column edges, left to right."""
    ys: tuple[float, ...]
    """Row edges, from the bottom."""
    vertical: tuple[Box, ...]
    horizontal: tuple[Box, ...]

    def holds(self, box: Box) -> bool:
        """Whether the middle of `box` is in the table."""
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        return self.box.x0 <= x <= self.box.x1 and self.box.y0 <= y <= self.box.y1

    def place(self, box: Box) -> tuple[int, int]:
        """Row (from the top) and column of the cell that holds `box`; the first of merged cells."""
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        column = min(max(bisect_right(self.xs, x) - 1, 0), len(self.xs) - 2)
        row = min(max(bisect_right(self.ys, y) - 1, 0), len(self.ys) - 2)
        while column > 0 and not _crossed(self.vertical, self.xs[column], y, upright=True):
            column -= 1
        while row < len(self.ys) - 2 and not _crossed(self.horizontal, self.ys[row + 1], x, upright=False):
            row += 1
        return len(self.ys) - 2 - row, column


def _crossed(rules: Iterable[Box], at: float, along: float, *, upright: bool) -> bool:
    """Whether a rule stands at `at` where the other coordinate is `along`."""
    for rule in rules:
        place = rule.x0 if upright else rule.y0
        low, high = (rule.y0, rule.y1) if upright else (rule.x0, rule.x1)
        if abs(place - at) <= _NEAR and low - 1 <= along <= high + 1:
            return True
    return False


def grids_of(rules: Sequence[Box]) -> list[Grid]:
    """The tables that the rules make, from the top of the page."""
    upright = _merged([rule for rule in rules if rule.x1 - rule.x0 < rule.y1 - rule.y0], upright=True)
    level = _merged([rule for rule in rules if rule.x1 - rule.x0 >= rule.y1 - rule.y0], upright=False)
    if not upright or not level or len(upright) + len(level) > _MAX_RULES:
        return []
    found = [_grid(group) for group in _groups([*upright, *level], len(upright))]
    return sorted((grid for grid in found if grid is not None), key=lambda grid: (-grid.box.y1, grid.box.x0))


def _merged(rules: list[Box], *, upright: bool) -> list[Box]:
    """Rules in one line that touch become one; the middle of thick ones."""
    lines: dict[int, list[tuple[float, float, float]]] = {}
    for rule in rules:
        at = (rule.x0 + rule.x1) / 2 if upright else (rule.y0 + rule.y1) / 2
        low, high = (rule.y0, rule.y1) if upright else (rule.x0, rule.x1)
        lines.setdefault(round(at / 2), []).append((low, high, at))
    made = []
    for spans in lines.values():
        spans.sort()
        low, high, at = spans[0]
        for next_low, next_high, _ in spans[1:]:
            if next_low <= high + 1:
                high = max(high, next_high)
            else:
                made.append(_rule(low, high, at, upright=upright))
                low, high = next_low, next_high
        made.append(_rule(low, high, at, upright=upright))
    return made


def _rule(low: float, high: float, at: float, *, upright: bool) -> Box:
    return Box(x0=at, y0=low, x1=at, y1=high) if upright else Box(x0=low, y0=at, x1=high, y1=at)


def _groups(rules: list[Box], upright: int) -> list[list[Box]]:
    """Rules that hang together by crossing or touching."""
    parent = list(range(len(rules)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for first in range(upright):
        standing = rules[first]
        for second in range(upright, len(rules)):
            lying = rules[second]
            if (
                lying.x0 - _NEAR <= standing.x0 <= lying.x1 + _NEAR
                and standing.y0 - _NEAR <= lying.y0 <= standing.y1 + _NEAR
            ):
                parent[root(first)] = root(second)
    groups: dict[int, list[Box]] = {}
    for at, rule in enumerate(rules):
        groups.setdefault(root(at), []).append(rule)
    return list(groups.values())


def _grid(rules: list[Box]) -> Grid | None:
    box = Box(
        x0=min(rule.x0 for rule in rules),
        y0=min(rule.y0 for rule in rules),
        x1=max(rule.x1 for rule in rules),
        y1=max(rule.y1 for rule in rules),
    )
    upright = [rule for rule in rules if rule.x0 == rule.x1]
    level = [rule for rule in rules if rule.x0 != rule.x1]
    xs = _distinct([box.x0, *(rule.x0 for rule in upright), box.x1])
    wide = _WIDE * (box.x1 - box.x0)
    level = [
        rule
        for rule in level
        if rule.x1 - rule.x0 >= wide or (_is_near(rule.x0, xs) and _is_near(rule.x1, xs))
    ]
    ys = _distinct([box.y0, *(rule.y0 for rule in level), box.y1])
    enough = len(xs) > 2 and len(ys) > 2 and (len(xs) - 1) * (len(ys) - 1) <= _MAX_CELLS  # noqa: PLR2004
    if not enough:
        return None
    return Grid(box=box, xs=tuple(xs), ys=tuple(ys), vertical=tuple(upright), horizontal=tuple(level))


def _distinct(values: Iterable[float]) -> list[float]:
    made: list[float] = []
    for number in sorted(values):
        if not made or number - made[-1] > _NEAR:
            made.append(number)
    return made


def _is_near(value: float, values: Iterable[float]) -> bool:
    return any(abs(value - other) <= _NEAR + 1 for other in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row: the fragments of its cells."""

    box: Box
    cells: tuple[tuple[Fragment, ...], ...]


def rows_of(grid: Grid, fragments: Iterable[Fragment]) -> list[TableRow]:
    """The rows of a table that hold anything, from the top; empty columns are left out."""
    columns = len(grid.xs) - 1
    cells: dict[tuple[int, int], list[Fragment]] = {}
    for fragment in fragments:
        cells.setdefault(grid.place(fragment.box), []).append(fragment)
    used = [column for column in range(columns) if any(place[1] == column for place in cells)]
    rows = []
    for row in sorted({place[0] for place in cells}):
        top, bottom = grid.ys[len(grid.ys) - 1 - row], grid.ys[len(grid.ys) - 2 - row]
        box = Box(x0=grid.box.x0, y0=bottom, x1=grid.box.x1, y1=top)
        rows.append(TableRow(box=box, cells=tuple(tuple(cells.get((row, column), ())) for column in used)))
    return rows
