"""A plan of nights in words and as data."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.model.duration import human
from drverify.model.nights import Due, Never, NightPlan, Planned, copy_in
from drverify.planning.nights.timetable import late


def show(console: Console, plan: NightPlan, now: datetime) -> None:
    """Print it for a person."""
    if plan.planned:
        console.print(_table(plan, now))
    for line in _remarks(plan, now):
        console.print(line, highlight=False)


def _table(plan: NightPlan, now: datetime) -> Table:
    table = Table(title="Drills by night", title_justify="left", title_style="bold")
    several = len({one.due.agreement for one in plan.planned}) > 1
    for name in ("night", "from (UTC)", "workload", "host", "how", "takes", "why"):
        table.add_column(name, overflow="fold")
    behind = set(map(id, late(plan, now)))
    for evening, drills in groupby(plan.planned, key=lambda one: one.night.evening):
        for number, one in enumerate(drills):
            table.add_row(
                f"{evening:%a %Y-%m-%d}" if not number else "",
                f"{one.begins:%H:%M}",
                _what(one.due, several=several),
                escape(one.due.host),
                _how(one.due),
                human(one.due.takes) if one.due.measured else f"[dim]{human(one.due.takes)}, assumed[/]",
                escape(one.due.why) + (" [bold red](too late)[/]" if id(one) in behind else ""),
            )
    return table


def _what(due: Due, *, several: bool) -> str:
    """The workload, or the group with its members; with its agreement where there are `several`."""
    name = escape(f"{due.agreement}/{due.workload}" if several else due.workload)
    return f"{name}: {escape(' + '.join(due.members))}" if due.members else name


def _how(due: Due) -> str:
    copy = copy_in(due.point)
    return f"{due.mode}, {f'newest point of the copy in {escape(copy)}' if copy else _POINTS[due.point]}"


_POINTS = {
    "latest": "newest point",
    "oldest": "oldest point kept",
    "between": "a point between newest and oldest",
}


def _remarks(plan: NightPlan, now: datetime) -> Iterator[str]:
    number, without = len(plan.planned), len(plan.unplanned)
    if not number and not without:
        yield "no promise asks for a drill in these nights; `--nights N` looks further ahead"
        yield from _never(plan.never)
        return
    behind = len(late(plan, now))
    yield f"{number} drills in {len(plan.nights)} nights; {without} without a night, {behind} too late"
    assumed = sorted({one.due.workload for one in plan.planned if not one.due.measured})
    if assumed:
        yield f"never measured, so their time is assumed: {_some(assumed)}"
    for one in plan.unplanned:
        yield (
            f"[bold red]no night[/] for {escape(one.due.workload)} ({escape(one.due.why)}): "
            f"{escape(one.why)}\n  -> {escape(one.remedy)}"
        )
    for lone in plan.apart:
        yield (
            f"[yellow]one by one[/] group {escape(lone.group)}: {escape(lone.why)}\n"
            f"  -> {escape(lone.remedy)}"
        )
    yield from _never(plan.never)
    yield f"seed       {escape(plan.seed)}"


def _never(lacks: Sequence[Never], most: int = 20) -> Iterator[str]:
    """What no drill has brought back yet, a line for each workload, and when it will."""
    by_workload = groupby(lacks, key=lambda one: (one.agreement, one.workload))
    for number, ((_, workload), own) in enumerate(by_workload):
        if number == most:
            names = {(one.agreement, one.workload) for one in lacks}
            yield f"           and of {len(names) - most} more workloads: see --json"
            return
        said = "; ".join(f"{one.what} ({one.remedy})" for one in own)
        yield f"[yellow]never tried[/] of {escape(workload)}: {escape(said)}"


def _some(names: list[str], most: int = 8) -> str:
    shown = ", ".join(map(escape, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def as_json(plan: NightPlan, now: datetime) -> dict[str, object]:
    """Everything that `show` prints; instants in RFC 3339, times in seconds."""
    behind = set(map(id, late(plan, now)))
    return {
        "seed": plan.seed,
        "nights": [
            {"evening": str(one.evening), "begins": one.begins.isoformat(), "ends": one.ends.isoformat()}
            for one in plan.nights
        ],
        "planned": [_planned(one, behind) for one in plan.planned],
        "unplanned": [{**_due(one.due), "because": one.why, "remedy": one.remedy} for one in plan.unplanned],
        "never": [
            {"agreement": one.agreement, "workload": one.workload, "what": one.what, "remedy": one.remedy}
            for one in plan.never
        ],
        "apart": [
            {"agreement": one.agreement, "group": one.group, "because": one.why, "remedy": one.remedy}
            for one in plan.apart
        ],
    }


def _planned(one: Planned, behind: set[int]) -> dict[str, object]:
    return {
        **_due(one.due),
        "night": str(one.night.evening),
        "begins": one.begins.isoformat(),
        "too_late": id(one) in behind,
    }


def _due(due: Due) -> dict[str, object]:
    return {
        "agreement": due.agreement,
        "workload": due.workload,
        "members": list(due.members),
        "host": due.host,
        "mode": due.mode,
        "point": due.point,
        "opens": due.opens.isoformat(),
        "closes": due.closes.isoformat(),
        "takes": due.takes.total_seconds(),
        "measured": due.measured,
        "obligations": list(due.obligations),
        "slot": due.slot,
        "why": due.why,
    }
