"""Figures without a number: "next business day", "within an hour", "X hours", "TBD", "Days 1-3"."""

from decimal import Decimal

from drverify.reading.draft import Draft, Problem
from drverify.reading.measure import role_of
from drverify.reading.numbers import DASHES, number
from drverify.reading.tokens import BLANK, NUMBER, REDACTED, WORD, Tokens, words
from drverify.reading.units import SPELLED, unit

_UNFILLED = words("x xx xxx n nn y yy z zz")
_PENDING = words("tbd tbc tba")
_SETTLED_LATER = words("determined agreed confirmed defined advised specified")
_ARTICLE_AFTER = words(
    "within least most than under exceed exceeding exceeds to about approximately of after every "
    "roughly inside for nearly almost minimum maximum"
)
_PERIOD_OF = words("period periods minimum maximum total excess term duration least most")
_SINGULAR = words("business working calendar full single")
_QUARTERS = {"a": 1, "one": 1, "three": 3}
TRIGGERS = frozenset((*_UNFILLED, *_PENDING, *SPELLED)) | words("to next following nbd")
"""Words that such a figure may begin with, or the unit that it ends on."""
_ALONE = "[\\\u2588\u25a0\u25ac\u2593t"
"""First characters of a blank that needs no unit behind it; signature lines and template tags do."""


def worded(row: Tokens, at: int, done: int) -> tuple[Draft, ...]:
    """The figures at a trigger word; tokens before `done` belong to another figure."""
    word = row.low[at]
    if word in _PENDING or (word == "to" and row.word(at + 1) == "be"):
        return _pending(row, at)
    if word in _UNFILLED:
        named = unit(row, at + 1, glued=False)
        if named is None or row.glued(at) or (row.glued(at + 1) and row.word(at + 1) != "%"):
            return ()
        return unfilled(row, at, "placeholder")
    if word in ("next", "nbd", "following"):
        return _next_day(row, at)
    return _article(row, at, done) or _position(row, at)


def unfilled(row: Tokens, at: int, problem: Problem) -> tuple[Draft, ...]:
    """A figure whose number is blank or blacked out."""
    stop = at + 1
    if row.word(stop) == "(" and row.sort(stop + 1) in (BLANK, REDACTED) and row.word(stop + 2) == ")":
        stop += 3
    named = unit(row, stop, glued=False)
    if named is None:
        low = row.low[at]
        if low[0] not in _ALONE or low.strip("[]\\ ") in ("", "x", "n", "y", "z", "_"):
            return ()
        return (Draft(first=at, stop=stop, role="unknown", problem=problem),)
    return (
        Draft(
            first=at, stop=named.stop, role=role_of(named.unit), unit=named.unit, unit_first=named.first,
            unit_stop=named.stop, problem=problem,
        ),
    )  # fmt: skip


def _pending(row: Tokens, at: int) -> tuple[Draft, ...]:
    if row.low[at] != "to":
        return unfilled(row, at, "placeholder")
    if row.word(at + 2) not in _SETTLED_LATER:
        return ()
    return (Draft(first=at, stop=at + 3, role="unknown", problem="placeholder"),)


def _next_day(row: Tokens, at: int) -> tuple[Draft, ...]:
    """Read "next business day": at most one, whichever hour of the day it is."""
    stop = at + 1
    if row.low[at] != "nbd":
        here = at + 2 if row.word(at + 1) in DASHES else at + 1
        last = here + 2 if row.word(here + 1) in DASHES else here + 1
        if row.word(here) not in ("business", "working", "banking") or row.word(last) != "day":
            return ()
        stop = last + 1
    return (
        Draft(
            first=at, stop=stop, role="duration", unit="business_day", unit_first=at, unit_stop=stop,
            value=Decimal(1), comparator="<=",
        ),
    )  # fmt: skip


def _article(row: Tokens, at: int, done: int) -> tuple[Draft, ...]:
    """Read "within an hour", "for at least a year", "an hour and a half"."""
    back = at - 2 if row.word(at - 1) in _SINGULAR and row.kind[at] == WORD else at - 1
    if row.word(back) not in ("a", "an") or back < done or row.word(back - 1) not in _ARTICLE_AFTER:
        return ()
    if row.word(back - 1) == "of" and row.word(back - 2) not in _PERIOD_OF:
        return _quarters(row, at, back - 2)
    named = unit(row, back + 1, glued=False)
    if named is None or named.stop <= at or row.word(at) not in SPELLED or row.word(at).endswith("s"):
        return ()
    if (
        named.unit in ("second", "percent")
        or row.word(named.stop) in ("-", "to")
        or row.word(back - 2) == "part"
    ):
        return ()
    value, stop = Decimal(1), named.stop
    if row.low[stop : stop + 3] == ["and", "a", "half"]:
        value, stop = Decimal("1.5"), stop + 3
    return (
        Draft(
            first=back, stop=stop, role="duration", unit=named.unit, unit_first=named.first,
            unit_stop=named.stop, value=value,
        ),
    )  # fmt: skip


def _quarters(row: Tokens, at: int, last: int) -> tuple[Draft, ...]:
    """Read "a quarter of an hour", "three quarters of an hour"."""
    count = _QUARTERS.get(row.word(last - 1))
    if row.word(last) not in ("quarter", "quarters") or count is None or row.low[at] not in SPELLED:
        return ()
    return (
        Draft(
            first=last - 1, stop=at + 1, role="duration", unit=SPELLED[row.low[at]], unit_first=at,
            unit_stop=at + 1, value=Decimal(count) / 4,
        ),
    )  # fmt: skip


def _position(row: Tokens, at: int) -> tuple[Draft, ...]:
    """Read "Days 1-3": a stretch of a time line, the unit before the numbers."""
    named = SPELLED.get(row.low[at])
    if named is None or row.sort(at + 1) != NUMBER:
        return ()
    here = at + 2
    while row.word(here) in DASHES and here < at + 5:
        here += 1
    here = here + 1 if row.word(here) == "to" and here == at + 2 else here
    if here == at + 2 or row.sort(here) != NUMBER or unit(row, here + 1) is not None:
        return ()
    low, high = number(row, at + 1), number(row, here)
    if low is None or high is None or low.value >= high.value or high.stop != here + 1:
        return ()
    return (
        Draft(
            first=at, stop=high.stop, role="position", unit=named, unit_first=at, unit_stop=at + 1,
            value=low.value, upper=high.value, comparator="between",
        ),
    )  # fmt: skip
