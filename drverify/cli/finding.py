"""`drverify finding`: what drills leave to be mended, who mends it, and the retest that shows it."""

import argparse
import json
from datetime import UTC, date, datetime
from pathlib import Path

from drverify.cli.finding_desk import Desk
from drverify.cli.finding_output import finding_json, shown, told
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import Exit, InputError
from drverify.model.drill import DrillId
from drverify.model.finding import FindingState

EXAMPLES = """\
examples:
  drverify finding list                       what is open; new drills are verified and read first
  drverify finding list --all --json          closed ones, too, for other programs
  drverify finding show F-1f0c                one finding with every drill that shows it
  drverify finding assign F-1f0c --owner "A. Person" --action "back up hourly" --due 2026-12-15
  drverify finding close F-1f0c --retest 20261211T010203Z-0a1b2c
  drverify finding open --workload shop --obligation rpo-shop --what "the tape library is full"
  drverify finding open --audit audit.json    what `drverify audit --json` found
  drverify finding close F-77ab --audit evidence-2027Q1.tar    what an audit found about no workload

A finding is closed by a later drill of the same workload whose evidence holds and whose verdict, computed
again, is MET. It is open again by itself when a still later drill shows the same cause. Nothing here is
evidence: the journal names the drills that are.

exit codes: 0 done; 2 an argument is wrong, or the retest does not show what it must; 12 its evidence does
not hold.
"""
_MAX_WORDS = 2000


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="read new drills and list what is open")
    listing.add_argument("--all", action="store_true", help="closed ones, too")
    listing.add_argument("--json", action="store_true", help="machine-readable")
    showing = actions.add_parser("show", help="one finding, whole")
    showing.add_argument("--json", action="store_true", help="machine-readable")
    opening = actions.add_parser("open", help="open one that no drill on this machine shows")
    source = opening.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--what", metavar="TEXT", help="what is wrong, in words; the same words are the same finding"
    )
    source.add_argument(
        "--audit", type=Path, metavar="FILE", help="everything that `drverify audit --json` found"
    )
    opening.add_argument("--noted", action="store_true", help="with --audit: what it only noted, too")
    opening.add_argument("--workload", default="", help="with --what: the workload that it is about")
    opening.add_argument("--obligation", default="", help="the obligation that a retest has to show as MET")
    assigning = actions.add_parser("assign", help="name who does what until when")
    closing = actions.add_parser("close", help="close it by a retest's evidence")
    for one in (showing, assigning, closing):
        one.add_argument("finding", metavar="FINDING", help="its id, or the beginning of it")
    assigning.add_argument("--owner", required=True, metavar="NAME", help="who answers for it")
    assigning.add_argument(
        "--action", required=True, dest="what", metavar="TEXT", help="what is done about it"
    )
    assigning.add_argument("--due", required=True, type=_date, metavar="DATE", help="until when, YYYY-MM-DD")
    by = closing.add_mutually_exclusive_group(required=True)
    by.add_argument("--retest", metavar="DRILL", help="the drill that shows it mended")
    by.add_argument(
        "--audit",
        type=Path,
        metavar="BUNDLE",
        help="a bundle, audited now, in which it is not found any more",
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    desk = Desk(Workshop.open(settings_path(args)))
    match args.action:
        case "list":
            return _list(desk, everything=args.all, as_json=args.json)
        case "show":
            found = desk.finding(args.finding)
            print(json.dumps(finding_json(found), indent=2) if args.json else told(found))
        case "open" if args.audit is not None:
            desk.open_audit(args.audit, noted=args.noted)
        case "open":
            desk.open(_words("--what", args.what), args.workload, args.obligation)
        case "assign":
            desk.assign(args.finding, _words("--owner", args.owner), _words("--action", args.what), args.due)
        case "close" if args.audit is not None:
            desk.close_by_audit(args.finding, args.audit)
        case _:
            desk.close(args.finding, DrillId(args.retest))
    return Exit.OK


def _list(desk: Desk, *, everything: bool, as_json: bool) -> int:
    found, examination = desk.findings()
    chosen = [one for one in found if everything or one.state is not FindingState.CLOSED]
    if as_json:
        rows = [finding_json(one) for one in chosen]
        print(json.dumps({"findings": rows, "unread": list(examination.unread)}, indent=2))
        return Exit.OK
    if not chosen:
        print("nothing is open" if found else "no drill has shown anything to mend")
    today = datetime.now(UTC).date()
    for one in chosen:
        print(shown(one, today))
    for line in examination.unread:
        print(f"not read, as its evidence does not hold: {line}")
    return Exit.OK


def _words(option: str, text: str) -> str:
    cleaned = " ".join(text.split())
    if not cleaned or not cleaned.isprintable() or len(cleaned) > _MAX_WORDS:
        raise InputError(f"{option} must be some words, {_MAX_WORDS} characters at most")
    return cleaned


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-12-31") from error
