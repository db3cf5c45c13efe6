from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from drverify.model.nights import NightRule
from drverify.planning.nights.calendar import instant, nights

EVERY = frozenset(range(7))
BERLIN = ZoneInfo("Europe/Berlin")


def rule(begins: str = "22:00", ends: str = "06:00", **said: object) -> NightRule:
    return NightRule(
        zone=str(said.pop("zone", "Europe/Berlin")),
        begins=time.fromisoformat(begins),
        ends=time.fromisoformat(ends),
        weekdays=said.pop("weekdays", EVERY),  # type: ignore[arg-type]
        blackout=frozenset(said.pop("blackout", ())),  # type: ignore[call-overload]
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_time_that_the_clock_leaves_out_is_the_first_minute_after_it() -> None:
    assert instant(date(2027, 3, 28), time(2, 30), BERLIN) == at("2027-03-28T01:00")  # 03:00 CEST
    assert instant(date(2027, 3, 28), time(2, 59, 59), BERLIN) == at("2027-03-28T01:00")
    assert instant(date(2027, 3, 28), time(3, 0), BERLIN) == at("2027-03-28T01:00")


def test_a_time_that_the_clock_shows_twice_is_the_first() -> None:
    assert instant(date(2027, 10, 31), time(2, 30), BERLIN) == at("2027-10-31T00:30")


def test_a_whole_day_left_out() -> None:
    apia = ZoneInfo("Pacific/Apia")
    assert instant(date(2011, 12, 30), time(0, 0), apia) == at("2011-12-30T10:00")  # the 31st there


@pytest.mark.parametrize(("evening", "hours"), [("2027-03-27", 7), ("2027-10-30", 9), ("2027-06-01", 8)])
def test_nights_in_which_the_clocks_change_are_shorter_or_longer(evening: str, hours: int) -> None:
    found = nights(rule(), after=at(f"{evening}T12:00"), number=1)
    assert [(one.evening, one.lasts) for one in found] == [
        (date.fromisoformat(evening), timedelta(hours=hours))
    ]


def test_a_night_that_has_begun_is_cut_and_one_that_is_over_is_not_there() -> None:
    after = at("2026-12-02T02:00")  # 03:00 in Berlin: the night of the 1st
    first, second = nights(rule(), after=after, number=2)
    assert (first.evening, first.begins) == (date(2026, 12, 1), after)
    assert second.evening == date(2026, 12, 2)
    first = nights(rule(), after=at("2026-12-02T06:00"), number=1)[0]
    assert first.evening == date(2026, 12, 2)


def test_windows_by_day_blackouts_and_weekdays() -> None:
    found = nights(
        rule("08:00", "12:00", weekdays=frozenset({0, 1}), blackout=[date(2026, 12, 8)]),
        after=at("2026-12-07T00:00"),
        number=8,
    )
    assert [one.evening for one in found] == [date(2026, 12, 7), date(2026, 12, 14)]
