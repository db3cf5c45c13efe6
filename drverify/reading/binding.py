"""Which figure belongs to which kind: by dimension, role and distance; where two fit, nobody gets it.

A figure is never made up, converted or taken from another segment.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from drverify.model.agreement import Span
from drverify.model.contract import Figure, Kind
from drverify.model.quantity import Comparator, Quantity
from drverify.reading.cue import Segment
from drverify.reading.kinds import Candidate
from drverify.reading.masking import with_copies_named
from drverify.reading.quantities import Found
from drverify.reading.tables.attach import COMPANIONS, MANY, STANDS_BY, TAKES, TAKES_AWAY

_NEAR = 140
_TIE = 2
_TOGETHER = 60
_RANGE_GAP = 8
_BEHIND = 1.3
_SHORT_CELL = 60
_WHOLE = 100
_LEAST_UPTIME = 80
"""Per cent; what is less is a credit, a share or a price."""
_COUNTED = re.compile(
    r"\b(?:retain\w*|retention|kept|keep\w*|last|latest|most\s+recent|versions?|generations?|increments?|rotation|history|daily|weekly|monthly)\b",
    re.IGNORECASE,
)
"""What makes a number of copies a retention."""
_BREAK = re.compile(r"[;.]\s|\||\n\s*\n")
_COMMA = re.compile(r"[,:]\s|\band\b|\bor\b")
_OR_ELSE = re.compile(
    r"\breturn\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+){0,2}(?:destr|delet|eras)|\b(?:destr|delet|eras)\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+)?return",
    re.IGNORECASE,
)
_OR_ELSE_REACH = 220
_NEXT_ONE = re.compile(r"\s*,?\s*(?:and|or|but|while)\s+(?:the|an?|its|their)\s", re.IGNORECASE)
_SPACING = re.compile(
    r"\W*(?:may\s+|shall\s+|will\s+)?(?:lies?|pass(?:es)?|elapses?|is|are)?\s*(?:between\b|apart\b)", re.IGNORECASE
)
_WIDE: Mapping[str, int] = {"percent": 220}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A figure of a provision to be; `figure` None with a problem when the place is there but no value."""

    figure: Figure | None
    problem: str = ""
    hedge: str = ""


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    start: int
    end: int


@cache
def _words_of(kind: Kind) -> re.Pattern[str]:
    return re.compile(STANDS_BY[kind], re.IGNORECASE)


@cache
def _others() -> re.Pattern[str]:
    return re.compile(TAKES_AWAY, re.IGNORECASE)


def has_role(found: Sequence[Found], dimension: str) -> bool:
    """Whether a figure of the dimension is among them; a stretch of a time line counts as a duration."""
    wanted = {"duration": {"duration", "position", "count"}, "interval": {"interval"}}.get(
        dimension, {dimension}
    )
    return any(
        (one.role in wanted and (one.quantity is not None or one.problem))
        or (one.role == "unknown" and one.problem)
        for one in found
    )


def bound(
    segment: Segment, text: str, kinds: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """For each kind the figures that are its own, in the text's order."""
    taking = [one for one in kinds if one.kind in TAKES]
    if not taking or not found:
        return {}
    if segment.block.kind == "row" and segment.block.cells and _is_grid(segment, found):
        return _in_row(segment, taking, found)
    found = [one for at in found if (one := _spaced(at, segment, text)) is not None]
    words = _all_words(text, taking)
    shares = _Shares(segment.span.start)
    for one in found:
        if one.role == "count" and (_is_one(one) or _COUNTED.search(text) is None):
            continue
        _assign(one, text, taking, words, shares)
    answer: dict[Kind, tuple[Bound, ...]] = {}
    for candidate in taking:
        got = _chosen(candidate.kind, shares.gained.get(candidate.kind, []))
        if got:
            answer[candidate.kind] = tuple(_bound(candidate.kind, one) for one in got)
        elif candidate.kind in shares.shared:
            answer[candidate.kind] = (Bound(figure=None, problem="two_figures"),)
    return answer


def _spaced(one: Found, segment: Segment, text: str) -> Found | None:
    """A duration that lies between two events is an interval; the least that must lie between is no figure of a kind."""
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


def _is_one(one: Found) -> bool:
    return one.quantity is not None and one.quantity.value == 1 and one.quantity.upper is None


def _all_words(text: str, taking: Sequence[Candidate]) -> list[_Word]:
    words = [_Word("", match.start(), match.end()) for match in _others().finditer(text)]
    for candidate in taking:
        words.extend(
            _Word(candidate.kind, match.start(), match.end())
            for match in _words_of(candidate.kind).finditer(text)
        )
    return words


@dataclass(slots=True)
class _Shares:
    """Who got which figure at which cost, and which figures two could have had."""

    offset: int
    """Of the segment's text in the document."""
    gained: dict[Kind, list[tuple[float, Found]]] = field(default_factory=dict)
    shared: dict[Kind, list[Found]] = field(default_factory=dict)


def _assign(
    one: Found, text: str, taking: Sequence[Candidate], words: Sequence[_Word], shares: _Shares
) -> None:
    """Give a figure to the kind whose words are nearest."""
    fitting = [candidate for candidate in taking if _takes(candidate.kind, one)]
    if not fitting:
        return
    start, end = one.span.start - shares.offset, one.span.end - shares.offset
    costs = _costs(text, start, end, words)
    ranked = sorted(
        (
            (costs.get(candidate.kind, _inherited(candidate)), at, candidate)
            for at, candidate in enumerate(fitting)
        ),
        key=lambda entry: entry[:2],
    )
    best, _, winner = ranked[0]
    limit = _WIDE.get(one.role, _NEAR)
    if best > limit or costs.get("", 1e9) < best:
        return
    rival = ranked[1][2].kind if len(ranked) > 1 else winner.kind
    if (
        len(ranked) > 1
        and rival not in COMPANIONS.get(winner.kind, ())
        and ranked[1][0] - best <= _TIE
        and winner.weight == ranked[1][2].weight
    ):
        for _, _, candidate in ranked[:2]:
            shares.shared.setdefault(candidate.kind, []).append(one)
        return
    shares.gained.setdefault(winner.kind, []).append((best, one))
    together = _OR_ELSE_REACH if _OR_ELSE.search(text) else _TOGETHER
    for cost, _, candidate in ranked[1:]:
        if candidate.kind in COMPANIONS.get(winner.kind, ()) and cost - best <= together:
            shares.gained.setdefault(candidate.kind, []).append((cost, one))


def _inherited(candidate: Candidate) -> float:
    return 60.0 if candidate.inherited else 1e9


def _takes(kind: Kind, one: Found) -> bool:
    if kind == "uptime" and one.quantity is not None and not _LEAST_UPTIME <= one.quantity.value <= _WHOLE:
        return False
    return one.role in TAKES[kind] or (one.role == "unknown" and bool(one.problem))


def _costs(text: str, start: int, end: int, words: Sequence[_Word]) -> dict[str, float]:
    """By kind (and "" for what takes figures away) how far the nearest of its words is from the figure."""
    costs: dict[str, float] = {}
    for word in words:
        if word.end <= start:
            gap: float = start - word.end
            between = text[word.end : start]
        elif word.start >= end:
            gap = (word.start - end) * _BEHIND
            between = text[end : word.start]
        elif not word.kind:  # "8 business hours": a word of the figure itself takes nothing away
            continue
        else:
            gap, between = 0, ""
        if gap > 2 * _NEAR:
            continue
        if word.start >= end and _NEXT_ONE.match(between):
            gap += 60
        gap += 120 * len(_BREAK.findall(between)) + 8 * len(_COMMA.findall(between))
        if gap < costs.get(word.kind, 1e9):
            costs[word.kind] = gap
    return costs


def _chosen(kind: Kind, gained: list[tuple[float, Found]]) -> list[Found]:
    for role in TAKES[kind]:
        fitting = [(cost, one) for cost, one in gained if one.role == role]
        if fitting:
            if kind in MANY:
                return _distinct(_without_upper_ends([one for _, one in fitting]))
            return [min(fitting, key=lambda entry: (entry[0], entry[1].span.start))[1]]
    return [one for _, one in gained[:1]]


def _without_upper_ends(found: list[Found]) -> list[Found]:
    """Of "between 7 days and 6 months" only the first: one statement, and its upper end has another unit."""
    kept: list[Found] = []
    for one in found:
        last = kept[-1] if kept else None
        if (
            last is not None
            and last.comparator == ">="
            and one.comparator == "<="
            and one.span.start - last.span.end <= _RANGE_GAP
        ):
            kept[-1] = replace(last, comparator="between")
            continue
        kept.append(one)
    return kept


def _distinct(found: Iterable[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in found:
        if not any(one.quantity == other.quantity and one.quantity is not None for other in kept):
            kept.append(one)
    return kept


def _in_row(
    segment: Segment, taking: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """In a table the column's head decides, then the row's first cell, then what the kind takes."""
    cells = segment.block.cells
    answer: dict[Kind, list[Bound]] = {}
    spoken = {
        one.kind: _without_labels(segment, one.kind, _speaking_columns(segment, one.kind), found)
        for one in taking
    }
    for one in found:
        if _is_age_of_row(one, cells[0], taking):
            answer.setdefault("retention", []).append(_bound("retention", one, age=True))
            continue
        column = next((at for at, cell in enumerate(cells) if cell.start <= one.span.start < cell.end), -1)
        if column < 0:
            continue
        fitting = [candidate for candidate in taking if _takes(candidate.kind, one)]
        headed = [candidate for candidate in fitting if column in spoken[candidate.kind]]
        free = [candidate for candidate in fitting if not spoken[candidate.kind]]
        chosen = headed or free
        if not chosen:
            continue
        winner = max(chosen, key=lambda candidate: candidate.weight)
        if not _fits_column(segment, winner.kind, one, found):
            continue
        answer.setdefault(winner.kind, []).append(_bound(winner.kind, one))
    return {kind: tuple(_different(bounds)) for kind, bounds in answer.items()}


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
    words = _words_of(kind)
    return frozenset(at for at, head in enumerate(segment.header) if words.search(with_copies_named(head)))


def _without_labels(segment: Segment, kind: Kind, columns: frozenset[int], found: Sequence[Found]) -> frozenset[int]:
    """The columns without the first, when that only names the row ("Generation") and has no figure for the kind."""
    first = segment.block.cells[0]
    labels = kind == "retention" and not any(first.start <= one.span.start < first.end and _takes(kind, one) for one in found)
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


def _bound(kind: Kind, one: Found, *, age: bool = False) -> Bound:
    if one.quantity is None:
        return Bound(figure=None, problem=one.problem or "placeholder", hedge=one.hedged)
    quantity, comparator = _as_limit(kind, one, age=age)
    figure = Figure(quantity=quantity, comparator=comparator, clock=one.clock, span=one.span)
    return Bound(figure=figure, problem=one.problem, hedge=one.hedged)


def _as_limit(kind: Kind, one: Found, *, age: bool) -> tuple[Quantity, Comparator]:
    quantity = one.quantity
    assert quantity is not None  # noqa: S101 - checked by the caller
    if kind == "retention" and quantity.upper is not None and (one.role == "position" or age):
        return replace(quantity, value=quantity.upper, upper=None), "="
    if kind in {"rto", "restore_time", "rpo"} and one.comparator in {">", ">="}:
        return quantity, "<="
    return quantity, one.comparator


def fitting(kind: Kind, found: Sequence[Found]) -> tuple[Bound, ...]:
    """Every figure that the kind may take, wherever it stands: for a place that somebody else pointed to."""
    return tuple(_bound(kind, one) for one in found if kind in TAKES and _takes(kind, one))
