"""`drverify log`: the append-only log of this agreement's drills."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from drverify.adapters.storage.cosigned import CosignedDirectory, keep_cosigned
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.log_check import check_whole
from drverify.adapters.storage.stamps import StampDirectory
from drverify.cli import log_stamps
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.errors import EvidenceError, Exit, InputError
from drverify.sealing.completeness import GOOD, Logged
from drverify.transparency import checkpoint, note

EXAMPLES = """\
examples:
  drverify log show                 every start, every result, every record, and what came of it
  drverify log check                read the whole log: is it the signed tree, is no drill without a result
  drverify log checkpoint           what to hand to the customer, who keeps it
  drverify log proof 17             that entry 17 is in the log, in one file, with all signatures there are
  drverify log cosign acme.cosigned --key acme.vkey    add the customer's signature to the newest checkpoint
  drverify log key                  the log's public key, one line, as other tools read it
  drverify log mend                 log the results that killed drills did not come to log
  drverify log stamp --attempts 5   ask the time authorities for every time stamp that is missing
  drverify log witness              ask the witnesses to cosign the newest checkpoint

exit codes of `check`: 0 whole and complete; 11 a drill without a result, a result without a start, a record
that the wrong parties signed, or that the log contradicts;
12 the files are not the tree that was signed, or a time stamp does not hold. Of `stamp` and `witness`:
11 some are missing.
"""
EMPTY = "nothing was logged yet"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("show", "list what was logged and what came of it"),
        ("check", "read the whole log and hold starts against results"),
    ):
        one = actions.add_parser(name, help=text)
        one.add_argument("--json", action="store_true", help="machine-readable")
    actions.add_parser("checkpoint", help="print the newest signed checkpoint")
    actions.add_parser("key", help="print the log's public key")
    proof = actions.add_parser("proof", help="print the proof that an entry is in the log")
    proof.add_argument("index", type=int, metavar="INDEX")
    cosign = actions.add_parser("cosign", help="add somebody's signature to the newest checkpoint")
    cosign.add_argument("signed", type=Path, metavar="FILE", help="the checkpoint as they signed it")
    cosign.add_argument("--key", type=Path, required=True, metavar="FILE", help="their public key, one line")
    actions.add_parser("mend", help="log the results that killed drills did not come to log")
    actions.add_parser("witness", help="ask the witnesses to cosign the newest checkpoint")
    stamp = actions.add_parser("stamp", help="ask the time authorities for the time stamps that are missing")
    stamp.add_argument(
        "--attempts",
        type=int,
        default=1,
        metavar="N",
        help="ask an authority that fails N times, with pauses of 1, 2, 4... seconds (default: 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    log = workshop.log()
    if log is None:
        raise InputError(
            "the settings name no log", hint="add [log] with origin and key (`drverify key new --log ORIGIN`)"
        )
    match args.action:
        case "show":
            found = log.overview(workshop.drills.path, workshop.parties.stated(log))
            return _show(found, as_json=args.json)
        case "check":
            found = log.overview(workshop.drills.path, workshop.parties.stated(log))
            vouchers = (workshop.stamps(log), workshop.witnesses(log))
            return _check(log, found, *vouchers, as_json=args.json)
        case "stamp":
            return log_stamps.stamp(workshop.stamps(log), workshop.drills.path, args.attempts)
        case "witness":
            return _witness(workshop.witnesses(log), workshop.drills.path)
        case "mend":
            mended = log.mend(workshop.drills.path)
            print(f"logged now: {', '.join(mended)}" if mended else "every result is in the log")
        case "proof":
            sys.stdout.write(_proof(log, args.index))
        case "cosign":
            return _cosign(log, args.signed, args.key)
        case "key":
            print(log.tiles.key.vkey)
        case _:
            sys.stdout.write(_newest(log))
    return Exit.OK


def _witness(cosigned: CosignedDirectory | None, drills: Path) -> int:
    """Ask all of them; UNPROVEN when one gave no cosignature."""
    if cosigned is None:
        raise InputError("the settings name no witness", hint="add [[log.witnesses]] to the settings")
    answers = cosigned.ask()
    cosigned.deliver(drills)
    for one in answers:
        print(one.said)
    if not answers:
        print(EMPTY)
    return Exit.OK if answers and all(one.line for one in answers) else Exit.UNPROVEN


def _cosign(log: DirectoryLog, signed: Path, key: Path) -> int:
    """Add what they signed, once it was checked."""
    try:
        found = note.parse(signed.read_bytes(), what=str(signed))
        theirs = note.parse_vkey(key.read_text(), what=str(key))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{error.filename if isinstance(error, OSError) else key} cannot be read") from error
    except EvidenceError as error:
        hint = "`drverify customer cosign` and `drverify customer key` print them"
        raise InputError(str(error), hint=hint) from error
    if theirs.type is not note.KeyType.COSIGNER:
        raise InputError(f"{key}: not a cosigner's key", hint="`drverify customer key` prints one")
    if not note.signers(found, [theirs], what=str(signed)):
        raise InputError(f"{signed}: {theirs.name} did not sign it")
    lines = [one for one in found.signatures if (one.name, one.id) == (theirs.name, theirs.id)]
    log.tiles.cosign(checkpoint.parse(found.text, what=str(signed)), lines)
    if head := log.tiles.head():
        keep_cosigned(log.tiles, head[1], ())
    print(f"{theirs.name} signed the checkpoint of {log.tiles.size} entries")
    return Exit.OK


def _proof(log: DirectoryLog, index: int) -> str:
    if not 0 <= index < log.tiles.size:
        raise InputError(f"there is no entry {index}", hint="`drverify log show` lists them")
    return log.proof(index).decode()


def _newest(log: DirectoryLog) -> str:
    head = log.tiles.head()
    if head is None:
        raise InputError(EMPTY, hint="run a drill")
    return note.render(head[1]).decode()


def _show(found: tuple[Logged, ...], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return Exit.OK
    if not found:
        print(EMPTY)
    for one in found:
        print(_line(one))
    return Exit.OK


def _line(one: Logged) -> str:
    drill = f"{one.drill}  {one.workload}" if one.drill else f"payload {one.leaf.payload[:16]}"
    known = one.what or drill
    return f"{one.index:>6}  {one.leaf.kind:<14} {one.state:<14} {known}" + (
        f"  ({one.why})" if one.why else ""
    )


def _check(
    log: DirectoryLog,
    found: tuple[Logged, ...],
    stamps: StampDirectory | None,
    witnesses: CosignedDirectory | None,
    *,
    as_json: bool,
) -> int:
    whole = check_whole(log.tiles)
    size = whole.size if whole else 0
    doubtful = [one for one in found if one.state not in GOOD]
    stamped = stamps.check() if stamps else ()
    cosigned = witnesses.check() if witnesses else ()
    if as_json:
        fields = {"origin": log.origin, "entries": size, "doubtful": [asdict(one) for one in doubtful]}
        vouched = {"stamps": log_stamps.as_json(stamped), "cosigned": list(cosigned)}
        print(json.dumps({**fields, **vouched}, indent=2))
    else:
        print(f"{log.origin}: {size} entries, the tree that its checkpoint signs" if whole else EMPTY)
        for one in doubtful:
            print(_line(one))
        if whole and not doubtful:
            voided = sum(one.state == "voided" for one in found)
            but = f", but for {voided} that both parties voided" if voided else ""
            print(f"every drill that was started has its one result{but}")
        for line in log_stamps.said(stamped, stamps.missing()) if stamps else ():
            print(line)
        if witnesses is not None:
            newest = f", the newest of {cosigned[-1]} entries" if cosigned else ""
            print(f"{len(cosigned)} checkpoints were cosigned by witnesses{newest}")
    return Exit.UNPROVEN if doubtful else Exit.OK
