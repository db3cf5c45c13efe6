"""What the drills on record say about time, and the site loss that they foretell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drverify.adapters.doors.inventory import load_groups
from drverify.compose import Workshop
from drverify.errors import EvidenceError, HarnessError, InputError
from drverify.judging.aims import of_copy
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.model.nights import Load
from drverify.model.obligation import Rto, in_scope
from drverify.model.recovery import Workload, stated_shape
from drverify.simulating.calibrating import Calibration, Drilled, alone, calibrate, drilled, stages
from drverify.simulating.course import Capacity, Recovery
from drverify.simulating.foreseeing import Foresight, Promise, foresee

NEWEST = 200
"""Drills that are looked at: older ones say less about today's hosts."""
RUNS = 1000
SEED = 1
"""The same history gives the same figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A site loss out of what was measured."""

    foresight: Foresight
    calibration: Calibration
    hosts: Mapping[str, Capacity]
    drills: Mapping[str, int]
    """How many drills the figures of a workload rest on."""
    borrowed: Mapping[str, str]
    """Workloads that were never drilled alone, and the one like them that was."""


def history_of(workshop: Workshop) -> tuple[Drilled, ...]:
    """The newest drills that recovered their workload; evidence that cannot be read tells nothing."""
    return tuple(_read(workshop))


def _read(workshop: Workshop) -> Iterator[Drilled]:
    for number, entry in enumerate(workshop.drills.entries()):
        if number == NEWEST:
            return
        try:
            sealed = workshop.sealed(entry.drill_id)
        except EvidenceError:  # of another version of drverify: it tells nothing here
            continue
        if sealed is None or not _tells(sealed.plan):
            continue
        found = drilled(
            sealed.plan,
            sealed.record,
            alike=alike(sealed.plan.workload),
            memory_mib=memory_of(sealed.plan.workload, sealed.record),
        )
        if found is not None:
            yield replace(found, host=workshop.settings.host_of(sealed.plan.workload.host))


def _tells(plan: DrillPlan) -> bool:
    """Whether its times are those of a recovery after the loss: in full, alone, of its own points."""
    return plan.mode == "full" and plan.group is None and not of_copy(plan)


def alike(workload: Workload) -> str:
    """What workloads have in common that take about the same time."""
    guest = stated_shape(workload.payload)
    # without one its shape or its size stands in the backup
    shape = f"{guest.memory_mib} MiB, {guest.vcpus} vCPU" if guest is not None else workload.name
    return f"{workload.host}/{workload.playbook}/{workload.payload.kind}/{shape}"


def load_of(workload: Workload, record: DrillRecord | None) -> Load:
    """What a drill of it takes of its host; of disk and line what the drill on record took, else nothing."""
    guest = record.machine.shape if record and record.machine else stated_shape(workload.payload)
    restored = record.restore.allocated_bytes if record and record.restore else 0
    return Load(
        memory_mib=guest.memory_mib if guest else 0,
        vcpus=guest.vcpus if guest else 0,
        disk_mib=-(-restored >> 20),
        mib_per_s=_rate(record) if record else 0,
    )


def _rate(record: DrillRecord) -> int:
    """MiB/s that its restore read from the source, on the whole; 0 when that is not known."""
    took = sum((one.took for one in record.phases if one.name is PhaseName.RESTORE), timedelta())
    read = record.restore.read_bytes if record.restore else None
    return -(-read // max(1, round(took.total_seconds() * (1 << 20)))) if read and took else 0


def memory_of(workload: Workload, record: DrillRecord | None) -> int:
    """MiB that a drill's guest takes: as its backup stated it, or the inventory; 0 without a guest."""
    return load_of(workload, record).memory_mib


def foretell(
    workshop: Workshop,
    workloads: Sequence[Workload],
    hosts: Mapping[str, Capacity],
    *,
    now: datetime,
    runs: int = RUNS,
) -> Foretold:
    """Simulate the loss of the site that these workloads lie on.

    HarnessError when a workload was never drilled alone, InputError when it fits on no host.
    """
    history = history_of(workshop)
    calibration = calibrate(history)
    single = alone(history)
    promises = tuple(_promises(workshop, workloads, now))
    ranks = _ranks(promises)
    variants, borrowed = {}, {}
    after = _after(workshop, {one.name for one in workloads})
    for one in workloads:
        found = [drill for drill in single if drill.workload == one.name]
        if not found:
            found = [drill for drill in single if drill.alike == alike(one)]
            if not found:
                raise HarnessError(
                    f"workload {one.name} was never recovered in a drill that ran alone: nothing is known "
                    "of its times",
                    hint=f"drverify drill run {one.name}",
                )
            borrowed[one.name] = found[0].workload
        variants[one.name] = [
            Recovery(
                workload=one.name,
                host=workshop.settings.host_of(one.host),
                memory_mib=drill.memory_mib,
                stages=stages(drill, calibration.loads),
                after=after.get(one.name, ()),
                rank=ranks.get(one.name, float("inf")),
            )
            for drill in found
        ]
    try:
        foresight = foresee(variants, hosts, promises, runs=runs, seed=SEED, contention=calibration.runs > 0)
    except ValueError as error:
        raise InputError(str(error), hint="say what the hosts have with --host") from error
    return Foretold(
        foresight=foresight,
        calibration=calibration,
        hosts=hosts,
        drills={name: len(found) for name, found in variants.items()},
        borrowed=borrowed,
    )


def _after(workshop: Workshop, names: set[str]) -> dict[str, tuple[str, ...]]:
    """Whom each member of a dependency group has to wait for, as far as those are recovered here, too."""
    groups = load_groups(workshop.settings.path(workshop.settings.inventory))
    return {
        member.workload: tuple(name for name in member.after if name in names)
        for group in groups
        for member in group.members
    }


def _promises(workshop: Workshop, workloads: Sequence[Workload], now: datetime) -> Iterator[Promise]:
    register = workshop.agreed.register(now)
    for workload in workloads:
        for one in in_scope(register, workload.name):
            if isinstance(one.objective, Rto) and one.objective.mode == "full":
                allowed = sum(each.time.total_seconds() for each in one.allowances)
                yield Promise(
                    obligation=one.id,
                    clause=one.clause,
                    workload=workload.name,
                    limit=one.objective.limit.total_seconds() - allowed,
                )


def _ranks(promises: Sequence[Promise]) -> dict[str, float]:
    """Who has the least time goes first."""
    ranks: dict[str, float] = {}
    for one in promises:
        ranks[one.workload] = min(one.limit, ranks.get(one.workload, one.limit))
    return ranks
