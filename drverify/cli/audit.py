"""`drverify audit`: check a bundle offline, trusting nothing in it. Needs no vendor, network or settings."""

import argparse
import gc
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drverify.adapters.bundle.forked import forked, usable
from drverify.adapters.bundle.reading import DirectoryBundle, TarBundle, named
from drverify.adapters.doors import durations
from drverify.adapters.signing.reference import PublicSigner
from drverify.adapters.storage.durable import write_durably
from drverify.auditing import layout
from drverify.auditing.attesting import attest
from drverify.auditing.audit import audit
from drverify.auditing.question import Question
from drverify.cli import audit_output, key_reference
from drverify.cli.report_gathering import held_in
from drverify.cli.tokens import token_reader
from drverify.cli.trusted import instant, own_file, pinned_of, trust_of
from drverify.errors import EvidenceError, Exit, InputError
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust
from drverify.sealing.stamps import CLOCKS, MISSING
from drverify.sealing.strict_json import MAX_BYTES

EXAMPLES = """\
examples:
  drverify audit evidence-2026Q4.tar --trust acme.trust.json
  drverify audit evidence-2026Q4.tar --trust 1.root.json --have october.checkpoint --have november.checkpoint
  drverify audit q4/ --trust acme.trust.json --at 2027-01-15T00:00:00Z --json
  drverify audit evidence-2026Q4.tar --trust acme.trust.json --stamped --within 15m
  drverify audit evidence-2026Q4.tar --trust acme.trust.json --stamped --by 2
  drverify audit evidence-2026Q4.tar --trust acme.trust.json --attest auditor.key -o audit.dsse.json

TRUST is what you got when the agreement was signed, never out of the bundle: a trust file, a root, a
directory with roots, or sha256:DIGEST of a root. CHECKPOINT is one that the customer was handed, or
cosigned, before.

exit codes: 0 it holds, and no drill is missing, unfinished or repeated, whether promises were kept or not
(the verdicts are told); 11 it holds, and drills are, or nothing that was agreed says which there had to be;
12 it does not hold: something is forged, changed, contradictory or gone; 2 an argument is wrong. Every
figure is computed here.
"""
_PIECE = 1024 * 1024
MOST_JOBS = 64
MOST_AUTHORITIES = 99


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the bundle, and what the auditor brings along."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a tar or a directory")
    parser.add_argument("--trust", type=Path, required=True, metavar="TRUST", help="whose keys count")
    parser.add_argument(
        "--at", type=instant, metavar="TIME", help="as of when, such as 2027-01-15T00:00:00Z (default: now)"
    )
    parser.add_argument(
        "--have",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint of the log that was handed out before; may be repeated",
    )
    parser.add_argument(
        "--stamped",
        action="store_true",
        help="refuse the bundle unless trusted time authorities stamped every start and every result in time",
    )
    parser.add_argument(
        "--within",
        type=_span,
        metavar="DURATION",
        help="how late these stamps may be, after restore began and drill ended (default: 1m)",
    )
    parser.add_argument(
        "--by",
        type=_count,
        metavar="N",
        help="how many different authorities must have stamped each of them in time (default: 1)",
    )
    parser.add_argument(
        "--jobs", type=_jobs, metavar="N", help="how many processes check evidence (default: two at the most)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument(
        "--attest", dest="keyfile", metavar="KEY", help=f"sign the result: {key_reference.FORMS}"
    )
    key_reference.declare_reaching(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to write what is signed")


def run(args: argparse.Namespace) -> int:
    """Audit and report; InputError for what the auditor brought and is wrong."""
    signer = _signer(args)
    stamped = _demanded(args)
    at = args.at or datetime.now(UTC)
    held = held_in(args.have)
    try:
        with named(args.bundle) as bundle, _much_kept():
            with _trust_in(bundle) as beside:
                trust: Trust = trust_of(args.trust, at, beside=beside)
            question = Question(trust=trust, at=at, held=held, check=token_reader(), stamped=stamped)
            question = replace(question, stampers=_stampers(args))
            _askable(question)
            found = audit(bundle, question, checked=forked(bundle, args.jobs or usable()))
    except EvidenceError as error:
        why = str(error)
        sys.stdout.write(
            audit_output.dumped({"holds": False, "complete": False, "refused": why})
            if args.json
            else audit_output.refusal(args.bundle, why)
        )
        return Exit.EVIDENCE_INVALID
    sys.stdout.write(audit_output.as_json(found) if args.json else audit_output.text(args.bundle, found))
    if signer is not None:
        _attest(args, found, signer)
    if not found.holds:
        return Exit.EVIDENCE_INVALID
    return Exit.OK if found.complete else Exit.UNPROVEN


def _demanded(args: argparse.Namespace) -> timedelta | None:
    """How late stamps may be; None when none are demanded."""
    if args.within is not None and not args.stamped:
        raise InputError("--within says how late the stamps may be that --stamped asks for: give both")
    if args.by is not None and not args.stamped:
        raise InputError("--by says how many must have stamped what --stamped asks for: give both")
    return (CLOCKS if args.within is None else args.within) if args.stamped else None


def _stampers(args: argparse.Namespace) -> int:
    return 1 if args.by is None else int(args.by)


def _askable(question: Question) -> None:
    """InputError where no stamp could be confirmed: that is no fault of the bundle's."""
    if question.stamped is None:
        return
    if not question.trust.authorities:
        raise InputError(
            "--stamped needs a time authority in what --trust names", hint="see docs/evidence.md"
        )
    known = len({one.name for one in question.trust.authorities})
    if question.stampers > known:
        raise InputError(f"--by {question.stampers}: what --trust names has {known} time authorities")
    if question.check is None:
        raise InputError(f"--stamped needs what reads time stamps: {MISSING}")


def _signer(args: argparse.Namespace) -> PublicSigner | None:
    """Whoever signs the result, found before an hour's work is done in vain."""
    if (args.keyfile is None) != (args.output is None):
        raise InputError("--attest KEY and -o FILE belong together")
    if args.keyfile is None:
        return None
    if not args.output.parent.is_dir():
        raise InputError(f"{args.output.parent}: there is no such directory", hint="name another with -o")
    return key_reference.signer(args)


def _attest(args: argparse.Namespace, found: Audit, signer: PublicSigner) -> None:
    """Sign the result and write it."""
    index = args.bundle / layout.INDEX if args.bundle.is_dir() else args.bundle
    believed = [(path.name, sha256_of(own_file(path, MAX_BYTES))) for path in args.have]
    if args.trust.is_file():
        believed.insert(0, (args.trust.name, sha256_of(own_file(args.trust, MAX_BYTES))))
    else:
        believed.insert(0, ("root", pinned_of(args.trust)))
    write_durably(
        args.output,
        attest(
            found,
            [(index.name, _digest(index))],
            believed,
            signer,
            stamped=_demanded(args),
            stampers=_stampers(args),
        ),
        mode=0o644,
    )


@contextmanager
def _trust_in(bundle: TarBundle | DirectoryBundle) -> Iterator[Path]:
    """The bundle's trust metadata in a directory of its own, which goes away again."""
    with TemporaryDirectory(prefix="drverify-trust-") as name:
        place = Path(name)
        for path in bundle.names("trust/"):
            below = path.removeprefix("trust/")
            if "/" not in below:
                (place / below).write_bytes(bundle.read(path, MAX_BYTES))
        yield place


def _digest(path: Path) -> Sha256:
    found = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            found.update(piece)
    return Sha256(found.hexdigest())


@contextmanager
def _much_kept() -> Iterator[None]:
    """Let the collector of cycles look less often: nothing makes many, and a year keeps a million objects."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _span(text: str) -> timedelta:
    try:
        return durations.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_AUTHORITIES:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_AUTHORITIES}")
    return int(text)


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"must be a number from 1 to {MOST_JOBS}")
    return int(text)
