"""What of an accepted contract can be tested, with which limit, and why the rest cannot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from drverify.model.contract import Calendar, Figure, Provision, Scope, Slot
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.quantity import Quantity
from drverify.planning.obligations import LOOK_BACK, Registers, register_of, untestable
from drverify.sealing import codec
from tests.support import records
from tests.support.records import DAY, HOUR, INCIDENT, MIN, MS

EASTER_MONDAY = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)


def register(*provisions: Provision, at: datetime = INCIDENT, **changes: Any):
    contract = records.contract(provisions=provisions or records.provisions(), **changes)
    return register_of(contract, digest=codec.digest(contract), at=at)


def why(one: Provision, *, at: datetime = INCIDENT, **changes: Any) -> str:
    contract = records.contract(provisions=(one,), **changes)
    assert not register_of(contract, digest=codec.digest(contract), at=at).obligations
    (found,) = untestable(contract, at=at)
    assert found.provision == one.id
    return found.why


def with_figure(kind: str, value: str, unit: str, comparator: str = "<=", **more: Any) -> Provision:
    upper = more.pop("upper", None)
    one = records.provision("5.1", kind, HOUR, **more)
    figure = Figure(
        quantity=Quantity(value=Decimal(value), unit=unit, upper=Decimal(upper) if upper else None),
        comparator=comparator,
        span=one.figure.span,
    )
    return replace(one, figure=figure)


def limit(one: Provision, **more: Any) -> timedelta:
    (obligation,) = register(one, **more).obligations
    objective = obligation.objective
    return getattr(objective, "limit", None) or getattr(objective, "every", None) or objective.at_least


def test_every_testable_kind_becomes_its_objective() -> None:
    made = register()
    assert [(one.id, one.clause, one.scope, one.objective) for one in made.obligations] == [
        ("backup_frequency-shop", "4.1", ("shop",), BackupFrequency(every=HOUR)),
        ("retention-shop", "4.6", ("shop",), Retention(at_least=30 * DAY)),
        ("rpo-shop", "5.1", ("shop",), Rpo(limit=HOUR)),
        ("rto-shop", "6.1", ("shop",), Rto(limit=4 * HOUR)),
        ("restore_test-shop", "7.1", ("shop",), RestoreTestFrequency(every=92 * DAY)),
        ("application_validation-shop", "8.1", ("shop",), ApplicationValidation()),
        ("rpo-other", "5.1", ("other",), Rpo(limit=DAY)),
    ]
    assert [one.number for one in made.agreement.clauses] == ["4.1", "4.6", "5.1", "6.1", "7.1", "8.1"]
    assert made.gaps[0].question == "where?"
    assert not untestable(records.contract(), at=INCIDENT)


def test_a_restore_test_is_of_what_the_clause_names() -> None:
    named = tuple(Slot(name="grain", value=value) for value in ("vm", "file", "vm"))
    (made,) = register(records.provision("7.1", "restore_test", DAY, slots=named)).obligations
    assert made.objective == RestoreTestFrequency(every=DAY, grains=("file", "vm"))


def test_a_proposal_promises_nothing() -> None:
    proposal = replace(records.contract(), accepted=None)
    with pytest.raises(ValueError, match="not accepted"):
        register_of(proposal, digest=codec.digest(proposal), at=INCIDENT)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"review": "open"}, "not accepted (it is open)"),
        ({"review": "rejected"}, "not accepted (it is rejected)"),
        ({"status": "vague", "why": "no figure"}, "it is vague: no figure"),
        ({"status": "by_reference"}, "it is by_reference: no criterion to judge by"),
        ({"party": "unknown"}, "names no party"),
        ({"party": "third_party"}, "names no party"),
        ({"scope": Scope(text="everything")}, "mapped to no workload"),
        ({"figure": None}, "states no figure"),
    ],
)
def test_what_is_not_decided_defined_bound_or_mapped_is_no_obligation(change: Any, because: str) -> None:
    assert because in why(records.provision("5.1", "rpo", HOUR, **change))


@pytest.mark.parametrize(
    ("kind", "value", "unit", "comparator", "expected"),
    [
        ("rpo", "90", "second", "<=", 90 * timedelta(seconds=1)),
        ("rpo", "1.5", "hour", "=", 90 * MIN),
        ("rpo", "1", "hour", "<", HOUR - MS),
        ("retention", "30", "day", ">", 30 * DAY + MS),
        ("retention", "2", "week", "=", 14 * DAY),
        ("rpo", "0", "second", "=", timedelta(0)),
    ],
)
def test_exact_units(kind: str, value: str, unit: str, comparator: str, expected: timedelta) -> None:
    one = with_figure(kind, value, unit, comparator)
    (obligation,) = register(one).obligations
    objective = obligation.objective
    assert (objective.at_least if kind == "retention" else objective.limit) == expected


@pytest.mark.parametrize(
    ("kind", "value", "unit", "at", "days"),
    [
        # looked back from 31 March: to the last day of February, of December, of March a year before
        ("restore_test", "1", "month", EASTER_MONDAY, 31),
        ("restore_test", "1", "quarter", EASTER_MONDAY, 90),
        ("restore_test", "1", "year", EASTER_MONDAY, 365),
        ("restore_test", "4", "year", EASTER_MONDAY, 4 * 365 + 1),
        # onwards from 31 January: to the end of February
        ("rto", "1", "month", datetime(2026, 1, 31, tzinfo=UTC), 28),
        ("rto", "1", "month", datetime(2028, 1, 31, tzinfo=UTC), 29),
    ],
)
def test_a_month_is_never_30_days(kind: str, value: str, unit: str, at: datetime, days: int) -> None:
    assert limit(with_figure(kind, value, unit), at=at) == days * DAY
    if kind == "restore_test":
        assert limit(with_figure("retention", value, unit, ">="), at=at) == days * DAY


@pytest.mark.parametrize(
    ("one", "because"),
    [
        (with_figure("rpo", "1", "hour", ">="), "bounds from below"),
        (with_figure("retention", "30", "day", "<="), "bounds from above"),
        (with_figure("rpo", "1", "hour", "~"), "approximate"),
        (with_figure("rpo", "99", "percent"), "in percent, which is no time"),
        (with_figure("rpo", "1.5", "month"), "fraction of a month"),
        (with_figure("rpo", "0", "hour", "<"), "no time at all"),
        (with_figure("rto", "8", "business_hour"), "no calendar"),
        (with_figure("rpo", "8", "business_hour"), "no calendar"),
        (with_figure("rto", "99999", "year"), ""),
    ],
)
def test_a_figure_that_is_no_limit(one: Provision, because: str) -> None:
    assert because in why(one)


def test_a_range_promises_its_weak_end() -> None:
    assert limit(with_figure("rpo", "2", "hour", "between", upper="4")) == 4 * HOUR
    assert limit(with_figure("retention", "30", "day", "between", upper="60")) == 30 * DAY


def test_business_hours_run_by_the_calendar() -> None:
    office = Calendar(id="office", timezone="Europe/Berlin", start="09:00", end="17:00")
    friday = datetime(2026, 9, 11, 14, 0, tzinfo=UTC)  # 16:00 in Berlin: one hour is left, then Monday
    one = with_figure("rto", "2", "business_hour")
    one = replace(one, figure=replace(one.figure, clock="office"))
    assert limit(one, at=friday, calendars=(office,)) == timedelta(days=2, hours=18)
    back = with_figure("rpo", "2", "business_hour")
    assert "only a recovery time" in why(back, at=friday, calendars=(office,))


def test_allowances_go_to_the_recovery_times_of_their_systems() -> None:
    rto = records.provision("6.1", "rto", 4 * HOUR)
    granted = records.provisions()[-1]
    assert register(rto, granted).obligations[0].allowances[0].time == 30 * MIN
    elsewhere = replace(granted, scope=Scope(systems=("other",)))
    assert not register(rto, elsewhere).obligations[0].allowances
    for_all = replace(granted, scope=Scope())
    assert register(rto, for_all).obligations[0].allowances[0].name == "replacement server"
    for change in ({"review": "rejected"}, {"status": "vague"}, {"figure": None}):
        assert not register(rto, replace(granted, **change)).obligations[0].allowances


def test_the_restore_mode_is_part_of_the_promise() -> None:
    instant = records.provision("6.1", "rto", HOUR, slots=(Slot(name="mode", value="instant"),))
    assert register(instant).obligations[0].objective == Rto(limit=HOUR, mode="instant")


def test_the_reporting_period_is_how_far_drills_look_back() -> None:
    report = with_figure("reporting", "14", "day", "=", id="reporting-10.1")
    assert register(report, look_back="reporting-10.1").look_back == 14 * DAY
    assert register(report).look_back == LOOK_BACK
    assert register(replace(report, figure=None), look_back="reporting-10.1").look_back == LOOK_BACK


def test_two_quotes_of_one_section_are_told_apart() -> None:
    one = records.provision("5.1", "rpo", HOUR)
    other = records.provision("4.6", "retention", DAY)
    other = replace(other, citation=replace(other.citation, section="5.1"))
    again = records.provision("5.1", "rto", HOUR)
    made = register(one, other, again)
    assert [obligation.clause for obligation in made.obligations] == ["5.1", "5.1 (2)", "5.1"]
    assert [clause.number for clause in made.agreement.clauses] == ["5.1", "5.1 (2)"]
    nameless = replace(one, citation=replace(one.citation, section="", heading=""))
    assert register(nameless).obligations[0].clause == f"at {one.citation.span.start}"


def test_rejected_provisions_are_not_quoted() -> None:
    rejected = replace(records.provision("4.6", "retention", DAY), review="rejected")
    assert not register(rejected).agreement.clauses


def test_the_registers_of_one_instant_after_the_other_are_those_of_each() -> None:
    contract = records.contract(provisions=(with_figure("retention", "3", "month", ">="),))
    digest = codec.digest(contract)
    registers = Registers(contract, digest)
    limits = set()
    for days in (*range(0, 365, 30), 0):
        at = INCIDENT + days * DAY
        made = registers.at(at)
        assert made == register_of(contract, digest=digest, at=at)
        limits.add(made.obligations[0].objective)
    assert len(limits) > 1
