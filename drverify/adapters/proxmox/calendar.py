"""How far apart the runs of a schedule lie at most. Pure.

A schedule is written as a calendar event, like systemd's (the form is that of `pvesh`'s own help):

    hourly, daily, weekly, monthly, ...      02:00      mon..fri 21:00      sat,sun 0/6:00      */2:00

Schedules with dates (`*-*-1`) are not read: what cannot be read has no interval, never a guessed one.
"""

import re
from datetime import timedelta

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = 200
_NAMED = {
    "minutely": timedelta(minutes=1),
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
    "semiannually": timedelta(days=184),
    "semi-annually": timedelta(days=184),
    "yearly": timedelta(days=366),
    "annually": timedelta(days=366),
}
_HOURS, _MINUTES = 24, 60


def longest_gap(schedule: str) -> timedelta | None:
    """The longest time between two runs; None when the schedule cannot be read."""
    text = schedule.strip().lower()[:LONGEST]
    if text in _NAMED:
        return _NAMED[text]
    minutes = _minutes_of_week(text)
    if not minutes:
        return None
    following = [*minutes[1:], minutes[0] + WEEK_MINUTES]
    return timedelta(minutes=max(after - before for before, after in zip(minutes, following, strict=True)))


def _minutes_of_week(text: str) -> list[int]:
    """Every run of a week, in minutes since Monday; empty when it cannot be read."""
    words = text.split()
    if not words or len(words) > 2:  # noqa: PLR2004 - days and time
        return []
    days: list[int] | None = list(range(7))
    if words[0][0].isalpha():
        days = _days(words.pop(0))
    times = _times(words[0]) if words else [0]
    if days is None or times is None:
        return []
    return sorted(day * DAY_MINUTES + minute for day in days for minute in times)


def _days(text: str) -> list[int] | None:
    found: set[int] = set()
    for part in text.split(","):
        first, dots, last = part.partition("..")
        start, end = _day(first), _day(last if dots else first)
        if start is None or end is None or end < start:
            return None
        found |= set(range(start, end + 1))
    return sorted(found)


def _day(text: str) -> int | None:
    return next((turn for turn, name in enumerate(DAYS) if len(text) > 2 and text.startswith(name)), None)  # noqa: PLR2004


def _times(text: str) -> list[int] | None:
    parts = text.split(":")
    if len(parts) == 3:  # noqa: PLR2004 - with seconds, which make no difference here
        parts.pop()
    hours = _values(parts[0], _HOURS) if len(parts) == 2 else list(range(_HOURS))  # noqa: PLR2004
    minutes = _values(parts[-1], _MINUTES)
    if len(parts) > 2 or hours is None or minutes is None:  # noqa: PLR2004
        return None
    return [hour * _MINUTES + minute for hour in hours for minute in minutes]


def _values(text: str, end: int) -> list[int] | None:
    """`5`, `1,3`, `8..17`, `*`, `*/15`, `8..17/2`, `0/6`: all values below `end`."""
    found: set[int] = set()
    for part in text.split(","):
        read = re.fullmatch(r"(?:(\*)|(\d{1,2})(?:\.\.(\d{1,2}))?)(?:/(\d{1,2}))?", part)
        if read is None:
            return None
        star, first, last, step = read.groups()
        start = 0 if star else int(first)
        stop = end - 1 if star or (step and last is None) else int(last or first)
        if not start <= stop < end or step == "0":
            return None
        found |= set(range(start, stop + 1, int(step or 1)))
    return sorted(found)
