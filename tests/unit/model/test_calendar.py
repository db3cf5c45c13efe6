"""Deadlines in business time, the changes of the clock, and the longest and shortest a period can take."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from drverify.model.calendar import CalendarError, apply, bounds, compare, instant, years_of
from drverify.model.contract import Calendar
from tests.unit.model.test_quantity import q

BERLIN = Calendar(id="berlin", timezone="Europe/Berlin", holidays=(date(2026, 12, 25), date(2026, 1, 1)))
ALWAYS = Calendar(
    id="always",
    timezone="UTC",
    days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
    start="00:00",
    end="24:00",
)
NIGHT = Calendar(id="night", timezone="Europe/Berlin", days=("sun",), start="01:00", end="04:00")


def at(written: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("4 hour", "2026-06-01T10:00", "2026-06-01T14:00"),
        ("4 business_hour", "2026-06-01T10:00", "2026-06-01T14:00"),
        ("4 business_hour", "2026-06-01T15:00", "2026-06-02T11:00"),
        ("4 business_hour", "2026-06-01T06:00", "2026-06-01T13:00"),
        ("4 business_hour", "2026-06-05T15:30", "2026-06-08T11:30"),
        ("8 business_hour", "2026-06-01T09:00", "2026-06-01T17:00"),
        ("16 business_hour", "2026-06-05T12:00", "2026-06-09T12:00"),
        ("30 business_minute", "2026-06-01T16:45", "2026-06-02T09:15"),
        ("1 business_hour", "2026-06-06T12:00", "2026-06-08T10:00"),
        ("4 business_hour", "2026-12-24T15:00", "2026-12-28T11:00"),
        ("0 business_hour", "2026-06-06T12:00", "2026-06-06T12:00"),
        ("1 business_day", "2026-06-01T10:00", "2026-06-02T17:00"),
        ("1 business_day", "2026-06-01T00:00", "2026-06-02T17:00"),
        ("1 business_day", "2026-06-05T23:59", "2026-06-08T17:00"),
        ("1 business_day", "2026-06-06T10:00", "2026-06-08T17:00"),
        ("5 business_day", "2026-06-01T10:00", "2026-06-08T17:00"),
        ("1 business_day", "2026-12-24T10:00", "2026-12-28T17:00"),
        ("0 business_day", "2026-06-06T12:00", "2026-06-06T12:00"),
        ("1..3 business_day", "2026-06-01T10:00", "2026-06-04T17:00"),
        ("1 month", "2026-01-31T10:00", "2026-02-28T10:00"),
        ("1 month", "2028-01-31T10:00", "2028-02-29T10:00"),
        ("1 quarter", "2026-11-30T10:00", "2027-02-28T10:00"),
        ("1 year", "2024-02-29T10:00", "2025-02-28T10:00"),
        ("1.5 year", "2026-01-15T10:00", "2027-07-15T10:00"),
        ("1 week", "2026-06-01T10:00", "2026-06-08T10:00"),
        ("1 day", "2026-03-28T12:00", "2026-03-29T13:00"),
        ("1 month", "2026-02-28T12:00", "2026-03-28T12:00"),
        ("1 month", "2026-02-28T02:30", "2026-03-28T02:30"),
        ("1 month", "2026-03-01T12:00", "2026-04-01T12:00"),
    ],
)
def test_deadlines(period: str, start: str, end: str) -> None:
    found = apply(q(period), BERLIN, at(start))
    assert found == at(end)
    assert found.tzinfo == ZoneInfo("Europe/Berlin")


def test_start_in_another_zone_is_the_same_moment() -> None:
    start = at("2026-06-01T20:00", "Asia/Tokyo")
    assert apply(q("4 business_hour"), BERLIN, start) == at("2026-06-01T17:00")


def test_a_skipped_hour_and_a_repeated_hour_change_the_shift() -> None:
    before = at("2026-03-28T12:00")
    assert apply(q("2 business_hour"), NIGHT, before) == at("2026-03-29T04:00")  # 01:00-02:00, 03:00-04:00
    before = at("2026-10-24T12:00")
    assert apply(q("4 business_hour"), NIGHT, before) == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)  # 04:00 CET


def test_wall_clock_times_that_do_not_exist_or_exist_twice() -> None:
    zone = ZoneInfo("Europe/Berlin")
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    for minute in (0, 30, 59):
        for last in (True, False):
            assert instant(datetime.fromisoformat(f"2026-03-29T02:{minute:02}"), zone, last=last) == change
    twice = datetime.fromisoformat("2026-10-25T02:30")
    assert instant(twice, zone, last=False) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert instant(twice, zone, last=True) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_month_later_at_a_skipped_time_is_the_change() -> None:
    assert apply(q("1 month"), BERLIN, at("2026-02-28T02:30")) == at("2026-03-28T02:30")
    assert apply(q("1 month"), BERLIN, at("2027-02-28T02:30")) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "period", "start", "saying"),
    [
        (BERLIN, "99 percent", "2026-06-01T10:00", "percent is no length of time"),
        (BERLIN, "0.5 business_day", "2026-06-01T10:00", "part of a business day"),
        (BERLIN, "0.5 month", "2026-06-01T10:00", "no certain day"),
        (BERLIN, "9000 year", "2026-06-01T10:00", "beyond the calendar"),
        (BERLIN, "1e20 day", "2026-06-01T10:00", "beyond the calendar"),
        (BERLIN, "100000 business_day", "2026-06-01T10:00", "hundred years"),
        (
            Calendar(id="c", timezone="Nowhere/City"),
            "1 business_day",
            "2026-06-01T10:00",
            "no IANA time zone",
        ),
        (Calendar(id="c", timezone="../etc"), "1 business_day", "2026-06-01T10:00", "no IANA time zone"),
        (
            Calendar(id="c", timezone="UTC", days=()),
            "1 business_day",
            "2026-06-01T10:00",
            "no day is a business day",
        ),
        (Calendar(id="c", timezone="UTC", start="9"), "1 business_day", "2026-06-01T10:00", "no time of day"),
        (
            Calendar(id="c", timezone="UTC", start="17:00", end="09:00"),
            "1 day",
            "2026-06-01T10:00",
            "not after",
        ),
    ],
)
def test_what_gives_no_deadline_is_said(calendar: Calendar, period: str, start: str, saying: str) -> None:
    with pytest.raises(CalendarError, match=saying):
        apply(q(period), calendar, at(start))


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(CalendarError, match="no time zone"):
        apply(q("1 day"), BERLIN, datetime(2026, 6, 1, 10, 0))  # noqa: DTZ001 - that is the point


def test_bounds_of_business_time() -> None:
    year = (date(2026, 6, 1), date(2026, 6, 30))
    hours = timedelta(hours=1)
    assert bounds(q("4 business_hour"), BERLIN, year) == (4 * hours, 68 * hours)
    assert bounds(q("8 business_hour"), BERLIN, year) == (8 * hours, 72 * hours)
    assert bounds(q("1 business_day"), BERLIN, year) == (17 * hours, (3 * 24 + 17) * hours)
    assert bounds(q("1..2 business_day"), BERLIN, year)[1] == (4 * 24 + 17) * hours
    assert bounds(q("30 minute"), BERLIN) == (hours / 2, hours / 2)
    assert bounds(q("1 month"), BERLIN) == (28 * 24 * hours, 31 * 24 * hours)
    assert bounds(q("5 business_hour"), ALWAYS) == (5 * hours, 5 * hours)
    with pytest.raises(CalendarError):
        bounds(q("1 count"), BERLIN)


def test_a_holiday_lengthens_the_longest() -> None:
    plain = Calendar(id="p", timezone="Europe/Berlin")
    christmas = (date(2026, 12, 21), date(2026, 12, 27))
    assert (
        bounds(q("1 business_day"), BERLIN, christmas)[1] > bounds(q("1 business_day"), plain, christmas)[1]
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("4 business_hour", "4 hour", False),
        ("4 business_hour", "24 hour", None),
        ("4 business_hour", "5 day", True),
        ("24 hour", "4 business_hour", None),
        ("5 day", "4 business_hour", False),
        ("1 business_day", "16 hour", False),
        ("1 business_day", "1 day", None),
        ("1 business_day", "6 day", True),
        ("1 business_day", "1 month", True),
        ("8 business_hour", "1 business_day", None),
        ("2 business_day", "2 business_day", False),
        ("4 business_hour", "99 percent", None),
        ("1 business_hour", "2 business_hour", True),
    ],
)
def test_comparing_by_a_calendar(one: str, other: str, expected: bool | None) -> None:
    assert compare(q(one), q(other), BERLIN) is expected


def test_the_years_of_a_calendar() -> None:
    assert years_of(BERLIN) == (date(2026, 1, 1), date(2026, 12, 31))
    assert years_of(ALWAYS, otherwise=2030) == (date(2030, 1, 1), date(2030, 12, 31))


def test_range_deadline_is_the_later_end() -> None:
    assert apply(q("2..4 hour"), BERLIN, at("2026-06-01T10:00")) == at("2026-06-01T14:00")
    assert Decimal(4) == q("2..4 hour").upper
