"""`drverify report`: what a period's drills showed, for the people who read reports."""

import argparse
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drverify.adapters.annex import ran
from drverify.adapters.annex.view import view
from drverify.adapters.bundle.reading import named
from drverify.adapters.storage.durable import write_durably
from drverify.annex.model import Annex
from drverify.cli.places import settings_path
from drverify.cli.report_gathering import Source, from_bundle, from_state
from drverify.cli.report_signing import Signing, signing_of
from drverify.cli.trusted import instant
from drverify.errors import Exit, InputError
from drverify.model.verdict import Outcome
from drverify.sealing import codec

if TYPE_CHECKING:
    from drverify.compose import Workshop

EXAMPLES = """\
examples:
  drverify report annex --period 2026Q4 --pdf              writes annex-2026Q4.pdf
  drverify report annex --period 2026Q4 --html -o annex.html
  drverify report annex --period 2026Q4 --json -o - | jq .summary
  drverify report annex --period 2026Q4 --pdf --earlier annex-2026Q3.json --earlier annex-2026Q2.json
  drverify report annex --bundle evidence-2026Q4.tar --trust 1.root.json --pdf     as an auditor: no settings

Every figure is computed anew from evidence that holds. With a log it is audited whole first. The JSON is the
annex itself, and lies inside the PDF; the same annex gives the same PDF, byte for byte, until it is signed.

exit codes: 0 every promise is MET; 10 one is MISSED; 11 one is not proven, or drills are missing;
12 the evidence does not hold. The report is written each time.
"""
_EXTRAS = {"typst": "annex", "pyhanko": "annex", "asn1crypto": "annex", "jinja2": "annex"}
_EXITS = {Outcome.MET: Exit.OK, Outcome.MISSED: Exit.MISSED, Outcome.UNPROVEN: Exit.UNPROVEN}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the reports."""
    kinds = parser.add_subparsers(dest="report", metavar="REPORT", required=True)
    annex = kinds.add_parser("annex", help="the annex of a quarterly report")
    annex.add_argument("--period", metavar="NAME", help="a year, quarter or month: 2026, 2026Q4, 2026-11")
    annex.add_argument("--agreement", metavar="ID", help="refuse unless the settings are of this agreement")
    forms = annex.add_mutually_exclusive_group(required=True)
    forms.add_argument(
        "--pdf", dest="form", action="store_const", const="pdf", help="PDF/A-3a, the JSON inside"
    )
    forms.add_argument(
        "--html", dest="form", action="store_const", const="html", help="one file that needs nothing else"
    )
    forms.add_argument("--json", dest="form", action="store_const", const="json", help="the annex itself")
    annex.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to write (default: annex-PERIOD.FORM; - is standard output)",
    )
    annex.add_argument("--bundle", type=Path, metavar="BUNDLE", help="from a bundle instead of the own state")
    annex.add_argument(
        "--trust",
        type=Path,
        metavar="TRUST",
        help="whom to believe: a trust file or a root (default, without --bundle: our own keys)",
    )
    annex.add_argument(
        "--have",
        type=Path,
        action="append",
        default=[],
        metavar="CHECKPOINT",
        help="a checkpoint of the log that was handed out before (repeatable)",
    )
    annex.add_argument(
        "--at", type=instant, metavar="TIME", help="as of when, such as 2027-01-04T08:00:00Z (default: now)"
    )
    annex.add_argument(
        "--earlier",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the JSON of an earlier period's annex, for the trend (repeatable)",
    )
    annex.add_argument("--unstamped", action="store_true", help="sign without asking a time authority")


def run(args: argparse.Namespace) -> int:
    """Make the annex, and write it in the wanted form."""
    with ExitStack() as stack:
        return _report(args, stack)


def _report(args: argparse.Namespace, stack: ExitStack) -> int:
    at = args.at or datetime.now(UTC).replace(microsecond=0)
    if args.bundle is not None:
        if args.trust is None:
            raise InputError("--bundle needs --trust", hint="a trust file or root that you got another way")
        bundle = stack.enter_context(named(args.bundle))
        source = from_bundle(bundle, args.trust, at, earlier=args.earlier, held=args.have)
        _asked_for(source.annex, args)
        signing = Signing()
    else:
        composing: Any = import_module(
            "drverify.compose"
        )  # an auditor has neither settings nor what reads them
        workshop: Workshop = composing.Workshop.open(settings_path(args))
        _same_agreement(workshop, args.agreement)
        if args.period is None:
            raise InputError("--period is missing", hint="a year, quarter or month: 2026, 2026Q4, 2026-11")
        source = from_state(workshop, args.period, at, earlier=args.earlier, trust=args.trust, held=args.have)
        signing = signing_of(workshop, stamped=not args.unstamped) if args.form == "pdf" else Signing()
    annex = source.annex
    _write(_drawn(source, args.form, signing), args.output or f"annex-{annex.period.id}.{args.form}")
    for line in source.remarks:
        print(line, file=sys.stderr)
    if any(one.weight.value == "refused" for one in annex.basis.findings):
        return Exit.EVIDENCE_INVALID
    return _EXITS[annex.summary.outcome]


def _asked_for(annex: Annex, args: argparse.Namespace) -> None:
    """InputError when a bundle is of something else than was named."""
    for what, wanted, found in (
        ("period", args.period, annex.period.id),
        ("agreement", args.agreement, annex.agreement.id),
    ):
        if wanted is not None and wanted != found:
            raise InputError(f"the bundle is of the {what} {found}, not of {wanted}")


def _same_agreement(workshop: "Workshop", wanted: str | None) -> None:
    known = workshop.agreed.contract.id
    if wanted is not None and wanted != known:
        raise InputError(
            f"the settings are of agreement {known}, not of {wanted}", hint="name others with --config"
        )


def _drawn(source: Source, form: str, signing: Signing) -> bytes:
    """The file's bytes."""
    content = codec.encode(source.annex)
    if form == "json":
        return content
    shown = list(ran.pictures(source.annex, source.load))
    pictures = {str(one["file"]): body for one, body in shown}
    page = {**view(source.annex, signed=_words(form, signing)), "pictures": [one for one, _ in shown]}
    try:
        if form == "html":
            made: bytes = import_module("drverify.adapters.annex.html").draw(page, pictures)
            return made
        drawing = import_module("drverify.adapters.annex.pdf")
        made = drawing.draw(page, content, pictures, at=source.annex.basis.at, fonts=signing.fonts)
        return signing.sign(made)
    except ModuleNotFoundError as error:
        raise InputError(
            f"a report as {form} needs the Python package {error.name}",
            hint=f"pip install 'drverify[{_EXTRAS.get(error.name or '', 'annex')}]'",
        ) from error


def _words(form: str, signing: Signing) -> str:
    """Whether the page itself is signed: who only has paper reads it there."""
    if form == "pdf" and signing.name:
        stamp = (
            f", with a time stamp of {signing.authority}" if signing.authority else ", without a time stamp"
        )
        return (
            f"This file is signed by {signing.name} (PAdES, certified: no change is allowed){stamp}. Check "
            "it with `pyhanko sign validate` or another PAdES validator. The signature says who handed over "
            "these pages; what they rest on is the evidence above, which is signed on its own."
        )
    return (
        "This file itself is not signed. It is a view: what it rests on is the evidence above, which is "
        "signed on its own and can be checked as said below."
    )


def _write(content: bytes, target: str) -> None:
    if target == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    write_durably(Path(target), content, mode=0o644)
    print(f"{target}: {len(content):,} bytes")
