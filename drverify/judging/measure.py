"""What one drill measured: recovery, data loss, duration, gaps. Compares nothing with a limit.

Every figure is in whole milliseconds, rounded up, so that rounding flatters nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, ProbeResult, ProbeStatus
from drverify.model.duration import human, whole_ms_up
from drverify.model.obligation import Register
from drverify.model.playbook import FreshnessProbe, NewestToken, ProbeSpec
from drverify.model.recovery import RecoveryPoint
from drverify.model.steps import StepStatus

FUTURE_TOLERANCE = timedelta(seconds=5)
"""How much newer than the incident a record may look before it must be from after the boot."""
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way to read the data loss."""

    name: str
    value: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RpoMeasure:
    """Every reading that there is, or why the data loss could not be measured."""

    readings: tuple[Reading, ...]
    problem: str = ""

    @property
    def worst(self) -> Reading | None:
        """The largest reading, which counts; none while there is a problem."""
        return None if self.problem else max(self.readings, key=lambda reading: reading.value)


def required(plan: DrillPlan) -> tuple[ProbeSpec, ...]:
    """The probes that decide, out of the plan: a result that was dropped is noticed."""
    return tuple([spec for spec in plan.playbook.probes if spec.required])


def result_of(record: DrillRecord, probe: str) -> ProbeResult | None:
    """The one result of a probe; none when there is no result, or more than one."""
    found = [result for result in record.probes if result.probe == probe]
    return found[0] if len(found) == 1 else None


def steps_left(plan: DrillPlan, record: DrillRecord) -> str:
    """Why the playbook's steps are not all gone through; empty when they are."""
    status = {one.step: one.status for one in record.steps}
    for step in plan.playbook.steps:
        if step.id not in status:
            return f"step {step.id} of the playbook is not recorded"
        if status[step.id] is StepStatus.ERRORED:
            return f"we could not do step {step.id} of the playbook"
    return ""


def rto_achieved(plan: DrillPlan, record: DrillRecord) -> timedelta | None:
    """Declaration to the last required probe settled and the last step ended; none when any was not."""
    healthy = healthy_at(plan, record)
    if healthy is None or steps_left(plan, record):
        return None
    return max(healthy, *(whole_ms_up(one.started + one.took) for one in record.steps), ZERO)


def healthy_at(plan: DrillPlan, record: DrillRecord) -> timedelta | None:
    """Declaration to the last required probe healthy and settled; none when any of them was not."""
    settled: list[timedelta] = []
    for spec in required(plan):
        result = result_of(record, spec.id)
        if result is None or result.status is not ProbeStatus.PASSED or result.settled is None:
            return None
        settled.append(result.settled)
    return whole_ms_up(max(settled)) if settled else None


def owed_since(plan: DrillPlan, register: Register) -> datetime:
    """From when on backups are owed: the agreement is in force and the workload is protected."""
    effective = register.agreement.effective
    if effective is None:
        return plan.workload.protected_since
    return max(datetime.combine(effective, time(), UTC), plan.workload.protected_since)


def sound_points(record: DrillRecord) -> tuple[RecoveryPoint, ...]:
    """The listed points without the drilled one, if that turned out to be defective."""
    bad, listed = record.selection.point if record.defects else None, record.selection.listed
    return listed if bad is None else tuple(point for point in listed if point.id != bad.id)


def largest_gap(
    points: Sequence[RecoveryPoint], *, look_back: timedelta, incident_at: datetime, since: datetime
) -> timedelta | None:
    """The longest time without a new point, within the look-back before the incident.

    The last gap ends with the incident. A gap that reaches into the window counts whole: just before
    it closed, so much would have been lost. Without an older point, counting starts with the window,
    but not before backups were owed. None when that leaves no window at all.
    """
    start = max(incident_at - look_back, since)
    if start > incident_at:
        return None
    instants = sorted([p.consistent_as_of for p in points if p.consistent_as_of <= incident_at])
    before = [instant for instant in instants if instant <= start]
    marks = [before[-1] if before else start, *(i for i in instants if i > start), incident_at]
    return whole_ms_up(max(later - earlier for earlier, later in pairwise(marks)))


def cadence_seen(points: Sequence[RecoveryPoint]) -> timedelta | None:
    """The longest time between two neighbouring listed points; none with fewer than two."""
    instants = sorted(point.consistent_as_of for point in points)
    gaps = [later - earlier for earlier, later in pairwise(instants)]
    return max(gaps, default=None)


def rpo_achieved(plan: DrillPlan, record: DrillRecord, register: Register) -> RpoMeasure:
    """The three readings of the data loss: the point, the newest record in it, the gaps between points."""
    point = record.selection.point
    if point is None:
        return RpoMeasure(readings=(), problem="no point was restored")
    age = plan.incident_at - point.consistent_as_of
    gap = largest_gap(
        sound_points(record),
        look_back=plan.look_back,
        incident_at=plan.incident_at,
        since=owed_since(plan, register),
    )
    if age < ZERO:
        return RpoMeasure(readings=(), problem="the restored point is from after the incident")
    if gap is None:
        return RpoMeasure(readings=(), problem="the incident is set before backups were owed")
    fresh, problem = _freshness(plan, record)
    readings = (
        Reading(name="age of the recovery point", value=whole_ms_up(age)),
        *fresh,
        Reading(name="largest gap between recovery points", value=gap),
    )
    return RpoMeasure(readings=readings, problem=problem)


def _freshness(plan: DrillPlan, record: DrillRecord) -> tuple[tuple[Reading, ...], str]:
    readings: list[Reading] = []
    for spec in required(plan):
        if not isinstance(spec, FreshnessProbe):
            continue
        result = result_of(record, spec.id)
        if result is None or result.newest is None:
            return (), f"the freshness probe {spec.id} read no newest record"
        theirs = isinstance(spec.newest, NewestToken)  # the customer's clock, not the guest's
        if not theirs and any(phase.name is PhaseName.FIRST_BOOT for phase in record.phases):
            return (), (
                f"the system had been started before the newest record ({spec.id}) was read, "
                "which may be from then"
            )
        newest = result.newest if theirs else _corrected(result.newest, record.guest_clock_skew)
        age = plan.incident_at - newest
        if age < -FUTURE_TOLERANCE:
            return (), (
                f"the newest record ({spec.id}) is {human(-age)} younger than the incident: "
                "written after the restore, or by a clock that is off"
            )
        name = f"age of the newest record ({spec.id})"
        readings.append(Reading(name=name, value=whole_ms_up(max(age, ZERO))))
    return tuple(readings), ""


def _corrected(newest: datetime, skew: timedelta | None) -> datetime:
    """Take a guest clock that runs ahead into account; one that runs behind must not flatter."""
    return newest - max(skew or ZERO, ZERO)
