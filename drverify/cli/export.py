"""`drverify export`: what a period shows, for other programs, and held against control frameworks."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from drverify.adapters.doors.controls import load_pack, pack_names
from drverify.annex.model import Annex
from drverify.cli.agreement_output import put
from drverify.errors import EvidenceError, Exit, InputError
from drverify.exports.controls import held_against
from drverify.exports.junit import junit_xml
from drverify.exports.openmetrics import openmetrics_text
from drverify.exports.oscal import assessment_results
from drverify.exports.pages import as_html, as_markdown, as_text
from drverify.exports.table import csv_text
from drverify.sealing import codec
from drverify.sealing.strict_json import Json, parse

EXAMPLES = """\
examples:
  drverify report annex --agreement A --period 2026Q4 --json -o annex.json
  drverify export --annex annex.json --format oscal -o oscal.json
  drverify export --annex annex.json --format junit -o junit.xml
  drverify export --annex annex.json --format openmetrics -o /var/lib/node_exporter/drverify.prom
  drverify export --annex annex.json --format csv -o register.csv
  drverify export --annex annex.json --controls nist-800-53
  drverify export --annex annex.json --controls dora --format html -o dora.html
  drverify export --controls list

An export is a copy for other programs, and says so: each line names the signed statement that is the
evidence, by sha256 and by its index in the log. MISSED and UNPROVEN are never shown as good.
"""
_PAGES = ("text", "json", "md", "html")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what is exported, and how."""
    parser.add_argument(
        "--annex", type=Path, metavar="FILE", help="the annex to export, as `report annex --json` wrote it"
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
        for name in pack_names():
            pack = load_pack(name)
            print(f"{name:<14} {pack.framework}, {pack.edition}")
        return Exit.OK
    if args.annex is None:
        raise InputError("--annex FILE is needed", hint="write one with `drverify report annex --json`")
    if args.controls:
        content = _controls(args.controls, args.format or "text", args.annex)
    elif args.format in _FORMATS:
        content = _FORMATS[args.format](read_annex(args.annex), args.import_ap)
    else:
        raise InputError(f"--format must be one of {', '.join(_FORMATS)}, or --controls named")
    put(content, args.output)
    return Exit.OK


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


def _controls(named: str, form: str, annex: Path) -> str:
    if form not in _PAGES:
        raise InputError(f"--controls is written as {', '.join(_PAGES)}, not as {form}")
    answer = held_against(load_pack(named), read_annex(annex))
    match form:
        case "json":
            return _dumped(codec.to_json(answer))
        case "md":
            return as_markdown(answer)
        case "html":
            return as_html(answer)
        case _:
            return as_text(answer)


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
