"""`drverify record`: what provider and customer state together, besides drills."""

import argparse
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.cli.places import settings_path
from drverify.cli.record_files import draft_in, read_file, shown, sign_file, signer_named, write_file
from drverify.cli.trusted import trust_of
from drverify.errors import Exit, InputError
from drverify.model.evidence import SIGNED_BY
from drverify.model.records import PartyRecord, Schedule
from drverify.planning.period import period_of
from drverify.planning.schedule import Wishes
from drverify.sealing.envelope import encode
from drverify.sealing.logged import leaf_of
from drverify.sealing.records.building import sign, unsigned
from drverify.sealing.records.checking import contradictions
from drverify.sealing.records.reading import read_draft, read_record
from drverify.sealing.records.wording import title_of

if TYPE_CHECKING:
    from drverify.cli.record_making import Wanted
    from drverify.compose import Workshop

EXAMPLES = """\
examples:
  drverify record register                    both parties agree how the agreement is read
  drverify record schedule 2027Q1             which drills the agreement needs in a period
  drverify record schedule 2026Q4 --workload shop --each 1 --from 2026-12-01    one more slot in a period
  drverify record void 20260914T120001Z-0a1b2c --reason "power cut at the site, see ticket 4711"
  drverify record close 2026Q4                count a period
  drverify record refresh annex-2026Q4.pdf    have files logged, so that they stay credible
  drverify record show schedule-0a1b2c3d4e5f6071.dsse.json    what it says, in words
  drverify record log schedule-0a1b2c3d4e5f6071.dsse.json     check it, and write it into the log
  drverify record list

Each makes a file and signs it for the provider. A register, a schedule and a void are the customer's word,
too: give the file to the customer, who signs it (`drverify customer sign`) and gives it back; then log it.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    made = {
        "register": "make the record of how the agreement is read",
        "schedule": "make a period's schedule",
        "void": "make the record that a start is not counted",
        "close": "make the count of a period",
        "refresh": "make the record that keeps files credible",
    }
    for name, text in made.items():
        one = actions.add_parser(name, help=text)
        _declare(name, one)
        one.add_argument("--key", metavar="KEY", help="the provider's key (default: signing.provider)")
        one.add_argument("-o", dest="to", type=Path, metavar="FILE", help="where to write it (default: here)")
    show = actions.add_parser("show", help="say in words what a record's file states; needs no settings")
    show.add_argument("file", type=Path, metavar="FILE")
    show.add_argument("--trust", type=Path, metavar="FILE", help="whose signatures are to be checked")
    show.add_argument("--lock", type=Path, metavar="FILE", help="the accepted register that it has to be of")
    signing = actions.add_parser("sign", help="sign a record's file for the provider; needs no settings")
    signing.add_argument("file", type=Path, metavar="FILE")
    signing.add_argument("--key", required=True, metavar="KEY", help="the provider's key")
    log = actions.add_parser("log", help="check a record that all have signed, and write it into the log")
    log.add_argument("file", type=Path, metavar="FILE")
    actions.add_parser("list", help="list the records, and where they stand in the log")


def _declare(name: str, one: argparse.ArgumentParser) -> None:
    match name:
        case "schedule":
            one.add_argument("period", metavar="PERIOD", help="such as 2027Q1, 2027-01 or 2027")
            _declare_wishes(one)
        case "void":
            one.add_argument("drill", metavar="DRILL", help="id of a drill that was begun and has no result")
            one.add_argument("--reason", required=True, metavar="TEXT", help="why it is not to be counted")
        case "close":
            one.add_argument("period", metavar="PERIOD", help="as in its schedule")
            one.add_argument("--size", type=int, metavar="N", help="count the first N entries (default: all)")
        case "refresh":
            one.add_argument(
                "files", type=Path, nargs="*", metavar="FILE", help="default: every time stamp of the log"
            )


def _declare_wishes(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--window", type=int, default=7, metavar="DAYS", help="how long a slot is open at most (default: 7)"
    )
    one.add_argument(
        "--from",
        dest="since",
        type=_day,
        metavar="DAY",
        help="nothing opens earlier (default: where the period begins; tomorrow if it has begun)",
    )
    one.add_argument(
        "--each",
        type=int,
        metavar="N",
        help="slots for each workload (default: as many as the promise needs)",
    )
    one.add_argument(
        "--workload", action="append", default=[], metavar="NAME", help="only this one; may be given again"
    )


def _day(text: str) -> datetime:
    """The beginning of a day in UTC; ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    if args.action == "show":
        keys = trust_of(args.trust, datetime.now(UTC)).keys if args.trust else None
        for line in shown(draft_in(args.file), keys, args.lock):
            print(line)
        return Exit.OK
    if args.action == "sign":
        sign_file(args.file, args.file, signer_named(args.key), "provider", None)
        return Exit.OK
    # whoever looks at a record, or signs one, has neither settings nor what reads them
    composing: Any = import_module("drverify.compose")
    workshop: Workshop = composing.Workshop.open(settings_path(args))
    log = workshop.log()
    if log is None:
        raise InputError("the settings name no log", hint="add [log]: see docs/settings.md")
    match args.action:
        case "log":
            return _log(workshop, log, args.file)
        case "list":
            return _list(workshop, log)
        case _:
            return _make(workshop, log, args)


def _making() -> Any:
    """What makes records out of settings."""
    return import_module("drverify.cli.record_making")


def _make(workshop: "Workshop", log: DirectoryLog, args: argparse.Namespace) -> int:
    """Make a record, refuse one that cannot be true, sign it if there is a key, write it."""
    making, history = _making(), workshop.parties.history(log, workshop.drills.path)
    match args.action:
        case "register":
            record: PartyRecord = making.register(workshop, history)
        case "schedule":
            record = making.schedule(workshop, history, _wanted(args))
        case "void":
            record = making.void(workshop, history, args.drill, args.reason)
        case "close":
            record = making.close(workshop, log, history, args.period, args.size)
        case _:
            record = making.refresh(workshop, log, args.files)
    _refuse(workshop, log, record, "nothing was written")
    envelope = unsigned(record)
    named = args.key or workshop.settings.signing.provider
    if named is not None:
        signer = signer_named(args.key) if args.key else workshop.parties.provider()
        envelope = sign(envelope, signer, before=False)
    draft = read_draft(encode(envelope))
    path = args.to or Path(f"{draft.kind}-{draft.payload[:16]}.dsse.json")
    write_file(path, encode(envelope))
    for line in shown(draft, None, None):
        print(line)
    for line in making.what_is_left(workshop, history, record) if isinstance(record, Schedule) else ():
        print(f"note: {line}")
    left = [role for role in SIGNED_BY[draft.kind] if role != "provider" or named is None]
    print(f"written: {path}" + (f"; to be signed by the {' and the '.join(left)}" if left else ""))
    return Exit.OK


def _wanted(args: argparse.Namespace) -> "Wanted":
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    begun = period_of(args.period).begins <= datetime.now(UTC)
    wishes = Wishes(
        window=timedelta(days=args.window),
        since=args.since or (tomorrow if begun else None),
        each=args.each,
        workloads=args.workload,
    )
    wanted: Wanted = _making().Wanted(period=args.period, wishes=wishes)
    return wanted


def _refuse(workshop: "Workshop", log: DirectoryLog, record: PartyRecord, so: str) -> None:
    """InputError with everything that cannot be in a record that is logged now."""
    history = workshop.parties.history(log, workshop.drills.path)
    grounds = workshop.parties.grounds(log, datetime.now(UTC))
    wrong = list(contradictions(record, history, log.tiles.size, grounds))
    if wrong:
        raise InputError(f"{title_of(record)}: {'; '.join(wrong)}", hint=so)


def _log(workshop: "Workshop", log: DirectoryLog, file: Path) -> int:
    data = read_file(file)
    checked = read_record(data, workshop.parties.keys())
    leaf = leaf_of(checked.kind, data)
    there = next((one.index for one in log.entries() if one.leaf == leaf), None)
    if there is not None:
        workshop.parties.records.keep(data)
        print(f"{title_of(checked.record)}: entry {there} of {log.origin} already")
        return Exit.OK
    _refuse(workshop, log, checked.record, "it is not logged")
    files = _making().named_by(workshop, checked.record)
    workshop.parties.records.keep(data, files)
    index = log.add(checked.kind, data)
    print(f"{title_of(checked.record)}: entry {index} of {log.origin}")
    stamps = workshop.stamps(log)
    for answer in stamps.stamp(log.proof(index)) if stamps is not None else ():
        print(answer.said)
    return Exit.OK


def _list(workshop: "Workshop", log: DirectoryLog) -> int:
    places = {one.leaf: one.index for one in log.entries()}
    kept = sorted(workshop.parties.records.entries(), key=lambda one: places.get(one.leaf, log.tiles.size))
    for one in kept:
        place = f"{places[one.leaf]:>6}" if one.leaf in places else "     -"
        said = title_of(one.checked.record) if one.checked else f"does not hold: {one.why}"
        print(f"{place}  {one.leaf.kind:<15} {said}  ({one.path.name})")
    if not kept:
        print("no record was logged yet")
    return Exit.OK if all(one.checked is not None for one in kept) else Exit.EVIDENCE_INVALID
