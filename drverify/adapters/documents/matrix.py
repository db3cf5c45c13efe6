"""Tables of responsibilities whose columns were lost: "Restore files   Perform Load tapes Perform".

A heading names two parties, and each row ends in a word that says who does it. A single space before
that word puts it in the first column, a wide gap or a line of its own in the second, for the empty cell
between left its space behind.
"""

import re
from dataclasses import dataclass

from drverify.model.agreement import Span
from drverify.model.document import Remark

_HEADER = re.compile(
    r"(?P<task>RESPONSIBILIT(?:Y|IES)|Responsibilit(?:y|ies)|TASKS?|Tasks?)\s+(?P<a>[A-Z]\w+)\s+(?P<b>[A-Z]\w+)"
    r"(?=\s*$|\s+-\s)"
)
_WORDS = "Perform|Assist|Responsible|X"
_MARK = re.compile(
    rf"(?<=\S)(?P<gap>[ \t]+)(?P<mark>{_WORDS})(?:[ \t](?P<other>{_WORDS}))?(?=\s+[A-Z-]|[ \t]{{2,}}|[ \t]*$)"
)
_LONE = re.compile(rf"(?P<mark>{_WORDS})(?=[ \t]+[A-Z-]|[ \t]*$)")
_TITLE = re.compile(r"-\s[^-\n]{3,80}?\s-[ \t]+")
_WIDE = 3
_LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """A row that was found again; a heading between rows has no cells."""

    span: Span
    cells: tuple[Span, ...] = ()


def header_of(content: str, start: int, end: int) -> tuple[Span, ...]:
    """The three cells of the heading a line begins with; empty where it begins with none."""
    found = _HEADER.match(content[start:end])
    if found is None:
        return ()
    return tuple(
        Span(start=start + found.start(name), end=start + found.end(name)) for name in ("task", "a", "b")
    )


def rows_of(content: str, task: Span | None, start: int, end: int) -> tuple[list[MatrixRow], Span | None]:
    """The rows that end in a line, and what remains of it.

    `task` is what remained of the line before, whose mark may stand alone at the beginning of this one.
    """
    rows: list[MatrixRow] = []
    at = start
    if task is not None and (lone := _LONE.match(content[start:end])):
        mark = Span(start=start, end=start + lone.end("mark"))
        rows.append(_row(task, mark, second=True))
        at = _skip(content, mark.end, end)
    while at < end:
        if title := _TITLE.match(content[at:end]):
            rows.append(MatrixRow(span=Span(start=at, end=at + len(title.group().rstrip()))))
            at += title.end()
        found = _MARK.search(content, at + 1, end) if end - at < _LONGEST else None
        if found is None:
            break
        task = Span(start=at, end=found.start("gap"))
        mark = Span(start=found.start("mark"), end=found.end("mark"))
        if found["other"]:
            other = Span(start=found.start("other"), end=found.end("other"))
            rows.append(MatrixRow(span=Span(start=at, end=other.end), cells=(task, mark, other)))
        else:
            rows.append(_row(task, mark, second=len(found["gap"].expandtabs()) >= _WIDE))
        at = _skip(content, found.end(), end)
    return rows, Span(start=at, end=end) if at < end else None


def _skip(content: str, at: int, end: int) -> int:
    while at < end and content[at].isspace():
        at += 1
    return at


def _row(task: Span, mark: Span, *, second: bool) -> MatrixRow:
    empty = Span(start=mark.start, end=mark.start) if second else Span(start=mark.end, end=mark.end)
    cells = (task, empty, mark) if second else (task, mark, empty)
    return MatrixRow(span=Span(start=task.start, end=mark.end), cells=cells)


def columns_lost(line: int) -> Remark:
    """What is said of a table whose columns were told by spaces."""
    detail = f"the columns of the table below line {line} were lost; they are told by the spaces left behind"
    return Remark(kind="columns-lost", detail=detail, blocks_absence=False)
