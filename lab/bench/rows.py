"""The rows of the table, and the table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

MIB = 1 << 20
GIB = 1 << 30
Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison, ready to be printed. Nothing is asserted: `goal` stands beside what was measured."""

    what: str
    ours: str
    reference: str
    ratio: str = ""
    goal: str = ""


def ratio(ours: float, reference: float) -> str:
    """Write a ratio with as many digits as mean something; a dash when there is nothing to divide by."""
    return f"{ours / reference:.2f}" if reference > 0 else "-"


def seconds(value: float) -> str:
    """Write seconds."""
    return f"{value:.1f} s" if value < 100 else f"{value:.0f} s"


def mib(value: float) -> str:
    """Write bytes as MiB."""
    return f"{value / MIB:.0f} MiB"


def show(console: Console, facts: Sequence[str], rows: Sequence[Row]) -> None:
    """Print the table with the facts of the machine above it."""
    table = Table(box=box.ASCII_DOUBLE_HEAD, title="\n".join(map(escape, facts)), title_justify="left")
    table.add_column("what", max_width=58)
    for name in ("ours", "by hand / reference", "ratio", "goal"):
        table.add_column(name, justify="right")
    for row in rows:
        cells = (row.what, row.ours, row.reference, row.ratio, row.goal)
        table.add_row(*map(escape, cells))
    console.print(table)
