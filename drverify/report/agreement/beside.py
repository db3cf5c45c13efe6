"""One provision beside the passage of the document that it was read from, for a terminal."""

from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Words

from drverify.model.contract import Contract, Provision
from drverify.model.document import Text
from drverify.report.agreement.highlight import Piece, around
from drverify.report.agreement.proposal import status_text
from drverify.report.agreement.words import KINDS, PARTIES, clean, clock_words, figure_words, place

_NARROW = 90
_QUOTE, _SAID = "bold", "bold reverse"
"""Without colours, so that they can be read on light and on dark terminals."""


def show(console: Console, contract: Contract, provision: Provision, text: Text | None, *, head: str) -> None:
    """Print source and reading side by side, one below the other on a narrow terminal."""
    names = {source.id: source.name for source in contract.documents}
    where = clean(f"{names.get(provision.citation.document, '')}, {place(provision)}".strip(", "))
    source = Panel(
        _source(provision, text, marked=not console.is_terminal or console.no_color),
        title=Words(where, style="dim"),
        title_align="left",
        box=box.ROUNDED,
    )
    read = Panel(_reading(provision), title=Words(head, style="dim"), title_align="left", box=box.ROUNDED)
    if console.width < _NARROW:
        console.print(Group(source, read))
        return
    grid = Table.grid(expand=True)
    grid.add_column(ratio=11)
    grid.add_column(ratio=9)
    grid.add_row(source, read)
    console.print(grid)


def _source(provision: Provision, text: Text | None, *, marked: bool) -> Words:
    if text is None:
        return Words(clean(provision.citation.quote, lines=True), style=_QUOTE)
    shown = Words()
    inside = False
    for piece in around(text, provision):
        if marked and bool(piece.quoted_by) != inside:
            inside = not inside
            shown.append("⟦" if inside else "⟧")
        words = piece.text if shown.plain.strip("⟦") else piece.text.lstrip("\n")
        shown.append(words, style=_style(piece))
    shown.rstrip()
    return shown.append("⟧" if marked and inside else "")


def _style(piece: Piece) -> str:
    if not piece.quoted_by:
        return "dim"
    return _SAID if piece.says else _QUOTE


def _reading(provision: Provision) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("kind", Words(f"{KINDS[provision.kind]} ({provision.kind})", style="bold"))
    table.add_row("figure", Words(figure_words(provision.figure) or "none", style="bold"))
    if clock_words(provision.figure):
        table.add_row("clock", clean(clock_words(provision.figure)))
    table.add_row(
        "party", Words(PARTIES[provision.party], style="yellow" if provision.party == "unknown" else "")
    )
    table.add_row("status", status_text(provision))
    table.add_row("modality", provision.modality.replace("_", " "))
    table.add_row("scope", Words(clean(provision.scope.text) or "none"))
    table.add_row("systems", Words(clean(", ".join(provision.scope.systems)) or "none mapped"))
    for slot in provision.slots:
        table.add_row(clean(f"slot.{slot.name}"), Words(clean(slot.value)))
    for condition in provision.conditions:
        table.add_row("condition", Words(clean(condition)))
    if provision.why:
        rules = f" [{' '.join(provision.rules)}]" if provision.rules else ""
        table.add_row("why", Words(clean(provision.why + rules), style="yellow"))
    for change in provision.corrections:
        table.add_row(
            "corrected", Words(clean(f"{change.field}: {change.read} -> {change.accepted}"), style="cyan")
        )
    if provision.review != "open":
        remark = f" ({provision.remark})" if provision.remark else ""
        table.add_row("decided", Words(clean(provision.review + remark), style="cyan"))
    return table
