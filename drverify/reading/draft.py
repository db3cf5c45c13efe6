"""A figure while it is being read: token positions instead of characters."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from drverify.model.quantity import Comparator, Quantity, Unit

Role = Literal["duration", "interval", "window", "percent", "count", "distance", "position", "unknown"]
"""What a figure can be by its wording alone.

`interval`: how often ("every 6 hours", "daily", "twice a day"); `window`: over which period something is
counted ("in each calendar month"); `position`: a place on a time line ("Days 1-3"); `unknown`: an unfilled
or blacked-out place without a unit.
"""
Problem = Literal["", "placeholder", "redacted", "words_digits", "two_readings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A figure in tokens; `stop` is behind the last one."""

    first: int
    stop: int
    role: Role
    unit: Unit | None = None
    unit_first: int = -1
    unit_stop: int = -1
    value: Decimal | None = None
    upper: Decimal | None = None
    comparator: Comparator | None = None
    """Set when the wording of the figure itself bounds it ("next business day", "between")."""
    problem: Problem = ""
    readings: tuple[Quantity, ...] = ()
    flips: bool = False
    """Whether a bound before it is one on how often ("at least daily")."""
    after: int = -1
    """Where reading goes on, if not at `stop`."""
