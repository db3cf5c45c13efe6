"""How near the words of a kind stand to a figure: in characters, and dearer across commas and breaks."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from drverify.model.contract import Kind
from drverify.reading.kinds import Candidate
from drverify.reading.limits import takes, words_of
from drverify.reading.quantities import Found
from drverify.reading.tables.attach import TAKES_AWAY

NEAR = 140
"""Characters beyond which a word is not a figure's."""
FAR = 1e9
"""The cost of what is out of reach."""
_BEHIND = 1.3
_BREAK = re.compile(r"[;.]\s|\||\n\s*\n")
_BROKEN = 120
_CLIPPED = re.compile(r";\s+(?!.*\b(?:is|are|be|will|shall|must|may|has|have)\b)(?:\w+\s+){1,5}$")
_CLIPPED_COST = 20
"""Behind a semicolon the words of the sentence before still hold: "data is saved daily; archives weekly"."""
_COMMA = re.compile(r"[,:]\s|\band\b|\bor\b")
_ENDS = re.compile(r"delet|overwr|purg|discard|prun", re.IGNORECASE)
"""Words by which keeping ends: of deletion, where the clause speaks of that, too."""
_ENDED = ("data_deletion", "immutability")
_NEXT_ONE = re.compile(r"\s*,?\s*(?:and|or|but|while)\s+(?:the|an?|its|their)\s", re.IGNORECASE)
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
_LEADING = 100.0
"""What a figure in front of its sentence ("After such 30-day period, ...") costs at most."""
_WITHIN = re.compile(r"\bwithin\s+(?:\w+\s+){0,2}\(?$", re.IGNORECASE)
_WITHIN_REACH = 40
_GOES = re.compile(r"delet|overwr|purg|discard|prun|remov|recycl|expir|roll|destroy|age|reus", re.IGNORECASE)
"""Words by which keeping comes to its end."""
APART = re.compile(r"[,;:.|]\s|\band\b|\bor\b|\bwhile\b|\bbut\b")
"""What keeps the parts of a sentence apart."""
_NEXT_REACH = 40
"""Characters between a word and the figure that it begins."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word by which a figure of a kind stands; no kind: one that takes figures away."""

    kind: Kind | None
    start: int
    end: int
    leads: bool = False
    """Whether a figure that the kind takes stands right behind it."""


@cache
def _others() -> re.Pattern[str]:
    return re.compile(TAKES_AWAY, re.IGNORECASE)


def words_in(text: str, taking: Sequence[Candidate], found: Sequence[Found], offset: int) -> list[Word]:
    """The words of a text, by kind; the figures' spans begin `offset` before the text."""
    starts = sorted(((one.span.start - offset, one) for one in found), key=lambda entry: entry[0])
    words = [
        Word(None, match.start(), match.end(), _leads(text, None, match.end(), starts))
        for match in _others().finditer(text)
    ]
    deleting = any(candidate.kind in _ENDED for candidate in taking)
    for kind in (candidate.kind for candidate in taking):
        words.extend(
            Word(kind, match.start(), match.end(), _leads(text, kind, match.end(), starts))
            for match in words_of(kind).finditer(text)
            if not (deleting and kind == "retention" and _ENDS.match(match.group()))
        )
    return words


def _leads(text: str, kind: Kind | None, end: int, starts: Sequence[tuple[int, Found]]) -> bool:
    """Whether a word that ends at `end` has a figure right behind it: "data loss of 15 minutes"."""
    first = bisect_left(starts, end, key=lambda entry: entry[0])
    for start, one in starts[first:]:
        if start - end > _NEXT_REACH:
            return False
        if kind is None or takes(kind, one):
            return APART.search(text, end, start) is None
    return False


def costs(text: str, start: int, end: int, words: Sequence[Word]) -> dict[Kind | None, float]:
    """By kind (and None for what takes figures away) how far the nearest of its words is from the figure."""
    found: dict[Kind | None, float] = {}
    leading = _LEADS.search(text[:start]) is not None
    soon = _WITHIN.search(text[max(0, start - _WITHIN_REACH) : start]) is not None
    for word in words:
        if soon and word.kind == "retention" and _GOES.match(text, word.start) is None:
            continue  # nothing is kept "within" a time
        cost = _cost(text, start, end, word, leading=leading)
        if cost is not None and cost < found.get(word.kind, FAR + 1):
            found[word.kind] = cost
    return found


def _cost(text: str, start: int, end: int, word: Word, *, leading: bool) -> float | None:
    if word.end <= start:
        gap: float = start - word.end
        between = text[word.end : start]
    elif word.start >= end:
        gap = (word.start - end) * _BEHIND
        between = text[end : word.start]
        if not word.kind and _EVENT.match(text, word.start) and _CLOCK.match(between):
            return None
    else:  # "8 business hours": a word of the figure itself takes nothing away
        return 0 if word.kind else None
    if gap > (3 if leading else 2) * NEAR:
        return None
    if word.start >= end:
        if word.leads and APART.search(between):
            return FAR  # it begins the next figure
        gap += 60 if _NEXT_ONE.match(between) else 0
    gap += _BROKEN * len(_BREAK.findall(between)) + 8 * len(_COMMA.findall(between))
    if word.end <= start and _CLIPPED.search(between):
        gap -= _BROKEN - _CLIPPED_COST
    return min(gap, _LEADING) if leading and word.start >= end and word.kind else gap
