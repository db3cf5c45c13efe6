"""`drverify config`: check the settings, print their schema, write systemd units for them."""

import argparse
import dataclasses
import json
import shlex
import shutil
import sys
from pathlib import Path

from drverify.checkup.units import UNITS, unit_text
from drverify.cli.places import settings_path
from drverify.errors import Exit, InputError
from drverify.operation.configuration import Problem, credentials, problems
from drverify.operation.estate import Estate
from drverify.settings import Settings

EXAMPLES = """\
examples:
  drverify config check                          is everything there that the settings name?
  drverify config check --worker                 the settings of a worker that has some of a site's hosts
  drverify config check --json
  drverify config schema > drverify.schema.json  for an editor that checks TOML
  drverify config units --into /etc/systemd/system

exit codes: 0 nothing is wrong; 2 something is; 11 something cannot be seen from here (a systemd
credential, another worker's host)
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    checking = actions.add_parser(
        "check", help="look whether all that the settings name is there; connects to nothing"
    )
    checking.add_argument(
        "--worker",
        action="store_true",
        help="the settings are one worker's of several: hosts that they do not name are not seen, not wrong",
    )
    checking.add_argument("--json", action="store_true", help="machine-readable")
    actions.add_parser("schema", help="print the JSON Schema of the settings file")
    units = actions.add_parser("units", help="systemd units that run drverify with the least rights it needs")
    units.add_argument("--into", type=Path, metavar="DIR", help="write them there (default: print them)")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    if args.action == "schema":
        print(json.dumps(_schema(), indent=2))
        return Exit.OK
    if args.action == "units":
        return _units(settings_path(args), args.into)
    found = problems(Estate.open(settings_path(args)), of_worker=args.worker)
    if args.json:
        rows = [{**dataclasses.asdict(one), "file": str(one.file)} for one in found]
        print(json.dumps(rows, indent=2))
    else:
        _show(found)
    if any(not one.unknown for one in found):
        return Exit.WRONG_INPUT
    return Exit.UNPROVEN if found else Exit.OK


def _schema() -> dict[str, object]:
    schema = Settings.model_json_schema(by_alias=True)
    properties = {name: value for name, value in schema["properties"].items() if name != "base"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "drverify settings",
        "description": "drverify.toml, read as JSON",
        "properties": properties,
        "required": [name for name in schema["required"] if name != "base"],
    }


def _show(found: tuple[Problem, ...]) -> None:
    for one in found:
        mark = "not seen" if one.unknown else "wrong"
        print(f"{one.file}:{one.line}: {mark}: {one.where}: {one.what}")
        if one.mend:
            print(f"  -> {one.mend}")
    wrong = sum(not one.unknown for one in found)
    unseen = len(found) - wrong
    print(f"{wrong} wrong, {unseen} not seen from here" if found else "nothing is wrong")


def _units(settings: Path, into: Path | None) -> int:
    program = shutil.which(Path(sys.argv[0]).name) or sys.argv[0]
    estate = Estate.open(settings)
    needed = credentials(estate)
    texts = {
        name: unit_text(
            name,
            command=shlex.join([str(Path(program).absolute()), "--config", str(settings.resolve())]),
            state_dirs=estate.state_dirs,
            metrics_file=estate.metrics_file,
            credentials=needed,
        )
        for name in UNITS
    }
    if into is None:
        for name, text in texts.items():
            print(f"# --- {name}\n{text}")
        return Exit.OK
    try:
        for name, text in texts.items():
            (into / name).write_text(text, encoding="utf-8")
            print(into / name)
    except OSError as error:
        raise InputError(f"cannot write {error.filename}: {error.strerror}") from error
    for one in needed:
        print(f"the units ask systemd for the credential {one}: put it into /etc/credstore/{one}, mode 0600")
    print("enable one: systemctl daemon-reload && systemctl enable --now drverify.service")
    return Exit.OK
