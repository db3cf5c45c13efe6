"""Nights by the clock on the wall, as instants. Pure.

Where clocks are put forward over a time, it is the first minute after the gap; where they are put back over
it, it is the first of the two.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from drverify.model.nights import Night, NightRule

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_LONGEST_GAP = timedelta(hours=24)
"""Samoa left out a whole day at the end of 2011."""


def nights(rule: NightRule, *, after: datetime, number: int) -> tuple[Night, ...]:
    """The nights of so many evenings from the one on that `after` (UTC) lies in; a begun one is cut.

    Evenings on which nothing runs count, and give no night.
    """
    zone = ZoneInfo(rule.zone)
    first = after.astimezone(zone).date()
    if rule.ends <= rule.begins and after < instant(first, rule.begins, zone):
        first -= _DAY if after < instant(first, rule.ends, zone) else timedelta()
    return tuple(_nights(rule, zone, first, after, number))


def _nights(rule: NightRule, zone: ZoneInfo, first: date, after: datetime, number: int) -> Iterator[Night]:
    for evening in (first + timedelta(days=day) for day in range(number)):
        if evening.weekday() not in rule.weekdays or evening in rule.blackout:
            continue
        morning = evening if rule.ends > rule.begins else evening + _DAY
        begins, ends = instant(evening, rule.begins, zone), instant(morning, rule.ends, zone)
        if max(begins, after) < ends:
            yield Night(evening=evening, begins=max(begins, after), ends=ends)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall first shows that time, or the first minute after it."""
    wanted = datetime.combine(day, at)
    for minutes in range(int(_LONGEST_GAP / _MINUTE) + 1):
        local = wanted + minutes * _MINUTE
        found = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == local:
            return found
        if minutes == 0:
            wanted = wanted.replace(second=0, microsecond=0)  # the first minute, not the first second of one
    raise ValueError(f"{zone.key} has no {at} on {day}, nor anything after it")
