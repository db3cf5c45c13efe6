"""Figures of agreements: exact numbers with their units, never converted where it would be wrong.

A month is 28 to 31 days, a quarter 89 to 92, a year 365 or 366; business time has no length in elapsed
time until a calendar is applied. Comparisons therefore answer yes, no or unknown (`None`).
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Literal

Unit = Literal[
    "second", "minute", "hour", "day", "week", "month", "quarter", "year",
    "business_minute", "business_hour", "business_day", "percent", "count", "km", "mile",
]  # fmt: skip
Comparator = Literal["<=", "<", ">=", ">", "=", "~", "between"]

_EXACT = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_DAYS = {"month": (28, 31), "quarter": (89, 92), "year": (365, 366)}
"""Shortest and longest in days; n of them are bounded by n times these."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit. `upper` only with the comparator `between` of the figure that holds it."""

    value: Decimal
    unit: Unit
    upper: Decimal | None = None


def elapsed(value: Decimal, unit: Unit) -> tuple[timedelta, timedelta] | None:
    """Shortest and longest elapsed time that it may mean; None for business time and what is no time."""
    if unit in _EXACT:
        exact = timedelta(microseconds=int(value * _EXACT[unit] * 1_000_000))
        return exact, exact
    if unit in _DAYS:
        short, long = _DAYS[unit]
        return tuple(timedelta(seconds=float(value * days * 86_400)) for days in (short, long))  # type: ignore[return-value]
    return None


def shorter(a: Quantity, b: Quantity) -> bool | None:
    """Whether `a` is certainly shorter than `b`; None when that depends on months or a calendar."""
    if a.unit in _MONTHS and b.unit in _MONTHS:
        return a.value * _MONTHS[a.unit] < b.value * _MONTHS[b.unit]
    if a.unit == b.unit:
        return a.value < b.value
    first, second = elapsed(a.value, a.unit), elapsed(b.value, b.unit)
    if first is None or second is None:
        return None
    if first[1] < second[0]:
        return True
    return None if first[0] < second[1] else False
