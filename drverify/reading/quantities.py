"""The figures of a text: durations, intervals, percentages, counts, distances, each with its characters.

A grammar over tokens, no guess: what can be read in two ways keeps both readings and no value, what is
blank or blacked out is said to be so, a unit always comes from the text (or from a table's header given by
the caller), and no unit is converted into another except exactly ("twice a day" is 12 hours, "1 hour 30
minutes" is 90 minutes, "once every two years" stays 2 years). Linear in the text's length.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from drverify.model.agreement import Span
from drverify.model.quantity import Comparator, Quantity, Unit
from drverify.reading import bounds, counts, figures, intervals
from drverify.reading.draft import Draft, Problem, Role
from drverify.reading.exclusions import is_label
from drverify.reading.measure import role_of
from drverify.reading.numbers import DASHES, NUMBER_WORDS, joins_before, number
from drverify.reading.tokens import BLANK, NUMBER, REDACTED, SIGN, WORD, Tokens, tokens, words
from drverify.reading.units import SPELLED, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A figure and what stands around it."""

    quantity: Quantity | None
    """None when the text leaves it blank, blacks it out or can be read in two ways."""
    unit: Unit | None
    """Also of a figure without a value ("[●] hours"); None when none is said."""
    comparator: Comparator
    span: Span
    """The characters of number and unit; of an interval, its whole wording ("twice a day")."""
    unit_span: Span | None
    """Where the unit stands: inside `span`, but for bare numbers in the header of their column."""
    bound_span: Span | None = None
    """The words that give the comparator ("no later than"); None when it is `=` or in the figure itself."""
    clock: Literal["elapsed", "business"] = "elapsed"
    role: Role
    hedged: str = ""
    """The word that makes it no firm figure ("typically"), empty when there is none."""
    hedge_span: Span | None = None
    problem: Problem = ""
    """`placeholder`: "[99.5]%" (with a value), "[●] hours"; `redacted`: "[***]"; `words_digits`: "four (2) hours";
    `two_readings`: the words have two meanings ("bi-weekly")."""
    readings: tuple[Quantity, ...] = ()
    """The candidates, when there are several and no value."""

    @property
    def placeholder(self) -> bool:
        """Whether the place was to be filled in or agreed."""
        return self.problem == "placeholder"

    @property
    def redacted(self) -> bool:
        """Whether the figure was blacked out."""
        return self.problem == "redacted"


_UNFILLED = frozenset(("x", "xx", "xxx", "n", "nn", "y", "yy", "z", "zz"))
_PENDING = frozenset(("tbd", "tbc", "tba"))
_ARTICLE_AFTER = words(
    "within least most than under exceed exceeding exceeds to about approximately of after every roughly inside for "
    "nearly almost minimum maximum"
)


def quantities(text: str, *, offset: int = 0) -> tuple[Found, ...]:
    """The figures of a text in its order; `offset` is added to every span. Total: never raises."""
    row = tokens(text)
    return tuple(_finished(row, drafts(row), offset))


def drafts(row: Tokens) -> Iterator[Draft]:
    """The figures in tokens, those that are none (service hours, fees) left out."""
    done = 0
    for at in range(row.count):
        kind = row.kind[at]
        if at < done or (kind == WORD and row.low[at] not in _TRIGGERS):
            continue
        if kind == SIGN and row.low[at] not in "½¼¾":
            continue
        for one in _begun(row, at, done):
            done = max(done, one.after if one.after >= 0 else one.stop)
            if one.role != "unknown" or one.problem:
                yield one


def _begun(row: Tokens, at: int, done: int) -> Iterable[Draft]:
    """The figures that begin at a token."""
    kind, word = row.kind[at], row.low[at]
    if kind in (BLANK, REDACTED):
        return _unfilled(row, at, "placeholder" if kind == BLANK else "redacted")
    if kind != WORD:
        return _numbered(row, at)
    if word in intervals.TRIGGERS:
        found = intervals.interval(row, at)
        return (found,) if found else _every(row, at)
    if word == "half":
        found = intervals.interval(row, at)
        if found:
            return (found,)
        return _numbered(row, at - 1 if row.word(at - 1) in ("a", "one") and at > done else at)
    if word in ("hundred", "thousand"):
        return _numbered(row, at - 1) if row.word(at - 1) == "a" and at > done else ()
    if word in NUMBER_WORDS:
        return _numbered(row, at)
    return _worded(row, at, done)


def _every(row: Tokens, at: int) -> Iterable[Draft]:
    """ "every twelve (12) to eighteen (18) months", "every four (2) hours": a range, or two readings."""
    read = number(row, at + 1) if row.low[at] in ("every", "each") else None
    found = figures.figures(row, at + 1, read) if read else ()
    if len(found) != 1 or found[0].role != "duration":
        return ()
    role = intervals.role_of_each(row, at, found[0].stop)
    return (replace(found[0], first=at, role=role, flips=True),)


def _worded(row: Tokens, at: int, done: int) -> Iterable[Draft]:
    """Figures without a number: "next business day", "within an hour", "X hours", "TBD", "Days 1-3"."""
    word = row.low[at]
    if word in _PENDING or (word == "to" and row.word(at + 1) == "be"):
        return _pending(row, at)
    if word in _UNFILLED:
        named = unit(row, at + 1, glued=False)
        if named is None or row.glued(at) or (row.glued(at + 1) and row.word(at + 1) != "%"):
            return ()
        return _unfilled(row, at, "placeholder")
    if word in ("next", "nbd", "following"):
        return _next_day(row, at)
    return _article(row, at, done) or _position(row, at)


def _numbered(row: Tokens, at: int) -> Iterable[Draft]:
    if joins_before(row, at):
        return ()
    read = number(row, at)
    if read is None:
        return ()
    often = tuple(intervals.numbered(row, at, read.value, read.stop))
    if often:
        return often
    found = figures.figures(row, at, read)
    if found:
        return tuple(_as_interval(row, one) for one in found)
    if is_label(row, at, read):
        return ()
    return tuple(counts.counted(row, at, read, read.stop))


def _as_interval(row: Tokens, draft: Draft) -> Draft:
    """A duration that is said to be an interval: "15-minute intervals", "at intervals of 4 hours"."""
    if draft.role != "duration":
        return draft
    if row.word(draft.stop) in ("interval", "intervals", "increments", "cycle", "cycles"):
        return replace(draft, role="interval", stop=draft.stop + 1)
    back = draft.first - 1
    while back > draft.first - _INTERVAL_REACH and row.word(back) in _BETWEEN_INTERVAL:
        back -= 1
    if row.word(back) in ("interval", "intervals") and back < draft.first - 1:
        return replace(draft, role="interval")
    return draft


_INTERVAL_REACH = 7
_BETWEEN_INTERVAL = words(
    "of not no at less more than exceeding exceed to be greater most least every a the maximum minimum up is : longer such as"
)


def _unfilled(row: Tokens, at: int, problem: Problem) -> Iterable[Draft]:
    stop = at + 1
    if row.word(stop) == "(" and row.sort(stop + 1) in (BLANK, REDACTED) and row.word(stop + 2) == ")":
        stop += 3
    named = unit(row, stop, glued=False)
    if named is None:
        if row.low[at].startswith(("_", "\\_", ".", "\u2026")) or row.low[at].strip("[]\\ ") in (
            "",
            "x",
            "n",
            "_",
        ):
            return ()
        return (Draft(first=at, stop=stop, role="unknown", problem=problem),)
    role = role_of(named.unit)
    return (
        Draft(
            first=at, stop=named.stop, role=role, unit=named.unit, unit_first=named.first, unit_stop=named.stop,
            problem=problem,
        ),
    )  # fmt: skip


def _stands_alone(low: str) -> bool:
    """Whether a blank means a figure without a unit behind it; signature lines and template tags do not."""
    return low[0] in "[\\\u2588\u25a0\u25ac\u2593t" and low.strip("[]\\ ") not in (
        "",
        "x",
        "n",
        "y",
        "z",
        "_",
    )


def _pending(row: Tokens, at: int) -> Iterable[Draft]:
    if row.low[at] == "to":
        if row.word(at + 2) not in ("determined", "agreed", "confirmed", "defined", "advised", "specified"):
            return ()
        return (Draft(first=at, stop=at + 3, role="unknown", problem="placeholder"),)
    return _unfilled(row, at, "placeholder")


def _next_day(row: Tokens, at: int) -> Iterable[Draft]:
    """ "next business day": at most one, whichever hour of the day it is."""
    here = at + 2 if row.word(at + 1) in DASHES else at + 1
    first, stop = at, at + 1
    if row.low[at] != "nbd":
        if row.word(here) not in ("business", "working", "banking"):
            return ()
        last = here + 2 if row.word(here + 1) in DASHES else here + 1
        if row.word(last) != "day":
            return ()
        stop = last + 1
    return (
        Draft(
            first=first, stop=stop, role="duration", unit="business_day", unit_first=first, unit_stop=stop,
            value=Decimal(1), comparator="<=",
        ),
    )  # fmt: skip


def _article(row: Tokens, at: int, done: int) -> Iterable[Draft]:
    """ "within an hour", "for at least a year", "an hour and a half"."""
    back = at - 1
    if row.word(back) in ("business", "working", "calendar", "full", "single") and row.kind[at] == WORD:
        back -= 1
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
    if row.word(stop) == "and" and row.word(stop + 1) == "a" and row.word(stop + 2) == "half":
        value, stop = Decimal("1.5"), stop + 3
    return (
        Draft(
            first=back, stop=stop, role="duration", unit=named.unit, unit_first=named.first, unit_stop=named.stop,
            value=value,
        ),
    )  # fmt: skip


_PERIOD_OF = words("period periods minimum maximum total excess term duration least most")


def _quarters(row: Tokens, at: int, last: int) -> Iterable[Draft]:
    """ "a quarter of an hour", "three quarters of an hour"."""
    count = {"a": 1, "one": 1, "three": 3}.get(row.word(last - 1))
    if row.word(last) not in ("quarter", "quarters") or count is None:
        return ()
    named = SPELLED[row.low[at]]
    return (
        Draft(
            first=last - 1, stop=at + 1, role="duration", unit=named, unit_first=at, unit_stop=at + 1,
            value=Decimal(count) / 4,
        ),
    )  # fmt: skip


def _position(row: Tokens, at: int) -> Iterable[Draft]:
    """ "Days 1-3": a stretch of a time line, the unit before the numbers."""
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
            first=at, stop=high.stop, role="position", unit=named, unit_first=at, unit_stop=at + 1, value=low.value,
            upper=high.value, comparator="between",
        ),
    )  # fmt: skip


_TRIGGERS = frozenset((*intervals.TRIGGERS, *NUMBER_WORDS, *_UNFILLED, *_PENDING, *SPELLED)) | words(
    "to next following nbd hundred thousand"
)
"""Words that something to be read may begin with or end on."""


def _finished(row: Tokens, found: Iterable[Draft], offset: int) -> Iterator[Found]:
    floor = 0
    for one in found:
        yield finish(row, one, offset, floor)
        floor = one.stop


def finish(row: Tokens, draft: Draft, offset: int, floor: int) -> Found:
    """A figure in characters, with its bound and hedge; nothing before token `floor` belongs to it."""
    floor = min(floor, draft.first)
    comparator, around = bounds.comparator(row, draft.first, draft.stop, floor=floor)
    if draft.flips:
        comparator = "<=" if comparator == ">" and _denied(row, around) else comparator
        comparator = bounds.FLIPPED[comparator]
    if draft.role in ("window", "position"):
        comparator, around = "=", None
    if draft.comparator is not None:
        comparator, around = draft.comparator, None
    hedge = bounds.hedge(row, draft.first, draft.stop, floor=floor)
    quantity = None
    if draft.value is not None and draft.unit is not None:
        quantity = Quantity(value=draft.value, unit=draft.unit, upper=draft.upper)
    business = draft.unit is not None and draft.unit.startswith("business")
    return Found(
        quantity=quantity,
        unit=draft.unit,
        comparator=comparator,
        span=_span(row, draft.first, draft.stop, offset),
        unit_span=_span(row, draft.unit_first, draft.unit_stop, offset) if draft.unit else None,
        bound_span=_span(row, around.first, around.stop, offset) if around and comparator != "=" else None,
        clock="business" if business else "elapsed",
        role=draft.role,
        hedged=hedge.meaning if hedge else "",
        hedge_span=_span(row, hedge.first, hedge.stop, offset) if hedge else None,
        problem=draft.problem,
        readings=draft.readings,
    )


_DENIED_WITHIN = 7


def _denied(row: Tokens, around: bounds.Around | None) -> bool:
    """Whether "more than once a year" follows a "not": "shall not hold reviews more than once a year"."""
    if around is None:
        return False
    begin = bounds.sentence_before(row, around.first, _DENIED_WITHIN)
    return not {"not", "no", "never", "cannot"}.isdisjoint(row.low[begin : around.first])


def _span(row: Tokens, first: int, stop: int, offset: int) -> Span:
    return Span(start=row.start[first] + offset, end=row.end[stop - 1] + offset)
