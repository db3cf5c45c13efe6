"""A foretold site loss in words and as data."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.model.duration import human
from drverify.simulating.calibrating import Calibration
from drverify.simulating.course import Capacity, Return
from drverify.simulating.foreseeing import Foresight, Prospect, Spread

COLOURS = {
    Prospect.KEPT: "green",
    Prospect.AT_RISK: "yellow",
    Prospect.BROKEN: "bold red",
    Prospect.UNKNOWN: "yellow",
}


class Told(Protocol):
    """What is shown."""

    @property
    def foresight(self) -> Foresight:
        """What the simulation gave."""

    @property
    def calibration(self) -> Calibration:
        """What it rests on."""

    @property
    def hosts(self) -> Mapping[str, Capacity]:
        """What there was to recover on."""

    @property
    def drills(self) -> Mapping[str, int]:
        """Drills that each workload's figures rest on."""

    @property
    def borrowed(self) -> Mapping[str, str]:
        """Workloads whose figures are another's."""


def show(console: Console, told: Told, measured: Mapping[str, float]) -> None:
    """Print it for a person; `measured` are seconds until each workload was back in a real run, if any."""
    console.print(_table(told, measured))
    for line in _remarks(told, measured):
        console.print(line, highlight=False)


def _table(told: Told, measured: Mapping[str, float]) -> Table:
    table = Table(title="All systems at once", title_justify="left", title_style="bold")
    for name in ("system", "back after", "9 in 10 runs", "clause", "limit", "prospect", "drills"):
        table.add_column(name, justify="right" if name in {"back after", "limit", "drills"} else "left")
    if measured:
        table.add_column("measured", justify="right")
        table.add_column("off by", justify="right")
    foresight = told.foresight
    promised = {one.promise.workload: one for one in foresight.promises}
    for workload, back in sorted(foresight.back.items(), key=lambda one: one[1].middle):
        found = promised.get(workload)
        row = [
            escape(workload),
            _time(back.middle),
            f"{_time(back.low)} to {_time(back.high)}" if told.drills[workload] > 1 else "not known",
            escape(found.promise.clause) if found else "",
            _time(found.promise.limit) if found else "none",
            f"[{COLOURS[found.prospect]}]{found.prospect}[/]" if found else "",
            str(told.drills[workload]),
        ]
        if measured:
            row += [_time(measured[workload]), _off(back, measured[workload])]
        table.add_row(*row)
    return table


def _remarks(told: Told, measured: Mapping[str, float]) -> Iterator[str]:
    foresight, calibration = told.foresight, told.calibration
    everything = foresight.everything
    yield (
        f"everything  back after {_time(everything.middle)} "
        f"(9 in 10 of {foresight.runs} runs: {_time(everything.low)} to {_time(everything.high)})"
    )
    alone = [workload for workload, drills in told.drills.items() if drills == 1]
    if alone:
        yield (
            f"spread      one drill tells none: {', '.join(map(escape, alone))} "
            f"{'is' if len(alone) == 1 else 'are'} taken to need the same each time"
        )
    if measured:
        last = max(measured.values())
        yield f"measured    everything back after {_time(last)}: foretold {_off(everything, last)}"
    yield f"critical    {' -> '.join(_step(one) for one in foresight.course.critical_path())}"
    if foresight.promises:
        first = foresight.promises[0]
        yield f"breaks first  {first.promise.obligation} of {escape(first.promise.workload)}: " + (
            f"{first.margin:.0%} of its limit to spare" if first.margin >= 0 else "over its limit"
        )
    if calibration.runs:
        share = f"within {calibration.error:.0%}" if calibration.error is not None else ""
        runs = f"{calibration.runs} run(s) side by side, {calibration.largest} at most"
        yield f"contention  out of {runs}; the simulation repeats them {share}"
    else:
        yield (
            "[yellow]contention  was never measured: the figures take half of a host for each recovery; "
            "no limit is called kept (--calibrate N)[/]"
        )
    for workload, other in told.borrowed.items():
        yield f"borrowed    {escape(workload)} was never drilled alone; its times are {escape(other)}'s"


def _step(one: Return) -> str:
    longest = max(one.spans, key=lambda span: span.took)
    return f"{escape(one.workload)} (mostly {longest.phase}, {_time(longest.took)})"


def _off(foretold: Spread, measured: float) -> str:
    return f"{(foretold.middle - measured) / measured:+.0%}"


def _time(seconds: float) -> str:
    return human(timedelta(milliseconds=round(seconds * 1000)))


def as_json(told: Told, measured: Mapping[str, float]) -> dict[str, object]:
    """Everything that `show` prints, in seconds."""
    foresight, calibration = told.foresight, told.calibration
    return {
        "runs": foresight.runs,
        "everything": _spread(foresight.everything),
        "systems": {
            name: {
                "back": _spread(back),
                "drills": told.drills[name],
                "times_of": told.borrowed.get(name, name),
                "measured": measured.get(name),
            }
            for name, back in foresight.back.items()
        },
        "promises": [
            {
                "obligation": one.promise.obligation,
                "clause": one.promise.clause,
                "workload": one.promise.workload,
                "limit": one.promise.limit,
                "prospect": one.prospect.value,
                "margin": one.margin,
            }
            for one in foresight.promises
        ],
        "critical_path": [one.workload for one in foresight.course.critical_path()],
        "calibration": {
            "runs": calibration.runs,
            "largest": calibration.largest,
            "error": calibration.error,
            "loads": {str(phase): load for phase, load in calibration.loads.items()},
        },
        "measured_everything": max(measured.values()) if measured else None,
    }


def _spread(one: Spread) -> dict[str, float]:
    return {"low": one.low, "middle": one.middle, "high": one.high}
