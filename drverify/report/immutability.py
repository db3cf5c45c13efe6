"""Probes of immutability on a terminal."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.model.duration import exact, human
from drverify.model.immutability import ImmutabilityResult
from drverify.model.verdict import Outcome

_STYLE = {Outcome.MET: "bold green", Outcome.MISSED: "bold red", Outcome.UNPROVEN: "bold yellow"}
_SAID = {"refused": "green", "went through": "bold red", "not decided": "yellow"}


def tell(console: Console, one: ImmutabilityResult, statement: str) -> None:
    """One probe, whole."""
    console.print()
    word = {Outcome.MET: "WITHSTOOD", Outcome.MISSED: "DID NOT WITHSTAND"}.get(one.outcome, "NOT SHOWN")
    console.print(f"[{_STYLE[one.outcome]}]{word}[/]  source {escape(one.source)}: {one.tampering.mechanism}")
    _line(console, "why", one.reason)
    if one.tampering.attempts:
        table = Table("canary", "attempt", "outcome", "answer")
        for tried in one.tampering.attempts:
            outcome = f"[{_SAID[tried.outcome]}]{tried.outcome}[/]"
            table.add_row(escape(_short(tried.canary)), tried.what, outcome, escape(tried.said))
        console.print(table)
    for held in one.tampering.held:
        state = {True: "whole", False: "NOT as it was planted", None: "could not be read"}[held.whole]
        until = (
            f", {held.mode or 'locked'} until {held.retain_until:%Y-%m-%d %H:%M} UTC"
            if held.retain_until
            else ""
        )
        age = human(timedelta(seconds=(one.at - held.canary.planted_at) // timedelta(seconds=1)))
        _line(console, "canary", f"{_short(held.canary.name)}, {age} old: {state}{until}")
    for verdict in one.verdicts:
        limit = f" (owed: {exact(verdict.limit)})" if verdict.limit is not None else ""
        console.print(
            f"[{_STYLE[verdict.outcome]}]{verdict.outcome:<8}[/]   clause {escape(verdict.clause)}{limit}: "
            f"{escape(verdict.reason)}",
            highlight=False,
        )
    if not one.verdicts:
        _line(console, "promised", "no accepted clause says so for these workloads")
    _line(console, "statement", statement)


def probes_table(found: Sequence[ImmutabilityResult]) -> Table:
    """Earlier probes."""
    table = Table("when (UTC)", "source", "outcome", "why", "clauses")
    for one in found:
        clauses = ", ".join(f"{each.clause} {each.outcome}" for each in one.verdicts) or "-"
        outcome = f"[{_STYLE[one.outcome]}]{one.outcome}[/]"
        table.add_row(
            f"{one.at:%Y-%m-%d %H:%M}", escape(one.source), outcome, escape(one.reason), escape(clauses)
        )
    return table


def _short(name: str) -> str:
    return name if len(name) <= 28 else f"{name[:18]}…{name[-9:]}"  # noqa: PLR2004 - a digest, recognisable


def _line(console: Console, name: str, text: str) -> None:
    console.print(f"{name:<10} {text}", markup=False, highlight=False, soft_wrap=True)
