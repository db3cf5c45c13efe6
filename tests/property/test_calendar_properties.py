"""Business time against a slow and plain count of open minutes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.calendar import apply, bounds, compare
from drverify.model.contract import Calendar
from drverify.model.quantity import Quantity, elapsed, equal, shorter

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
calendars = st.builds(
    lambda zone, days, start, length, holidays: Calendar(
        id="c",
        timezone=zone,
        days=tuple(day for day in DAYS if day in days),
        start=f"{start:02}:00",
        end=f"{start + length:02}:00",
        holidays=tuple(date(2026, 3, 20) + timedelta(days=one) for one in holidays),
    ),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]),
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.integers(0, 12),
    st.integers(2, 12),
    st.sets(st.integers(0, 20), max_size=4),
)
starts = st.integers(0, 30 * 24 * 60).map(
    lambda minute: datetime(2026, 3, 15, tzinfo=UTC) + timedelta(minutes=minute)
)
WINDOW = (date(2026, 3, 16), date(2026, 4, 13))


def is_open(calendar: Calendar, moment: datetime) -> bool:
    wall = moment.astimezone(ZoneInfo(calendar.timezone))
    if DAYS[wall.weekday()] not in calendar.days or wall.date() in calendar.holidays:
        return False
    return calendar.start <= f"{wall:%H:%M}" < calendar.end


def open_minutes(calendar: Calendar, begin: datetime, end: datetime) -> int:
    count = int((end - begin).total_seconds()) // 60
    return sum(is_open(calendar, begin + timedelta(minutes=one)) for one in range(count))


def hours(value: int) -> Quantity:
    return Quantity(value=Decimal(value), unit="business_hour")


@settings(max_examples=40, deadline=None)
@given(calendars, starts, st.integers(1, 6))
def test_business_hours_are_open_hours(calendar: Calendar, start: datetime, value: int) -> None:
    end = apply(hours(value), calendar, start)
    assert open_minutes(calendar, start, end.astimezone(UTC)) == value * 60
    assert is_open(calendar, end - timedelta(minutes=1))


@settings(max_examples=60, deadline=None)
@given(
    calendars,
    starts,
    st.integers(1, 20),
    st.sampled_from(["business_hour", "business_day", "business_minute"]),
)
def test_every_start_lies_within_the_bounds(
    calendar: Calendar, start: datetime, value: int, unit: str
) -> None:
    period = Quantity(value=Decimal(value), unit=unit)
    shortest, longest = bounds(period, calendar, WINDOW)
    day = start.astimezone(ZoneInfo(calendar.timezone)).date()
    if WINDOW[0] <= day <= WINDOW[1]:
        taken = apply(period, calendar, start).astimezone(UTC) - start
        assert shortest <= taken <= longest


@settings(max_examples=25, deadline=None)
@given(calendars, st.integers(1, 12))
def test_bounds_are_reached_or_approached(calendar: Calendar, value: int) -> None:
    shortest, longest = bounds(hours(value), calendar, WINDOW)
    zone = ZoneInfo(calendar.timezone)
    first = datetime(2026, 3, 16, tzinfo=zone).astimezone(UTC)
    taken = [
        apply(hours(value), calendar, first + timedelta(minutes=30 * half)).astimezone(UTC)
        - first
        - timedelta(minutes=30 * half)
        for half in range(29 * 48)
    ]
    assert min(taken) - shortest < timedelta(hours=1)
    assert longest - max(taken) < timedelta(hours=1)


@settings(max_examples=150, deadline=None)
@given(
    calendars,
    starts,
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from(["hour", "day", "business_day"]),
)
def test_a_certain_comparison_holds_for_every_start(
    calendar: Calendar, start: datetime, value: int, other: int, unit: str
) -> None:
    one, two = hours(value), Quantity(value=Decimal(other), unit=unit)
    answer = compare(one, two, calendar, (date(2026, 3, 14), date(2026, 4, 16)))
    if answer is not None:
        assert (apply(one, calendar, start) < apply(two, calendar, start)) is answer


quantities = st.builds(
    lambda value, unit: Quantity(value=Decimal(value) / 2, unit=unit),
    st.integers(0, 4000),
    st.sampled_from(["second", "minute", "hour", "day", "week", "month", "quarter", "year", "business_hour"]),
)


@given(quantities, quantities)
def test_shorter_and_equal_agree(a: Quantity, b: Quantity) -> None:
    assert not (shorter(a, b) and shorter(b, a))
    assert not (equal(a, b) and (shorter(a, b) or shorter(b, a)))
    if shorter(a, b):
        assert equal(a, b) is False
    assert equal(a, a) is not False
    assert equal(a, b) == equal(b, a)


@given(quantities, quantities, quantities)
def test_shorter_is_transitive(a: Quantity, b: Quantity, c: Quantity) -> None:
    if shorter(a, b) and shorter(b, c):
        assert shorter(a, c)


@given(st.integers(0, 600), st.dates(date(2000, 1, 1), date(2350, 1, 1)))
def test_months_lie_within_their_days(months: int, begins: date) -> None:
    start = datetime(begins.year, begins.month, begins.day, tzinfo=UTC)
    period = Quantity(value=Decimal(months), unit="month")
    found = elapsed(period.value, "month")
    assert found is not None
    taken = apply(period, Calendar(id="u", timezone="UTC"), start) - start
    assert found[0] <= taken <= found[1]
