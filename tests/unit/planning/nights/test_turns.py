"""Every variety has its turn: which point, of which copy, restored how."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.model.drill import COPY
from drverify.model.nights import Due, Load, Night, NightPlan, Planned
from drverify.model.obligation import Register, Rto
from drverify.planning.nights.coverage import untried
from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.turns import Shown, Varieties, generation, one_between, so_far, turn
from tests.support import records
from tests.support.records import DAY, HOUR, INCIDENT

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
ALL = Varieties(modes=frozenset({"full", "instant"}), retained=True, copies=("vault", "tape"), between=True)


def turns(of: Varieties, number: int = 24) -> Counter[tuple[str, str]]:
    return Counter((one.point, one.mode) for one in (turn(at, of) for at in range(1, number + 1)))


def test_each_copy_the_points_between_and_the_oldest_have_their_turns() -> None:
    assert turns(ALL) == {
        ("latest", "full"): 6,
        ("latest", "instant"): 6,
        ("oldest", "full"): 6,
        ("copy:vault", "full"): 2,
        ("copy:tape", "full"): 2,
        ("between", "full"): 2,
    }
    assert turn(1, ALL).why == ""
    assert "the copy in tape" in " ".join(turn(at, ALL).why for at in range(24))


def test_where_there_is_nothing_to_choose_from_the_newest_point_is_drilled_as_promised() -> None:
    assert turns(Varieties()) == {("latest", "full"): 24}
    assert turns(Varieties(modes=frozenset({"instant"}))) == {
        ("latest", "instant"): 18,
        ("latest", "full"): 6,
    }
    assert turns(Varieties(modes=frozenset({"full"}), retained=True)) == {
        ("latest", "full"): 18,
        ("oldest", "full"): 6,
    }


def test_a_turn_that_came_to_nothing_is_taken_again() -> None:
    assert [first(drilled=1).point, first(drilled=1).point, first(drilled=2).point] == [
        "copy:vault",
        "copy:vault",
        "latest",
    ]
    assert first(drilled=1).why.endswith("; one of 4 takes the copy in vault")


def known(**said: object) -> Known:
    made = Known(
        workload="shop", host="h", load=Load(memory_mib=1), protected_since=NOW - 200 * DAY, copies=("vault",)
    )
    return replace(made, **said)


def register(*modes: str) -> Register:
    made = records.register()
    also = tuple(records.obligation("6.1", Rto(limit=HOUR, mode=mode)) for mode in modes)  # type: ignore[arg-type]
    return replace(made, obligations=(*made.obligations, *also))


def first(**said: object) -> Due:
    return next(iter(dues(register(), [known(**said)], {}, now=NOW, until=NOW + DAY)))


def test_generations_between_the_newest_and_the_oldest_have_their_turns() -> None:
    points = [records.point(days * DAY) for days in (0, 2, 5, 20, 25, 90, 500, 900)]
    drawn, taken = [], []
    for number in range(8):
        found = one_between(points, INCIDENT, taken, seed=str(number))
        assert found is not None
        assert found not in (points[0], points[-1])
        taken.insert(0, INCIDENT - found.consistent_as_of)
        drawn.append(generation(taken[0]))
    four = {"up to a week old", "up to a month old", "up to a year old", "older than a year"}
    assert set(drawn[:4]) == set(drawn[4:]) == four
    assert one_between(points, INCIDENT, [], seed="a") == one_between(points, INCIDENT, [], seed="a")
    assert one_between(points[:2], INCIDENT, [], seed="a") is None


def test_what_was_never_tried_is_told_with_what_changes_it() -> None:
    drill = Shown(source="repo", mode="full", asked="latest", age=HOUR, oldest=False)
    one = known(shown=(drill,), generations=("up to a week old", "up to a year old"), drilled=1)
    promised = register("instant")
    due = next(iter(dues(promised, [one], {}, now=NOW, until=NOW + DAY)))
    night = Night(evening=NOW.date(), begins=NOW, ends=NOW + timedelta(hours=8))
    booked = Planned(due=due, night=night, begins=NOW)
    plan = NightPlan(nights=(night,), planned=(booked,), unplanned=(), seed="s")
    found = {lack.what: lack.remedy for lack in untried(promised, [one], plan)}
    assert set(found) == {
        "the copy in vault",
        "the oldest point",
        "a point up to a year old",
        "an instant restore",
    }
    assert found["the copy in vault"] == "planned for the night of 2026-11-23"
    assert "plan more of them" in found["the oldest point"]
    every = (
        replace(drill, asked=COPY, source="vault"),
        replace(drill, asked="0123456", age=90 * DAY, oldest=True),
        replace(drill, mode="instant"),
    )
    assert list(untried(promised, [replace(one, shown=(drill, *every))], plan)) == []
    plan = replace(plan, planned=())
    assert all(
        "drverify drill run" in lack.remedy
        for lack in untried(replace(promised, obligations=()), [one], plan)
    )


def test_a_copy_that_is_away_starves_nobody() -> None:
    """A turn that fails is taken by turns with the newest point, until it comes back; then the row goes on."""
    tried: list[tuple[Shown, bool]] = []
    taken = []
    for day in range(12):
        counted, failed = so_far(tried)
        due = first(drilled=counted, failed=failed)
        asked = {"latest": "latest", "oldest": "0123456"}.get(due.point, COPY)
        shown = Shown(source="repo", mode=due.mode, asked=asked, age=HOUR, oldest=False)
        taken.append(due.point)
        tried.append((shown, asked != COPY or day >= 8))
    away = ["copy:vault", "latest"] * 4
    assert taken == ["latest", *away, "copy:vault", "latest", "oldest"]
    assert "is taken after this" in first(drilled=1, failed=tried[1][0]).why


def test_a_newest_point_that_is_broken_is_tried_by_turns_with_what_failed_before_it() -> None:
    latest = Shown(source="repo", mode="full", asked="latest", age=None, oldest=None)
    copy = replace(latest, asked=COPY)
    assert so_far([(latest, True), (copy, False), (latest, False)]) == (1, latest)
    assert first(drilled=1, failed=latest).point == "copy:vault"
    instant = replace(latest, mode="instant")
    assert so_far([(latest, True), (copy, True), (instant, False), (latest, True)]) == (2, None)
    assert so_far([(latest, False), (latest, True)]) == (1, None)


def test_what_is_planned_next_stands_in_and_the_row_goes_on() -> None:
    copy = Shown(source="vault", mode="full", asked=COPY, age=None, oldest=None)
    found = dues(register(), [known(drilled=1, failed=copy)], {}, now=NOW, until=NOW + 400 * DAY)
    assert [one.point for one in found][:4] == ["latest", "copy:vault", "latest", "oldest"]


def test_a_copy_whose_name_the_evidence_hides_counts() -> None:
    hidden = Shown(source="", mode="full", asked=COPY, age=HOUR, oldest=False)
    plan = NightPlan(nights=(), planned=(), unplanned=(), seed="s")
    whats = {lack.what for lack in untried(register(), [known(shown=(hidden,))], plan)}
    assert "the copy in vault" not in whats
