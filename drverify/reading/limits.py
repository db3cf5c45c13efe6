"""A figure as a kind takes it: whether it may, and what bound it then is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from drverify.model.contract import Figure, Kind
from drverify.model.quantity import Comparator, Quantity
from drverify.reading.quantities import Found
from drverify.reading.tables.attach import STANDS_BY, TAKES

_WHOLE = 100
_LEAST_UPTIME = 80
"""Per cent; what is less is a credit, a share or a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A figure of a provision to be; `figure` None with a problem when the place is there but no value."""

    figure: Figure | None
    problem: str = ""
    hedge: str = ""


@cache
def words_of(kind: Kind) -> re.Pattern[str]:
    """The words that a figure of the kind stands by."""
    return re.compile(STANDS_BY[kind], re.IGNORECASE)


def takes(kind: Kind, one: Found) -> bool:
    """Whether a figure can be one of the kind, by its role and size."""
    if kind == "uptime" and one.quantity is not None and not _LEAST_UPTIME <= one.quantity.value <= _WHOLE:
        return False
    return one.role in TAKES[kind] or (one.role == "unknown" and bool(one.problem))


def bound_of(kind: Kind, one: Found, *, age: bool = False) -> Bound:
    """The figure as the kind's bound; an age of a table ("Days 4-6") counts by its end."""
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
    return tuple(bound_of(kind, one) for one in found if kind in TAKES and takes(kind, one))
