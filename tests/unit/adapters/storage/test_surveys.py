"""Looks are kept: all of the last days, and one of each day before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.storage.surveys import KEPT, NEWEST, SurveyDirectory
from drverify.model.standing import EstateSurvey

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_older_looks_are_thinned_to_one_a_day(tmp_path: Path) -> None:
    looks = SurveyDirectory(tmp_path / "surveys")
    for hours in range(24 * 6, -1, -1):
        at = NOW - timedelta(hours=hours)
        looks.keep(EstateSurvey(at=at, standings=(), unknown=(), guests=(), unread=()))
    found = [one.at for one in looks.newest(KEPT)]
    assert found[:NEWEST] == [NOW - timedelta(hours=hours) for hours in range(NEWEST)]
    days = [one.date() for one in found[NEWEST:]]
    assert days == sorted(set(days), reverse=True)
    assert days[-1] == (NOW - timedelta(days=6)).date()
