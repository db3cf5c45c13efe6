"""Figures compared in three values, and figures in words. Pure.

"Unknown" is an answer of its own: a month is 28 to 31 days, and business time has no length until a
calendar is applied. The reason is said with it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from drverify.model.contract import Provision
from drverify.model.quantity import Quantity, Unit, elapsed, shorter

DEPENDS_ON_MONTH = "cannot be decided: depends on the month"
DEPENDS_ON_CALENDAR = "cannot be decided: depends on the calendar of business time"
_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "quarter", "year"})
_BUSINESS = frozenset({"business_minute", "business_hour", "business_day"})
_PLAIN = re.compile(
    r"(\d+(?:\.\d+)?)\)?[\s-]{0,3}(?:calendar\s+)?(second|minute|hour|day|week|month|quarter|year)s?\b",
    re.IGNORECASE,
)
_SIZES = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """The shortest and the longest that a time can be."""

    low: timedelta
    high: timedelta

    def shorter(self, other: "Length") -> bool | None:
        """Whether it is certainly shorter; None when that cannot be told."""
        if self.high < other.low:
            return True
        return None if self.low < other.high else False


def length(quantity: Quantity) -> Length | None:
    """How long it is; None for business time and for what is no time."""
    bounds = elapsed(quantity.value, quantity.unit)
    return Length(low=bounds[0], high=bounds[1]) if bounds is not None else None


def added(a: Quantity, b: Quantity) -> Length | None:
    """Both together."""
    first, second = length(a), length(b)
    if first is None or second is None:
        return None
    return Length(low=first.low + second.low, high=first.high + second.high)


def is_time(quantity: Quantity) -> bool:
    """Whether it is a time of any sort."""
    return quantity.unit in _TIMES or quantity.unit in _BUSINESS


def is_business(provision: Provision) -> bool:
    """Whether its figure counts in business time."""
    figure = provision.figure
    return figure is not None and (figure.quantity.unit in _BUSINESS or figure.clock != "elapsed")


def time_of(provision: Provision) -> Quantity | None:
    """Its figure, if that is a time; for a range the longer end."""
    if provision.figure is None or not is_time(provision.figure.quantity):
        return None
    found = provision.figure.quantity
    return Quantity(value=found.upper, unit=found.unit) if found.upper is not None else found


def differ(a: Quantity, b: Quantity) -> bool | None:
    """Whether two figures are certainly different; None when that cannot be told."""
    if is_time(a) and is_time(b):
        one, other = shorter(a, b), shorter(b, a)
        if True in (one, other):
            return True
        return None if None in (one, other) else (a.upper, a.value) != (b.upper, b.value) and a.unit == b.unit
    return (a.unit, a.value, a.upper) != (b.unit, b.value, b.upper)


def undecided(*quantities: Quantity) -> str:
    """Why a comparison of these has no answer."""
    if any(one.unit in _BUSINESS for one in quantities):
        return DEPENDS_ON_CALENDAR
    return DEPENDS_ON_MONTH


def plain(text: str) -> Quantity | None:
    """A time written in digits, such as a slot's "24 hours" or "four (4) hours"."""
    match = _PLAIN.search(text)
    if match is None:
        return None
    unit: Unit = match.group(2).lower()  # type: ignore[assignment]  # the alternatives of the pattern
    return Quantity(value=Decimal(match.group(1)), unit=unit)


def shown(quantity: Quantity) -> str:
    """`4 hours`, `1 business day`, `99.9 %`, `2 to 4 hours`."""
    value = _number(quantity.value)
    if quantity.upper is not None:
        value = f"{value} to {_number(quantity.upper)}"
    if quantity.unit == "percent":
        return f"{value} %"
    if quantity.unit == "count":
        return value
    unit = quantity.unit.replace("_", " ")
    return f"{value} {unit}" if value == "1" or unit == "km" else f"{value} {unit}s"


def shown_length(found: Length) -> str:
    """A sum of times, in the unit that fits; a range when it is one."""
    low, high = _time(found.low), _time(found.high)
    return low if low == high else f"{low} to {high}"


def _number(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(found: timedelta) -> str:
    parts: list[str] = []
    for unit, size in _SIZES.items():
        count, found = divmod(found, size)
        if count:
            parts.append(f"{count} {unit}" if count == 1 else f"{count} {unit}s")
    return " ".join(parts) or "0 seconds"
