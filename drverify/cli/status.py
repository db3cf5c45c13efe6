"""`drverify status`: how every promise stands, and what became of the nights."""

import argparse
import json
from datetime import UTC, datetime

from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.cli.status_output import as_json, show
from drverify.errors import Exit, InputError
from drverify.model.booking import BookingState
from drverify.model.result import Stands
from drverify.operation.estate import Estate
from drverify.operation.opening import open_desk
from drverify.operation.standing import SiteStanding, standing_of

EXAMPLES = """\
examples:
  drverify status                 every agreement, clause by clause; what was missed; who works
  drverify status --agreement acme
  drverify status --json

exit codes: 0 drills that are recent enough show that every promise is kept; 10 one was shown not to be kept;
11 one is overdue, unproven or flips, a planned drill was missed or given up, or nobody works here.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--agreement", default="", metavar="ID", help="of this agreement alone")
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Look and print."""
    estate = Estate.open(settings_path(args))
    if args.agreement and args.agreement not in estate.workshops:
        known = ", ".join(estate.workshops)
        raise InputError(f"no agreement {args.agreement!r} at this site", hint=f"known are: {known}")
    standing = standing_of(estate, open_desk(estate.main), datetime.now(UTC), only=args.agreement)
    if args.json:
        print(json.dumps(as_json(standing), indent=2, ensure_ascii=False))
    else:
        show(console_here(), standing)
    return code_of(standing)


def code_of(standing: SiteStanding) -> int:
    """The exit code of a site that stands so."""
    stands = {one.stands(standing.at) for of in standing.agreements for one in of.troubles}
    if Stands.MISSED in stands:
        return Exit.MISSED
    unkept = standing.nights[BookingState.MISSED] or standing.nights[BookingState.GIVEN_UP]
    flips = any(of.flipping for of in standing.agreements)
    return Exit.UNPROVEN if stands or unkept or flips or standing.unseen or not standing.working else Exit.OK
