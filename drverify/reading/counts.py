"""Counts of things that agreements promise: "three copies", "last 7 daily backups", "30 generations"."""

from collections.abc import Iterator

from drverify.reading.draft import Draft
from drverify.reading.intervals import ADVERBS, times_per
from drverify.reading.numbers import DASHES, Number, number
from drverify.reading.tokens import WORD, Tokens, words

_NOUNS = words(
    "copy copies backup backups generation generations version versions snapshot snapshots replica replicas "
    "incremental incrementals fulls image images tape tapes archive archives test tests exercise exercises drill drills "
    "restore restores restoration restorations site sites location locations rehearsal rehearsals failover failovers "
    "dailies weeklies monthlies yearlies datacenter datacenters datacentre datacentres zone zones region regions"
)
_PAIRS = frozenset(
    (("restore", "points"), ("restore", "point"), ("recovery", "points"), ("recovery", "point"), ("back", "ups"),
     ("back", "up"), ("data", "centers"), ("data", "centres"), ("data", "center"), ("data", "centre"), ("full", "backup"),
     ("availability", "zones"), ("restoration", "points"))
)  # fmt: skip
_ADJECTIVES = words(
    "daily weekly monthly yearly annual hourly nightly quarterly full incremental differential last most recent "
    "successful independent separate additional complete backup off site offsite geographically distinct different "
    "synchronous asynchronous latest previous prior consecutive point in time recovery restore disaster system vm data "
    "database physical logical encrypted further other successive online offline secure remote local scheduled full - "
    "diverse dispersed separated failover test dr partial total such older newest immutable "
    "new complete good valid verified"
)
_EVENTS = frozenset(("test", "tests", "exercise", "exercises", "drill", "drills", "rehearsal", "rehearsals"))
_MOST_WORDS = 5


def counted(row: Tokens, first: int, read: Number, at: int) -> Iterator[Draft]:
    """The count whose number ends before token `at`, or the interval of "two tests per year".

    Words between number and noun are left to be read on their own: "six (6) daily backups" holds "daily".
    """
    if read.disputed or read.value != read.value.to_integral_value() or read.value <= 0 or read.other:
        return
    if row.word(at) in DASHES:
        return
    more = row.word(at) == "or" and row.word(at + 1) in ("more", "greater")
    here = at + 2 if more else at
    shared = _shared_noun(row, first, at)
    if shared:
        yield Draft(
            first=first, stop=shared, role="count", unit="count", unit_first=shared - 1, unit_stop=shared, value=read.value,
            after=at,
        )  # fmt: skip
        return
    for _ in range(_MOST_WORDS):
        stop = _noun(row, here)
        if stop:
            break
        if row.word(here) not in _ADJECTIVES:
            return
        here += 1
    else:
        return
    if row.sort(here) != WORD:
        return
    while _noun(row, stop) and stop < here + 4:
        stop = _noun(row, stop)
    often = (
        times_per(row, first, int(read.value), stop)
        if row.word(stop) not in (",", "or", "in", "on", "within")
        else None
    )
    if often is not None and read.value < 1000:
        yield often
        return
    yield Draft(
        first=first, stop=stop, role="count", unit="count", unit_first=here, unit_stop=stop, value=read.value, after=at,
        comparator=">=" if more else None,
    )  # fmt: skip


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


_JOINTS = words(", and & / + or")
_MOST_PAIRS = 6
