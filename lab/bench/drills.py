"""A whole drill against the same work by hand, and what drverify itself needs meanwhile."""

from collections.abc import Iterable
from statistics import median

from lab.bench.rows import MIB, Row, Say, ratio, seconds
from lab.bench.subject import Drilled, Subject, by_hand, drill


def rows(one: Subject, rounds: int, say: Say) -> list[Row]:
    """Drill alternately, ours first; medians of `rounds` each."""
    ours: list[Drilled] = []
    hand: list[Drilled] = []
    for number in range(1, rounds + 1):
        ours.append(drill(one))
        hand.append(by_hand(one))
        say(
            f"{one.workload.name} {number}/{rounds}: ours {ours[-1].total:.1f} s "
            f"(healthy {ours[-1].healthy:.1f}), by hand {hand[-1].total:.1f} s "
            f"(healthy {hand[-1].healthy:.1f})"
        )
    say("ours, medians: " + ", ".join(f"{name} {took:.1f} s" for name, took in _phases(ours)))
    return [*_times(one, ours, hand), *_itself(ours)]


def _times(one: Subject, ours: list[Drilled], hand: list[Drilled]) -> list[Row]:
    name = one.workload.name
    total = _median(run.total for run in ours), _median(run.total for run in hand)
    healthy = _median(run.healthy for run in ours), _median(run.healthy for run in hand)
    restore = _median(run.phases["restore"] for run in ours), _median(run.phases["restore"] for run in hand)
    return [
        Row(
            what=f"drill of {name}, whole process",
            ours=seconds(total[0]),
            reference=seconds(total[1]),
            ratio=ratio(*total),
            goal="<= 1.05",
        ),
        Row(
            what=f"  of it: declaration -> healthy and settled ({one.settle.total_seconds():g} s)",
            ours=seconds(healthy[0]),
            reference=seconds(healthy[1]),
            ratio=ratio(*healthy),
        ),
        Row(
            what="  of it: restore (by hand: from the script's start)",
            ours=seconds(restore[0]),
            reference=seconds(restore[1]),
            ratio=ratio(*restore),
        ),
    ]


def _itself(ours: list[Drilled]) -> list[Row]:
    during = _median(run.took.cpu_meanwhile for run in ours)
    whole = _median(run.took.cpu for run in ours)
    restic = _median(run.took.restic_cpu for run in ours)
    peak = max(run.took.peak for run in ours)
    return [
        Row(
            what="drverify's own CPU while restic restores, of restic's",
            ours=f"{during:.2f} s",
            reference=f"{restic:.2f} s",
            ratio=_percent(during, restic),
            goal="< 3 %",
        ),
        Row(
            what="drverify's own CPU in the whole drill, of the restore's",
            ours=f"{whole:.2f} s",
            reference=f"{restic:.2f} s",
            ratio=_percent(whole, restic),
        ),
        Row(what="drverify's own peak memory", ours=f"{peak / MIB:.0f} MiB", reference="", goal="< 150 MiB"),
    ]


def _phases(ours: list[Drilled]) -> list[tuple[str, float]]:
    return [(name, _median(run.phases.get(name, 0.0) for run in ours)) for name in ours[0].phases]


def _median(values: Iterable[float]) -> float:
    return median(values)


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole > 0 else "-"
