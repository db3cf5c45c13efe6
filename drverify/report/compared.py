"""Sampled and compared files in words."""

from collections.abc import Iterator

from rich.markup import escape

from drverify.model.files import FileComparison, coverage, in_what, looked_for, proves

SHOWN = 10
"""So many differences are printed; the record holds more."""
STRATA = 4
"""So many strata are."""


def lines(found: FileComparison | None) -> Iterator[str]:
    """Coverage and what it shows."""
    if found is None:
        return
    colour = "bold red" if found.differing else "green" if found.basis else "default"
    yield f"files      {escape(coverage(found))}"
    if found.aspects:
        yield f"compared   {escape(looked_for(found))}"
    yield f"shows      [{colour}]{escape(proves(found))}[/]"


def remarks(found: FileComparison | None) -> Iterator[str]:
    """What differs, one line each, and the first strata of a sample."""
    if found is None:
        return
    for one in found.differences[:SHOWN]:
        yield f"[bold red]differs[/] {escape(in_what(one))}"
    if len(found.differences) > SHOWN:
        yield f"{len(found.differences) - SHOWN} more differences: see `drverify drill show DRILL --json`"
    if found.strata:
        told = "; ".join(f"{name}: {drawn:,} of {files:,}" for name, files, drawn in found.strata[:STRATA])
        more = f"; and of {len(found.strata) - STRATA} more strata" if len(found.strata) > STRATA else ""
        yield f"restored of {escape(told)}{more}"
