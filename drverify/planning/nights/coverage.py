"""What a plan leaves untried. Pure.

That is copies, generations and ways to restore that no drill has shown yet, and what restore tests are
promised of and no drill can show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from drverify.model.grain import HOW, WORDS
from drverify.model.nights import Due, Never, NightPlan, Planned
from drverify.model.obligation import Obligation, Register
from drverify.planning.nights.due import Known, by_workload, every_of, grains_of, varieties
from drverify.planning.nights.turns import never


def untried(register: Register, known: Sequence[Known], plan: NightPlan) -> Iterator[Never]:
    """What no drill of these workloads brought back yet, and when the plan will, or what would."""
    promised = by_workload(register)
    planned: dict[str, list[Planned]] = {}
    for booked in plan.planned:
        for name in booked.due.workloads:
            planned.setdefault(name, []).append(booked)
    for one in known:
        owed = promised.get(one.workload, ())
        yield from _unshowable(one, owed)
        for lack in never(one.workload, varieties(one, owed), one.shown, one.generations):
            coming = next((each for each in planned.get(one.workload, ()) if _takes(each.due, lack)), None)
            yield replace(lack, remedy=_remedy(coming, one, tested=bool(owed) and every_of(owed) is not None))


def _unshowable(one: Known, owed: Sequence[Obligation]) -> Iterator[Never]:
    """What a restore test is promised of, and no drill by the workload's playbook brings back."""
    if one.shows is not None:
        for grain in grains_of(owed):
            if grain not in one.shows:
                yield Never(
                    workload=one.workload,
                    what=f"{WORDS[grain]}, as promised",
                    remedy=f"its drills show none; what would: {HOW[grain]}",
                )


def _takes(due: Due, lack: Never) -> bool:
    return lack.point in ("", due.point) and lack.mode in (None, due.mode)


def _remedy(coming: Planned | None, one: Known, *, tested: bool) -> str:
    if coming is not None:
        return f"planned for the night of {coming.night.evening}"
    if not tested:
        return f"no restore tests are promised: drverify drill run {one.workload}"
    return "its turn comes after these nights: plan more of them, or drill it by hand"
