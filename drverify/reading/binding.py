"""Which figure belongs to which kind: by dimension, role and distance; where two fit, nobody gets it.

A figure is never made up, converted or taken from another segment.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from drverify.model.contract import Kind
from drverify.reading.cue import Segment
from drverify.reading.kinds import Candidate
from drverify.reading.limits import Bound, bound_of, fitting, takes, words_of
from drverify.reading.quantities import Found
from drverify.reading.rows import in_row
from drverify.reading.tables.attach import COMPANIONS, MANY, TAKES, TAKES_AWAY

__all__ = ["Bound", "bound", "fitting", "has_role"]

_NEAR = 140
_TIE = 2
_TOGETHER = 60
_RANGE_GAP = 8
_BEHIND = 1.3
_SHORT_CELL = 60
_COUNTED = re.compile(
    r"\b(?:retain\w*|retention|kept|keep\w*|available|stored|held|maintain\w*|last|latest|most\s+recent|versions?|generations?|increments?|rotation|history|daily|weekly|monthly)\b",
    re.IGNORECASE,
)
"""What makes a number of copies a retention."""
_BREAK = re.compile(r"[;.]\s|\||\n\s*\n")
_COMMA = re.compile(r"[,:]\s|\band\b|\bor\b")
_ENDS = re.compile(r"delet|overwr|purg|discard|prun", re.IGNORECASE)
"""Words by which keeping ends: of deletion, where the clause speaks of that, too."""
_OR_ELSE = re.compile(
    r"\breturn\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+){0,2}(?:destr|delet|eras)|\b(?:destr|delet|eras)\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+)?return",
    re.IGNORECASE,
)
_OR_ELSE_REACH = 220
_NEXT_ONE = re.compile(r"\s*,?\s*(?:and|or|but|while)\s+(?:the|an?|its|their)\s", re.IGNORECASE)
_SPACING = re.compile(
    r"\W*(?:may\s+|shall\s+|will\s+)?(?:lies?|pass(?:es)?|elapses?|is|are)?\s*(?:between\b|apart\b)",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:recovery\s+|R)(T|P|time|point)[\w\s]{0,12}?\s*(?:/|and|&|,)\s*(?:recovery\s+|R)(?!\1)(?:T|P|time|point)(?:O|\s+objective)s?\b",
    re.IGNORECASE,
)
_LEADS = re.compile(
    r"^\W*(?:[\d.()a-z]{1,6}\s+)?(?:(?:thereafter|and|but|or),?\s+)?(?:after|within|following|upon|no\s+later\s+than|not\s+later\s+than|at\s+the\s+(?:end|conclusion|expiry|expiration)\s+of)\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\s*(?:\([^)]{0,20}\)\s*)?(?:of|after|from|following|since|upon)\s+(?:[\w\u2019']+\s+){0,6}$",
    re.IGNORECASE,
)
"""Between a figure and the event that starts its clock: "within four hours of notification"."""
_EVENT = re.compile(r"notif|notice|report|approv|request", re.IGNORECASE)
_BY_CUE = 70.0
_SELDOM: frozenset[Kind] = frozenset({"offsite_copy", "immutability", "backup_monitoring", "retention"})
"""Kinds whose clauses seldom have a figure: only their own words give them one."""
_LABEL_GAP = 3
"""Characters between a label and its figure: "Database backups: 36 months"."""
_LEADING = 100.0
"""What a figure in front of its sentence ("After such 30-day period, ...") costs at most."""
_WIDE: Mapping[str, int] = {"percent": 220}


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    start: int
    end: int


@cache
def _others() -> re.Pattern[str]:
    return re.compile(TAKES_AWAY, re.IGNORECASE)


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
    taking = [one for one in kinds if one.kind in TAKES]
    if not taking or not found:
        return {}
    if segment.block.kind == "row" and segment.block.cells and _is_grid(segment, found):
        return in_row(segment, taking, found)
    found = [one for at in found if (one := _spaced(at, segment, text)) is not None]
    paired = _in_order(segment, text, taking, found)
    if paired:
        return paired
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
            answer[candidate.kind] = tuple(bound_of(candidate.kind, one) for one in got)
        elif candidate.kind in shares.shared:
            answer[candidate.kind] = (Bound(figure=None, problem="two_figures"),)
    return answer


def _in_order(
    segment: Segment, text: str, taking: Sequence[Candidate], found: Sequence[Found]
) -> dict[Kind, tuple[Bound, ...]]:
    """Two objectives named in one breath, then their two figures: "RTO/RPO: 4 hours / 15 minutes"."""
    named = _BOTH.search(text)
    kinds = {one.kind for one in taking}
    if named is None or not {"rto", "rpo"} <= kinds or not kinds <= {"rto", "rpo", "dr_plan"}:
        return {}
    behind = [
        one for one in found if one.role == "duration" and one.span.start - segment.span.start >= named.end()
    ]
    if len(behind) != len(found) or len(behind) != 2:  # noqa: PLR2004 - one for each
        return {}
    first: Kind = "rto" if named[1][0].lower() == "t" or "time" in named[1].lower() else "rpo"
    second: Kind = "rpo" if first == "rto" else "rto"
    return {first: (bound_of(first, behind[0]),), second: (bound_of(second, behind[1]),)}


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


def _is_one(one: Found) -> bool:
    return one.quantity is not None and one.quantity.value == 1 and one.quantity.upper is None


def _all_words(text: str, taking: Sequence[Candidate]) -> list[_Word]:
    words = [_Word("", match.start(), match.end()) for match in _others().finditer(text)]
    deleting = any(candidate.kind == "data_deletion" for candidate in taking)
    for candidate in taking:
        words.extend(
            _Word(candidate.kind, match.start(), match.end())
            for match in words_of(candidate.kind).finditer(text)
            if not (deleting and candidate.kind == "retention" and _ENDS.match(match.group()))
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
    fitting = [candidate for candidate in taking if takes(candidate.kind, one)]
    if not fitting:
        return
    start, end = one.span.start - shares.offset, one.span.end - shares.offset
    costs = _costs(text, start, end, words)
    ranked = sorted(
        (
            (costs.get(candidate.kind, _without_words(candidate, start, end)), at, candidate)
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


def _without_words(candidate: Candidate, start: int, end: int) -> float:
    """What a figure costs by which none of the kind's words stands: inherited, or of its cue's own."""
    if candidate.inherited:
        return 60.0
    gap = max(candidate.start - end, start - candidate.end, 0)
    if candidate.kind in _SELDOM and not (
        candidate.kind == "retention" and 0 <= start - candidate.end <= _LABEL_GAP
    ):
        return 1e9
    return _BY_CUE + gap if gap <= _TOGETHER else 1e9


def _costs(text: str, start: int, end: int, words: Sequence[_Word]) -> dict[str, float]:
    """By kind (and "" for what takes figures away) how far the nearest of its words is from the figure."""
    costs: dict[str, float] = {}
    leading = _LEADS.search(text[:start]) is not None
    for word in words:
        if word.end <= start:
            gap: float = start - word.end
            between = text[word.end : start]
        elif word.start >= end:
            gap = (word.start - end) * _BEHIND
            between = text[end : word.start]
            if not word.kind and _EVENT.match(text, word.start) and _CLOCK.match(between):
                continue
        elif not word.kind:  # "8 business hours": a word of the figure itself takes nothing away
            continue
        else:
            gap, between = 0, ""
        if gap > (3 if leading else 2) * _NEAR:
            continue
        if word.start >= end and _NEXT_ONE.match(between):
            gap += 60
        gap += 120 * len(_BREAK.findall(between)) + 8 * len(_COMMA.findall(between))
        if leading and word.start >= end and word.kind:
            gap = min(gap, _LEADING)
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
