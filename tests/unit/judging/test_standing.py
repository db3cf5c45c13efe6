from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drverify.judging.standing import (
    changes,
    failures,
    matched,
    standing_of,
    troubles,
    unknown_backups,
)
from drverify.model.recovery import RecoveryPoint
from drverify.model.standing import (
    BackupStanding,
    EstateSurvey,
    FailedBackup,
    SeenGuest,
    UnknownBackup,
    Unread,
)
from tests.support import records

NOW = records.INCIDENT
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SINCE = NOW - 400 * DAY


def standing(points: tuple[RecoveryPoint, ...]) -> BackupStanding:
    return standing_of(records.workload(), points, records.register(), NOW)


def said(one: BackupStanding, since: datetime = SINCE) -> str:
    return "; ".join(troubles(one, since, NOW))


def test_points_as_promised_are_no_trouble() -> None:
    found = standing(records.hourly())
    assert found.points == len(records.hourly())
    assert found.allowed_gap is not None
    assert found.largest_gap is not None
    assert found.largest_gap <= found.allowed_gap
    assert said(found, since=NOW - 7 * DAY) == ""


def test_no_point_late_points_and_gaps_are_told() -> None:
    assert said(standing(())) == "there is no point"
    allowed = standing(records.hourly()).allowed_gap
    assert allowed is not None
    old = standing((records.point(allowed + HOUR),))
    assert said(old, since=NOW).startswith("late: the newest is ")
    gap = standing((records.point(timedelta(0)), records.point(3 * allowed)))
    assert said(gap, since=NOW).startswith("a gap of ")


def test_retention_is_held_against_the_oldest_only_when_it_could_be_that_old() -> None:
    found = standing(records.hourly())
    assert found.kept_for is not None
    assert said(found, since=NOW - found.kept_for + HOUR) == ""
    assert "are promised" in said(found, since=NOW - found.kept_for - 30 * DAY)


def test_a_point_from_the_future_is_told() -> None:
    assert "from the future" in said(standing((records.point(-HOUR),)), since=NOW)


def test_points_of_nobody_are_grouped_by_whose_they_are() -> None:
    mine, other = records.point(HOUR), records.point(2 * HOUR)
    more = replace(other, id="x" * 64, consistent_as_of=NOW)  # type: ignore[arg-type]
    found = list(unknown_backups([mine, other, more], {mine.id}))
    assert [(one.host, one.points, one.newest) for one in found] == [(other.host, 2, NOW)]


def survey(**said: object) -> EstateSurvey:
    facts: dict[str, object] = {"at": NOW, "standings": (), "unknown": (), "guests": (), "unread": ()}
    return EstateSurvey(**(facts | said))  # type: ignore[arg-type]


def test_changes_name_what_came_and_went() -> None:
    guest = SeenGuest(place="local", name="wiki", running=True, backed_up=None)
    stray = UnknownBackup(source="main", host="old", paths=("/",), points=1, newest=NOW)
    before, now = survey(guests=(guest,)), survey(unknown=(stray,))
    assert list(changes(before, now)) == [
        "new: backups of old in main, of no workload",
        "gone: guest wiki on local",
    ]
    assert list(changes(None, now)) == []


def test_who_could_not_be_asked_has_not_lost_anything() -> None:
    guest = SeenGuest(place="local", name="wiki", running=True, backed_up=None)
    silent = survey(unread=(Unread(place="local", why="down"),))
    assert list(changes(survey(guests=(guest,)), silent)) == []


@pytest.mark.parametrize(
    ("points", "newest", "told"),
    [
        (0, None, "shop: its points are gone"),
        (1, NOW - HOUR, "shop: fewer points (2, now 1), and no new one"),
    ],
)
def test_points_that_vanish_are_told(points: int, newest: datetime | None, told: str) -> None:
    two = replace(standing((records.point(HOUR), records.point(2 * HOUR))), workload="shop")
    after = replace(two, points=points, newest=newest)
    assert list(changes(survey(standings=(two,)), survey(standings=(after,)))) == [told]


def test_a_failed_backup_has_its_workload_and_what_made_it_good() -> None:
    workload = records.workload()
    bad = FailedBackup(
        place="repo", host=workload.points.host, at=NOW - 5 * HOUR, what="task", why="no space"
    )
    points = [records.point(6 * HOUR), records.point(3 * HOUR), records.point(HOUR)]
    good = matched(bad, [workload], points)
    assert (good.workload, good.made_good_at) == (workload.name, NOW - 3 * HOUR)
    open_ = matched(bad, [workload], points[:1])
    assert open_.made_good_at is None
    strange = matched(replace(bad, host=""), [workload], points)
    assert (strange.workload, strange.made_good_at) == ("", None)
    look = EstateSurvey(at=NOW, standings=(), unknown=(), guests=(), unread=(), failed=(good, open_, strange))
    assert [line.partition(" in ")[0] for line in failures(look)] == [workload.name, "several"]


def test_a_failed_backup_of_one_of_two_workloads_of_a_host_is_nobody_s() -> None:
    """They differ by paths or tags, which a failure does not tell: no later point makes it good."""
    first = records.workload()
    other = replace(first, name="another", points=replace(first.points, tags=("db",)))
    bad = FailedBackup(place="repo", host=first.points.host, at=NOW - 5 * HOUR, what="lock", why="died")
    assert matched(bad, [first, other], [records.point(HOUR)]) == bad
