"""Figures of a row of a table: the head of the column decides, then the first cell, then the kind."""

from collections.abc import Iterable, Sequence

from drverify.model.agreement import Span
from drverify.model.contract import Kind
from drverify.reading.cue import Segment
from drverify.reading.kinds import Candidate
from drverify.reading.limits import Bound, bound_of, takes, words_of
from drverify.reading.masking import with_copies_named
from drverify.reading.nearest import nearest
from drverify.reading.pairs import BOTH, in_turn
from drverify.reading.quantities import Found

_SEVERAL = 2


def in_row(
    segment: Segment, text: str, taking: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """In a table the column's head decides, then the row's first cell, then what the kind takes."""
    cells = segment.block.cells
    answer: dict[Kind, list[Bound]] = {}
    spoken = {
        one.kind: _without_labels(segment, one.kind, _speaking_columns(segment, one.kind), found)
        for one in taking
    }
    headed = frozenset().union(*spoken.values())
    done: set[Span] = set()
    for column, cell in enumerate(cells):
        inside = [one for one in found if cell.start <= one.span.start < cell.end]
        head = segment.header[column] if column < len(segment.header) else ""
        told = _of_both(head, taking, inside) or (
            {} if column in headed else _of_prose(segment, text, cell, taking, inside)
        )
        for kind, bounds in told.items():
            answer.setdefault(kind, []).extend(bounds)
        done.update(one.span for one in inside if told)
    for one in found:
        if one.span in done:
            continue
        if _is_age_of_row(one, cells[0], taking):
            answer.setdefault("retention", []).append(bound_of("retention", one, age=True))
            continue
        column = next((at for at, cell in enumerate(cells) if cell.start <= one.span.start < cell.end), -1)
        if column < 0:
            continue
        fitting = [candidate for candidate in taking if takes(candidate.kind, one)]
        own = [candidate for candidate in fitting if column in spoken[candidate.kind]]
        free = [candidate for candidate in fitting if not spoken[candidate.kind]]
        chosen = own or free
        if not chosen:
            continue
        winner = max(chosen, key=lambda candidate: candidate.weight)
        if not _fits_column(segment, winner.kind, one, found):
            continue
        answer.setdefault(winner.kind, []).append(bound_of(winner.kind, one))
    return {kind: tuple(_different(bounds)) for kind, bounds in answer.items()}


def _of_both(
    head: str, taking: Sequence[Candidate], inside: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """A column of two objectives: "RTO / RPO" above "4 h / 15 min"."""
    named = BOTH.search(head)
    if named is None or not {"rto", "rpo"} <= {one.kind for one in taking}:
        return {}
    if any(one.role != "duration" for one in inside):
        return {}
    return in_turn(named, inside)


def _of_prose(
    segment: Segment,
    text: str,
    cell: Span,
    taking: Sequence[Candidate],
    inside: Sequence[Found],
) -> dict[Kind, tuple[Bound, ...]]:
    """A cell that says itself what its figures are: "RPO 4 h, RTO 8 h" below "Commitment"."""
    offset = segment.span.start
    if len(inside) < _SEVERAL:
        return {}
    words = text[cell.start - offset : cell.end - offset]
    named = [one for one in taking if words_of(one.kind).search(words)]
    if len(named) < _SEVERAL:
        return {}
    return nearest(text, named, inside, offset, within=(cell.start - offset, cell.end - offset))


def _is_age_of_row(one: Found, first: Span, taking: Sequence[Candidate]) -> bool:
    """Whether the row's first cell is a stretch of time ("Days 4-6") for which copies are kept."""
    return (
        first.start <= one.span.start < first.end
        and _is_stretch(one)
        and any(candidate.kind == "retention" for candidate in taking)
    )


def _different(bounds: Iterable[Bound]) -> list[Bound]:
    """Every cell's figure is its own statement, but within one cell a repeated one is not."""
    kept: list[Bound] = []
    for one in bounds:
        if not any(other.figure == one.figure for other in kept):
            kept.append(one)
    return kept


def _speaking_columns(segment: Segment, kind: Kind) -> frozenset[int]:
    words = words_of(kind)
    return frozenset(at for at, head in enumerate(segment.header) if words.search(with_copies_named(head)))


def _without_labels(
    segment: Segment, kind: Kind, columns: frozenset[int], found: Sequence[Found]
) -> frozenset[int]:
    """The columns without the first, when that only names the row and has no figure for the kind."""
    first = segment.block.cells[0]
    labels = kind != "backup_frequency" and not any(
        first.start <= one.span.start < first.end and takes(kind, one) for one in found
    )
    return columns - {0} if labels else columns


def _fits_column(segment: Segment, kind: Kind, one: Found, found: Sequence[Found]) -> bool:
    if kind != "retention":
        return True
    first = segment.block.cells[0]
    ages = [other for other in found if first.start <= other.span.start < first.end and _is_stretch(other)]
    if ages:
        return one is ages[0]
    return one.role != "count" or not any(other.role == "duration" for other in found)


def _is_stretch(one: Found) -> bool:
    return (
        one.quantity is not None and one.quantity.upper is not None and one.role in {"duration", "position"}
    )
