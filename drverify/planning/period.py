"""Reporting periods by their names: `2026`, `2026Q4`, `2026-11`, in UTC. Pure."""

import re
from datetime import UTC, datetime

from drverify.errors import InputError
from drverify.model.records import Period, PeriodId

_NAME = re.compile(r"(?P<year>(?:19|20)\d\d)(?:Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?", re.ASCII)
_MONTHS = 12


def period_of(name: str) -> Period:
    """The year, quarter or month of that name. InputError for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise InputError(f"{name[:40]!r} is not a period", hint="such as 2026Q4, 2026-11 or 2026")
    first, length = 1, _MONTHS
    if found["quarter"]:
        first, length = 3 * int(found["quarter"]) - 2, 3
    elif found["month"]:
        first, length = int(found["month"]), 1
    year = int(found["year"])
    return Period(id=PeriodId(name), begins=_month(year, first), ends=_month(year, first + length))


def _month(year: int, month: int) -> datetime:
    """Where a month begins; the thirteenth is the next year's first."""
    years, rest = divmod(month - 1, _MONTHS)
    return datetime(year + years, rest + 1, 1, tzinfo=UTC)
