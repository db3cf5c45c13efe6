"""How far apart a schedule's runs lie at most."""

from datetime import timedelta

import pytest

from drverify.adapters.proxmox.calendar import longest_gap

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("daily", DAY),
        ("hourly", HOUR),
        ("weekly", 7 * DAY),
        ("monthly", 31 * DAY),
        ("02:00", DAY),
        ("2:00", DAY),
        ("02:00:00", DAY),
        ("sat 02:00", 7 * DAY),
        ("SAT 02:00", 7 * DAY),
        ("saturday 02:00", 7 * DAY),
        ("mon..fri 21:00", 3 * DAY),
        ("mon,wed,fri 21:00", 3 * DAY),
        ("mon,thu", 4 * DAY),
        ("*/2:00", 2 * HOUR),
        ("0/6:00", 6 * HOUR),
        ("0,12:30", 12 * HOUR),
        ("8..17:00", 15 * HOUR),
        ("8..17/3:00", 15 * HOUR),
        ("*:0/15", timedelta(minutes=15)),
        ("*/30", timedelta(minutes=30)),
        ("*/5:00", 5 * HOUR),
        ("mon..fri *:00", 2 * DAY + HOUR),
    ],
)
def test_what_can_be_read(schedule: str, gap: timedelta) -> None:
    assert longest_gap(schedule) == gap


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "*-*-1 02:00",
        "fri..mon 02:00",
        "25:00",
        "2:60",
        "x",
        "mon..",
        "1/0:00",
        "a b c",
        "2:0:0:0",
        "9" * 500,
    ],
)
def test_what_cannot_be_read_has_no_interval(schedule: str) -> None:
    assert longest_gap(schedule) is None
