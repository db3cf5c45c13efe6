"""Which figure belongs to which kind: by dimension, role and distance; where two fit, nobody gets it.

A figure is never made up, converted or taken from another segment.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from drverify.model.contract import Kind
from drverify.reading.cue import Segment
from drverify.reading.kinds import Candidate
from drverify.reading.limits import Bound, fitting
from drverify.reading.nearest import nearest
from drverify.reading.pairs import BOTH, in_turn
from drverify.reading.quantities import Found
from drverify.reading.rows import in_row
from drverify.reading.tables.attach import TAKES

__all__ = ["Bound", "bound", "fitting", "has_role"]

_SHORT_CELL = 60
_SPACING = re.compile(
    r"\W*(?:may\s+|shall\s+|will\s+)?(?:lies?|pass(?:es)?|elapses?|is|are)?\s*(?:between\b|apart\b)",
    re.IGNORECASE,
)
_AGED: frozenset[Kind] = frozenset({"rto", "restore_time"})
_OLD = re.compile(r"\W{0,2}(?:old|of\s+age)\b", re.IGNORECASE)
_EFFORT = re.compile(
    r"\W*of\s+(?:\w+\s+)?(?:labou?r|effort|(?:engineer\w*|technician\w*|staff|consult\w+)(?:['\u2019]s?)?\s+time)\b",
    re.IGNORECASE,
)
_OLDER = re.compile(
    r"\b(?:(?:older|newer|younger)\s+than|(?:the|its|their|your)\s+(?:last|past|previous|preceding|most\s+recent))\s+(?:\w+\s+)?\W{0,2}$",
    re.IGNORECASE,
)
"""What makes a duration the age of what is restored, or work that is paid: of a restore it is no limit."""


def has_role(found: Sequence[Found], dimension: str) -> bool:
    """Whether a figure of the dimension is among them; a stretch of a time line counts as a duration."""
    wanted = {"duration": {"duration", "position", "count"}, "time": {"duration"}}.get(dimension, {dimension})
    return any(
        (one.role in wanted and (one.quantity is not None or one.problem))
        or (one.role == "unknown" and one.problem)
        for one in found
    )


def bound(
    segment: Segment, text: str, kinds: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """For each kind the figures that are its own, in the text's order."""
    return {
        kind: left
        for kind, got in _bound(segment, text, kinds, found).items()
        if (left := tuple(one for one in got if not _is_no_limit(kind, one, segment, text)))
    }


def _is_no_limit(kind: Kind, one: Bound, segment: Segment, text: str) -> bool:
    """Whether a time to restore would be an age or work: "up to 7 days old", "2 hours of labour"."""
    if kind not in _AGED or one.figure is None:
        return False
    start, end = (at - segment.span.start for at in (one.figure.span.start, one.figure.span.end))
    return bool(_OLD.match(text, end) or _EFFORT.match(text, end) or _OLDER.search(text, 0, start))


def _bound(
    segment: Segment, text: str, kinds: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    taking = [one for one in kinds if one.kind in TAKES]
    if not taking or not found:
        return {}
    if segment.block.kind == "row" and segment.block.cells and _is_grid(segment, found):
        return in_row(segment, text, taking, found)
    found = [one for at in found if (one := _spaced(at, segment, text)) is not None]
    paired = _in_order(segment, text, taking, found)
    if paired:
        return paired
    return nearest(text, taking, found, segment.span.start)


def _in_order(
    segment: Segment, text: str, taking: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """Two objectives named in one breath, then their figures or one: "RTO/RPO: 4 hours / 15 minutes"."""
    named = BOTH.search(text)
    kinds = {one.kind for one in taking}
    if named is None or not {"rto", "rpo"} <= kinds or not kinds <= {"rto", "rpo", "dr_plan"}:
        return {}
    behind = [
        one for one in found if one.role == "duration" and one.span.start - segment.span.start >= named.end()
    ]
    return in_turn(named, behind) if len(behind) == len(found) else {}


def _spaced(one: Found, segment: Segment, text: str) -> Found | None:
    """A duration between two events is an interval; the least that must lie between them is no figure."""
    if one.role != "duration" or not _SPACING.match(text, one.span.end - segment.span.start):
        return one
    return replace(one, role="interval") if one.comparator in {"<=", "<"} else None


def _is_grid(segment: Segment, found: Sequence[Found]) -> bool:
    """Whether the row is one of short cells; a cell of prose is read as prose."""
    longest = max(
        (
            cell.end - cell.start
            for cell in segment.block.cells
            for one in found
            if cell.start <= one.span.start < cell.end
        ),
        default=0,
    )
    return bool(segment.header) or longest <= _SHORT_CELL
