from datetime import UTC, datetime, timedelta

import pytest

from drverify.errors import InputError
from drverify.planning.request import AtTime, ById, Latest, incident_of, parse

NOW = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-09-14T01:45:00Z", datetime(2026, 9, 14, 1, 45, tzinfo=UTC)),
        ("2026-09-14t01:45:00.5z", datetime(2026, 9, 14, 1, 45, 0, 500_000, tzinfo=UTC)),
        ("2026-09-14 03:45:00+02:00", datetime(2026, 9, 14, 1, 45, tzinfo=UTC)),
    ],
)
def test_a_time_is_rfc_3339_and_becomes_the_incident(text, at):
    assert parse(text) == AtTime(at=at)
    assert incident_of(text, NOW) == at


@pytest.mark.parametrize("text", ["latest", "4f1c9a02"])
def test_otherwise_the_incident_is_now(text):
    assert parse(text) in (Latest(), ById(prefix=text))
    assert incident_of(text, NOW) == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4f1c9",
        "2026-02-30T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "2026-09-14T24:00:01Z",
    ],
)
def test_what_is_none_of_the_three_is_refused(text):
    with pytest.raises(InputError):
        parse(text)


def test_a_time_without_offset_is_no_time():
    assert parse("2026-09-14T01:45:00") == ById(prefix="2026-09-14T01:45:00")


def test_the_incident_cannot_be_in_the_future_but_can_be_now():
    assert incident_of("2026-09-14T12:00:00Z", NOW) == NOW
    with pytest.raises(InputError, match="future"):
        incident_of("2026-09-14T12:00:01Z", NOW + timedelta(milliseconds=999))
