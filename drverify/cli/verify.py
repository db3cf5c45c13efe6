"""`drverify verify`: check evidence offline. Needs no vendor, no network and no settings."""

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from textwrap import fill

from drverify.adapters.storage.plain import plain_content
from drverify.adapters.storage.verified import artefacts_of, kept_beside
from drverify.cli.trusted import instant, trust_of
from drverify.cli.verify_held import Holding
from drverify.cli.verify_hidden import Hidden
from drverify.errors import EvidenceError, Exit, HostError, InputError
from drverify.model.duration import exact, human
from drverify.model.evidence import TrustedAuthority
from drverify.model.obligation import Obligation
from drverify.model.verdict import Outcome, Verdict
from drverify.report.circumstances import circumstances
from drverify.sealing.codec import to_json
from drverify.sealing.contradictions.challenged import has_stamps
from drverify.sealing.keys import keyid_of
from drverify.sealing.logged import LogFiles
from drverify.sealing.stamps import CheckToken
from drverify.sealing.strict_json import MAX_BYTES, Json
from drverify.sealing.verification import RefusedError, Report, verify

NAME = "verify"
EXAMPLES = """\
examples:
  drverify verify drills/20260914T120001Z-0a1b2c --trust runner.trust.json
  drverify verify evidence.dsse.json --trust runner.trust.json --json
  drverify verify drills/20260914T120001Z-0a1b2c --trust acme.trust/1.root.json
  drverify verify drills/20260914T120001Z-0a1b2c --trust runner.trust.json --stamped
  drverify verify drills/20260914T120001Z-0a1b2c --trust runner.trust.json --held acme.checkpoint --log log/

exit codes: 0 the evidence holds, whether its promises were kept or not; 12 it does not hold;
2 an argument is wrong. Figures and verdicts are computed here, never taken from the evidence.
"""

ENVELOPE = "evidence.dsse.json"
_WIDTH = 100


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the evidence and the trust file."""
    parser.add_argument(
        "evidence", type=Path, metavar="EVIDENCE", help=f"directory of a drill, or its {ENVELOPE}"
    )
    parser.add_argument(
        "--trust",
        type=Path,
        required=True,
        metavar="TRUST",
        help="whom to believe: a trust file, or the root (file or directory) that both parties pinned",
    )
    parser.add_argument(
        "--at", type=instant, metavar="TIME", help="believe as of then, where a root is named (default: now)"
    )
    parser.add_argument(
        "--stamped",
        action="store_true",
        help="refuse evidence unless time stamps confirm when its start and its result were logged",
    )
    parser.add_argument(
        "--held",
        type=Path,
        metavar="FILE",
        help="a checkpoint of the log that we hold: refuse evidence that is in another log of the same name",
    )
    parser.add_argument(
        "--log",
        type=Path,
        metavar="DIR",
        help="a copy of the log, for --held of another size than the evidence's checkpoints",
    )
    parser.add_argument(
        "--disclosures",
        type=Path,
        metavar="FILE",
        help="show the names, hosts and addresses that the evidence hides, as far as FILE discloses them",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Verify and report; InputError when a file that was named is not there."""
    trust = trust_of(args.trust, args.at or datetime.now(UTC))
    if args.stamped and not (trust.authorities and any(key.role == "log" for key in trust.keys)):
        raise InputError(
            "--stamped needs a log and a time authority in the trust file", hint="see docs/evidence.md"
        )
    holding = Holding.of(args.held, args.log, trust.keys)
    path = args.evidence / ENVELOPE if args.evidence.is_dir() else args.evidence
    data = _read(path, 2 * MAX_BYTES)
    logged = _logged(path.parent, data, trust.authorities, required=args.stamped)
    try:
        report = verify(data, artefacts_of(path.parent), trust.keys, logged)
        if holding is not None:
            report = holding.held_against(report, logged)
    except RefusedError as refusal:
        sys.stdout.write(_refusal_json(refusal) if args.json else _refusal(path, refusal))
        return Exit.EVIDENCE_INVALID
    hidden = Hidden.of(report, args.disclosures)
    if args.json:
        sys.stdout.write(_dumped({**_report_json(report), **hidden.json()}))
    else:
        shown = _text(path, report) + "".join(f"{line}\n" for line in hidden.lines())
        sys.stdout.write(hidden.known.told(shown, _printable))
    return Exit.OK


def _logged(
    directory: Path, data: bytes, authorities: tuple[TrustedAuthority, ...], *, required: bool
) -> LogFiles:
    """What lies beside the evidence, and what reads the time stamps there and those in its challenge."""
    try:
        found = kept_beside(directory)
    except (EvidenceError, HostError) as error:
        raise InputError(str(error)) from error
    there = found.stamps.start or found.stamps.result or has_stamps(data)
    stamps = replace(
        found.stamps, authorities=authorities, check=_reader() if there else None, required=required
    )
    return replace(found, stamps=stamps)


def _reader() -> CheckToken | None:
    """What reads time stamps; none without its library, which nobody needs who has no time stamps."""
    try:
        module = import_module("drverify.adapters.stamping.tokens")
    except ModuleNotFoundError:
        return None
    check: CheckToken = module.check_token
    return check


def _read(path: Path, limit: int) -> bytes:
    """A plain file's content; InputError for anything else, as a stranger has laid out the directory."""
    try:
        return plain_content(path, limit)
    except FileNotFoundError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (EvidenceError, HostError) as error:
        raise InputError(str(error)) from error


def _printable(text: str) -> str:
    """Evidence quotes what a hostile guest said: no control character of it reaches the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _refusal(path: Path, refusal: RefusedError) -> str:
    lines = [f"The evidence DOES NOT HOLD: {path}", "", f"  {_printable(str(refusal))}", ""]
    lines += ["Up to there this held:" if refusal.held else "Nothing held before that.", *_held(refusal.held)]
    return "\n".join(lines) + "\n"


def _text(path: Path, report: Report) -> str:
    plan, record, agreement = report.plan, report.record, report.register.agreement
    point = record.selection.point
    facts = (
        ("drill", f"{plan.drill_id}, workload {plan.workload.name}, {plan.mode} restore"),
        ("declared", f"{to_json(record.started_at)}, incident {to_json(plan.incident_at)}"),
        ("point", f"{point.id}, as of {to_json(point.consistent_as_of)}" if point else "none"),
        ("agreement", f"{agreement.id} {agreement.title}: {agreement.provider} for {agreement.customer}"),
        *(("document", f"{one.name}, sha256 {one.sha256}") for one in agreement.documents),
        ("signed by", ", ".join(f"{key.name} ({keyid_of(key.public_der)})" for key in report.signers)),
        ("made with", f"{report.tool.name} {report.tool.version}"),
    )
    lines = [f"The evidence HOLDS: {path}", f"What it shows: {_summary(report.verdicts)}.", ""]
    lines += [f"  {name:<10} {_printable(value)}" for name, value in facts]
    lines += ["", "Obligations, limits from the register, figures and verdicts computed here:", ""]
    for verdict in report.verdicts:
        lines += _verdict(verdict, report)
    lines += ["What held:", *_held(report.held), *(f"  note: {_printable(note)}" for note in report.notes)]
    return "\n".join(lines) + "\n"


def _summary(verdicts: tuple[Verdict, ...]) -> str:
    counted = [(sum(one.outcome is outcome for one in verdicts), outcome) for outcome in Outcome]
    return ", ".join(f"{count} {outcome}" for count, outcome in counted if count) or "no obligation judged"


def _verdict(verdict: Verdict, report: Report) -> list[str]:
    obligation = _obligation(verdict, report)
    figures = [
        f"limit {exact(verdict.limit)}" if verdict.limit is not None else "",
        f"achieved {human(verdict.achieved)}" if verdict.achieved is not None else "",
        f"allowance {exact(verdict.allowance)}" if verdict.allowance else "",
    ]
    head = f"  {verdict.outcome:<9} clause {obligation.clause}  {verdict.obligation}  "
    beside = [_indented(text) for text in (verdict.reason, *circumstances(obligation))]
    return [_printable(head + ", ".join(filter(None, figures))).rstrip(), *beside, ""]


def _indented(text: str) -> str:
    return fill(_printable(text), width=_WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 12)


def _obligation(verdict: Verdict, report: Report) -> Obligation:
    return next(one for one in report.register.obligations if one.id == verdict.obligation)


def _held(held: tuple[str, ...]) -> list[str]:
    return [f"  {number}. {_printable(step)}" for number, step in enumerate(held, start=1)]


def _refusal_json(refusal: RefusedError) -> str:
    return _dumped({"holds": False, "refused": str(refusal), "held": list(refusal.held)})


def _report_json(report: Report) -> dict[str, Json]:
    return {
        "holds": True,
        "drill": report.plan.drill_id,
        "workload": report.plan.workload.name,
        "agreement": {
            "id": report.register.agreement.id,
            "contract": report.register.contract,
            "documents": {one.name: one.sha256 for one in report.register.agreement.documents},
        },
        "signers": [{"name": key.name, "keyid": keyid_of(key.public_der)} for key in report.signers],
        "verdicts": [_verdict_json(verdict, report) for verdict in report.verdicts],
        "held": list(report.held),
        "notes": list(report.notes),
    }


def _verdict_json(verdict: Verdict, report: Report) -> Json:
    obligation = _obligation(verdict, report)
    fields = to_json(verdict)
    beside: dict[str, Json] = {"party": obligation.party, "conditions": list(obligation.conditions)}
    return {**fields, **beside} if isinstance(fields, dict) else fields


def _dumped(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=True) + "\n"
