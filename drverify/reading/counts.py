"""Counts of things that agreements promise: "three copies", "last 7 daily backups", "30 generations"."""

from dataclasses import replace
from decimal import Decimal

from drverify.reading.draft import Draft
from drverify.reading.intervals import ADVERBS, times_per
from drverify.reading.numbers import DASHES, Number, number
from drverify.reading.tokens import NUMBER, WORD, Tokens, words

_NOUNS = words(
    "copy copies backup backups generation generations version versions snapshot snapshots replica "
    "replicas incremental incrementals fulls image images tape tapes archive archives test tests "
    "exercise exercises drill drills restore restores restoration restorations site sites location "
    "locations rehearsal rehearsals failover failovers dailies weeklies monthlies yearlies datacenter "
    "datacenters datacentre datacentres zone zones region regions"
)
_PAIRS = frozenset(
    (("restore", "points"), ("restore", "point"), ("recovery", "points"), ("recovery", "point"),
     ("back", "ups"), ("back", "up"), ("data", "centers"), ("data", "centres"), ("data", "center"),
     ("data", "centre"), ("full", "backup"), ("availability", "zones"), ("restoration", "points"))
)  # fmt: skip
_ADJECTIVES = words(
    "daily weekly monthly yearly annual hourly nightly quarterly full incremental differential last "
    "most recent successful independent separate additional complete backup off site offsite "
    "geographically distinct different synchronous asynchronous latest previous prior consecutive point "
    "in time recovery restore disaster system vm data database physical logical encrypted further other "
    "successive online offline secure remote local scheduled full - diverse dispersed separated "
    "automatic automated server file image failover test dr partial total such older newest immutable "
    "new complete good valid verified rolling rotating manual"
)
_MOST_ADJECTIVES, _LONGEST_NOUN, _MOST_PAIRS, _MOST_TIMES = 4, 4, 6, 1000
_AUXILIARY = words("is are will shall must be automatically")
_MADE = words("taken made performed created run executed conducted written stored completed done")
_MOST_VERBS = 4
_NO_PERIOD = words(", or in on within")
_JOINTS = words(", and & / + or")


def counted(row: Tokens, first: int, read: Number) -> Draft | None:
    """The count that begins with a number, or the interval of "two tests per year".

    Words between number and noun are left to be read on their own: "six (6) daily backups" holds "daily".
    """
    at, value = read.stop, read.value
    if (
        read.disputed
        or read.other
        or value != value.to_integral_value()
        or value <= 0
        or row.word(at) in DASHES
    ):
        return None
    shared = _shared_noun(row, first, at)
    if shared:
        return _count(first, value, shared - 1, shared, after=at)
    more = row.word(at) == "or" and row.word(at + 1) in ("more", "greater")
    begin, stop = _noun_behind(row, at + 2 if more else at)
    if not stop or (value != 1 and not row.word(stop - 1).endswith("s")) or _heads(row, first):
        return None
    often = (
        None
        if row.word(stop) in _NO_PERIOD or value >= _MOST_TIMES
        else times_per(row, first, int(value), _behind_verb(row, stop))
    )
    if often is not None:
        return often
    return replace(_count(first, value, begin, stop, after=at), comparator=">=" if more else None)


def _behind_verb(row: Tokens, at: int) -> int:
    """The token behind "are taken" in "two backups are taken per day", else `at`."""
    here = at
    while here < at + _MOST_VERBS and row.word(here) in _AUXILIARY:
        here += 1
    return here + 1 if here > at and row.word(here) in _MADE else at


def _heads(row: Tokens, first: int) -> bool:
    """Whether the number is that of a heading: "7 Restore tests" at the beginning of a line."""
    return row.kind[first] == NUMBER and row.opens(first) and row.capital(first + 1)


def _count(first: int, value: Decimal, noun: int, stop: int, *, after: int) -> Draft:
    return Draft(
        first=first,
        stop=stop,
        role="count",
        unit="count",
        unit_first=noun,
        unit_stop=stop,
        value=value,
        after=after,
    )


def _noun_behind(row: Tokens, at: int) -> tuple[int, int]:
    """The first token of the noun behind some adjectives, and the one behind it (0 when there is none)."""
    here = at
    while here < at + _MOST_ADJECTIVES and not _noun(row, here) and row.word(here) in _ADJECTIVES:
        here += 1
    stop = _noun(row, here)
    while stop and stop < here + _LONGEST_NOUN and _noun(row, stop):
        stop = _noun(row, stop)
    return here, stop


def _noun(row: Tokens, at: int) -> int:
    """The token behind a counted noun, or 0."""
    if (row.word(at), row.word(at + 1)) in _PAIRS:
        return at + 2
    if row.word(at) == "back" and row.word(at + 1) == "-" and row.word(at + 2) in ("up", "ups"):
        return at + 3
    return at + 1 if row.word(at) in _NOUNS else 0


def _shared_noun(row: Tokens, first: int, at: int) -> int:
    """The token behind the noun of a list like "14 daily, 4 weekly and 12 monthly restore points", or 0.

    In "7 daily, 4 weekly, 12 monthly" the adverbs stand for the noun.
    """
    last, here = at, at
    pairs = int(row.word(first - 1) in _JOINTS and row.word(first - 2) in ADVERBS)
    while row.word(here) in ADVERBS and pairs < _MOST_PAIRS:
        pairs += 1
        last = here + 1
        here = last
        while row.word(here) in _JOINTS and here < last + 2:
            here += 1
        following = number(row, here) if here > last else None
        if following is None:
            break
        here = following.stop
    if pairs < 2:  # noqa: PLR2004 - a list
        return 0
    return _noun(row, last) or (0 if row.sort(last) == WORD else at + 1)
