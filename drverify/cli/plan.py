"""`drverify plan`: which drill is run in which night, out of what is promised."""

import argparse
import json
import secrets
from datetime import UTC, datetime

from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.errors import Exit, InputError
from drverify.operation.estate import Estate
from drverify.operation.planner import plan_site
from drverify.planning.nights.timetable import late
from drverify.report import nights as report

EXAMPLES = """\
examples:
  drverify plan                        the next 30 nights
  drverify plan --nights 90            a quarter
  drverify plan --seed 2026Q4          the same plan for everybody who uses the same seed
  drverify plan --json                 machine-readable
"""
_LONGEST = 400


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--nights", type=int, default=30, metavar="N", help="how many evenings (default: 30)")
    parser.add_argument(
        "--seed",
        default="",
        metavar="TEXT",
        help="what chance is drawn from where a promise leaves a choice (default: new, and printed)",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Plan and print; 11 when a drill got no night, or comes too late."""
    if not 1 <= args.nights <= _LONGEST:
        raise InputError(f"--nights {args.nights}: expected 1 to {_LONGEST}")
    estate = Estate.open(settings_path(args))
    now = datetime.now(UTC)
    site = plan_site(estate, now, number=args.nights, seed=args.seed or secrets.token_hex(8))
    for error in site.failed.values():  # one that cannot be planned for is the user's to mend
        raise error
    plan = site.whole
    if args.json:
        print(json.dumps(report.as_json(plan, now), indent=2))
    else:
        report.show(console_here(), plan, now)
    return Exit.UNPROVEN if plan.unplanned or late(plan, now) else Exit.OK
