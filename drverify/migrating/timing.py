"""How long a group's cut-over takes, out of measured drills on the target. Pure.

No shape is assumed for the times. If the next run is one more of the same kind as n measured ones, it is the
longest of all n + 1 with a probability of 1/(n + 1); so it stays at or below the longest measured one with
n/(n + 1). Several systems one after the other stay below the sum of their longest ones with at least one less
the sum of 1/(n + 1) over them, whatever they have to do with each other (Boole's inequality). Systems that
were drilled as one were declared at one instant: a run takes as long as its last system, and is one measure.
"""

from collections.abc import Sequence
from datetime import timedelta

from drverify.model.migration import CutoverGroup, CutoverTime, MovedSystem
from drverify.model.verdict import Outcome

PERMILLE = 1000


def measured(system: MovedSystem) -> tuple[timedelta, ...]:
    """The times of the drills that show the system's recovery on the target."""
    return tuple(
        one.recovery.took
        for one in system.drills
        if one.recovery.outcome is Outcome.MET and one.recovery.took is not None
    )


def cutover(group: CutoverGroup, systems: Sequence[MovedSystem]) -> CutoverTime:
    """Add the systems of the group up; nothing is said when one of them was never measured."""
    if group.dependencies:
        return _time(group, [runs(group, systems)])
    times = [measured(one) for name in group.workloads for one in systems if one.workload == name]
    return _time(group, times if len(times) == len(group.workloads) else [()])


def runs(group: CutoverGroup, systems: Sequence[MovedSystem]) -> tuple[timedelta, ...]:
    """How long each run took in which every system of the group came back, until the last had."""
    found: dict[str, list[timedelta]] = {}
    for one in systems:
        for drill in one.drills if one.workload in group.workloads else ():
            if drill.run and drill.recovery.outcome is Outcome.MET and drill.recovery.took is not None:
                found.setdefault(drill.run, []).append(drill.recovery.took)
    return tuple(max(took) for took in found.values() if len(took) == len(group.workloads))


def _time(group: CutoverGroup, times: Sequence[Sequence[timedelta]]) -> CutoverTime:
    """Of measures that come one after the other."""
    counts = [len(one) for one in times]
    is_whole = all(counts)
    beyond = sum(-(-PERMILLE // (count + 1)) for count in counts)
    return CutoverTime(
        group=group.name,
        measured=min(counts, default=0) if is_whole else 0,
        shortest=sum((min(one) for one in times), timedelta()) if is_whole else None,
        longest=sum((max(one) for one in times), timedelta()) if is_whole else None,
        granted=sum((one.time for one in group.granted), timedelta()),
        window=group.window,
        chance_permille=max(0, PERMILLE - beyond) if is_whole and min(counts, default=0) > 1 else 0,
    )
