"""What is said of an answer; the exchange itself is tried with real authorities."""

from datetime import UTC, datetime, timedelta

from drverify.adapters.stamping.client import APART, HttpAuthorities, _time
from drverify.model.evidence import TimeStamp


def stamp(ago: timedelta) -> TimeStamp:
    return TimeStamp(at=datetime.now(UTC) - ago, within=timedelta(0))


def test_clocks_that_differ_are_said_to() -> None:
    assert "clock" not in _time(stamp(timedelta(0)))
    for ago in (2 * APART, -2 * APART):
        assert "; this machine's clock says" in _time(stamp(ago))


def test_nobody_is_asked_when_nobody_is_to_be() -> None:
    assert HttpAuthorities([]).ask(b"checkpoint", ["first"]) == ()
    assert HttpAuthorities([]).names == ()
