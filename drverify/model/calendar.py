"""Business time: deadlines by a calendar, and how long business time may take in elapsed time.

Rules, where agreements leave them open:

1. A calendar is open on its weekdays from `start` to `end` by the wall clock of its zone, but for its
   holidays. `end` may be 24:00; a shift over midnight is not a calendar.
2. Daylight saving: a wall clock time that a change skips is the moment of the change; of a time that
   happens twice, the first counts for opening and the second for closing. Hours open are elapsed hours: a
   day on which the clock changes inside the shift is an hour longer or shorter.
3. n business hours end at the first instant at which n hours of open time have passed since the start.
4. n business days end at close of business of the n-th business day after the day of the start, which is
   not counted itself, whatever the hour. Zero business days are no time at all.
5. Days and weeks of elapsed time are 24 and 168 hours. n months later is the same wall clock time on the
   same day of the month, or on its last day where that day does not exist.

Holidays that the calendar does not list are open days: its bounds are those of the calendar as it stands.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drverify.model.contract import Calendar
from drverify.model.quantity import BUSINESS, EXACT, MONTHS, Quantity, elapsed, equal, shorter, span_of

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ONE_DAY = timedelta(days=1)
_HORIZON_DAYS = 40_000
"""Longest walk through a calendar (about 110 years): further is a slip of the pen."""
_MARGIN_DAYS = 3
"""Days around a start that its own day, in any zone, may lie in."""

Bounds = tuple[timedelta, timedelta]


class CalendarError(ValueError):
    """A calendar or a quantity that gives no deadline; the message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hours:
    """A calendar, checked and taken apart."""

    zone: ZoneInfo
    weekdays: frozenset[int]
    opens: time
    closes: time
    """Midnight stands for 24:00."""
    holidays: frozenset[date]

    def open_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def shift(self, day: date) -> tuple[datetime, datetime]:
        """Opening and closing of a day in UTC; equal when a change of the clock swallows the shift."""
        last = day + _ONE_DAY if self.closes == time() else day
        opening = instant(datetime.combine(day, self.opens), self.zone, last=False)
        return opening, max(opening, instant(datetime.combine(last, self.closes), self.zone, last=True))


def instant(wall: datetime, zone: ZoneInfo, *, last: bool) -> datetime:
    """The moment in UTC of a wall clock time (rule 2); `last` takes the second of two."""
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first <= second:
        return second if last else first
    return _change(second.replace(microsecond=0), first, zone, wall)


def _change(low: datetime, high: datetime, zone: ZoneInfo, wall: datetime) -> datetime:
    """The moment, to the second, between two at which the clock jumps over a time."""
    before, after = 0, int((high - low).total_seconds()) + 1
    while after - before > 1:
        middle = (before + after) // 2
        if (low + timedelta(seconds=middle)).astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return low + timedelta(seconds=after)


def _hours(calendar: Calendar) -> _Hours:
    try:
        zone = ZoneInfo(calendar.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(f"calendar {calendar.id}: {calendar.timezone!r} is no IANA time zone") from error
    opens, closes = _clock(calendar, calendar.start), _clock(calendar, calendar.end)
    if closes != time() and closes <= opens:
        raise CalendarError(f"calendar {calendar.id}: {calendar.end} is not after {calendar.start}")
    weekdays = frozenset(_WEEK.index(day) for day in calendar.days)
    if not weekdays:
        raise CalendarError(f"calendar {calendar.id}: no day is a business day")
    return _Hours(
        zone=zone, weekdays=weekdays, opens=opens, closes=closes, holidays=frozenset(calendar.holidays)
    )


def _clock(calendar: Calendar, wall: str) -> time:
    try:
        return time() if wall == "24:00" else time.fromisoformat(wall)
    except ValueError as error:
        raise CalendarError(f"calendar {calendar.id}: {wall!r} is no time of day such as 09:00") from error


def apply(quantity: Quantity, calendar: Calendar, start: datetime) -> datetime:
    """When a period that begins at `start` ends at the latest, in the calendar's zone.

    Of a range the later end counts. CalendarError when the calendar or the quantity gives no deadline;
    `start` must know its zone.
    """
    if start.tzinfo is None:
        raise CalendarError(f"{start.isoformat()} has no time zone")
    hours = _hours(calendar)
    value = quantity.value if quantity.upper is None else quantity.upper
    try:
        end = _end(value, quantity.unit, hours, start.astimezone(UTC))
        return end.astimezone(hours.zone)
    except OverflowError as error:
        raise CalendarError(
            f"{value} {quantity.unit} from {start.isoformat()}: beyond the calendar"
        ) from error


def _end(value: Decimal, unit: str, hours: _Hours, start: datetime) -> datetime:
    if value < 0:
        raise CalendarError(f"{value} {unit} is no length of time")
    if unit in EXACT:
        return start + span_of(value * EXACT[unit])
    if unit in MONTHS:
        return _months_later(value * MONTHS[unit], hours.zone, start)
    if unit in BUSINESS:
        return _open_time_later(span_of(value * BUSINESS[unit]), hours, start)
    if unit == "business_day":
        return _days_later(value, hours, start)
    raise CalendarError(f"{unit} is no length of time")


def _months_later(months: Decimal, zone: ZoneInfo, start: datetime) -> datetime:
    if months != months.to_integral_value():
        raise CalendarError(f"{months} months end on no certain day")
    local = start.astimezone(zone)
    if months == 0:
        return start
    year, month = divmod(local.year * 12 + local.month - 1 + int(months), 12)
    if year >= date.max.year:
        raise OverflowError
    last = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - _ONE_DAY
    wall = local.replace(tzinfo=None, fold=0)
    return instant(
        datetime.combine(last.replace(day=min(local.day, last.day)), wall.time()), zone, last=False
    )


def _shifts(hours: _Hours, first: date) -> Iterator[tuple[datetime, datetime]]:
    """Openings and closings from a day on, in order; CalendarError past the horizon."""
    day = first
    for _ in range(_HORIZON_DAYS):
        if hours.open_on(day):
            yield hours.shift(day)
        day += _ONE_DAY
    raise CalendarError("the calendar has no business day left within a hundred years")


def _open_time_later(length: timedelta, hours: _Hours, start: datetime) -> datetime:
    if not length:
        return start
    left = length
    for opens, closes in _shifts(hours, start.astimezone(hours.zone).date() - _ONE_DAY):
        begin = max(opens, start)
        if closes <= begin:
            continue
        if closes - begin >= left:
            return begin + left
        left -= closes - begin
    raise AssertionError("the shifts end in an error")


def _days_later(value: Decimal, hours: _Hours, start: datetime) -> datetime:
    if value != value.to_integral_value():
        raise CalendarError(f"{value} business days: a part of a business day ends at no certain hour")
    if value == 0:
        return start
    left = int(value)
    for _, closes in _shifts(hours, start.astimezone(hours.zone).date() + _ONE_DAY):
        left -= 1
        if not left:
            return closes
    raise AssertionError("the shifts end in an error")


def years_of(calendar: Calendar, *, otherwise: int = 2026) -> tuple[date, date]:
    """First and last day of the years whose holidays are listed; of `otherwise` when none are."""
    years = [day.year for day in calendar.holidays] or [otherwise]
    return date(min(years), 1, 1), date(max(years), 12, 31)


def bounds(quantity: Quantity, calendar: Calendar, starts: tuple[date, date] | None = None) -> Bounds:
    """Shortest and longest elapsed time that a quantity may take, begun at any moment of some days.

    `starts` are the first and last day (of the calendar's zone) on which it may begin, by default the years
    whose holidays are listed. The longest may be only approached. CalendarError as for `apply`.
    """
    plain = elapsed(quantity.value, quantity.unit)
    high = plain if quantity.upper is None else elapsed(quantity.upper, quantity.unit)
    if plain is not None and high is not None:
        return plain[0], high[1]
    hours, within = _hours(calendar), starts or years_of(calendar)
    low = _business_bounds(quantity.value, quantity.unit, hours, within)
    top = low if quantity.upper is None else _business_bounds(quantity.upper, quantity.unit, hours, within)
    return low[0], top[1]


def _business_bounds(value: Decimal, unit: str, hours: _Hours, within: tuple[date, date]) -> Bounds:
    if not value:
        return timedelta(), timedelta()
    try:
        if unit in BUSINESS:
            return _open_bounds(span_of(value * BUSINESS[unit]), hours, within)
        if unit == "business_day" and value == value.to_integral_value():
            return _day_bounds(int(value), hours, within)
    except OverflowError as error:
        raise CalendarError(f"{value} {unit}: beyond the calendar") from error
    raise CalendarError(f"{value} {unit} is no length of time")


def _day_bounds(days: int, hours: _Hours, within: tuple[date, date]) -> Bounds:
    """By rule 4 the shortest begins as a day ends, the longest as it begins."""
    shortest, longest = timedelta.max, timedelta()
    closings = [closes for _, closes in _window(hours, within, days=days)]
    ends = _midnight(within[0], hours)
    for at in range((within[1] - within[0]).days + 1):
        begins, ends = ends, _midnight(within[0] + timedelta(days=at + 1), hours)
        closes = closings[bisect_left(closings, ends) + days - 1]
        shortest, longest = min(shortest, closes - ends), max(longest, closes - begins)
    return shortest, longest


def _midnight(day: date, hours: _Hours) -> datetime:
    return instant(datetime.combine(day, time()), hours.zone, last=False)


def _open_bounds(length: timedelta, hours: _Hours, within: tuple[date, date]) -> Bounds:
    """The extremes lie where a shift opens or closes at the start or at the end."""
    first, end = _midnight(within[0], hours), _midnight(within[1] + _ONE_DAY, hours)
    line = _Line(_window(hours, within, length=length))
    starts = {first, end}
    for opens, closes in zip(line.opens, line.closes, strict=True):
        starts.update((opens, closes))
    starts.update(line.at(passed - length) for passed in line.passed if passed >= length)
    taken = [start for start in starts if first <= start <= end]
    reached = [(line.since(start) + length, start) for start in taken]
    return (
        min(line.at(total) - start for total, start in reached),
        max((line.past if line.runs(start) else line.at)(total) - start for total, start in reached),
    )


def _window(
    hours: _Hours, within: tuple[date, date], *, days: int = 0, length: timedelta = timedelta()
) -> list[tuple[datetime, datetime]]:
    """The shifts that starts within some days may use, with one to spare."""
    found: list[tuple[datetime, datetime]] = []
    spare, left = days + 2, length
    for opens, closes in _shifts(hours, within[0] - timedelta(days=_MARGIN_DAYS)):
        found.append((opens, closes))
        if opens.astimezone(hours.zone).date() > within[1]:
            left -= closes - opens
            spare -= 1
            if spare <= 0 and left < timedelta():
                break
    return found


class _Line:
    """Open time along the calendar."""

    def __init__(self, shifts: list[tuple[datetime, datetime]]) -> None:
        self.opens = [opens for opens, _ in shifts]
        self.closes = [closes for _, closes in shifts]
        self.passed: list[timedelta] = []
        """Open time at each closing."""
        total = timedelta()
        for opens, closes in shifts:
            total += closes - opens
            self.passed.append(total)

    def since(self, moment: datetime) -> timedelta:
        """Open time from the line's beginning to a moment."""
        at = bisect_right(self.opens, moment) - 1
        if at < 0:
            return timedelta()
        return self.passed[at] - max(timedelta(), self.closes[at] - moment)

    def runs(self, moment: datetime) -> bool:
        """Whether open time passes right after a moment."""
        at = bisect_right(self.opens, moment) - 1
        return at >= 0 and moment < self.closes[at]

    def at(self, passed: timedelta) -> datetime:
        """The first moment at which so much open time has passed."""
        at = bisect_left(self.passed, passed)
        return self.closes[at] - (self.passed[at] - passed)

    def past(self, passed: timedelta) -> datetime:
        """The last moment at which no more than that has passed: over a closed time, its end."""
        at = bisect_right(self.passed, passed)
        return self.closes[at] - (self.passed[at] - passed)


def compare(
    a: Quantity, b: Quantity, calendar: Calendar, starts: tuple[date, date] | None = None
) -> bool | None:
    """Whether `a` is certainly shorter than `b` by a calendar, whenever both begin; None when that depends.

    Without business time in it the same as `drverify.model.quantity.shorter`.
    """
    plain = shorter(a, b)
    if plain is not None:
        return plain
    if equal(a, b):
        return False
    if not all(_timed(one) for one in (a, b)):
        return None
    (low_a, high_a), (low_b, high_b) = bounds(a, calendar, starts), bounds(b, calendar, starts)
    if high_a < low_b:
        return True
    return False if low_a >= high_b else None


def _timed(one: Quantity) -> bool:
    return one.unit in EXACT or one.unit in MONTHS or one.unit in BUSINESS or one.unit == "business_day"
