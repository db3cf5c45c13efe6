"""A migration's decision on a terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from drverify.migrating.deciding import in_words, spread
from drverify.model.migration import Decided, Decision, MigrationFacts, MovedSystem, Weight
from drverify.model.system import Cause
from drverify.report.migration import words

_STYLES = {Decision.GO: "bold green", Decision.NO_GO: "bold red", Decision.UNDECIDED: "bold yellow"}
_WEIGHTS = {Weight.AGAINST: "red", Weight.OPEN: "yellow", Weight.NOTE: "dim"}
MOST = 40
"""Differences that are listed of one system; the page has all."""


def show(console: Console, facts: MigrationFacts, decided: Decided) -> None:
    """Print the decision, its reasons, and what was compared."""
    console.print(Text(f"\nmigration {facts.id}: {facts.plan.name}", style="bold"))
    console.print(words.summary(facts), highlight=False)
    for system in facts.systems:
        _system(console, system)
    console.print()
    for one, group in zip(decided.cutover, facts.plan.groups, strict=True):
        as_one = " (drilled as one)" if group.dependencies else ""
        console.print(
            f"cut-over   {one.group}{as_one}: {spread(one)}; allowed {words.time(one.window)}",
            highlight=False,
        )
    console.print(Text(f"\n{decided.decision}", style=_STYLES[decided.decision]))
    for weight in Weight:
        for reason in words.of_weight(decided, weight):
            line = Text(f"  {words.WEIGHTS[weight]:<18} ", style=_WEIGHTS[weight])
            console.print(line.append(f"{reason.where}: {reason.what}", style=""), soft_wrap=True)


def _system(console: Console, system: MovedSystem) -> None:
    table = Table(
        title=f"{system.workload}, group {system.group}", title_justify="left", box=None, pad_edge=False
    )
    for name, justify in (("part", "left"), ("source", "right"), ("target", "right"), ("same", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("explained", justify="right")
    table.add_column("flagged", justify="right")
    for row in words.parts(system):
        counts = [str(one) for one in (row.same, row.explained, row.flagged)] if row.is_read else ["-"] * 3
        table.add_row(row.name, Text(row.source), Text(row.target), *counts)
    console.print()
    console.print(table)
    listed = words.shown(system.differences)
    for one in listed[:MOST]:
        style = "red" if one.cause is Cause.NONE else "dim"
        why = f" ({one.why})" if one.why else ""
        console.print(Text(f"  {in_words(one)}: {words.CAUSES[one.cause]}{why}", style=style), soft_wrap=True)
    if len(listed) > MOST:
        console.print(f"  and {len(listed) - MOST} more: see the page", highlight=False)
