"""What must hold for every drill, however strange."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drverify.judging.objectives import judge_all, recovered
from drverify.model.drill import DrillPlan, DrillRecord, ProbeStatus
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Objective,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.recovery import DiskImage
from drverify.model.verdict import Outcome
from tests.support.records import defects, drills, faults, isolations, plan, record, register

RANK = {Outcome.MISSED: 0, Outcome.UNPROVEN: 1, Outcome.MET: 2}
drill = drills()


def met(agreed, planned, found):
    return {one.obligation for one in judge_all(agreed, planned, found) if one.outcome is Outcome.MET}


def weaker(data, found: DrillRecord) -> DrillRecord:  # noqa: PLR0911 - one return for each way
    """The record with one more thing wrong with it."""
    kind = data.draw(
        st.sampled_from(["fault", "defect", "control", "isolation", "result", "restore", "probe"])
    )
    match kind:
        case "fault":
            return replace(found, faults=(*found.faults, data.draw(faults)))
        case "defect":
            return replace(found, defects=(*found.defects, data.draw(defects)))
        case "isolation":
            more = data.draw(isolations).checks
            checks = (*found.isolation.checks, *(replace(one, closed=False) for one in more))
            return replace(found, isolation=replace(found.isolation, checks=checks))
        case "restore":
            return replace(found, restore=None)
        case "control":
            assume(found.controls)
            at = data.draw(st.integers(0, len(found.controls) - 1))
            broken = replace(found.controls[at], status=ProbeStatus.PASSED)
            gone = () if data.draw(st.booleans()) else (broken,)
            return replace(found, controls=found.controls[:at] + gone + found.controls[at + 1 :])
        case "result":
            assume(found.probes)
            at = data.draw(st.integers(0, len(found.probes) - 1))
            return replace(found, probes=found.probes[:at] + found.probes[at + 1 :])
        case _:
            assume(found.probes)
            at = data.draw(st.integers(0, len(found.probes) - 1))
            status = data.draw(st.sampled_from([one for one in ProbeStatus if one is not ProbeStatus.PASSED]))
            bad = replace(found.probes[at], status=status, settled=None)
            return replace(found, probes=(*found.probes[:at], bad, *found.probes[at + 1 :]))


def looser(objective: Objective, by: timedelta) -> Objective:
    match objective:
        case Rpo(limit=limit):
            return Rpo(limit=limit + by)
        case Rto(limit=limit, mode=mode):
            return Rto(limit=limit + by, mode=mode)
        case BackupFrequency(every=every):
            return BackupFrequency(every=every + by)
        case RestoreTestFrequency(every=every):
            return RestoreTestFrequency(every=every + by)
        case Retention(at_least=at_least):
            return Retention(at_least=max(at_least - by, timedelta(0)))
        case ApplicationValidation():
            return objective


@settings(max_examples=400, deadline=None)
@given(drill)
def test_judging_is_total_and_says_why(one):
    agreed, planned, found = one
    verdicts = judge_all(agreed, planned, found)
    assert [verdict.obligation for verdict in verdicts] == [one.id for one in agreed.obligations]
    for verdict in verdicts:
        assert verdict.reason
        assert "\n" not in verdict.reason
        assert verdict.achieved is None or verdict.achieved % timedelta(milliseconds=1) == timedelta(0)


@settings(max_examples=400, deadline=None)
@given(drill, st.data())
def test_one_more_thing_wrong_never_makes_anything_met(one, data):
    agreed, planned, found = one
    assert met(agreed, planned, weaker(data, found)) <= met(agreed, planned, found)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_good_drill_only_gets_worse(data):
    agreed, planned, found = register(), plan(), record()
    worse = weaker(data, found)
    assert met(agreed, planned, worse) <= met(agreed, planned, found)
    assert recovered(planned, found)


@settings(max_examples=300, deadline=None)
@given(drill, st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_looser_limit_never_makes_a_verdict_worse(one, by):
    agreed, planned, found = one
    loose = replace(
        agreed,
        obligations=tuple(replace(one, objective=looser(one.objective, by)) for one in agreed.obligations),
    )
    for tight, relaxed in zip(
        judge_all(agreed, planned, found), judge_all(loose, planned, found), strict=True
    ):
        if tight.outcome is Outcome.MET:
            assert relaxed.outcome is Outcome.MET


@settings(max_examples=300, deadline=None)
@given(drill)
def test_met_rests_on_facts(one):
    agreed, planned, found = one
    verdicts = {verdict.obligation: verdict for verdict in judge_all(agreed, planned, found)}
    for obligation in agreed.obligations:
        verdict = verdicts[obligation.id]
        if verdict.outcome is not Outcome.MET:
            continue
        assert_limit_kept(verdict, obligation.objective)
        if not isinstance(obligation.objective, BackupFrequency):
            assert_recovered(planned, found)
        if isinstance(obligation.objective, Rpo):
            assert found.selection.newest_eligible
        if isinstance(obligation.objective, Rto):
            assert planned.mode == obligation.objective.mode == found.restore.mode


def assert_limit_kept(verdict, objective: Objective) -> None:
    if isinstance(objective, ApplicationValidation):
        assert verdict.limit is None
    elif isinstance(objective, Retention):
        assert verdict.achieved >= verdict.limit
    else:
        assert verdict.achieved + verdict.allowance <= verdict.limit


def assert_recovered(planned: DrillPlan, found: DrillRecord) -> None:
    assert found.selection.point is not None
    assert not found.defects
    assert found.restore.restored_bytes > 0
    assert recovered(planned, found)
    required = [spec.id for spec in planned.playbook.probes if spec.required]
    assert required
    for probe in required:
        (result,) = [one for one in found.probes if one.probe == probe]
        assert result.status is ProbeStatus.PASSED
        assert result.settled is not None
        assert any(one.probe == probe for one in found.controls)
    assert not any(one.status is ProbeStatus.PASSED for one in found.controls)
    assert all(one.closed for one in found.isolation.checks)
    if isinstance(planned.workload.payload, DiskImage):
        for when in ("before: ", "during: "):
            assert any(one.name.startswith(when) for one in found.isolation.checks)
    end = max(one.settled for one in found.probes if one.probe in required)
    assert not any(one.at <= end for one in found.faults)


@given(drill)
@settings(max_examples=50, deadline=None)
def test_judging_asks_nothing_but_its_arguments(one):
    agreed, planned, found = one
    assert judge_all(agreed, planned, found) == judge_all(agreed, planned, found)
    assert isinstance(agreed, Register)
