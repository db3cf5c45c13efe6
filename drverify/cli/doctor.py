"""`drverify doctor`: what this machine has and lacks, each with the command that mends it."""

import argparse
import asyncio
import dataclasses
import json
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.checkup.findings import Finding, worst
from drverify.checkup.machine import examine
from drverify.checkup.units import installed_units
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit, InputError
from drverify.operation.estate import Estate

EXAMPLES = """\
examples:
  drverify doctor
  drverify --config /etc/drverify/drverify.toml doctor --json
  drverify doctor --host pve                     a Proxmox cluster of the settings: rights, bridges, backups
  drverify doctor --host pve --record pve.jsonl  write down how it answers, without secrets, for a bug report
"""

MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "lack": "[bold red]LACK[/]"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument(
        "--host",
        metavar="NAME",
        help="look at this Proxmox host or source of the settings, not at this machine",
    )
    parser.add_argument(
        "--record",
        metavar="FILE",
        type=Path,
        help="with --host: write everything that it answers to the new FILE",
    )


def run(args: argparse.Namespace) -> int:
    """Look at everything; exit 11 when something that a drill needs is lacking."""
    if args.host is not None:
        return _of_cluster(args)
    if args.record is not None:
        raise InputError("--record needs --host NAME", hint="only a cluster's answers are recorded")
    workshop, problem = None, None
    try:
        workshop = Workshop.open(settings_path(args))
    except DrverifyError as error:
        problem = error
    findings = asyncio.run(examine(workshop, problem))
    return _told((*findings, *_units(args)), as_json=args.json)


def _units(args: argparse.Namespace) -> tuple[Finding, ...]:
    """The systemd units; what they must be able to write is not known without the settings of the site."""
    try:
        estate = Estate.open(settings_path(args))
    except DrverifyError:
        return installed_units()
    return installed_units(state_dirs=estate.state_dirs, metrics_file=estate.metrics_file)


def _of_cluster(args: argparse.Namespace) -> int:
    workshop = Workshop.open(settings_path(args))
    cluster = import_module("drverify.checkup.cluster")  # loads the vendor's packages
    if args.record is None:
        return _told(asyncio.run(cluster.examine(workshop, args.host)), as_json=args.json)
    asked = asyncio.run(cluster.recorded(workshop, args.host, args.record))
    findings = tuple(
        Finding(what=one.what, state="ok" if one.answered else "warn", seen=one.detail) for one in asked
    )
    code = _told(findings, as_json=args.json)
    print(f"written to {args.record}; read it before you hand it on", file=sys.stderr)
    return code


def _told(findings: tuple[Finding, ...], *, as_json: bool) -> int:
    if as_json:
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
