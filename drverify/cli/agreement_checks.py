"""`drverify agreement lint|diff|matrix`: what an agreement leaves open, what changed, who does what."""

import argparse
import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

from drverify.adapters.doors.inventory import load_facts
from drverify.adapters.doors.rulebook import load_rules
from drverify.agreements.proposals import findings
from drverify.cli.agreement_output import opened
from drverify.cli.places import settings_path
from drverify.cli.putting import put
from drverify.compose import Workshop
from drverify.errors import Exit
from drverify.linting.difference import difference
from drverify.linting.responsibility import responsibility
from drverify.model.rule import Finding, SystemFact
from drverify.report.agreement import difference as changes
from drverify.report.agreement import findings as report
from drverify.report.agreement import matrix as owners
from drverify.report.agreement.difference_page import difference_page
from drverify.report.agreement.findings_page import findings_page
from drverify.report.agreement.sarif import sarif

LINT = """\
Asks the agreement every question of the rules. "Not there" is said only when everything could be read;
otherwise the answer is "not determined".

exit codes: 0 nothing critical or major; 11 something critical or major: the agreement cannot be shown
to be kept there; 2 a file is wrong.

examples:
  drverify agreement lint msa.pdf schedule-b.docx
  drverify agreement lint acme.register.yaml --inventory inventory.yaml
  drverify --config drverify.toml agreement lint acme.register.yaml --source pve
  drverify agreement lint acme.register.yaml --format sarif -o lint.sarif
"""
DIFF = """\
Matches provisions of the same kind by their words, place and scope. What only moved or was only reworded
is shown and changes no promise; a changed number in its words does, even one that nobody read as a figure.

exit codes: 0 the same is promised; 11 a promise, a party or a calendar differs: look at it; 2 a file is
wrong.

examples:
  drverify agreement diff acme-2025.lock.yaml acme-2026.register.yaml
  drverify agreement diff old.pdf new.pdf --format html -o renewal.html
"""
MATRIX = """\
Layers: hardware, hypervisor, storage, network, guest OS, database, application, backup platform. Steps:
data recovery, rebuild, reattach, configuration, network mapping, application start, validation and more.

exit codes: 0 no step is without an owner or has two; 11 one is or has; 2 a file is
wrong.

examples:
  drverify agreement matrix acme.register.yaml
  drverify agreement matrix msa.pdf raci.docx --format html -o matrix.html
"""


def lint_arguments(actions: Any) -> None:
    """Declare `lint`."""
    lint = actions.add_parser(
        "lint",
        help="what an agreement leaves open, says vaguely or says in two ways",
        epilog=LINT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    lint.add_argument(
        "files", nargs="+", type=Path, metavar="REGISTER|FILE", help="a register, or an agreement's documents"
    )
    lint.add_argument("--inventory", type=Path, metavar="FILE", help="hold it against these systems")
    lint.add_argument(
        "--source",
        metavar="NAME",
        help="hold it against the guests of this Proxmox source of the settings, as they are backed up now",
    )
    _output(lint, ("text", "json", "sarif", "html", "md"))


def comparing_arguments(actions: Any) -> None:
    """Declare `diff` and `matrix`."""
    raw = argparse.RawDescriptionHelpFormatter
    diff = actions.add_parser("diff", help="what a renewal changed", epilog=DIFF, formatter_class=raw)
    for name in ("old", "new"):
        diff.add_argument(name, type=Path, metavar=name.upper(), help="a register, a lock or a document")
    _output(diff, ("text", "json", "html", "md"))
    matrix = actions.add_parser(
        "matrix", help="who does which recovery step on which layer", epilog=MATRIX, formatter_class=raw
    )
    matrix.add_argument(
        "files", nargs="+", type=Path, metavar="REGISTER|FILE", help="a register, or an agreement's documents"
    )
    _output(matrix, ("text", "json", "html", "md"))


def _output(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--format", choices=formats, default="text", help="default: text")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there")


def lint(args: argparse.Namespace) -> int:
    """Hold a register or documents against the rules."""
    found = opened(args.files)
    inventory = (*_of_file(args), *_of_cluster(args))
    raised = findings(found, inventory)
    contract = found.contract
    match args.format:
        case "sarif":
            content = sarif(contract, found.texts, raised, load_rules())
        case "html":
            content = findings_page(contract, raised)
        case "json":
            content = report.as_json(contract, raised)
        case "md":
            content = report.markdown(contract, raised)
        case _:
            content = report.text(contract, raised)
    put(content, args.output)
    return lint_exit(raised)


def _of_file(args: argparse.Namespace) -> tuple[SystemFact, ...]:
    return load_facts(args.inventory) if args.inventory is not None else ()


def _of_cluster(args: argparse.Namespace) -> tuple[SystemFact, ...]:
    """What the inventory names itself is not named again."""
    if args.source is None:
        return ()
    cluster = import_module("drverify.checkup.cluster")  # loads the vendor's packages
    known = {fact.name for fact in _of_file(args)}
    found: tuple[SystemFact, ...] = asyncio.run(
        cluster.facts(Workshop.open(settings_path(args)), args.source)
    )
    return tuple(fact for fact in found if fact.name not in known)


def lint_exit(raised: tuple[Finding, ...]) -> Exit:
    """11 when something critical or major is open: nothing could prove that it is kept."""
    return Exit.UNPROVEN if any(one.severity != "minor" for one in raised) else Exit.OK


def diff(args: argparse.Namespace) -> int:
    """Compare two registers; 11 when something that is promised differs."""
    old, new = opened([args.old]).contract, opened([args.new]).contract
    found = difference(old, new)
    formats = {
        "text": changes.text,
        "json": changes.as_json,
        "md": changes.markdown,
        "html": difference_page,
    }
    put(formats[args.format](old, new, found), args.output)
    return Exit.UNPROVEN if found.is_promise_changed else Exit.OK


def matrix(args: argparse.Namespace) -> int:
    """Show who does what; 11 when a step is owned by nobody or by two."""
    contract = opened(args.files).contract
    found = responsibility(contract)
    formats = {"text": owners.text, "json": owners.as_json, "md": owners.markdown, "html": owners.matrix_page}
    put(formats[args.format](contract, found), args.output)
    return Exit.UNPROVEN if found.of("unowned", "twice") else Exit.OK
