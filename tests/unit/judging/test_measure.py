from dataclasses import replace
from datetime import date, timedelta

import pytest

from drverify.judging.measure import (
    cadence_seen,
    largest_gap,
    owed_since,
    rpo_achieved,
    rto_achieved,
    sound_points,
)
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import FreshnessProbe, NewestToken, TokenFile
from tests.support.records import (
    DAY,
    HOUR,
    INCIDENT,
    MIN,
    SEC,
    defect,
    hourly,
    plan,
    playbook,
    point,
    record,
    register,
    results,
    selection,
    with_result,
    workload,
)

MS = timedelta(milliseconds=1)


def rpo(of=None, **changes):
    return rpo_achieved(changes.pop("plan", plan()), of or record(**changes), register())


def gap(points, look_back=7 * DAY, since=INCIDENT - 90 * DAY):
    return largest_gap(points, look_back=look_back, incident_at=INCIDENT, since=since)


def test_rto_is_the_last_required_probe_to_settle():
    assert rto_achieved(plan(), record()) == 134 * SEC
    slow_advisory = with_result(record(), "ping", settled=HOUR)
    assert rto_achieved(plan(), slow_advisory) == 134 * SEC


def test_rto_is_rounded_up_to_whole_milliseconds():
    late = with_result(record(), "web", settled=134 * SEC + timedelta(microseconds=1))
    assert rto_achieved(plan(), late) == 134 * SEC + MS


@pytest.mark.parametrize("change", [{"status": ProbeStatus.FAILED}, {"settled": None}])
def test_rto_is_none_when_a_required_probe_is_not_healthy_and_settled(change):
    assert rto_achieved(plan(), with_result(record(), "boot", **change)) is None


def test_rto_notices_a_dropped_and_a_doubled_result():
    assert rto_achieved(plan(), record(probes=results()[1:])) is None
    assert rto_achieved(plan(), record(probes=(*results(), results()[0]))) is None


def test_rto_of_a_playbook_that_requires_nothing_is_none():
    assert rto_achieved(plan(playbook=playbook(probes=())), record()) is None


def test_rpo_has_three_readings_and_the_worst_counts():
    measure = rpo()
    assert [(one.name, one.value) for one in measure.readings] == [
        ("age of the recovery point", 30 * MIN),
        ("age of the newest record (fresh)", 30 * MIN + SEC + 12 * MS),
        ("largest gap between recovery points", HOUR),
    ]
    assert measure.worst == measure.readings[2]


def test_each_reading_can_be_the_worst():
    old = (point(50 * MIN), point(80 * MIN))
    short = plan(workload=workload(protected_since=INCIDENT - 80 * MIN))
    assert rpo(plan=short, selection=selection(old)).worst.name == "age of the recovery point"
    stale = with_result(record(), "fresh", newest=INCIDENT - 2 * HOUR)
    assert rpo(stale, plan=plan()).worst.name == "age of the newest record (fresh)"


def test_without_a_freshness_probe_two_readings_count():
    book = playbook(probes=tuple(one for one in playbook().probes if one.id != "fresh"))
    assert len(rpo(plan=plan(playbook=book)).readings) == 2


def test_an_advisory_freshness_probe_does_not_count():
    probes = tuple(replace(one, required=False) if one.id == "fresh" else one for one in playbook().probes)
    assert len(rpo(plan=plan(playbook=playbook(probes=probes))).readings) == 2


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (with_result(record(), "fresh", newest=None), "read no newest record"),
        (record(probes=results()[:3]), "read no newest record"),
        (with_result(record(), "fresh", newest=INCIDENT + 6 * SEC), "younger than the incident"),
        (record(selection=selection(())), "no point was restored"),
        (
            record(selection=replace(selection(), point=point(-MIN))),
            "the restored point is from after the incident",
        ),
    ],
)
def test_what_cannot_be_measured_has_no_worst_reading(changed, problem):
    measure = rpo(changed)
    assert problem in measure.problem
    assert measure.worst is None


def test_nothing_is_owed_before_the_agreement_and_the_protection_began():
    early = plan(workload=workload(protected_since=INCIDENT + HOUR))
    assert "before backups were owed" in rpo(plan=early).problem
    assert owed_since(plan(), register()) == INCIDENT - 90 * DAY
    young = register(agreement=replace(register().agreement, effective=date(2026, 9, 1)))
    assert owed_since(plan(), young).isoformat() == "2026-09-01T00:00:00+00:00"


def test_a_record_slightly_ahead_of_the_incident_has_age_zero():
    ahead = with_result(record(), "fresh", newest=INCIDENT + 5 * SEC)
    assert rpo(ahead).readings[1].value == timedelta(0)


def test_a_guest_clock_is_corrected_only_when_that_does_not_flatter():
    assert rpo(record(guest_clock_skew=MIN)).readings[1].value == 31 * MIN + SEC
    assert rpo(record(guest_clock_skew=-MIN)).readings[1].value == 30 * MIN + SEC
    assert rpo(record(guest_clock_skew=None)).readings[1].value == 30 * MIN + SEC


def test_the_gap_counts_between_points_and_to_the_incident():
    assert gap(hourly(200)) == HOUR
    assert gap([one for one in hourly(200) if one != hourly()[3]]) == 2 * HOUR
    assert gap(hourly(200)[5:]) == 5 * HOUR + 30 * MIN


def test_a_gap_into_the_window_counts_whole_and_one_before_it_not_at_all():
    into = (point(HOUR), *(point(n * HOUR) for n in range(2, 167)), point(9 * DAY))
    assert gap(into) == 9 * DAY - 166 * HOUR
    assert gap((*hourly(24 * 7 + 2), point(60 * DAY))) == HOUR


def test_without_an_older_point_the_window_starts_when_backups_were_owed():
    points = (point(HOUR), point(2 * HOUR))
    assert gap(points) == 7 * DAY - 2 * HOUR
    assert gap(points, since=INCIDENT - 3 * HOUR) == HOUR
    assert gap(points, since=INCIDENT - 90 * MIN) == HOUR
    assert gap((), since=INCIDENT - 10 * MIN) == 10 * MIN
    assert gap((), since=INCIDENT) == timedelta(0)
    assert gap((), since=INCIDENT + SEC) is None


def test_points_after_the_incident_do_not_close_a_gap():
    assert gap((point(-MIN), point(2 * HOUR)), since=INCIDENT - 2 * HOUR) == 2 * HOUR


def test_a_defective_point_is_no_point():
    bad = record(defects=(defect(),))
    assert len(sound_points(bad)) == len(sound_points(record())) - 1
    assert rpo(bad).readings[-1].value == 90 * MIN
    assert len(sound_points(record(selection=selection(()), defects=(defect(),)))) == 0


def test_the_cadence_is_the_longest_distance_between_neighbours():
    assert cadence_seen(hourly(5)) == HOUR
    assert cadence_seen((point(HOUR), point(5 * HOUR), point(6 * HOUR))) == 4 * HOUR
    assert cadence_seen(hourly(1)) is None


def test_a_point_at_the_very_start_of_the_window_closes_what_was_before():
    points = (*(point(n * HOUR) for n in range(1, 169)), point(60 * DAY))
    assert gap(points) == HOUR


def test_a_point_of_the_very_incident_lost_nothing():
    at_once = record(selection=selection((point(timedelta(0)), *hourly())))
    assert rpo(at_once).readings[0].value == timedelta(0)


def test_the_tolerance_for_records_ahead_is_inclusive():
    exact = record(guest_clock_skew=None)
    assert rpo(with_result(exact, "fresh", newest=INCIDENT + 5 * SEC)).problem == ""
    assert "5 s" in rpo(with_result(exact, "fresh", newest=INCIDENT + 5 * SEC + MS)).problem


def test_a_customers_heartbeat_is_of_their_clock_and_not_of_the_guests():
    """A guest clock that runs ahead makes its own records older than they say, and no heartbeat."""
    beats = NewestToken(workload="shop", keys=("key",), tokens=TokenFile(path="/beat"))
    book = playbook()
    probes = [FreshnessProbe(id="fresh", newest=beats) if one.id == "fresh" else one for one in book.probes]
    theirs = plan(playbook=replace(book, probes=tuple(probes)))
    ahead = record(guest_clock_skew=5 * MIN)
    by_guest, by_customer = (
        rpo_achieved(one, ahead, register()).readings[1].value for one in (plan(), theirs)
    )
    assert by_guest - by_customer == 5 * MIN
