"""A plan of nights in words and as data."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.model.duration import human
from drverify.model.nights import Due, NightPlan, Planned
from drverify.planning.nights.timetable import late


def show(console: Console, plan: NightPlan, now: datetime) -> None:
    """Print it for a person."""
    if plan.planned:
        console.print(_table(plan, now))
    for line in _remarks(plan, now):
        console.print(line, highlight=False)


def _table(plan: NightPlan, now: datetime) -> Table:
    table = Table(title="Drills by night", title_justify="left", title_style="bold")
    for name in ("night", "from (UTC)", "workload", "host", "how", "takes", "why"):
        table.add_column(name, overflow="fold")
    behind = set(map(id, late(plan, now)))
    for evening, drills in groupby(plan.planned, key=lambda one: one.night.evening):
        for number, one in enumerate(drills):
            table.add_row(
                f"{evening:%a %Y-%m-%d}" if not number else "",
                f"{one.begins:%H:%M}",
                escape(one.due.workload),
                escape(one.due.host),
                _how(one.due),
                human(one.due.takes) if one.due.measured else f"[dim]{human(one.due.takes)}, assumed[/]",
                escape(one.due.why) + (" [bold red](too late)[/]" if id(one) in behind else ""),
            )
    return table


def _how(due: Due) -> str:
    point = "newest point" if due.point == "latest" else "oldest point kept"
    return f"{due.mode}, {point}"


def _remarks(plan: NightPlan, now: datetime) -> Iterator[str]:
    number, without = len(plan.planned), len(plan.unplanned)
    if not number and not without:
        yield "no promise asks for a drill in these nights"
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
    yield f"seed       {escape(plan.seed)}"


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
        "workload": due.workload,
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
