"""Negative controls on a terminal."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.errors import Exit
from drverify.model.controls import Catch, ControlKind, ControlOutcome, ControlResult

REDDER: Mapping[ControlOutcome, Exit] = MappingProxyType(
    {
        ControlOutcome.CAUGHT: Exit.OK,
        ControlOutcome.NOT_CAUGHT: Exit.MISSED,
        ControlOutcome.NOT_RUN: Exit.UNPROVEN,
    }
)
"""How a command ends for each."""
_STYLE = {
    ControlOutcome.CAUGHT: "bold green",
    ControlOutcome.NOT_CAUGHT: "bold red",
    ControlOutcome.NOT_RUN: "bold yellow",
}
ALARM = "every green of this workload since the gate last caught this damage is doubtful"


def tell(console: Console, one: ControlResult, statement: str) -> None:
    """One control, whole."""
    console.print()
    style = _STYLE[one.outcome]
    console.print(f"[{style}]{one.outcome.upper()}[/]  {one.kind} of {escape(one.workload)}")
    if one.damage is not None:
        _line(console, "broken", one.damage.what)
        for name, value in one.damage.facts:
            _line(console, "", f"{name}: {value}")
    _line(
        console, "copy of", f"point {(one.point or '-')[:12]}, which drill {one.good_drill} showed to be good"
    )
    _line(console, "why", one.why)
    if one.outcome is ControlOutcome.NOT_CAUGHT:
        console.print(f"[bold red]alarm[/]      {ALARM}")
    _line(console, "statement", statement)


def catches_table(catches: Sequence[Catch], newest: Mapping[tuple[str, ControlKind], ControlResult]) -> Table:
    """When each kind was caught last, and what the newest control of it came to."""
    table = Table("workload", "kind", "last caught (UTC)", "newest", "why")
    for one in catches:
        last = newest.get((one.workload, one.kind))
        table.add_row(
            escape(one.workload),
            one.kind,
            f"{one.caught_at:%Y-%m-%d %H:%M}" if one.caught_at else "[bold red]never[/]",
            f"[{_STYLE[last.outcome]}]{last.outcome}[/]" if last else "-",
            escape(last.why) if last else "",
        )
    return table


def _line(console: Console, name: str, text: str) -> None:
    console.print(f"{name:<10} {text}", markup=False, highlight=False, soft_wrap=True)
