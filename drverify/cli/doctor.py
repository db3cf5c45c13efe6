"""`drverify doctor`: what this machine has and lacks, each with the command that mends it."""

import argparse
import asyncio
import dataclasses
import json
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.checkup import Finding, examine, worst
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit

EXAMPLES = """\
examples:
  drverify doctor
  drverify --config /etc/drverify/drverify.toml doctor --json
"""

MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "lack": "[bold red]LACK[/]"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Look at everything; exit 11 when something that a drill needs is lacking."""
    workshop, problem = None, None
    try:
        workshop = Workshop.open(settings_path(args))
    except DrverifyError as error:
        problem = error
    findings = asyncio.run(examine(workshop, problem))
    if args.json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        _show(findings)
    return Exit.UNPROVEN if worst(findings) == "lack" else Exit.OK


def _show(findings: tuple[Finding, ...]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("", "what", "seen", "mend it with"):
        table.add_column(name)
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.what, escape(finding.seen), escape(finding.mend))
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    verdict = worst(findings)
    if verdict == "lack":
        console.print("\nSomething that a drill needs is lacking.")
    elif verdict == "warn":
        console.print("\nDrills can run here; see the warnings.")
    else:
        console.print("\nDrills can run here.")
