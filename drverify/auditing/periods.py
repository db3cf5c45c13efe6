"""Periods by their names: `2026`, `2026Q4`, `2026-11`; the calendar's, in UTC. Pure."""

import re
from datetime import UTC, datetime

from drverify.errors import InputError
from drverify.model.records import Period, PeriodId

_NAME = re.compile(r"(?P<year>20\d\d)(Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?", re.ASCII)


def period_named(name: str) -> Period:
    """The year, quarter or month of that name; InputError for anything else."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise InputError(f"{name[:40]!r} is not a period", hint="write 2026, 2026Q4 or 2026-11")
    first, months = 1, 12
    if found["quarter"]:
        first, months = 3 * int(found["quarter"]) - 2, 3
    elif found["month"]:
        first, months = int(found["month"]), 1
    year, last = int(found["year"]), first + months
    return Period(
        id=PeriodId(name),
        begins=datetime(year, first, 1, tzinfo=UTC),
        ends=datetime(year + (last > 12), last - 12 * (last > 12), 1, tzinfo=UTC),  # noqa: PLR2004 - months
    )
