"""Comparing figures: yes, no or unknown, and never a month for 30 days."""

from datetime import timedelta
from decimal import Decimal

import pytest

from drverify.model.quantity import Quantity, elapsed, equal, month_days, seconds, shorter


def q(written: str) -> Quantity:
    """ "4 hour", "5..15 minute"."""
    value, unit = written.split()
    low, _, high = value.partition("..")
    return Quantity(value=Decimal(low), unit=unit, upper=Decimal(high) if high else None)


@pytest.mark.parametrize(
    ("months", "fewest", "most"),
    [
        ("0", 0, 0), ("1", 28, 31), ("2", 59, 62), ("3", 89, 92), ("6", 181, 184), ("11", 334, 337), ("12", 365, 366),
        ("24", 730, 731), ("36", 1095, 1096), ("48", 1460, 1461), ("120", 3651, 3653), ("4800", 146097, 146097),
        ("9600", 292194, 292194), ("0.5", 14, Decimal("15.5")),
    ],
)  # fmt: skip
def test_days_of_months(months: str, fewest: int, most: int) -> None:
    assert month_days(Decimal(months)) == (fewest, most)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1 hour", "2 hour", True),
        ("2 hour", "1 hour", False),
        ("1 hour", "1 hour", False),
        ("60 minute", "1 hour", False),
        ("59 minute", "1 hour", True),
        ("1 day", "1 week", True),
        ("27 day", "1 month", True),
        ("28 day", "1 month", None),
        ("30 day", "1 month", None),
        ("31 day", "1 month", False),
        ("1 month", "30 day", None),
        ("1 month", "32 day", True),
        ("1 month", "28 day", False),
        ("365 day", "1 year", None),
        ("364 day", "1 year", True),
        ("364 day", "12 month", True),
        ("1 year", "367 day", True),
        ("1 month", "1 quarter", True),
        ("12 month", "1 year", False),
        ("4 quarter", "1 year", False),
        ("4 business_hour", "4 hour", False),
        ("4 business_hour", "5 hour", None),
        ("3 hour", "4 business_hour", True),
        ("4 hour", "4 business_hour", None),
        ("30 business_minute", "1 business_hour", True),
        ("1 business_day", "2 business_day", True),
        ("1 business_day", "3 day", None),
        ("1 business_day", "8 business_hour", None),
        ("99 percent", "99.9 percent", True),
        ("99.9 percent", "4 hour", None),
        ("2 count", "3 count", True),
        ("50 km", "50 mile", True),
        ("1 mile", "1.609344 km", False),
        ("5..15 minute", "16 minute", True),
        ("5..15 minute", "15 minute", None),
        ("5..15 minute", "5 minute", False),
        ("4 minute", "5..15 minute", True),
    ],
)
def test_shorter(one: str, other: str, expected: bool | None) -> None:
    assert shorter(q(one), q(other)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("24 hour", "1 day", True),
        ("7 day", "1 week", True),
        ("12 month", "1 year", True),
        ("3 month", "1 quarter", True),
        ("1 month", "30 day", None),
        ("1 month", "40 day", False),
        ("1 year", "365 day", None),
        ("1 year", "364 day", False),
        ("4800 month", "146097 day", True),
        ("1.0 hour", "1 hour", True),
        ("1 hour", "61 minute", False),
        ("60 business_minute", "1 business_hour", True),
        ("1 business_day", "1 day", None),
        ("8 business_hour", "1 business_day", None),
        ("8 business_hour", "7 hour", False),
        ("8 business_hour", "8 hour", None),
        ("0 second", "0 minute", True),
        ("5..15 minute", "5..15 minute", True),
        ("5..15 minute", "300..900 second", True),
        ("5..15 minute", "5..16 minute", False),
        ("5..15 minute", "16 minute", False),
        ("5..15 minute", "10 minute", None),
        ("1 count", "1 percent", None),
    ],
)
def test_equal(one: str, other: str, expected: bool | None) -> None:
    assert equal(q(one), q(other)) is expected
    assert equal(q(other), q(one)) is expected


def test_elapsed_time_of_units() -> None:
    assert elapsed(Decimal("1.5"), "hour") == (timedelta(minutes=90), timedelta(minutes=90))
    assert elapsed(Decimal(1), "month") == (timedelta(days=28), timedelta(days=31))
    assert elapsed(Decimal(1), "business_hour") is None
    assert elapsed(Decimal(1), "percent") is None
    assert elapsed(Decimal("1e30"), "year") == (timedelta.max, timedelta.max)


def test_business_hours_take_at_least_as_long() -> None:
    assert seconds(Decimal(2), "business_hour") == (7200, None)
    assert seconds(Decimal(2), "business_day") is None
