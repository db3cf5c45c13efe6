"""A group's run in words: who waited for whom and how long, and each promise for the whole."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.engine.drills.drill import Concluded
from drverify.engine.drills.grouping import GroupConcluded
from drverify.judging.grouped import Whole, whole
from drverify.judging.measure import rto_achieved
from drverify.model.drill import GaveUp, PhaseName
from drverify.model.duration import exact, human
from drverify.model.verdict import Outcome
from drverify.report.terminal import COLOURS, objective_words


def show(console: Console, done: GroupConcluded) -> None:
    """Print the group for a person."""
    console.print()
    console.print(f"[bold]Group {escape(done.reference.group)}[/], run {done.reference.run}", highlight=False)
    console.print(_member_table(done))
    if done.concluded:
        console.print(_whole_table(wholes(done)))
    if done.left is not None:
        console.print(f"[bold red]left behind[/]: {escape(str(done.left))}", highlight=False)


def wholes(done: GroupConcluded) -> tuple[Whole, ...]:
    """Each promise for the whole group; none when no member's drill has a result."""
    register = next((one.register for one in done.concluded), None)
    verdicts = {one.plan.workload.name: one.verdicts for one in done.concluded}
    names = [member.workload for member in done.reference.members]
    return tuple(whole(register, names, verdicts)) if register is not None else ()


def _member_table(done: GroupConcluded) -> Table:
    table = Table(title="Members", title_justify="left", expand=True)
    for heading in ("member", "starts after", "waited", "healthy after", "drill"):
        table.add_column(heading, no_wrap=heading != "starts after")
    table.add_column("outcome", ratio=1)
    for member, result in zip(done.reference.members, done.members, strict=True):
        after = ", ".join(member.after) or "-"
        row = _row(result) if isinstance(result, Concluded) else ("-", "-", "-", f"no result: {result}")
        table.add_row(escape(member.workload), escape(after), *map(escape, row[:-1]), escape(row[-1]))
    return table


def _row(result: Concluded) -> tuple[str, str, str, str]:
    record = result.record
    waited = next((one.took for one in record.phases if one.name is PhaseName.AWAIT), None)
    healthy = rto_achieved(result.plan, record)
    counts = {outcome: sum(one.outcome is outcome for one in result.verdicts) for outcome in Outcome}
    said = (
        ", ".join(f"{number} {outcome}" for outcome, number in counts.items() if number) or "nothing judged"
    )
    if record.gave_up_by is GaveUp.PREDECESSOR:
        said += f"; not started: {record.gave_up}"
    elif record.faults:
        said += f"; our fault: {record.faults[0].what}"
    return (
        human(waited) if waited is not None else "-",
        human(healthy) if healthy is not None else "-",
        record.drill_id,
        said,
    )


def _whole_table(rows: Sequence[Whole]) -> Table:
    table = Table(title="Obligations of the whole group", title_justify="left", expand=True)
    for heading in ("clause", "promise", "limit", "achieved", "verdict", "decided by", "covers"):
        table.add_column(heading, no_wrap=heading in {"clause", "limit", "verdict"})
    for row in rows:
        verdict = row.verdict
        limit = verdict.limit if verdict is not None else None
        achieved = verdict.achieved if verdict is not None else None
        text = human(achieved) if achieved is not None else "-"
        if verdict is not None and verdict.allowance > timedelta(0):
            text += f" + {exact(verdict.allowance)} stated"
        table.add_row(
            escape(row.obligation.clause),
            objective_words(row.obligation),
            exact(limit) if limit is not None else "-",
            text,
            f"[{COLOURS[row.outcome]}]{row.outcome}[/]",
            escape(row.decided_by),
            escape(", ".join(row.members)),
        )
    return table
