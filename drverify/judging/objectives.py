"""Decides obligations from the facts of one drill. Pure; a new objective does not type-check here.

Limits are inclusive. The order in which an objective on recovery is decided is the same everywhere:

1. a defect of the backup that nothing of ours can have caused: MISSED;
2. the source could not be listed: UNPROVEN; it lists no point to restore: MISSED;
3. our own side failed, or cannot be believed: UNPROVEN, with the attribution;
4. a required probe failed to the end: never recovered, MISSED; a promise of time also when waiting
   in vain ended beyond it;
5. a required probe's result is missing or unsettled, our own limit ended the wait for a guest that was
   still coming up, or nothing was restored: UNPROVEN;
6. otherwise it recovered, and the figure decides.

On hardware that is not the system's own (`DrillPlan.hardware`) step 4, and a time beyond the limit in step 6,
are UNPROVEN instead: no promise says that it holds on any hardware. Whatever is MET there is MET. The same
goes for whatever a drill of a further copy does not find as promised, but for a test that came too late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import assert_never

from drverify.judging.aims import as_of_copy
from drverify.judging.figures import Finding, allowed, figure, missed, undecided
from drverify.judging.measure import (
    ZERO,
    cadence_seen,
    largest_gap,
    owed_since,
    required,
    rpo_achieved,
    rto_achieved,
    sound_points,
)
from drverify.judging.restored_files import not_compared, too_small_a_sample
from drverify.judging.tested import since_test_before
from drverify.judging.trust import (
    elsewhere,
    not_listed,
    not_recovered,
    out_of_time,
    proven_defect,
    unproven,
    untrusted,
)
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.duration import exact, human, whole_ms_up
from drverify.model.grain import lacking, shown_by
from drverify.model.obligation import (
    Allowance,
    ApplicationValidation,
    BackupFrequency,
    Grain,
    Obligation,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
    in_scope,
)
from drverify.model.recovery import RecoveryPoint, sampled
from drverify.model.steps import undone
from drverify.model.verdict import Outcome, Verdict


@dataclass(frozen=True, kw_only=True)  # no slots: what is worked out is kept
class _Case:
    """Everything that the judgements of one drill look at."""

    plan: DrillPlan
    record: DrillRecord
    register: Register

    @cached_property
    def no_point(self) -> "Finding | None":
        """Steps 1 and 2, which are the same for every promise of recovery."""
        return _no_point(self)

    @cached_property
    def no_return(self) -> "Finding | None":
        """Steps 3 to 5 for what was restored, be it a sample."""
        return _no_recovery(self.plan, self.record)

    @cached_property
    def no_recovery(self) -> "Finding | None":
        """Steps 3 to 5, and whether a sample was large enough to speak for the rest."""
        small = too_small_a_sample(self.plan, self.record)
        return self.no_return or (undecided(f"recovery is not shown: {small}") if small else None)


def judge_all(register: Register, plan: DrillPlan, record: DrillRecord) -> tuple[Verdict, ...]:
    """Judge every obligation that covers the drilled workload, in the register's order."""
    case = _Case(plan=plan, record=record, register=register)
    return tuple(_judge(one, case) for one in in_scope(register, plan.workload.name))


def judge(obligation: Obligation, plan: DrillPlan, record: DrillRecord, register: Register) -> Verdict:
    """Decide one obligation from what one drill recorded; never raises for a record that decodes."""
    return _judge(obligation, _Case(plan=plan, record=record, register=register))


def _judge(obligation: Obligation, case: _Case) -> Verdict:
    limit: timedelta | None
    match obligation.objective:
        case Rpo(limit=limit):
            finding = _rpo(case, limit)
        case Rto(limit=limit):
            finding = _rto(case, obligation, obligation.objective)
        case BackupFrequency(every=limit):
            finding = _backup_frequency(case, limit)
        case RestoreTestFrequency(every=limit, grains=grains):
            finding = _restore_test_frequency(case, limit, grains)
        case Retention(at_least=limit):
            finding = _retention(case, limit)
        case ApplicationValidation():
            limit, finding = None, _application_validation(case)
        case unknown:  # pragma: no cover - a new objective does not type-check here
            assert_never(unknown)
    finding = as_of_copy(finding, obligation.objective, case.plan)
    return Verdict(
        obligation=obligation.id,
        outcome=finding.outcome,
        limit=limit,
        achieved=finding.achieved,
        allowance=finding.allowance,
        reason=finding.reason,
    )


def recovered(plan: DrillPlan, record: DrillRecord) -> bool:
    """Whether the drill shows that the workload came back, as every objective on recovery needs it."""
    if record.selection.point is None or record.defects or not_listed(record):
        return False
    return _no_recovery(plan, record) is None and not too_small_a_sample(plan, record)


def shown(register: Register, plan: DrillPlan, record: DrillRecord) -> tuple[Outcome, str]:
    """Whether the drill shows that the workload came back (MET) or did not, and why."""
    case = _Case(plan=plan, record=record, register=register)
    finding = case.no_point or case.no_recovery
    return (finding.outcome, finding.reason) if finding is not None else (Outcome.MET, "it came back")


def _no_point(case: _Case) -> Finding | None:
    """Steps 1 and 2: what is wrong with the backup before anything of ours is asked."""
    plan, record = case.plan, case.record
    defect = proven_defect(plan, record)
    if defect is not None:
        return missed(f"the backup is defective (found in phase {defect.phase}): {defect.what}")
    if problem := not_listed(record):
        return undecided(f"the recovery points could not be listed: {problem}")
    if record.selection.point is None:
        if plan.incident_at < owed_since(plan, case.register):
            return undecided("the incident is set before backups were owed")
        return missed(f"there is no recovery point to restore: {record.selection.why}")
    return None


def _no_recovery(plan: DrillPlan, record: DrillRecord) -> Finding | None:
    """Steps 3 to 5: none when the drill shows that the workload came back."""
    if problem := untrusted(plan, record):
        return undecided(f"the drill proves nothing: {problem}")
    if problem := not_recovered(plan, record):
        where = elsewhere(plan, record)
        return (undecided if where else missed)(f"never recovered{where}: {problem}")
    if problem := unproven(plan, record) or not_compared(plan, record):
        return undecided(f"recovery is not shown: {problem}")
    return None


def _rpo(case: _Case, limit: timedelta) -> Finding:
    stop = case.no_point or case.no_recovery
    if stop is not None:
        return stop
    if not case.record.selection.newest_eligible:
        return undecided("the point drilled was not the newest one at or before the incident")
    measure = rpo_achieved(case.plan, case.record, case.register)
    worst = measure.worst
    if worst is None:
        return undecided(f"the data loss could not be measured: {measure.problem}")
    return figure(f"data loss, by the {worst.name},", worst.value, limit)


def _rto(case: _Case, obligation: Obligation, objective: Rto) -> Finding:
    if (stop := case.no_point) is not None:
        return stop
    if case.plan.mode != objective.mode:
        return undecided(
            f"the promise means a restore in mode {objective.mode}; "
            f"a drill in mode {case.plan.mode} proves nothing for it"
        )
    playbook = case.plan.playbook
    granted = (*obligation.allowances, *playbook.allowances, *undone(playbook.steps, case.record.steps))
    stop = case.no_return
    if stop is not None and out_of_time(case.plan, case.record, objective.limit - allowed(granted)):
        return _late(stop, case.record, objective.limit)
    achieved = rto_achieved(case.plan, case.record)
    if stop is not None or achieved is None:
        return stop or undecided("the time to recover was not measured")
    within = achieved + allowed(granted) <= objective.limit
    if sampled(case.plan.workload.payload) and within:
        return undecided("only a sample of the files was restored: what all of them take was not measured")
    return _in_time(case, achieved, granted, objective.limit)


def _in_time(case: _Case, achieved: timedelta, granted: Sequence[Allowance], limit: timedelta) -> Finding:
    allowance = allowed(granted)
    if achieved + allowance > limit and (where := elsewhere(case.plan, case.record)):
        return undecided(f"it took {human(achieved)}{where}", achieved)
    if not granted:
        return figure("from the declaration to healthy and settled it took", achieved, limit)
    names = ", ".join(f"{one.name} {exact(one.time)}" for one in granted)
    return replace(
        figure(
            f"from the declaration to healthy and settled it took {human(achieved)}; "
            f"with stated allowances ({names}) that is",
            achieved + allowance,
            limit,
        ),
        achieved=achieved,
        allowance=allowance,
    )


def _late(stop: Finding, record: DrillRecord, limit: timedelta) -> Finding:
    """Time itself has decided, whatever would have come after it."""
    if stop.outcome is Outcome.MISSED:
        return stop
    waited = human(record.gave_up_at or ZERO)
    return missed(
        f"not healthy {waited} after the declaration, which with the stated allowances "
        f"is beyond the limit of {exact(limit)}: {record.gave_up}"
    )


def _backup_frequency(case: _Case, every: timedelta) -> Finding:
    plan, record = case.plan, case.record
    if problem := not_listed(record):
        return undecided(f"the recovery points could not be listed: {problem}")
    points, left = record.selection.listed, sound_points(record)
    listed = _gap(case, points)
    sound = listed if left is points else _gap(case, left)
    if listed is None or sound is None:
        return undecided("the incident is set before backups were owed")
    if proven_defect(plan, record) is None:
        if listed > every:
            return figure("largest gap between recovery points", listed, every)
        if sound > every:
            return undecided("the largest gap depends on whether the restored point is sound", sound)
    if sound <= every and not any(p.consistent_as_of <= plan.incident_at for p in sound_points(record)):
        return undecided("there is no sound recovery point yet, and none had to be there yet", sound)
    without = ", without the defective one," if sound > listed else ""
    return figure(f"largest gap between recovery points{without}", sound, every)


def _gap(case: _Case, points: Sequence[RecoveryPoint]) -> timedelta | None:
    return largest_gap(
        points,
        look_back=case.plan.look_back,
        incident_at=case.plan.incident_at,
        since=owed_since(case.plan, case.register),
    )


def _restore_test_frequency(case: _Case, every: timedelta, grains: Sequence[Grain]) -> Finding:
    plan, record = case.plan, case.record
    if case.no_point is not None:
        return case.no_point
    shown = shown_by(plan.workload.payload, plan.playbook, plan.hardware)
    lack = lacking(grains, shown)
    if case.no_recovery is not None and (not lack or shown.intersection(grains)):
        return case.no_recovery
    if lack:
        return undecided(f"{lack} is promised, and this drill shows none")
    return since_test_before(plan, record, case.register, every)


def _retention(case: _Case, at_least: timedelta) -> Finding:
    plan, record = case.plan, case.record
    if problem := not_listed(record):
        return undecided(f"the recovery points could not be listed: {problem}")
    point = record.selection.point
    age = record.started_at - point.consistent_as_of if point is not None else None
    defect = proven_defect(plan, record)
    if age is not None and defect is not None and age <= at_least:
        return missed(f"the point is only {human(age)} old and cannot be restored any more: {defect.what}")
    if age is not None and age >= at_least and recovered(plan, record):
        old = age // timedelta(milliseconds=1) * timedelta(milliseconds=1)
        return Finding(
            outcome=Outcome.MET,
            achieved=old,
            reason=f"a point {human(old)} old was restored; at least {exact(at_least)} is owed",
        )
    return _retention_by_listing(case, at_least)


def _retention_by_listing(case: _Case, at_least: timedelta) -> Finding:
    """What the list alone shows: a lack can be seen in it, but not that old points still restore."""
    plan, record = case.plan, case.record
    lasted = record.started_at - owed_since(plan, case.register)
    if lasted < at_least:
        return undecided(f"backups are owed for only {human(max(lasted, ZERO))}, less than {exact(at_least)}")
    ages = [record.started_at - point.consistent_as_of for point in record.selection.listed]
    oldest = max(ages, default=None)
    if oldest is None:
        return missed(f"no recovery point is kept, after {human(lasted)} of protection")
    if oldest >= at_least:
        return undecided(f"points up to {human(oldest)} old are listed, but none that old was restored here")
    cadence = _cadence(case)
    if cadence is not None and at_least - oldest > cadence:
        return missed(
            f"the oldest point is {human(oldest)} old where {exact(at_least)} is owed, "
            f"and points are made at least every {human(cadence)}",
            whole_ms_up(oldest),
        )
    return undecided(
        f"the oldest point is {human(oldest)} old where {exact(at_least)} is owed; "
        "with the seen distance between points an older one need not have been made"
    )


def _cadence(case: _Case) -> timedelta | None:
    """How often points are made: the longest distance seen, and not less than the promised one."""
    promised = [
        one.objective.every
        for one in in_scope(case.register, case.plan.workload.name)
        if isinstance(one.objective, BackupFrequency)
    ]
    seen = cadence_seen(case.record.selection.listed)
    known = [*promised, *([seen] if seen is not None else [])]
    return max(known, default=None)


def _application_validation(case: _Case) -> Finding:
    stop = case.no_point or case.no_recovery
    if stop is not None:
        return stop
    proofs = [spec.id for spec in required(case.plan) if spec.proves_application]
    if not proofs:
        return undecided("no required probe shows that the application works, only that something answers")
    return Finding(
        outcome=Outcome.MET,
        reason=f"all {len(required(case.plan))} required probes passed; the application shown by "
        + ", ".join(proofs),
    )
