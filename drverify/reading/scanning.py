"""The figures of a row of tokens, in order, before their surroundings are looked at."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from drverify.reading.counts import counted
from drverify.reading.draft import Draft
from drverify.reading.exclusions import is_label
from drverify.reading.figures import figures
from drverify.reading.intervals import TRIGGERS as INTERVALS
from drverify.reading.intervals import interval, numbered, role_of_each
from drverify.reading.numbers import HYPHENS, NUMBER_WORDS, VULGAR, joins_before, number
from drverify.reading.tokens import BLANK, REDACTED, SIGN, WORD, Tokens, words
from drverify.reading.worded import TRIGGERS as WORDED
from drverify.reading.worded import unfilled, worded

_TRIGGERS = INTERVALS | NUMBER_WORDS | WORDED
_AS_INTERVAL = words("interval intervals increments cycle cycles")
_SHORT = ("minute", "hour")
_COPIES = words("backups snapshots dumps")
_OF_COPIES = words("base full incremental differential log database volume storage vm")
_INTERVAL_REACH = 7
_BETWEEN_INTERVAL = words(
    "of not no at less more than exceeding exceed to be greater most least every a the maximum minimum up "
    "is : longer such as"
)


def drafts(row: Tokens) -> Iterator[Draft]:
    """The figures in tokens, those that are none (service hours, fees) left out."""
    done = 0
    for at in range(row.count):
        kind = row.kind[at]
        if at < done or (kind == WORD and row.low[at] not in _TRIGGERS):
            continue
        if kind == SIGN and row.low[at] not in VULGAR:
            continue
        for read in _begun(row, at, done):
            one = _in_brackets(row, read)
            done = max(done, one.after if one.after >= 0 else one.stop)
            if one.role != "unknown" or one.problem:
                yield one


def _in_brackets(row: Tokens, draft: Draft) -> Draft:
    """A template's interval: "[daily]", "[once a year]"."""
    if (
        draft.problem
        or draft.value is None
        or row.word(draft.first - 1) != "["
        or row.word(draft.stop) != "]"
    ):
        return draft
    return replace(draft, first=draft.first - 1, stop=draft.stop + 1, problem="placeholder")


def _begun(row: Tokens, at: int, done: int) -> Iterable[Draft]:
    """The figures that begin at a token."""
    kind, word = row.kind[at], row.low[at]
    if kind in (BLANK, REDACTED):
        return unfilled(row, at, "placeholder" if kind == BLANK else "redacted")
    if kind != WORD:
        return _numbered(row, at)
    if word in INTERVALS:
        found = interval(row, at)
        if found or word != "half":
            return (found,) if found else _every(row, at)
    if word in NUMBER_WORDS:
        return _numbered(row, _first_word(row, at, done))
    return worded(row, at, done)


def _first_word(row: Tokens, at: int, done: int) -> int:
    """Where "a hundred" and "a half" begin."""
    articles = {"half": ("a", "one"), "hundred": ("a",), "thousand": ("a",)}.get(row.low[at], ())
    return at - 1 if at > done and row.word(at - 1) in articles else at


def _every(row: Tokens, at: int) -> Iterable[Draft]:
    """Read "every twelve (12) to eighteen (18) months", "every four (2) hours": a range, or two readings."""
    first = at + 2 if row.word(at + 1) == "[" else at + 1
    read = number(row, first) if row.low[at] in ("every", "each") else None
    found = figures(row, first, read) if read else ()
    if len(found) != 1 or found[0].role != "duration":
        return ()
    return (replace(found[0], first=at, role=role_of_each(row, at, found[0].stop), flips=True),)


def _numbered(row: Tokens, at: int) -> Iterable[Draft]:
    read = None if joins_before(row, at) else number(row, at)
    if read is None:
        return ()
    often = numbered(row, at, read.value, read.stop)
    if often is not None:
        return (often,)
    found = figures(row, at, read)
    if found:
        return [_as_interval(row, one) for one in found]
    if is_label(row, at, read):
        return ()
    count = counted(row, at, read)
    return (count,) if count is not None else ()


def _as_interval(row: Tokens, draft: Draft) -> Draft:
    """A duration that is said to be an interval: "15-minute intervals", "at intervals of 4 hours"."""
    if draft.role != "duration":
        return draft
    if row.word(draft.stop) in _AS_INTERVAL:
        return replace(draft, role="interval", stop=draft.stop + 1)
    if draft.unit in _SHORT and row.word(draft.unit_first - 1) in HYPHENS and _copies_follow(row, draft.stop):
        return replace(draft, role="interval")
    back = draft.first - 1
    while back > draft.first - _INTERVAL_REACH and row.word(back) in _BETWEEN_INTERVAL:
        back -= 1
    if row.word(back) in ("interval", "intervals") and back < draft.first - 1:
        return replace(draft, role="interval")
    return draft


def _copies_follow(row: Tokens, at: int) -> bool:
    """Whether several copies follow: "5-minute base backups" are made every five minutes."""
    return row.word(at + (row.word(at) in _OF_COPIES)) in _COPIES
