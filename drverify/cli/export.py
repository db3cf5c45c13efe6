"""`drverify export`: what a period shows, for other programs, and held against control frameworks."""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from drverify.adapters.bundle.reading import named
from drverify.annex.model import Annex
from drverify.cli.places import settings_path
from drverify.cli.putting import put
from drverify.cli.report_gathering import from_bundle, from_state
from drverify.cli.trusted import instant
from drverify.errors import EvidenceError, Exit, InputError
from drverify.exports.controls import PackAnswer, held_against
from drverify.exports.junit import junit_xml
from drverify.exports.openmetrics import openmetrics_text
from drverify.exports.oscal import assessment_results
from drverify.exports.pages import as_html, as_markdown, as_text
from drverify.exports.table import csv_text
from drverify.sealing import codec
from drverify.sealing.strict_json import Json, parse

EXAMPLES = """\
examples:
  drverify export --period 2026Q4 --format oscal -o oscal.json
  drverify export --period 2026Q4 --format junit -o junit.xml
  drverify export --period 2026Q4 --format openmetrics -o /var/lib/node_exporter/drverify.prom
  drverify export --period 2026Q4 --format csv -o register.csv
  drverify export --period 2026Q4 --controls nist-800-53
  drverify export --annex annex-2026Q4.json --controls dora --format html -o dora.html
  drverify export --bundle evidence-2026Q4.tar --trust 1.root.json --format csv     as an auditor: no settings
  drverify export --controls list

An export is a copy for other programs, and says so: each line names the signed statement that is the
evidence, by sha256 and by its index in the log. MISSED and UNPROVEN are never shown as good.
"""
_PAGES = ("text", "json", "md", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is exported, and how."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--period", metavar="NAME", help="of our own drills: 2026, 2026Q4, 2026-11")
    source.add_argument(
        "--annex", type=Path, metavar="FILE", help="an annex, as `report annex --json` wrote it"
    )
    source.add_argument("--bundle", type=Path, metavar="BUNDLE", help="a bundle, with --trust")
    parser.add_argument("--trust", type=Path, metavar="TRUST", help="whose keys count in the bundle")
    parser.add_argument(
        "--at", type=instant, metavar="TIME", help="as of when, for --period and --bundle (default: now)"
    )
    parser.add_argument(
        "--format",
        choices=(*_FORMATS, *_PAGES),
        help=f"{', '.join(_FORMATS)}; with --controls {', '.join(_PAGES)} (default: text)",
    )
    parser.add_argument(
        "--controls", metavar="PACK", help="hold it against a control pack: its name, a YAML file, or `list`"
    )
    parser.add_argument(
        "--import-ap", default="", metavar="HREF", help="oscal: where the assessment plan lies"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file")


def run(args: argparse.Namespace) -> int:
    """Write the export."""
    if args.controls == "list":
        packs = _packs()
        for name in packs.pack_names():
            pack = packs.load_pack(name)
            print(f"{name:<14} {pack.framework}, {pack.edition}")
        return Exit.OK
    form = args.format or ("text" if args.controls else "")
    known = _PAGES if args.controls else tuple(_FORMATS)
    if form not in known:
        with_controls = "with --controls" if args.controls else "without --controls"
        raise InputError(f"--format {with_controls} must be one of {', '.join(known)}")
    if args.controls:
        pack = _packs().load_pack(args.controls)
        content = _PAGE[form](held_against(pack, _annex(args)))
    else:
        content = _FORMATS[form](_annex(args), args.import_ap)
    put(content, args.output)
    return Exit.OK


def _packs() -> Any:
    """What reads control packs, which are YAML: who exports a bundle may have nothing that does."""
    return import_module("drverify.adapters.doors.controls")


def _annex(args: argparse.Namespace) -> Annex:
    """The annex that is exported, out of whatever was named; remarks go to standard error."""
    if args.annex is not None:
        return read_annex(args.annex)
    at = args.at or datetime.now(UTC).replace(microsecond=0)
    if args.bundle is not None:
        if args.trust is None:
            raise InputError("--bundle needs --trust", hint="a trust file or root that you got another way")
        with named(args.bundle) as bundle:
            source = from_bundle(bundle, args.trust, at, earlier=(), held=())
    elif args.period is not None:
        composing: Any = import_module("drverify.compose")
        source = from_state(composing.Workshop.open(settings_path(args)), args.period, at)
    else:
        raise InputError("nothing to export", hint="name --period, --annex or --bundle")
    for line in source.remarks:
        print(line, file=sys.stderr)
    return source.annex


def read_annex(path: Path) -> Annex:
    """An annex out of its JSON file. InputError when it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return codec.from_json(parse(content, what=str(path)), Annex, what=str(path))
    except EvidenceError as error:
        raise InputError(
            f"not an annex of this version: {error}", hint="write one with `drverify report annex --json`"
        ) from error


def _oscal(annex: Annex, import_ap: str) -> str:
    return _dumped(assessment_results(annex, import_ap=import_ap))


def _junit(annex: Annex, import_ap: str) -> str:
    del import_ap
    return junit_xml(annex)


def _openmetrics(annex: Annex, import_ap: str) -> str:
    del import_ap
    return openmetrics_text(annex)


def _csv(annex: Annex, import_ap: str) -> str:
    del import_ap
    return csv_text(annex)


def _dumped(value: Json) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


_FORMATS: dict[str, Callable[[Annex, str], str]] = {
    "oscal": _oscal,
    "junit": _junit,
    "openmetrics": _openmetrics,
    "csv": _csv,
}


def _json_page(answer: PackAnswer) -> str:
    return _dumped(codec.to_json(answer))


_PAGE: dict[str, Callable[[PackAnswer], str]] = {
    "text": as_text,
    "json": _json_page,
    "md": as_markdown,
    "html": as_html,
}
