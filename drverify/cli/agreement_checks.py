"""`drverify agreement lint|diff|matrix`: what an agreement leaves open, what changed, who does what."""

import argparse
from pathlib import Path
from typing import Any

from drverify.adapters.doors.inventory import load_inventory
from drverify.agreements.proposals import findings
from drverify.cli.agreement_output import opened, put
from drverify.errors import Exit
from drverify.linting.inventory import facts_of
from drverify.model.rule import Finding
from drverify.report.agreement import findings as report

LINT = """\
Asks the agreement every question of the rules. "Not there" is said only when everything could be read;
otherwise the answer is "not determined".

exit codes: 0 nothing critical or major; 11 something critical or major: the agreement cannot be shown
to be kept there; 2 a file is wrong.

examples:
  drverify agreement lint msa.pdf schedule-b.docx
  drverify agreement lint acme.register.yaml --inventory inventory.yaml
  drverify agreement lint acme.register.yaml --format sarif -o lint.sarif
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
    lint.add_argument("--format", choices=("text", "json", "md"), default="text", help="default: text")
    lint.add_argument("-o", "--output", type=Path, metavar="FILE", help="write it there")


def comparing_arguments(actions: Any) -> None:
    """Declare `diff` and `matrix`."""


def lint(args: argparse.Namespace) -> int:
    """Hold a register or documents against the rules."""
    found = opened(args.files)
    inventory = facts_of(load_inventory(args.inventory)) if args.inventory is not None else ()
    raised = findings(found, inventory)
    formats = {"text": report.text, "json": report.as_json, "md": report.markdown}
    put(formats[args.format](found.contract, raised), args.output)
    return lint_exit(raised)


def lint_exit(raised: tuple[Finding, ...]) -> Exit:
    """11 when something critical or major is open: nothing could prove that it is kept."""
    return Exit.UNPROVEN if any(one.severity != "minor" for one in raised) else Exit.OK


def diff(args: argparse.Namespace) -> int:
    """Compare two registers."""
    raise NotImplementedError


def matrix(args: argparse.Namespace) -> int:
    """Show who does what."""
    raise NotImplementedError
