"""Figures of agreements: exact numbers with their units, never converted where it would be wrong.

A month is 28 to 31 days and twelve months are 365 or 366; business time has no length in elapsed time until
a calendar is applied (`drverify.model.calendar`), except that it is never shorter than the same elapsed time.
Comparisons therefore answer yes, no or unknown (`None`).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

Unit = Literal[
    "second", "minute", "hour", "day", "week", "month", "quarter", "year",
    "business_minute", "business_hour", "business_day", "percent", "count", "km", "mile",
]  # fmt: skip
Comparator = Literal["<=", "<", ">=", ">", "=", "~", "between"]

EXACT: MappingProxyType[str, int] = MappingProxyType(
    {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
)
"""Seconds."""
MONTHS: MappingProxyType[str, int] = MappingProxyType({"month": 1, "quarter": 3, "year": 12})
BUSINESS: MappingProxyType[str, int] = MappingProxyType({"business_minute": 60, "business_hour": 3600})
"""Seconds of business time. A business day's depend on the calendar."""
_PLAIN: MappingProxyType[str, tuple[str, Decimal]] = MappingProxyType(
    {
        "percent": ("percent", Decimal(1)),
        "count": ("count", Decimal(1)),
        "km": ("km", Decimal(1)),
        "mile": ("km", Decimal("1.609344")),
        "business_day": ("business_day", Decimal(1)),
    }
)
"""Units that compare only among themselves; the international mile is exact."""
_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A number with its unit. `upper` only with the comparator `between` of the figure that holds it."""

    value: Decimal
    unit: Unit
    upper: Decimal | None = None


def seconds(value: Decimal, unit: Unit) -> tuple[Decimal, Decimal | None] | None:
    """Shortest and longest elapsed time in seconds; None for business days and what is no time.

    The longest is None where no calendar bounds it: n business hours take n hours or more.
    """
    if unit in EXACT:
        exact = value * EXACT[unit]
        return exact, exact
    if unit in MONTHS:
        short, long = month_days(value * MONTHS[unit])
        return short * _DAY, long * _DAY
    if unit in BUSINESS:
        return value * BUSINESS[unit], None
    return None


def elapsed(value: Decimal, unit: Unit) -> tuple[timedelta, timedelta] | None:
    """Shortest and longest elapsed time that it may mean; None for business time and what is no time."""
    found = seconds(value, unit)
    if found is None or found[1] is None:
        return None
    return span_of(found[0]), span_of(found[1])


def span_of(length: Decimal) -> timedelta:
    """Seconds as a `timedelta`, to the microsecond, and no longer than the longest there is."""
    if length >= _LONGEST:
        return timedelta.max
    return timedelta(microseconds=int(length * 1_000_000))


_LONGEST = Decimal(timedelta.max.days) * _DAY


def month_days(months: Decimal) -> tuple[Decimal, Decimal]:
    """Fewest and most days that so many months may have, whichever month they begin in.

    A day that the last month does not have is its last one (31 January and a month is 28 February). A
    part of a month is that part of 28 to 31 days.
    """
    whole = int(months)
    part = months - whole
    fewest, most = _month_days(whole)
    return fewest + part * 28, most + part * 31


_CYCLE, _CYCLE_DAYS = 4800, 146_097
"""Months and days of four hundred years, after which the calendar repeats."""


@lru_cache(maxsize=256)
def _month_days(months: int) -> tuple[int, int]:
    cycles, rest = divmod(months, _CYCLE)
    firsts = _firsts()
    lengths = [firsts[at + rest] - firsts[at] for at in range(_CYCLE)]
    clamped = [length - max(0, _days_in(at) - _days_in(at + rest)) for at, length in enumerate(lengths)]
    return cycles * _CYCLE_DAYS + min(clamped), cycles * _CYCLE_DAYS + max(lengths)


@lru_cache(maxsize=1)
def _firsts() -> tuple[int, ...]:
    """The first days of the months of eight hundred years."""
    return tuple(date(2000 + at // 12, at % 12 + 1, 1).toordinal() for at in range(2 * _CYCLE + 1))


def _days_in(at: int) -> int:
    firsts = _firsts()
    return firsts[at + 1] - firsts[at]


def shorter(a: Quantity, b: Quantity) -> bool | None:
    """Whether `a` is certainly shorter (smaller) than `b`; None when that depends on months or a calendar.

    A range is shorter when all of it is. Of different dimensions (hours and per cent) nothing is known.
    """
    pair = _comparable(a, b)
    if pair is None:
        return None
    (low_a, high_a), (low_b, high_b) = pair
    if high_a is not None and high_a < low_b:
        return True
    return False if high_b is not None and low_a >= high_b else None


def equal(a: Quantity, b: Quantity) -> bool | None:
    """Whether both certainly mean the same: 24 hours and a day do, a month and 30 days may, and 40 do not."""
    if (a.upper is None) != (b.upper is None):
        return False if _apart(a, b) else None
    if a.upper is not None and b.upper is not None:
        ends = (
            equal(Quantity(value=a.value, unit=a.unit), Quantity(value=b.value, unit=b.unit)),
            equal(Quantity(value=a.upper, unit=a.unit), Quantity(value=b.upper, unit=b.unit)),
        )
        return False if False in ends else None if None in ends else True
    pair = _comparable(a, b)
    if pair is None:
        return None
    if pair[0] == pair[1] and pair[0][0] == pair[0][1]:
        return True
    return False if _apart(a, b) else None


def _apart(a: Quantity, b: Quantity) -> bool:
    pair = _comparable(a, b)
    if pair is None:
        return False
    (low_a, high_a), (low_b, high_b) = pair
    return (high_a is not None and high_a < low_b) or (high_b is not None and high_b < low_a)


_Bounds = tuple[Decimal, Decimal | None]


def _comparable(a: Quantity, b: Quantity) -> tuple[_Bounds, _Bounds] | None:
    """Least and greatest of both in a common measure; None when there is none."""
    for scale in (MONTHS, BUSINESS):
        if a.unit in scale and b.unit in scale:
            return _ends(a, Decimal(scale[a.unit])), _ends(b, Decimal(scale[b.unit]))
    if a.unit in _PLAIN and b.unit in _PLAIN:
        (dimension, first), (other, second) = _PLAIN[a.unit], _PLAIN[b.unit]
        return (_ends(a, first), _ends(b, second)) if dimension == other else None
    one, two = _seconds(a), _seconds(b)
    return None if one is None or two is None else (one, two)


def _ends(one: Quantity, scale: Decimal) -> _Bounds:
    return one.value * scale, (one.value if one.upper is None else one.upper) * scale


def _seconds(one: Quantity) -> _Bounds | None:
    low = seconds(one.value, one.unit)
    high = low if one.upper is None else seconds(one.upper, one.unit)
    return None if low is None or high is None else (low[0], high[1])
