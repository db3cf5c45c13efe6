"""What was read from an agreement, for a terminal: the documents, the provisions, what stays open."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from drverify.model.contract import Contract, OpenPoint, Provision, Source
from drverify.model.rule import Severity
from drverify.report.agreement.words import (
    KINDS,
    PARTIES,
    STATUSES,
    clean,
    clock_words,
    figure_words,
    place,
    scope_words,
    shorten,
    slots_words,
)

STATUS_STYLES = {"defined": "green", "disclaimed": "red", "conflicting": "red"}
SEVERITY_STYLES: Mapping[Severity, str] = {"critical": "bold red", "major": "yellow", "minor": "dim"}
_OPEN_SHOWN = 12


def show(console: Console, contract: Contract) -> None:
    """Print everything that was read, and what a person has to look at."""
    for line in _head(contract):
        console.print(line, soft_wrap=True, highlight=False)
    if contract.provisions:
        console.print(_table(contract.provisions))
    _show_unclear(console, contract.provisions)
    _show_open(console, contract.open_points)


def status_text(provision: Provision) -> Text:
    """The status in its colour."""
    return Text(STATUSES[provision.status], style=STATUS_STYLES.get(provision.status, "yellow"))


def _head(contract: Contract) -> Iterator[Text]:
    yield Text.assemble((clean(contract.title) or "an agreement without a title", "bold"), f"  {contract.id}")
    parties = contract.parties
    if parties.provider or parties.customer:
        yield _fact(
            "parties",
            f"{parties.provider or 'provider not named'} for {parties.customer or 'customer not named'}",
        )
    if contract.effective:
        yield _fact("effective", str(contract.effective))
    for source in contract.documents:
        yield _fact("document", _source(source), style="" if source.supplied else "yellow")
        for remark in source.remarks:
            where = f"page {remark.page}: " if remark.page else ""
            yield _fact("", f"{remark.kind}: {where}{remark.detail}", style="yellow")
    counts = Counter(one.status for one in contract.provisions)
    said = ", ".join(f"{counts[status]} {words}" for status, words in STATUSES.items() if counts[status])
    yield _fact("read", f"{len(contract.provisions)} provisions" + (f": {said}" if said else ""))
    if contract.accepted:
        yield _fact("accepted", f"by {contract.accepted.by}, {contract.accepted.at:%Y-%m-%d %H:%M} UTC")
    else:
        undecided = sum(one.review == "open" for one in contract.provisions)
        yield _fact("decided", f"{len(contract.provisions) - undecided} of {len(contract.provisions)}")


def _fact(name: str, words: str, *, style: str = "") -> Text:
    return Text.assemble((f"{name:<10} ", "dim"), (clean(words), style))


def _source(source: Source) -> str:
    if not source.supplied:
        return f"{source.name}: named by the agreement, not supplied"
    pages = f", {source.pages} pages" if source.pages else ""
    return f"{source.name}: {source.format}{pages}, sha256 {source.sha256[:16]}…"


def _table(provisions: Sequence[Provision]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1))
    table.add_column("clause", no_wrap=True, max_width=14)
    table.add_column("provision", ratio=3)
    table.add_column("figure", ratio=2)
    table.add_column("party", max_width=9)
    table.add_column("status", max_width=12)
    table.add_column("covers, and what it says", ratio=6)
    for one in provisions:
        style = "dim strike" if one.review == "rejected" else ""
        table.add_row(
            Text(shorten(place(one), 14)),
            Text.assemble((KINDS[one.kind], "bold"), ("\n" + clean(one.id), "dim")),
            _figure(one),
            Text(PARTIES[one.party], style="yellow" if one.party == "unknown" else ""),
            Text.assemble(status_text(one), (f"\n{one.review}" if one.review != "open" else "", "dim")),
            _words(one),
            style=style,
        )
    return table


def _figure(provision: Provision) -> Text:
    clock = clock_words(provision.figure)
    words = figure_words(provision.figure) or "-"
    return Text(words if clock in {"", "elapsed"} else f"{words}\nclock: {clean(clock)}")


def _words(provision: Provision) -> Text:
    text = Text()
    covers = shorten(scope_words(provision), 80)
    if covers:
        text.append(f"{covers}\n", style="cyan")
    slots = shorten(slots_words(provision), 120)
    if slots:
        text.append(f"{slots}\n", style="cyan")
    for condition in provision.conditions:
        text.append(f"on condition: {shorten(condition, 100)}\n", style="cyan")
    return text.append(f"“{shorten(provision.citation.quote, 150)}”")


def _show_unclear(console: Console, provisions: Sequence[Provision]) -> None:
    unclear = [one for one in provisions if one.status != "defined" and one.review == "open"]
    if not unclear:
        return
    console.print(Text("Cannot be tested as it stands:", style="bold"))
    for one in unclear:
        line = Text.assemble(("  " + clean(one.id), "bold"), "  ", status_text(one))
        rules = f" [{' '.join(one.rules)}]" if one.rules else ""
        line.append(f"  {shorten(one.why, 200) or 'no reason was recorded'}{clean(rules)}")
        console.print(line, soft_wrap=True, highlight=False)
    console.print()


def _show_open(console: Console, points: Sequence[OpenPoint]) -> None:
    if not points:
        return
    counts = Counter(point.severity for point in points)
    said = ", ".join(f"{counts[name]} {name}" for name in SEVERITY_STYLES if counts[name])
    console.print(Text(f"Left open by the agreement: {len(points)} ({said})", style="bold"))
    ordered = sorted(points, key=lambda point: list(SEVERITY_STYLES).index(point.severity))
    for point in ordered[:_OPEN_SHOWN]:
        clause = f", clause {point.clause}" if point.clause else ""
        line = Text.assemble(
            ("  " + f"{point.severity:<9}", SEVERITY_STYLES[point.severity]), f"{point.rule:<11}"
        )
        line.append(f" {clean(point.question)} ({point.status}{clean(clause)})")
        console.print(line, soft_wrap=True, highlight=False)
    if len(ordered) > _OPEN_SHOWN:
        console.print(f"  … and {len(ordered) - _OPEN_SHOWN} more: `drverify agreement lint` shows them all")
