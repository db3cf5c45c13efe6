"""What drills say about a site loss: how long each phase takes alone, and what it asks of its host.

Loads are those under which the simulation repeats best what drills side by side were measured to take.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from drverify.judging.measure import rto_achieved
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.simulating.course import Capacity, Course, Recovery, Stage
from drverify.simulating.site_loss import site_loss

GRID = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Loads that are tried for a phase: shares of the host."""
_SWEEPS = 4
_FIRST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """One drill that recovered its workload, as far as it tells about time."""

    workload: str
    host: str
    alike: str
    """What workloads have in common that take the same time: playbook, kind, shape."""
    memory_mib: int
    declared: datetime
    phases: tuple[tuple[PhaseName, float, float], ...]
    """Phase, seconds after the declaration, seconds that it took."""
    settling: float
    """Seconds that the playbook makes it wait at the end."""
    back: float
    """Seconds from declaration to recovery."""

    @property
    def returned(self) -> datetime:
        """When it was back."""
        return self.declared + timedelta(seconds=self.back)


def drilled(plan: DrillPlan, record: DrillRecord, *, alike: str, memory_mib: int) -> Drilled | None:
    """Take from a drill what tells about time; None when it did not recover."""
    back = rto_achieved(plan, record)
    if back is None:
        return None
    return Drilled(
        workload=plan.workload.name,
        host=plan.workload.host,
        alike=alike,
        memory_mib=memory_mib,
        declared=record.started_at,
        phases=tuple(
            (one.name, one.started.total_seconds(), one.took.total_seconds())
            for one in record.phases
            if one.name is not PhaseName.TEARDOWN
        ),
        settling=plan.playbook.limits.settle.total_seconds(),
        back=back.total_seconds(),
    )


def stages(one: Drilled, loads: Mapping[PhaseName, float]) -> tuple[Stage, ...]:
    """The phases of a drill as stages: gaps belong to the phase after them, settling is waiting."""
    found: list[Stage] = []
    end = 0.0
    for phase, began, took in one.phases:
        stop = min(began + took, one.back)
        span = max(0.0, stop - end)
        waits = min(one.settling, span) if phase is PhaseName.PROBE else 0.0
        found.append(Stage(phase=phase, alone=span - waits, load=loads.get(phase, _FIRST), waits=waits))
        end = max(end, stop)
    return tuple(found)


def side_by_side(history: Sequence[Drilled]) -> Iterator[tuple[Drilled, ...]]:
    """Drills by those that overlapped on a host; one alone is a tuple of one."""
    for host in sorted({one.host for one in history}):
        ordered = sorted((one for one in history if one.host == host), key=lambda one: one.declared)
        run: list[Drilled] = []
        end: datetime | None = None
        for one in ordered:
            if end is not None and one.declared < end:
                run.append(one)
                end = max(end, one.returned)
            else:
                if run:
                    yield tuple(run)
                run, end = [one], one.returned
        if run:
            yield tuple(run)


def alone(history: Sequence[Drilled]) -> tuple[Drilled, ...]:
    """Drills beside which no other one ran."""
    return tuple(run[0] for run in side_by_side(history) if len(run) == 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Loads by phase, and how well the simulation repeats what was measured with them."""

    loads: Mapping[PhaseName, float]
    runs: int
    """How many times drills ran side by side."""
    largest: int
    """How many at most."""
    error: float | None
    """Largest relative error of a return's time in those runs; None: there was none."""


def calibrate(history: Sequence[Drilled]) -> Calibration:
    """Find the loads; without drills side by side there is nothing to find, and `runs` is 0."""
    single = {one.alike: one for one in alone(history)}
    runs = [run for run in side_by_side(history) if len(run) > 1 and all(one.alike in single for one in run)]
    if not runs:
        return Calibration(loads=MappingProxyType({}), runs=0, largest=0, error=None)
    phases = sorted({phase for run in runs for one in run for phase, _, _ in single[one.alike].phases})
    loads = dict.fromkeys(phases, _FIRST)
    for _ in range(_SWEEPS):
        before = dict(loads)
        for phase in phases:
            loads[phase] = min(
                GRID,
                key=lambda load: (_squares(runs, single, {**loads, phase: load}), load),
            )
        if loads == before:
            break
    return Calibration(
        loads=MappingProxyType(loads),
        runs=len(runs),
        largest=max(map(len, runs)),
        error=max(abs(again - one.back) / one.back for one, again in _again(runs, single, loads)),
    )


def _squares(
    runs: Sequence[Sequence[Drilled]], single: Mapping[str, Drilled], loads: Mapping[PhaseName, float]
) -> float:
    """How far the simulation is from what was measured, phase by phase."""
    total = 0.0
    for run in runs:
        course = _simulated(run, single, loads).by_name()
        for number, one in enumerate(run):
            again = course[_name(number)]
            total += (again.back - again.admitted - one.back) ** 2
            spans = {span.phase: span.began + span.took - again.admitted for span in again.spans}
            for (phase, _, _), (_, after, _) in pairwise(one.phases):
                if phase in spans:
                    total += (spans[phase] - after) ** 2
    return total


def _again(
    runs: Sequence[Sequence[Drilled]], single: Mapping[str, Drilled], loads: Mapping[PhaseName, float]
) -> Iterator[tuple[Drilled, float]]:
    for run in runs:
        course = _simulated(run, single, loads).by_name()
        for number, one in enumerate(run):
            again = course[_name(number)]
            yield one, again.back - again.admitted


def _simulated(
    run: Sequence[Drilled], single: Mapping[str, Drilled], loads: Mapping[PhaseName, float]
) -> Course:
    first = min(one.declared for one in run)
    memory = sum(one.memory_mib for one in run)
    return site_loss(
        [
            Recovery(
                workload=_name(number),
                host="",
                memory_mib=one.memory_mib,
                stages=stages(single[one.alike], loads),
                begins=(one.declared - first).total_seconds(),
            )
            for number, one in enumerate(run)
        ],
        {"": Capacity(memory_mib=memory, at_once=len(run))},
    )


def _name(number: int) -> str:
    return f"drill {number}"
