import pytest

from drverify.errors import InputError
from drverify.model.recovery import PointId
from drverify.planning.selection import select
from tests.support.records import HOUR, INCIDENT, MIN, STARTED, point

OLD, MIDDLE, NEW = point(3 * HOUR), point(2 * HOUR), point(HOUR)
POINTS = (MIDDLE, OLD, NEW)


def chosen(requested="latest", points=POINTS, incident=INCIDENT):
    return select(points, requested, incident, STARTED)


def test_latest_is_the_newest_and_the_list_is_sorted_newest_first():
    selection = chosen()
    assert selection.point == NEW
    assert selection.newest_eligible
    assert selection.listed == (NEW, MIDDLE, OLD)
    assert selection.why == "newest of 3 listed points at or before the incident, 1 h before it"


def test_a_point_of_the_very_instant_is_eligible_and_a_younger_one_is_not():
    assert chosen(incident=MIDDLE.consistent_as_of).point == MIDDLE
    later = point(-MIN)
    selection = chosen(points=(*POINTS, later))
    assert selection.point == NEW
    assert selection.listed[0] == later


def test_a_time_means_the_newest_at_or_before_it():
    moment = (MIDDLE.consistent_as_of + MIN).isoformat()
    selection = chosen(requested=moment, incident=MIDDLE.consistent_as_of + MIN)
    assert selection.point == MIDDLE
    assert selection.newest_eligible


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ((), "the source lists no recovery point of this workload"),
        ((point(-MIN),), "none of 1 listed points is from the incident or earlier"),
    ],
)
def test_no_eligible_point_is_an_answer(points, why):
    selection = chosen(points=points)
    assert (selection.point, selection.why, selection.newest_eligible) == (None, why, False)


def test_an_id_is_taken_whole_or_by_its_beginning_and_says_whether_it_is_the_newest():
    assert chosen(requested=NEW.id).point == NEW
    assert chosen(requested=NEW.id).newest_eligible
    selection = chosen(requested=OLD.id[:6])
    assert selection.point == OLD
    assert not selection.newest_eligible
    assert "not the newest" in selection.why


def test_a_twin_of_the_newest_is_as_new():
    twin = point(HOUR, id=PointId("a" * 64))
    assert chosen(points=(*POINTS, twin), requested="aaaaaa").newest_eligible


def test_a_whole_id_beats_being_the_beginning_of_another():
    short, longer = point(HOUR, id=PointId("abcdef")), point(2 * HOUR, id=PointId("abcdef01"))
    assert chosen(points=(short, longer), requested="abcdef").point == short
    with pytest.raises(InputError, match="more than one"):
        chosen(points=(point(HOUR, id=PointId("abcdef02")), longer), requested="abcdef")


def test_an_unknown_id_is_the_operators_mistake():
    with pytest.raises(InputError, match="no recovery point has the id"):
        chosen(requested="ffffffff")


def test_an_id_younger_than_every_eligible_point_is_not_the_newest_eligible():
    later = point(-MIN)
    assert not chosen(points=(later,), requested=later.id).newest_eligible


def test_the_incident_is_not_in_the_future():
    with pytest.raises(InputError, match="future"):
        select(POINTS, "latest", STARTED + MIN, STARTED)
