"""Drafts of blocks -> the canonical text and its blocks, for formats whose own bytes are not their text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drverify.adapters.documents.layout import Shape, Shaper
from drverify.adapters.documents.markers import mark_of
from drverify.model.agreement import Span
from drverify.model.document import Block, BlockKind

BETWEEN_BLOCKS = "\n\n"
BETWEEN_ROWS = "\n"
BETWEEN_CELLS = " | "
_SHORT_CELL = 60
_HEADER_WORDS = 6
_MANY_ROWS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A block before it has a place in the canonical text."""

    kind: BlockKind
    text: str
    number: str = ""
    level: int = 0
    page: int | None = None
    locator: str = ""
    table: int | None = None
    cells: tuple[str, ...] = ()
    """Texts of a row's cells; `text` is then not used."""
    settled: bool = False
    """Whether kind and number are sure; otherwise a paragraph is looked at for a number or a heading."""
    plain: bool = False
    """Whether it is no heading unless it is numbered, whatever it looks like."""


def row_or_parts(cells: Sequence[Sequence[Draft]], row: Draft, *, goes_on: bool) -> list[Draft]:
    """What a table's row becomes: a row; its parts, where one cell holds all; a clause beside its number.

    `goes_on`: the table has had rows, so a single short cell is a row with empty cells.
    """
    full = [cell for cell in cells if cell]
    if not full:
        return []
    lone = goes_on and len(cells) > 1 and len(full[0]) == 1 and len(full[0][0].text) <= _SHORT_CELL
    if len(full) == 1 and not lone:
        return [replace(draft, locator=draft.locator or row.locator) for draft in full[0]]
    first = " ".join(draft.text for draft in full[0])
    mark = mark_of(first)
    if len(full) == 2 and mark is not None and mark.end == len(first):  # noqa: PLR2004 - number and clause
        head, *rest = full[1]
        if head.kind == "paragraph" and not head.settled:
            return [replace(head, text=f"{first} {head.text}", locator=row.locator), *rest]
    texts = tuple(" ".join(_flat(draft) for draft in cell if not draft.cells) for cell in cells)
    nested = [draft for cell in cells for draft in cell if draft.cells]
    return [replace(row, cells=texts), *nested]


def _flat(draft: Draft) -> str:
    return f"{draft.number} {draft.text}" if draft.number else draft.text


def render(drafts: Sequence[Draft]) -> tuple[str, tuple[Block, ...]]:
    """The canonical text and its blocks, in the order of the drafts."""
    drafts = _with_headers(drafts)
    parts: list[str] = []
    places: list[tuple[Draft, int, int, tuple[Span, ...]]] = []
    length = 0
    table: int | None = None
    for draft in drafts:
        text = BETWEEN_CELLS.join(draft.cells) if draft.cells else draft.text
        if not text.strip():
            continue
        if parts:
            parts.append(BETWEEN_ROWS if draft.table is not None and draft.table == table else BETWEEN_BLOCKS)
            length += len(parts[-1])
        table = draft.table
        places.append((draft, length, length + len(text), _cell_spans(draft.cells, length)))
        parts.append(text)
        length += len(text)
    content = "".join(parts)
    shaper = Shaper(content=content)
    blocks: list[Block] = []
    above = 0
    for place in places:
        made = _blocks(shaper, *place, above=above)
        blocks.extend(made)
        if place[0].kind == "heading":
            above = max((block.level for block in made if block.kind == "heading"), default=above)
    return content, tuple(blocks)


def _cell_spans(cells: Sequence[str], start: int) -> tuple[Span, ...]:
    spans = []
    for cell in cells:
        spans.append(Span(start=start, end=start + len(cell)))
        start += len(cell) + len(BETWEEN_CELLS)
    return tuple(spans)


def _blocks(
    shaper: Shaper, draft: Draft, start: int, end: int, cells: tuple[Span, ...], *, above: int
) -> list[Block]:
    """The blocks of a draft. Headings found within paragraphs stand below the heading `above`."""
    if draft.settled or draft.cells or draft.kind not in {"paragraph", "heading"}:
        number = draft.number
        if draft.kind == "heading" and not number:
            number = shaper.number_of(start, end)
        return [
            _block(
                draft, Shape(kind=draft.kind, start=start, end=end, number=number, level=draft.level), cells
            )
        ]
    if draft.kind == "heading":
        shapes = list(shaper.shapes(start, end, heading=draft.level))
        return [_block(draft, shape, ()) for shape in shapes]
    return [
        _block(draft, replace(shape, level=shape.level + above) if shape.kind == "heading" else shape, ())
        for shape in shaper.shapes(start, end, plain=draft.plain)
    ]


def _block(draft: Draft, shape: Shape, cells: tuple[Span, ...]) -> Block:
    return Block(
        kind=shape.kind,
        span=Span(start=shape.start, end=shape.end),
        number=shape.number,
        level=shape.level,
        page=draft.page,
        locator=draft.locator,
        table=draft.table,
        cells=cells,
    )


def _with_headers(drafts: Sequence[Draft]) -> list[Draft]:
    """The first row of a table without a marked header becomes one if it looks like it; tables renumbered."""
    rows: dict[int, list[int]] = {}
    for at, draft in enumerate(drafts):
        if draft.table is not None and draft.cells:
            rows.setdefault(draft.table, []).append(at)
    marked = list(drafts)
    for new, places in enumerate(rows.values()):
        for at in places:
            marked[at] = replace(marked[at], table=new)
        first = marked[places[0]]
        headless = all(marked[at].kind != "header-row" for at in places)
        if headless and len(places) >= _MANY_ROWS and looks_like_header(first.cells):
            marked[places[0]] = replace(first, kind="header-row")
    return marked


def looks_like_header(cells: Sequence[str]) -> bool:
    """Short texts without figures in every cell but perhaps the first."""
    filled = all(cell.strip() for cell in cells[1:])
    short = all(len(cell) <= _SHORT_CELL and len(cell.split()) <= _HEADER_WORDS for cell in cells)
    figures = any(character.isdigit() for cell in cells for character in cell)
    return len(cells) > 1 and filled and short and not figures
