"""Units in the headers of tables, and the numbers below them."""

import pytest

from drverify.model.agreement import Span
from drverify.reading.columns import HeaderUnit, bare_numbers, header_unit
from tests.unit.reading.test_quantities import shown


@pytest.mark.parametrize(
    ("header", "unit", "said"),
    [
        ("RTO (hours)", "hour", "hours"),
        ("RTO [h]", "hour", "h"),
        ("Recovery time (h)", "hour", "h"),
        ("RTO, hrs", "hour", "hrs"),
        ("RTO in hours", "hour", "hours"),
        ("Retention in days", "day", "days"),
        ("Retention (calendar days)", "day", "calendar days"),
        ("Retention / months", "month", "months"),
        ("Response [business hours]", "business_hour", "business hours"),
        ("Delivery (Business Days)", "business_day", "Business Days"),
        ("Uptime %", "percent", "%"),
        ("Availability (%)", "percent", "%"),
        ("Availability in per cent", "percent", "per cent"),
        ("hours", "hour", "hours"),
        ("**RPO** (minutes)", "minute", "minutes"),
        ("Distance (km)", "km", "km"),
        ("Max. downtime: minutes", "minute", "minutes"),
    ],
)
def test_the_unit_of_a_header(header: str, unit: str, said: str) -> None:
    found = header_unit(header, offset=10)
    assert found is not None
    assert found.unit == unit
    assert header[found.span.start - 10 : found.span.end - 10] == said


@pytest.mark.parametrize(
    "header",
    [
        "RTO",
        "RTO / RPO (hours / minutes)",
        "Availability over 12 months",
        "Within 4 hours",
        "Daily backups",
        "RPO (h:mm)",
        "Business day",
        "Severity",
        "",
        "(d) Retention",
    ],
)
def test_headers_without_one_unit(header: str) -> None:
    assert header_unit(header) is None


HOURS = HeaderUnit(unit="hour", span=Span(start=900, end=905))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("4", ["4 hour"]),
        (" 4 ", ["4 hour"]),
        ("\u2264 4", ["<= 4 hour"]),
        ("<4", ["< 4 hour"]),
        ("up to 4", ["<= 4 hour"]),
        ("max. 4", ["<= 4 hour"]),
        ("at least 4", [">= 4 hour"]),
        ("4 or less", ["<= 4 hour"]),
        ("~4", ["~ 4 hour !~"]),
        ("4-8", ["4..8 hour"]),
        ("4 \u2013 8", ["4..8 hour"]),
        ("4 to 8", ["4..8 hour"]),
        ("four (4)", ["4 hour"]),
        ("four (2)", ["4 hour/2 hour ?words_digits"]),
        ("0", ["0 hour"]),
        ("0.5", ["0.5 hour"]),
        ("**4**", ["4 hour"]),
        ("4*", ["4 hour"]),
        ("4\u00b9", ["4 hour"]),
        ("TBD", ["unknown ? hour ?placeholder"]),
        ("[***]", ["unknown ? hour ?redacted"]),
        ("30 min", ["30 minute"]),
        ("1 day", ["1 day"]),
        ("NBD", ["<= 1 business_day"]),
        ("3 copies", ["3 count"]),
        ("4 / 8", []),
        ("4, 8", []),
        ("4 VMs", []),
        ("n/a", []),
        ("", []),
        ("Tier 1", []),
        ("v2", []),
        ("1.2.3", []),
        ("24x7", []),
    ],
)
def test_bare_numbers(cell: str, expected: list[str]) -> None:
    assert [shown(one) for one in bare_numbers(cell, header=HOURS, offset=50)] == expected


def test_spans_of_number_and_unit() -> None:
    (one,) = bare_numbers("up to 12", header=HOURS, offset=50)
    assert (one.span, one.unit_span, one.bound_span) == (
        Span(start=56, end=58),
        HOURS.span,
        Span(start=50, end=55),
    )


def test_a_cells_own_unit_wins() -> None:
    (one,) = bare_numbers("12 min", header=HOURS, offset=50)
    assert one.unit_span == Span(start=53, end=56)
