"""The figures of a text: durations, intervals, percentages, counts, distances, each with its characters.

A grammar over tokens, no guess: what can be read in two ways keeps both readings and no value, what is
blank or blacked out is said to be so, a unit always comes from the text (or from a table's header given by
the caller), and no unit is converted into another except exactly ("twice a day" is 12 hours, "1 hour 30
minutes" is 90 minutes, "once every two years" stays 2 years). Linear in the text's length.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from drverify.model.agreement import Span
from drverify.model.quantity import Comparator, Quantity, Unit
from drverify.reading import bounds
from drverify.reading.draft import Draft, Problem, Role
from drverify.reading.scanning import drafts
from drverify.reading.tokens import Tokens, tokens


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
    """`placeholder`: "[99.5]%" (with a value), "[●] hours"; `redacted`: "[***]"; `words_digits`: "four (2)
    hours"; `two_readings`: the words have two meanings ("bi-weekly") or no exact one ("7 times a day")."""
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


def quantities(text: str, *, offset: int = 0) -> tuple[Found, ...]:
    """The figures of a text in its order; `offset` is added to every span. Total: never raises."""
    row = tokens(text)
    return tuple(_finished(row, drafts(row), offset))


def _finished(row: Tokens, found: Iterable[Draft], offset: int) -> Iterator[Found]:
    last: Draft | None = None
    for one in found:
        floor = 0 if last is None else last.stop if last.stop <= one.first else last.first + 1
        yield finish(row, one, offset, floor)
        last = one


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
