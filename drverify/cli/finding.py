"""`drverify finding`: what drills leave to be mended, who mends it, and the retest that shows it."""

import argparse
import json
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from drverify.adapters.clock import SystemClock
from drverify.adapters.storage.drills import DrillDirectory
from drverify.adapters.storage.examining import Examination, examine, retest_from, without_result
from drverify.adapters.storage.findings import FindingJournal
from drverify.adapters.storage.verified import verified
from drverify.cli.finding_output import finding_json, shown, told
from drverify.cli.places import settings_path
from drverify.cli.tokens import token_reader
from drverify.compose import Workshop
from drverify.errors import EvidenceError, Exit, InputError
from drverify.judging.findings import fold, met_in, seen_by, why_not
from drverify.model.audit import Audit
from drverify.model.drill import DrillId
from drverify.model.finding import (
    Assigned,
    Cause,
    Closed,
    Finding,
    FindingState,
    Opened,
    Sighting,
    Subject,
    finding_id,
)
from drverify.model.obligation import ObligationId
from drverify.sealing import codec
from drverify.sealing.keys import Trust, read_trust
from drverify.sealing.strict_json import MAX_BYTES, parse

EXAMPLES = """\
examples:
  drverify finding list                       what is open; new drills are verified and read first
  drverify finding list --all --json          closed ones, too, for other programs
  drverify finding show F-1f0c                one finding with every drill that shows it
  drverify finding assign F-1f0c --owner "A. Person" --action "back up hourly" --due 2026-12-15
  drverify finding close F-1f0c --retest 20261211T010203Z-0a1b2c
  drverify finding open --workload shop --obligation rpo-shop --what "the tape library is full"
  drverify finding open --audit audit.json    what `drverify audit --json` found

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
    opening.add_argument("--workload", default="", help="the workload that it is about")
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
    closing.add_argument("--retest", required=True, metavar="DRILL", help="the drill that shows it mended")


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
            return desk.open_audit(args.audit)
        case "open":
            desk.open(_words("--what", args.what), args.workload, args.obligation)
        case "assign":
            desk.assign(args.finding, _words("--owner", args.owner), _words("--action", args.what), args.due)
        case _:
            desk.close(args.finding, DrillId(args.retest))
    return Exit.OK


class Desk:
    """The findings of one workshop."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._journal = FindingJournal(workshop.state_dir / "findings")
        self._now = SystemClock().utc()

    @cached_property
    def _agreement(self) -> str:
        return self._workshop.agreed.contract.id

    def findings(self) -> tuple[tuple[Finding, ...], Examination]:
        """Read new drills, and put everything together."""
        drills: DrillDirectory = self._workshop.drills
        found = examine(self._journal, drills.path, self._trust(), now=self._now, check=token_reader())
        log = self._workshop.log()
        seen: list[Sighting] = []
        if log is not None:
            running = {one.drill_id for one in self._workshop.ledgers.views() if one.state == "in use"}
            seen += without_result(
                log, drills.path, agreement=self._agreement, running=running, now=self._now
            )
        return fold(found.events, seen), found

    def finding(self, named: str) -> Finding:
        """The finding whose id begins so; InputError for none or several."""
        found = [one for one in self.findings()[0] if named and one.id.startswith(named)]
        if len(found) != 1:
            problem = f"{len(found)} findings begin with" if found else "no finding begins with"
            raise InputError(f"{problem} {named!r}", hint="see `drverify finding list --all`")
        return found[0]

    def assign(self, named: str, owner: str, action: str, due: date) -> None:
        """Name who does what until when."""
        found = self.finding(named)
        if found.state is FindingState.CLOSED:
            raise InputError(f"finding {found.id} is closed by drill {_retest(found)}")
        self._journal.append(
            [Assigned(at=self._now, subject=found.subject, owner=owner, action=action, due=due)]
        )
        print(f"{found.id}: {owner} until {due}")

    def close(self, named: str, retest: DrillId) -> None:
        """Close it by a drill; the drill is verified anew. InputError says why it is none that closes it."""
        found = self.finding(named)
        if found.state is FindingState.CLOSED:
            raise InputError(f"finding {found.id} is closed by drill {_retest(found)}")
        try:
            drill = verified(self._workshop.drills.directory(retest), self._trust(), token_reader())
        except EvidenceError as error:
            raise EvidenceError(f"the retest's evidence does not hold: {error}") from error
        shown_by = retest_from(drill)
        verdicts = drill.report.verdicts
        problem = why_not(found, shown_by, met_in(verdicts), judged=tuple(one.obligation for one in verdicts))
        if not problem and drill.report.plan.drill_id != retest:
            problem = f"the evidence is of drill {drill.report.plan.drill_id}"
        if problem:
            raise InputError(f"drill {retest} does not close finding {found.id}: {problem}")
        self._journal.append([Closed(at=self._now, subject=found.subject, retest=shown_by)])
        print(f"{found.id}: closed by drill {retest}")

    def open(self, what: str, workload: str, obligation: str) -> None:
        """Open one by hand."""
        if workload:
            self._workshop.workload(workload)
        if obligation and not workload:
            raise InputError("--obligation needs --workload")
        subject = Subject(
            agreement=self._agreement,
            cause=Cause.AUDIT,
            workload=workload,
            obligation=obligation,
            code=what,
        )
        needs = (ObligationId(obligation),) if obligation else ()
        self._opened(Sighting(subject=subject, at=self._now, reason=what, needs=needs))

    def open_audit(self, path: Path) -> int:
        """Open everything that an audit found; what is known already is seen again."""
        for sighting in seen_by(_audit(path)):
            self._opened(sighting)
        return Exit.OK

    def _opened(self, sighting: Sighting) -> None:
        if not any(isinstance(one, Opened) and one.sighting == sighting for one in self._journal.events()):
            self._journal.append([Opened(at=self._now, sighting=sighting)])
        print(f"{finding_id(sighting.subject)}: {sighting.reason}")

    def _trust(self) -> Trust:
        path = self._workshop.trust_file()
        return read_trust(path.read_bytes(), what=str(path))


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


def _audit(path: Path) -> Audit:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"{path}: larger than {MAX_BYTES} bytes")
    try:
        return codec.from_json(parse(content, what=str(path)), Audit, what=str(path))
    except EvidenceError as error:
        raise InputError(
            f"not an audit: {error}", hint="give what `drverify audit --json` printed"
        ) from error


def _retest(found: Finding) -> str:
    return found.closed.retest.drill if found.closed is not None else ""


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
