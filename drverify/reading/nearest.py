"""Which figure of a sentence belongs to which kind: the one whose words stand nearest; of two, nobody's."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from drverify.model.contract import Kind
from drverify.reading import phrases
from drverify.reading.kinds import Candidate
from drverify.reading.limits import Bound, bound_of, takes, words_of
from drverify.reading.phrases import FAR, NEAR, Word
from drverify.reading.quantities import Found
from drverify.reading.tables.attach import COMPANIONS, EACH_ROLE, MANY, TAKES, THINGS

_TIE = 2
_TOGETHER = 60
_RANGE_GAP = 8
_COUNTED = re.compile(
    r"\b(?:retain\w*|retention|kept|keep\w*|available|stored|held|maintain\w*|last|latest|most\s+recent|versions?|generations?|increments?|rotation|history|daily|weekly|monthly)\b",
    re.IGNORECASE,
)
"""What makes a number of copies a retention."""
_OR_ELSE = re.compile(
    r"\breturn\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+){0,2}(?:destr|delet|eras)|\b(?:destr|delet|eras)\w*\s*,?\s*(?:and/or|or|and)\s+(?:\w+\s+)?return",
    re.IGNORECASE,
)
_OR_ELSE_REACH = 220
_BY_CUE = 70.0
_SELDOM: frozenset[Kind] = frozenset({"offsite_copy", "immutability", "backup_monitoring", "retention"})
"""Kinds whose clauses seldom have a figure: only their own words give them one."""
_LABEL_GAP = 3
"""Characters between a label and its figure: "Database backups: 36 months"."""
_WIDE: Mapping[str, int] = {"percent": 220}
_THEREAFTER = re.compile(r"\b(?:thereafter|afterwards|subsequently)\b", re.IGNORECASE)
_OTHERS_THING = 30.0
_BRACKET_REACH = 60
"""Characters between an opening bracket and a figure in it."""


def nearest(
    text: str,
    taking: Sequence[Candidate],
    found: Sequence[Found],
    offset: int,
    *,
    within: tuple[int, int] | None = None,
) -> dict[Kind, tuple[Bound, ...]]:
    """For each kind its figures, by words of the text or of a part; spans begin `offset` before the text."""
    low, high = within or (0, len(text))
    words = [
        word
        for word in phrases.words_in(text, taking, found, offset)
        if low <= word.start and word.end <= high
    ]
    counting = any(candidate.figure == "count" for candidate in taking)
    shares = _Shares(offset)
    for one in found:
        if one.role == "count" and (_is_one(one) or not (counting or _COUNTED.search(text))):
            continue
        _assign(one, text, taking, words, shares)
    _share(text, shares)
    answer: dict[Kind, tuple[Bound, ...]] = {}
    for candidate in taking:
        got = _chosen(candidate.kind, shares.gained.get(candidate.kind, []), text, offset)
        if got:
            answer[candidate.kind] = tuple(bound_of(candidate.kind, one) for one in got)
        elif candidate.kind in shares.shared:
            answer[candidate.kind] = (Bound(figure=None, problem="two_figures"),)
    return answer


def _is_one(one: Found) -> bool:
    return one.quantity is not None and one.quantity.value == 1 and one.quantity.upper is None


@dataclass(frozen=True, slots=True)
class _Lent:
    """A figure that a companion of its winner may have, too."""

    kind: Kind
    winner: Kind
    cost: float
    further: float
    one: Found


@dataclass(slots=True)
class _Shares:
    """Who got which figure at which cost, and which figures two could have had."""

    offset: int
    """Of the segment's text in the document."""
    gained: dict[Kind, list[tuple[float, Found]]] = field(default_factory=dict)
    shared: dict[Kind, list[Found]] = field(default_factory=dict)
    lent: list[_Lent] = field(default_factory=list)


def _assign(
    one: Found, text: str, taking: Sequence[Candidate], words: Sequence[Word], shares: _Shares
) -> None:
    """Give a figure to the kind whose words are nearest."""
    fitting = [candidate for candidate in taking if takes(candidate.kind, one)]
    if not fitting:
        return
    start, end = one.span.start - shares.offset, one.span.end - shares.offset
    costs = phrases.costs(text, start, end, words)
    ranked = sorted(
        (
            (
                _own(candidate.kind, fitting, text, start)
                + costs.get(candidate.kind, _without_words(candidate, start, end)),
                at,
                candidate,
            )
            for at, candidate in enumerate(fitting)
        ),
        key=lambda entry: entry[:2],
    )
    best, _, winner = ranked[0]
    limit = _WIDE.get(one.role, NEAR)
    if best > limit or costs.get(None, FAR) < best:
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
    for cost, _, candidate in ranked[1:]:
        if candidate.kind in COMPANIONS.get(winner.kind, ()) and not _later(candidate.kind, text, end):
            shares.lent.append(_Lent(candidate.kind, winner.kind, cost, cost - best, one))


def _later(kind: Kind, text: str, end: int) -> bool:
    """Whether the kind's words behind a figure speak of what comes after: "and shall thereafter erase"."""
    word = words_of(kind).search(text, end)
    return word is not None and _THEREAFTER.search(text, end, word.start()) is not None


def _share(text: str, shares: _Shares) -> None:
    """Give a companion the other's figure, unless it has its own: "returned in 30 days, deleted in 60"."""
    either = _OR_ELSE.search(text) is not None
    own = set(shares.gained)
    for lent in shares.lent:
        if not either and lent.kind in own:
            continue
        if lent.further > (_OR_ELSE_REACH if either else _TOGETHER):
            continue
        shares.gained.setdefault(lent.kind, []).append((lent.cost, lent.one))
        others = [entry for entry in shares.gained[lent.winner] if entry[1] is not lent.one]
        if others and not either and lent.further <= _TIE:  # as near to both, and the winner has more
            shares.gained[lent.winner] = others


def _own(kind: Kind, rivals: Sequence[Candidate], text: str, start: int) -> float:
    """Of two kinds that stand by the same words ("tested") the cost of how far its thing is."""
    things = THINGS.get(kind)
    if things is None or not any(one.kind != kind and one.kind in THINGS for one in rivals):
        return 0
    last = max((match.end() for match in _thing(kind).finditer(text, 0, start)), default=None)
    return _OTHERS_THING if last is None else min(_OTHERS_THING, (start - last) / 4)


@cache
def _thing(kind: Kind) -> re.Pattern[str]:
    return re.compile(THINGS[kind], re.IGNORECASE)


def _without_words(candidate: Candidate, start: int, end: int) -> float:
    """What a figure costs by which none of the kind's words stands: inherited, or of its cue's own."""
    if candidate.inherited:
        return 60.0
    gap = max(candidate.start - end, start - candidate.end, 0)
    if candidate.figure == "count" and candidate.start <= start and end <= candidate.end:
        return _BY_CUE  # the cue's own number
    if candidate.kind in _SELDOM and not (
        candidate.kind == "retention" and 0 <= start - candidate.end <= _LABEL_GAP
    ):
        return FAR
    return _BY_CUE + gap if gap <= _TOGETHER else FAR


def _chosen(kind: Kind, gained: list[tuple[float, Found]], text: str, offset: int) -> list[Found]:
    plain = [entry for entry in gained if not _in_brackets(entry[1], text, offset)]
    gained = plain or gained  # "7 copies are kept (a 7-day window)": what is bracketed only says it again
    if kind in EACH_ROLE:
        return _distinct(one for _, one in gained)
    for role in TAKES[kind]:
        fitting = [(cost, one) for cost, one in gained if one.role == role]
        if fitting:
            if kind in MANY:
                kept = [one for _, one in fitting]
                kept.extend(_apart(kept, [one for _, one in gained if one.role != role], text, offset))
                return _distinct(_without_upper_ends(sorted(kept, key=lambda one: one.span.start)))
            return [min(fitting, key=lambda entry: (entry[0], entry[1].span.start))[1]]
    return [one for _, one in gained[:1]]


def _apart(kept: Sequence[Found], others: Sequence[Found], text: str, offset: int) -> Iterator[Found]:
    """Counts in another part of the sentence: "30 nightly copies are held, and monthly ones a year"."""
    for one in others:
        low, high = one.span.start - offset, one.span.end - offset
        beside = (
            text[min(high, other.span.end - offset) : max(low, other.span.start - offset)] for other in kept
        )
        if one.role == "count" and all(phrases.APART.search(between) for between in beside):
            yield one


def _in_brackets(one: Found, text: str, offset: int) -> bool:
    start = one.span.start - offset
    opened = text.rfind("(", max(0, start - _BRACKET_REACH), start)
    return opened >= 0 and ")" not in text[opened:start]


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
