from dataclasses import replace
from datetime import date

import pytest

from drverify.judging.objectives import judge, judge_all, recovered
from drverify.model.drill import (
    Attribution,
    ControlResult,
    GaveUp,
    IsolationCheck,
    IsolationRecord,
    PhaseName,
    ProbeStatus,
)
from drverify.model.obligation import (
    Allowance,
    ApplicationValidation,
    BackupFrequency,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.recovery import FileSet
from drverify.model.verdict import Outcome
from tests.support.records import (
    DAY,
    HOUR,
    INCIDENT,
    MIN,
    SEC,
    controls,
    defect,
    fault,
    gave_up,
    hourly,
    looks,
    never_booted,
    obligation,
    phases,
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

MET, MISSED, UNPROVEN = Outcome
MS = SEC / 1000
RECOVERY = (
    Rpo(limit=HOUR),
    Rto(limit=4 * HOUR),
    RestoreTestFrequency(every=92 * DAY),
    ApplicationValidation(),
)
EVERYTHING = (*RECOVERY, BackupFrequency(every=HOUR), Retention(at_least=7 * DAY))


def judged(objective, of=None, *, planned=None, agreed=None, **obliged):
    one = obligation("4.1", objective, **obliged)
    return judge(one, planned or plan(), of or record(), agreed or register())


def outcomes(of, objectives=RECOVERY, planned=None):
    return {judged(one, of, planned=planned).outcome for one in objectives}


def old_point(age=30 * DAY):
    """A drill of a point of that age, which was asked for by its id."""
    points = (*hourly(), point(age - SEC))
    chosen = replace(selection(points), point=points[-1], newest_eligible=False)
    return record(selection=chosen)


def test_a_good_drill_meets_what_it_can_show():
    verdicts = judge_all(register(), plan(), record())
    assert [(one.obligation, one.outcome) for one in verdicts] == [
        ("backup_frequency-shop", MET),
        ("retention-shop", MISSED),
        ("rpo-shop", MET),
        ("rto-shop", MET),
        ("restore_test-shop", MET),
        ("application_validation-shop", MET),
    ]
    assert recovered(plan(), record())


def test_only_what_covers_the_workload_is_judged():
    assert judge_all(register(), plan(workload=workload(name="unknown")), record()) == ()


@pytest.mark.parametrize(
    ("objective", "of", "at"),
    [
        (lambda limit: Rpo(limit=limit), record(), HOUR),
        (lambda limit: Rto(limit=limit), record(), 134 * SEC),
        (lambda limit: BackupFrequency(every=limit), record(), HOUR),
        (lambda limit: RestoreTestFrequency(every=limit), record(), 30 * DAY + 151 * SEC),
    ],
)
def test_limits_are_inclusive_to_the_millisecond(objective, of, at):
    assert judged(objective(at), of).outcome is MET
    missed = judged(objective(at - MS), of)
    assert missed.outcome is MISSED
    assert missed.achieved == at
    assert missed.limit == at - MS
    achieved, limit = missed.reason.split(" against a limit of ")
    assert not achieved.endswith(f" {limit}")


def test_figures_are_rounded_in_words_unless_that_hides_the_difference():
    late = with_result(record(), "web", settled=134 * SEC + 250 * MS)
    assert "took 2 min 14 s against a limit of 4 h" in judged(Rto(limit=4 * HOUR), late).reason
    near = "took 2 min 14 s 250 ms against a limit of 2 min 14 s"
    assert near in judged(Rto(limit=134 * SEC), late).reason
    assert "14 s 250 ms against" not in judged(Rto(limit=134 * SEC), record()).reason


def test_a_lower_limit_is_inclusive_too():
    kept = old_point(30 * DAY)
    assert judged(Retention(at_least=30 * DAY), kept).outcome is MET
    assert judged(Retention(at_least=30 * DAY + MS), kept).outcome is UNPROVEN


# --- whose fault ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"faults": (fault(),)}, "our restore-host failed while in phase restore: no space left"),
        ({"faults": (fault(at=134 * SEC, attribution=Attribution.PROBE),)}, "our probe failed"),
        (
            {"controls": tuple(replace(one, status=ProbeStatus.PASSED) for one in controls())},
            "passed before anything was restored",
        ),
        (
            {"controls": tuple(replace(one, status=ProbeStatus.ERRORED) for one in controls())},
            "could not be asked before the restore",
        ),
        ({"controls": controls()[1:]}, "probe boot was not tried before the restore"),
        ({"isolation": IsolationRecord(checks=())}, "nothing shows that the sandbox was closed before"),
        ({"isolation": IsolationRecord(checks=looks("before"))}, "was closed during the guest's life"),
        ({"isolation": IsolationRecord(checks=looks("during"))}, "was closed before the guest's life"),
        ({"isolation": IsolationRecord(checks=looks("before", "after"))}, "was closed during the guest"),
        ({"phases": (), "isolation": IsolationRecord(checks=looks("before"))}, "was closed during the guest"),
        (
            {
                "isolation": IsolationRecord(
                    checks=(IsolationCheck(name="dns", closed=False, detail="10.20.0.1 answered"),)
                )
            },
            "the sandbox was not closed (dns): 10.20.0.1 answered",
        ),
        ({"ended_at": record().started_at + 10 * SEC}, "our wall clock was moved"),
        ({"restore": None}, "nothing shows that anything was restored"),
        ({"restore": replace(record().restore, restored_bytes=0)}, "the restore brought nothing"),
        ({"restore": replace(record().restore, mode="instant")}, "the restore was instant, planned was full"),
        ({"probes": results()[1:]}, "no single result of probe boot"),
        ({"probes": (*results(), results()[0])}, "no single result of probe boot"),
    ],
)
def test_our_own_failure_is_unproven_and_says_so(change, says):
    bad = record(**change)
    assert outcomes(bad) == {UNPROVEN}
    assert says in judged(Rpo(limit=HOUR), bad).reason
    assert not recovered(plan(), bad)
    assert judged(Retention(at_least=7 * DAY), bad).outcome is not MET


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": ProbeStatus.ERRORED, "settled": None}, "our probe web could not ask: the answer"),
        ({"settled": None}, "probe web passed but had not settled when waiting ended"),
    ],
)
def test_a_probe_that_proves_nothing_is_unproven(change, says):
    bad = with_result(record(), "web", **change)
    assert outcomes(bad) == {UNPROVEN}
    assert says in judged(Rto(limit=HOUR), bad).reason


def test_faults_after_the_timed_window_do_not_matter():
    late = record(faults=(fault(at=134 * SEC + MS, phase=PhaseName.PROBE),))
    assert outcomes(late) == {MET}


def test_without_a_window_only_the_teardowns_faults_do_not_matter():
    dead = with_result(record(), "web", status=ProbeStatus.UNANSWERED, settled=None)
    assert outcomes(replace(dead, faults=(fault(phase=PhaseName.TEARDOWN),))) == {MISSED}
    assert outcomes(replace(dead, faults=(fault(at=HOUR, phase=PhaseName.PROBE),))) == {UNPROVEN}


def test_a_control_of_an_advisory_probe_matters_only_when_it_passed():
    errored = tuple(
        replace(one, status=ProbeStatus.ERRORED) if one.probe == "ping" else one for one in controls()
    )
    assert outcomes(record(controls=errored)) == {MET}
    passed = ControlResult(probe="ping", status=ProbeStatus.PASSED, observed="3 replies")
    assert outcomes(record(controls=(*controls()[:4], passed))) == {UNPROVEN}
    assert outcomes(record(controls=controls()[:4])) == {MET}


def test_a_guest_that_died_without_a_look_while_it_ran_proves_nothing_either():
    alone = {"isolation": IsolationRecord(checks=looks("before"))}
    assert outcomes(never_booted(GaveUp.STALL, **alone)) == {UNPROVEN}
    assert outcomes(record(defects=(defect(phase=PhaseName.BOOT),), **alone)) == {UNPROVEN}


def test_a_guest_that_never_ran_needs_no_look_while_it_ran():
    unrun = record(phases=phases()[:4], probes=(), isolation=IsolationRecord(checks=looks("before")))
    assert "no single result" in judged(Rpo(limit=HOUR), unrun).reason
    unseen = replace(unrun, isolation=IsolationRecord(checks=()))
    assert "nothing shows that the sandbox was closed" in judged(Rpo(limit=HOUR), unseen).reason


def test_a_playbook_without_required_probes_shows_nothing():
    empty = plan(playbook=playbook(probes=()))
    assert outcomes(record(), planned=empty) == {UNPROVEN}


def test_files_need_no_sandbox_but_some_files():
    files = plan(workload=workload(payload=FileSet(path="/srv")))
    assert outcomes(record(isolation=IsolationRecord(checks=())), planned=files) == {MET}
    none = record(restore=replace(record().restore, files=0))
    assert outcomes(none, planned=files) == {UNPROVEN}


# --- defects ----------------------------------------------------------------------------------


def test_a_defect_misses_everything_that_needs_a_restore_and_is_named():
    bad = record(
        defects=(defect(),), restore=None, probes=(), controls=(), isolation=IsolationRecord(checks=())
    )
    assert outcomes(bad) == {MISSED}
    assert "pack 1f2e does not have its digest" in judged(Rpo(limit=HOUR), bad).reason
    assert not recovered(plan(), bad)


@pytest.mark.parametrize(("at", "outcome"), [(19 * SEC, UNPROVEN), (20 * SEC, UNPROVEN), (21 * SEC, MISSED)])
def test_a_fault_before_a_defect_may_have_caused_it_a_later_one_cannot(at, outcome):
    both = record(defects=(defect(at=20 * SEC),), faults=(fault(at=at),), probes=())
    assert outcomes(both) == {outcome}


def test_an_unproven_defect_never_turns_into_met():
    both = record(defects=(defect(at=HOUR),), faults=(fault(at=30 * MIN),))
    assert outcomes(both) == {UNPROVEN}
    assert "may have caused" in judged(Rpo(limit=HOUR), both).reason


def test_a_defect_seen_in_the_guest_needs_a_sound_sandbox():
    seen = record(defects=(defect(phase=PhaseName.BOOT),))
    assert outcomes(seen) == {MISSED}
    assert outcomes(replace(seen, controls=())) == {UNPROVEN}


def test_the_first_sound_defect_is_named_even_if_an_earlier_one_is_not():
    leaky = record(
        defects=(defect(at=5 * SEC, phase=PhaseName.BOOT), defect(at=9 * SEC)),
        controls=(),
    )
    assert "found in phase restore" in judged(Rpo(limit=HOUR), leaky).reason


# --- never recovered --------------------------------------------------------------------------


@pytest.mark.parametrize("status", [ProbeStatus.FAILED, ProbeStatus.UNANSWERED])
def test_a_required_probe_that_fails_to_the_end_is_missed(status):
    dead = with_result(gave_up(record(), GaveUp.HEALTHY_LIMIT), "web", status=status, settled=None)
    assert outcomes(dead) == {MISSED}
    reason = judged(Rto(limit=4 * HOUR), dead).reason
    assert reason.startswith(
        f"never recovered: probe web {status} after 3 attempts (gave up by healthy-limit)"
    )


def test_an_advisory_probe_may_fail():
    assert outcomes(with_result(record(), "ping", status=ProbeStatus.FAILED, settled=None)) == {MET}


def test_a_wrong_answer_outweighs_a_probe_of_ours_that_errored_but_silence_does_not():
    errored = with_result(record(), "boot", status=ProbeStatus.ERRORED, settled=None)
    assert outcomes(with_result(errored, "web", status=ProbeStatus.FAILED)) == {MISSED}
    assert outcomes(with_result(errored, "web", status=ProbeStatus.UNANSWERED)) == {UNPROVEN}


def test_giving_up_before_a_probe_was_ever_asked_is_never_recovered():
    dead = replace(never_booted(GaveUp.GUEST_STOPPED), probes=())
    assert outcomes(dead) == {MISSED}
    assert "probe boot got no answer (gave up by guest-stopped)" in judged(Rpo(limit=HOUR), dead).reason
    assert outcomes(record(probes=())) == {UNPROVEN}


# --- our limits and the contract's (ADR 12) ---------------------------------------------------


def test_a_guest_that_still_boots_when_our_limit_is_over_proves_nothing():
    slow = never_booted(GaveUp.HEALTHY_LIMIT)
    assert outcomes(slow) == {UNPROVEN}
    reason = judged(Rto(limit=4 * HOUR), slow).reason
    assert "probe boot failed after 1700 attempts (gave up by healthy-limit)" in reason
    assert "give it longer with `healthy`" in reason
    assert outcomes(replace(slow, probes=())) == {UNPROVEN}
    assert not recovered(plan(), slow)


@pytest.mark.parametrize("by", [GaveUp.STALL, GaveUp.GUEST_STOPPED])
def test_a_guest_that_stands_still_or_stops_by_itself_is_dead_whatever_the_contract_allows(by):
    assert outcomes(never_booted(by, after_boot=181 * SEC)) == {MISSED}
    assert outcomes(never_booted(by, after_boot=181 * SEC, probes=())) == {MISSED}


@pytest.mark.parametrize("status", [ProbeStatus.FAILED, ProbeStatus.UNANSWERED])
def test_a_guest_that_is_up_without_its_application_is_missed(status):
    up = gave_up(record(), GaveUp.HEALTHY_LIMIT)
    assert outcomes(with_result(up, "orders", status=status, settled=None)) == {MISSED}
    settling = with_result(up, "orders", settled=None)
    assert outcomes(settling) == {UNPROVEN}


@pytest.mark.parametrize(
    ("probe", "status", "outcome"),
    [
        ("web", ProbeStatus.UNANSWERED, UNPROVEN),
        ("web", ProbeStatus.ERRORED, UNPROVEN),
        ("web", ProbeStatus.FAILED, MISSED),
        ("ping", ProbeStatus.PASSED, MISSED),
    ],
)
def test_without_a_boot_probe_any_answer_shows_a_running_guest(probe, status, outcome):
    probes = tuple(replace(one, required=one.id == "orders") for one in playbook().probes)
    planned = plan(playbook=playbook(probes=probes))
    silent = tuple(replace(one, status=ProbeStatus.UNANSWERED, settled=None) for one in results())
    boot = replace(silent[0], status=ProbeStatus.FAILED)
    dead = gave_up(record(probes=(boot, *silent[1:])), GaveUp.HEALTHY_LIMIT)
    assert outcomes(with_result(dead, probe, status=status), planned=planned) == {outcome}


def test_waiting_in_vain_beyond_the_contracts_limit_is_missed_by_time():
    slow = never_booted(GaveUp.HEALTHY_LIMIT)
    waited = slow.gave_up_at
    assert judged(Rto(limit=waited), slow).outcome is UNPROVEN
    late = judged(Rto(limit=waited - MS), slow)
    assert (late.outcome, late.achieved) == (MISSED, None)
    assert late.reason.startswith("not healthy 30 min 44 s after the declaration")
    granted = (Allowance(name="server", time=10 * MIN, clause="6.3"),)
    assert judged(Rto(limit=waited + 10 * MIN), slow, allowances=granted).outcome is UNPROVEN
    assert judged(Rto(limit=waited + 10 * MIN - MS), slow, allowances=granted).outcome is MISSED
    settling = with_result(gave_up(record(), GaveUp.HEALTHY_LIMIT), "web", settled=None)
    assert judged(Rto(limit=HOUR), settling).outcome is UNPROVEN
    assert judged(Rto(limit=MIN), settling).outcome is MISSED
    assert outcomes(slow, [Rpo(limit=MIN), ApplicationValidation()]) == {UNPROVEN}


@pytest.mark.parametrize(
    "change",
    [
        {"faults": (fault(),)},
        {"restore": None},
        {"controls": ()},
        {"gave_up_at": None},
    ],
)
def test_waiting_in_vain_is_not_late_when_ours_cannot_be_believed(change):
    assert judged(Rto(limit=MIN), replace(never_booted(GaveUp.HEALTHY_LIMIT), **change)).outcome is UNPROVEN


def test_waiting_in_vain_for_nothing_required_is_not_late():
    slow = never_booted(GaveUp.HEALTHY_LIMIT)
    assert judged(Rto(limit=MIN), slow, planned=plan(playbook=playbook(probes=()))).outcome is UNPROVEN


def test_what_settled_while_we_gave_up_has_settled():
    assert judged(Rto(limit=4 * HOUR), gave_up(record(), GaveUp.STALL)).outcome is MET
    assert "it took 2 min 14 s" in judged(Rto(limit=MIN), gave_up(record(), GaveUp.STALL)).reason


def test_a_dead_guest_is_said_to_be_dead_and_not_late():
    dead = never_booted(GaveUp.STALL)
    assert judged(Rto(limit=MIN), dead).reason.startswith("never recovered")


# --- points -----------------------------------------------------------------------------------


def test_no_point_at_all_is_missed():
    none = record(selection=selection(()), probes=(), restore=None)
    assert outcomes(none) == {MISSED}
    assert "there is no recovery point to restore" in judged(Rpo(limit=HOUR), none).reason
    assert not recovered(plan(), none)


def test_no_point_before_backups_were_owed_is_unproven():
    none = record(selection=selection(()))
    assert outcomes(none, planned=plan(workload=workload(protected_since=INCIDENT + SEC))) == {UNPROVEN}


def test_a_source_that_cannot_be_listed_is_our_fault_whatever_is_asked():
    lost = record(
        selection=selection(()),
        faults=(fault(at=SEC, phase=PhaseName.SELECT, attribution=Attribution.SOURCE),),
    )
    assert outcomes(lost, EVERYTHING) == {UNPROVEN}
    assert "could not be listed: our source failed" in judged(BackupFrequency(every=HOUR), lost).reason
    assert not recovered(plan(), record(faults=(fault(at=HOUR, phase=PhaseName.SELECT),)))


# --- each objective ---------------------------------------------------------------------------


def test_rpo_needs_the_newest_eligible_point():
    older = record(selection=replace(selection(), newest_eligible=False))
    verdict = judged(Rpo(limit=DAY), older)
    assert (verdict.outcome, verdict.achieved) == (UNPROVEN, None)
    assert outcomes(older, RECOVERY[1:]) == {MET}


def test_rpo_names_the_worst_reading():
    assert "largest gap between recovery points" in judged(Rpo(limit=HOUR)).reason
    stale = with_result(record(), "fresh", newest=INCIDENT - 3 * HOUR)
    verdict = judged(Rpo(limit=2 * HOUR), stale)
    assert verdict.outcome is MISSED
    assert "age of the newest record (fresh)" in verdict.reason


def test_rpo_without_a_measure_is_unproven():
    none = with_result(record(), "fresh", newest=None)
    verdict = judged(Rpo(limit=DAY), none)
    assert verdict.outcome is UNPROVEN
    assert "read no newest record" in verdict.reason


def test_rto_adds_the_stated_allowances_and_shows_them_apart():
    book = plan(playbook=playbook(allowances=(Allowance(name="alerting", time=10 * MIN, clause=""),)))
    granted = (Allowance(name="server", time=20 * MIN, clause="6.3"),)
    verdict = judged(Rto(limit=32 * MIN + 14 * SEC), planned=book, allowances=granted)
    assert (verdict.outcome, verdict.achieved, verdict.allowance) == (MET, 134 * SEC, 30 * MIN)
    assert (
        "2 min 14 s; with stated allowances (server 20 min, alerting 10 min) that is 32 min 14 s"
        in verdict.reason
    )
    assert judged(Rto(limit=32 * MIN), planned=book, allowances=granted).outcome is MISSED


def test_a_negative_allowance_grants_nothing():
    granted = (Allowance(name="gift", time=-HOUR, clause=""),)
    verdict = judged(Rto(limit=MIN), allowances=granted)
    assert (verdict.outcome, verdict.allowance) == (MISSED, 0 * SEC)


def test_rto_of_the_other_mode_is_unproven():
    instant = plan(mode="instant")
    of = record(restore=replace(record().restore, mode="instant"))
    verdict = judged(Rto(limit=4 * HOUR), of, planned=instant)
    assert (verdict.outcome, verdict.achieved) == (UNPROVEN, None)
    assert judged(Rto(limit=4 * HOUR, mode="instant"), of, planned=instant).outcome is MET


def test_backup_frequency_is_judged_although_the_drill_failed():
    assert judged(BackupFrequency(every=HOUR), record(faults=(fault(),))).outcome is MET
    holes = record(selection=selection(hourly()[:5] + hourly()[6:]))
    assert judged(BackupFrequency(every=HOUR), holes).outcome is MISSED


def test_backup_frequency_does_not_count_a_defective_point():
    bad = record(defects=(defect(),))
    verdict = judged(BackupFrequency(every=HOUR), bad)
    assert (verdict.outcome, verdict.achieved) == (MISSED, 90 * MIN)
    assert "without the defective one" in verdict.reason
    assert judged(BackupFrequency(every=2 * HOUR), bad).outcome is MET
    doubtful = replace(bad, faults=(fault(at=SEC),))
    assert judged(BackupFrequency(every=HOUR), doubtful).outcome is UNPROVEN
    assert judged(BackupFrequency(every=59 * MIN), doubtful).outcome is MISSED


def test_backup_frequency_needs_a_point_and_something_owed():
    young = plan(workload=workload(protected_since=INCIDENT - 10 * MIN))
    none = record(selection=selection(()))
    assert judged(BackupFrequency(every=HOUR), none, planned=young).outcome is UNPROVEN
    assert judged(BackupFrequency(every=5 * MIN), none, planned=young).outcome is MISSED
    unborn = plan(workload=workload(protected_since=INCIDENT + MIN))
    assert judged(BackupFrequency(every=HOUR), planned=unborn).outcome is UNPROVEN


@pytest.mark.parametrize(
    ("previous", "protected", "effective", "since"),
    [
        (INCIDENT - 10 * DAY, INCIDENT - 90 * DAY, date(2026, 1, 1), 10 * DAY),
        (None, INCIDENT - 90 * DAY, date(2026, 1, 1), 90 * DAY),
        (INCIDENT - 100 * DAY, INCIDENT - 90 * DAY, date(2026, 1, 1), 90 * DAY),
        (None, INCIDENT - 90 * DAY, date(2026, 9, 14), 12 * HOUR),
    ],
)
def test_restore_tests_count_from_the_latest_beginning(previous, protected, effective, since):
    agreed = register(agreement=replace(register().agreement, effective=effective))
    planned = plan(previous_success_at=previous, workload=workload(protected_since=protected))
    verdict = judged(RestoreTestFrequency(every=since + 151 * SEC), planned=planned, agreed=agreed)
    assert (verdict.outcome, verdict.achieved) == (MET, since + 151 * SEC)
    assert judged(RestoreTestFrequency(every=since), planned=planned, agreed=agreed).outcome is MISSED


@pytest.mark.parametrize(
    ("grains", "outcome"),
    [
        (("vm",), MET),
        (("full_system", "application"), MET),
        (("vm", "file"), UNPROVEN),
        (("site",), UNPROVEN),
    ],
)
def test_a_restore_test_shows_what_it_brought_back_alone(grains, outcome):
    verdict = judged(RestoreTestFrequency(every=92 * DAY, grains=grains))
    assert verdict.outcome is outcome
    assert outcome is MET or "is promised, and this drill shows none" in verdict.reason


def test_a_machine_that_stays_away_breaks_no_promise_of_files():
    away = never_booted(GaveUp.STALL)
    assert judged(RestoreTestFrequency(every=92 * DAY, grains=("vm", "file")), away).outcome is MISSED
    assert judged(RestoreTestFrequency(every=92 * DAY, grains=("file",)), away).outcome is UNPROVEN
    bad = record(defects=(defect(),))
    assert judged(RestoreTestFrequency(every=92 * DAY, grains=("file",)), bad).outcome is MISSED


def test_a_previous_test_in_the_future_proves_nothing():
    planned = plan(previous_success_at=INCIDENT + DAY)
    assert judged(RestoreTestFrequency(every=DAY), planned=planned).outcome is UNPROVEN


def test_retention_is_met_only_by_an_old_point_that_recovered():
    assert judged(Retention(at_least=30 * DAY), old_point()).outcome is MET
    unhealthy = with_result(old_point(), "web", status=ProbeStatus.FAILED)
    verdict = judged(Retention(at_least=30 * DAY), unhealthy)
    assert verdict.outcome is UNPROVEN
    assert "none that old was restored here" in verdict.reason


def test_retention_of_listed_points_is_unproven():
    listed = record(selection=selection((*hourly(), point(40 * DAY))))
    assert judged(Retention(at_least=30 * DAY), listed).outcome is UNPROVEN


def test_retention_is_missed_when_a_point_that_must_have_been_made_is_gone():
    verdict = judged(Retention(at_least=30 * DAY))
    assert verdict.outcome is MISSED
    assert verdict.achieved == 169 * HOUR + 30 * MIN + SEC
    assert "points are made at least every 1 h" in verdict.reason


def test_retention_within_one_distance_between_points_is_unproven():
    daily = tuple(point(n * DAY) for n in range(30))
    agreed = register(obligations=())
    of = record(selection=selection(daily))
    assert judged(Retention(at_least=30 * DAY + SEC), of, agreed=agreed).outcome is UNPROVEN
    assert judged(Retention(at_least=30 * DAY + 2 * SEC), of, agreed=agreed).outcome is MISSED
    lone = record(selection=selection((point(DAY),)))
    assert judged(Retention(at_least=30 * DAY), lone, agreed=agreed).outcome is UNPROVEN


def test_retention_longer_than_the_protection_is_unproven():
    verdict = judged(Retention(at_least=91 * DAY))
    assert verdict.outcome is UNPROVEN
    assert "owed for only 90 d" in verdict.reason
    unborn = plan(workload=workload(protected_since=INCIDENT + DAY))
    assert "owed for only 0 s" in judged(Retention(at_least=DAY), planned=unborn).reason


def test_retention_without_any_point_is_missed():
    verdict = judged(Retention(at_least=DAY), record(selection=selection(())))
    assert verdict.outcome is MISSED


def test_retention_is_missed_by_a_defect_of_a_point_that_must_still_restore():
    bad = record(defects=(defect(),))
    verdict = judged(Retention(at_least=DAY), bad)
    assert verdict.outcome is MISSED
    assert "cannot be restored any more" in verdict.reason
    assert judged(Retention(at_least=30 * MIN), bad).outcome is UNPROVEN


def test_application_validation_needs_a_required_probe_that_shows_the_application():
    verdict = judged(ApplicationValidation())
    assert (verdict.outcome, verdict.limit, verdict.achieved) == (MET, None, None)
    assert "orders" in verdict.reason
    probes = tuple(replace(one, required=False) if one.id == "orders" else one for one in playbook().probes)
    only_answers = plan(playbook=playbook(probes=probes))
    assert judged(ApplicationValidation(), planned=only_answers).outcome is UNPROVEN


# --- exactly on the edge ----------------------------------------------------------------------


def test_a_promise_that_begins_with_this_very_drill():
    planned = plan(previous_success_at=record().ended_at)
    verdict = judged(RestoreTestFrequency(every=DAY), planned=planned)
    assert (verdict.outcome, verdict.achieved) == (MET, 0 * SEC)


def test_a_previous_test_on_the_day_that_tests_became_owed_is_a_previous_test():
    planned = plan(previous_success_at=plan().workload.protected_since)
    assert judged(RestoreTestFrequency(every=92 * DAY), planned=planned).reason.startswith("since the last")
    earlier = plan(previous_success_at=plan().workload.protected_since - SEC)
    assert judged(RestoreTestFrequency(every=92 * DAY), planned=earlier).reason.startswith("first")


def test_retention_as_long_as_the_protection_is_judged():
    protected = plan(workload=workload(protected_since=record().started_at - 30 * DAY))
    assert judged(Retention(at_least=30 * DAY), planned=protected).outcome is MISSED
    assert judged(Retention(at_least=30 * DAY + MS), planned=protected).outcome is UNPROVEN


def test_a_defective_point_of_exactly_the_owed_age_is_missed():
    age = record().started_at - selection().point.consistent_as_of
    bad = record(defects=(defect(),))
    assert judged(Retention(at_least=age), bad).outcome is MISSED
    assert judged(Retention(at_least=age - MS), bad).outcome is UNPROVEN


def test_backups_owed_from_the_very_incident_on():
    owed = plan(workload=workload(protected_since=INCIDENT))
    none = record(selection=selection(()))
    assert judged(Rpo(limit=HOUR), none, planned=owed).outcome is MISSED


def test_a_gap_of_exactly_the_limit_without_a_sound_point_is_not_met():
    young = plan(workload=workload(protected_since=INCIDENT - HOUR))
    none = record(selection=selection(()))
    assert judged(BackupFrequency(every=HOUR), none, planned=young).outcome is UNPROVEN
    at_once = record(selection=selection((point(0 * SEC),)))
    assert judged(BackupFrequency(every=HOUR), at_once, planned=young).outcome is MET
    later = record(selection=selection((point(-SEC),)))
    assert judged(BackupFrequency(every=HOUR), later, planned=young).outcome is UNPROVEN


def test_a_defective_point_beside_a_larger_gap_is_not_blamed_for_it():
    points = (point(MIN), *(point(n * HOUR) for n in range(1, 4)), point(9 * HOUR))
    bad = record(selection=selection(points), defects=(defect(),))
    young = plan(workload=workload(protected_since=INCIDENT - 9 * HOUR))
    verdict = judged(BackupFrequency(every=HOUR), bad, planned=young)
    assert verdict.reason == "largest gap between recovery points 6 h against a limit of 1 h"


def test_the_wall_clock_may_lag_by_the_tolerance_and_no_more():
    end = 148 * SEC  # of the last phase
    assert outcomes(record(ended_at=record().started_at + end - 2 * SEC)) == {MET}
    assert outcomes(record(ended_at=record().started_at + end - 2 * SEC - MS)) == {UNPROVEN}
