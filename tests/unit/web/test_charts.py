"""Where the parts of a chart lie."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from drverify.model.board import Day
from drverify.model.booking import LivePhase
from drverify.model.drill import DrillId, PhaseName, PhaseRecord
from drverify.model.obligation import ObligationId
from drverify.model.result import Judged, Result
from drverify.model.variety import Variety
from drverify.model.verdict import Outcome
from drverify.web.pages import charts

AT, HOUR, MIN = datetime(2026, 11, 1, tzinfo=UTC), timedelta(hours=1), timedelta(minutes=1)
RPO = ObligationId("rpo")


def result(day: int, achieved: timedelta | None, limit: timedelta | None = HOUR) -> Result:
    at = AT + timedelta(days=day)
    over = achieved is not None and limit is not None and achieved > limit
    outcome = Outcome.UNPROVEN if achieved is None else Outcome.MISSED if over else Outcome.MET
    judged = Judged(
        obligation=RPO, outcome=outcome, limit=limit, achieved=achieved, allowance=timedelta(0), changed=over
    )
    return Result(
        agreement="a",
        drill=DrillId(f"d{day}"),
        workload="w",
        state="concluded",
        started_at=at,
        ended_at=at + HOUR,
        recovered=True,
        mode="full",
        verdicts=(judged,),
    )


def test_a_miss_lies_above_the_limit_and_what_measured_nothing_on_the_ground() -> None:
    chart = charts.history([result(0, 10 * MIN), result(1, 3 * HOUR), result(2, None)], RPO)
    assert chart is not None
    ((_, _, limit),) = chart.limits
    met, missed, unproven = chart.dots
    assert missed.y < limit < met.y < unproven.y == chart.ground
    assert met.x < missed.x < unproven.x
    assert [one.outcome for one in chart.dots] == ["MET", "MISSED", "UNPROVEN"]
    assert "another verdict" in missed.label
    assert "another verdict" not in met.label
    assert len(chart.line.split()) == 2, "the line goes through what was measured"
    assert chart.summary.startswith("2 of 3 drills measured it; longest 3")


def test_what_is_allowed_for_what_no_drill_does_is_counted_and_said() -> None:
    one = result(0, 10 * MIN)
    granted = replace(one, verdicts=tuple(replace(each, allowance=HOUR) for each in one.verdicts))
    chart = charts.history([granted], RPO)
    assert chart is not None
    assert "last 1 h 10 min, with the 1 h that is allowed for what no drill does" in chart.summary.replace(
        "\xa0", " "
    )
    plain = charts.history([one], RPO)
    assert plain is not None
    assert "allowed" not in plain.summary


def test_a_further_copy_is_a_dot_of_its_own_and_not_on_the_line() -> None:
    tape = Variety(generation="newest", mode="full", copy="tape")
    copy = replace(result(1, 3 * HOUR), taken=tape)
    chart = charts.history([result(0, 10 * MIN), copy, result(2, 20 * MIN)], RPO)
    assert chart is not None
    assert [
        one.label.endswith(", of the copy in tape, another verdict than before") for one in chart.dots
    ] == [
        False,
        True,
        False,
    ]
    assert chart.line == " ".join(f"{one.x},{one.y}" for one in chart.dots[::2])
    said = chart.summary.replace("\xa0", " ")
    assert said == "2 of 2 drills measured it; longest 20 min, last 20 min; 1 drill of a further copy"
    alone = charts.history([copy], RPO)
    assert alone is not None
    assert alone.summary == "1 drill of a further copy"


def test_a_limit_that_changed_is_drawn_in_pieces() -> None:
    days = [result(0, MIN, HOUR), result(1, MIN, HOUR), result(2, MIN, 2 * HOUR)]
    chart = charts.history(days, RPO)
    assert chart is not None
    first, second = chart.limits
    assert first[1] == second[0]
    assert first[2] > second[2]


def test_one_drill_lies_in_the_middle_and_nothing_measured_is_no_chart() -> None:
    chart = charts.history([result(0, 10 * MIN)], RPO)
    assert chart is not None
    assert len(chart.below) == 1
    assert charts.history([result(0, None)], RPO) is None
    assert charts.history([result(0, MIN)], ObligationId("other")) is None


def test_phases_fill_the_drawing_in_their_order() -> None:
    whole = charts.phases(
        [
            PhaseRecord(name=PhaseName.SELECT, started=timedelta(0), took=MIN),
            PhaseRecord(name=PhaseName.RESTORE, started=MIN, took=3 * MIN),
        ]
    )
    assert [(one.x, one.width, one.share) for one in whole] == [(0, 180, "25%"), (180, 540, "75%")]
    assert charts.phases([]) == ()


def test_the_phase_that_goes_on_grows_until_now() -> None:
    done, going = charts.live_phases(
        [
            LivePhase(name=PhaseName.SELECT, began=AT, ended=AT + MIN),
            LivePhase(name=PhaseName.RESTORE, began=AT + MIN),
        ],
        AT + 4 * MIN,
    )
    assert (done.going, done.width) == (False, 180)
    assert (going.going, going.x, going.width) == (True, 180, 540)


def test_days_stack_what_drills_came_to() -> None:
    day = Day(agreement="a", day=date(2026, 11, 2), drills=4, recovered=4, missed=1, unproven=1, met=2)
    other = Day(agreement="b", day=date(2026, 11, 2), drills=4, recovered=4, missed=0, unproven=0, met=4)
    chart = charts.columns([day, other], date(2026, 11, 3), number=3)
    assert [len(one.parts) for one in chart.columns] == [0, 3, 0]
    assert [name for name, _, _ in chart.columns[1].parts] == ["MET", "UNPROVEN", "MISSED"]
    assert abs(sum(height for _, _, height in chart.columns[1].parts) - 70) < 0.2
    assert chart.summary.startswith("8 drills in 3 days: 6 kept everything")
    assert charts.columns([], date(2026, 11, 3), number=3).most == 0
