"""`drverify control`: broken copies of good points, which have to turn a drill red."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from drverify.adapters.storage.controls import controls, last_caught
from drverify.cli.places import settings_path
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible
from drverify.compose import Workshop
from drverify.errors import Exit, HarnessError, InputError
from drverify.model.controls import CONTROL_KINDS, Catch, ControlKind, ControlResult
from drverify.operation.controls import Signed, control, due, kinds_of
from drverify.report.control import REDDER, catches_table, tell
from drverify.sealing import codec

EXAMPLES = """\
examples:
  drverify control run shop                      the kind of damage that is due first
  drverify control run shop --kind flipped-bit   a copy of its newest good point with one bit flipped
  drverify control run shop --all                every kind that can be made of it
  drverify control due                           what is owed when
  drverify control list                          when the gate last caught what

A control breaks a copy, never a recovery point, and is no drill of any promise: it is signed, and in no log.

exit codes: 0 caught; 10 not caught: every green since the last catch is doubtful; 11 could not be run
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    running = actions.add_parser(
        "run",
        help="drill a broken copy of the workload's newest good point",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    running.add_argument("workload", metavar="WORKLOAD", help="a workload of the inventory")
    which = running.add_mutually_exclusive_group()
    which.add_argument(
        "--kind", choices=CONTROL_KINDS, metavar="KIND", help="one of: " + ", ".join(CONTROL_KINDS)
    )
    which.add_argument("--all", action="store_true", help="every kind, one after the other")
    running.add_argument("--log-json", action="store_true", help="progress as JSON events instead of lines")
    owing = actions.add_parser("due", help="which control is owed when")
    listing = actions.add_parser("list", help="when the gate last caught what")
    for one in (running, owing, listing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    match args.action:
        case "run":
            return asyncio.run(interruptible(_run(workshop, args)))
        case "due":
            return _due(workshop, as_json=args.json)
        case _:
            return _list(workshop, as_json=args.json)


async def _run(workshop: Workshop, args: argparse.Namespace) -> int:
    """One control after the other; an error ends it, after what was done before is told."""
    done: list[Signed] = []
    progress = progress_for(log=args.log_json)
    try:
        for kind in _kinds(workshop, args):
            done.append(await control(workshop, args.workload, kind, progress))  # noqa: PERF401 - told when one fails
    finally:
        progress.close()
        _told([one.result for one in done], [str(one.statement) for one in done], as_json=args.json)
    return max((REDDER[one.result.outcome] for one in done), default=Exit.UNPROVEN, key=_weight)


def _weight(code: Exit) -> int:
    return (Exit.OK, Exit.UNPROVEN, Exit.MISSED).index(code)


def _kinds(workshop: Workshop, args: argparse.Namespace) -> Sequence[ControlKind]:
    if args.kind:
        return (args.kind,)
    workload = workshop.workload(args.workload)
    possible = kinds_of(workshop, workload)
    if not possible:
        raise InputError(
            f"no control can be made of {workload.name}",
            hint="its source and payload allow none, or [controls] of the settings leaves them out",
        )
    if args.all:
        return possible
    first = next(due(workshop, [workload.name]), None)
    if first is None:
        raise HarnessError(
            f"{workload.name} did not come back in its newest drill, or was never drilled: "
            "a red control would show nothing",
            hint=f"drverify drill run {workload.name}",
        )
    return (first.kind,)


def _told(results: Sequence[ControlResult], statements: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        rows = [{**_json(one), "statement": path} for one, path in zip(results, statements, strict=True)]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one, path in zip(results, statements, strict=True):
        tell(console_here(), one, path)


def _json(value: object) -> dict[str, Any]:
    found = codec.to_json(value)
    return found if isinstance(found, dict) else {}


def _due(workshop: Workshop, *, as_json: bool) -> int:
    owed = list(due(workshop))
    if as_json:
        rows = [
            {"workload": one.workload, "kind": one.kind, "due": codec.to_json(one.due), "why": one.why}
            for one in owed
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return Exit.OK
    now = datetime.now(UTC)
    table = Table("due", "workload", "kind", "why")
    for one in owed:
        late = " (now)" if one.due <= now else ""
        table.add_row(f"{one.due:%Y-%m-%d %H:%M}{late}", one.workload, one.kind, one.why)
    console = console_here()
    console.print(table if owed else "none: no workload came back in its newest drill")
    return Exit.OK


def _list(workshop: Workshop, *, as_json: bool) -> int:
    found = last_caught(workshop.state_dir)
    if as_json:
        rows = [{**_json(one), "doubtful": one.doubtful} for one in found]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif not found:
        print("no control was run yet: nothing shows that a bad backup would turn red")
    else:
        console_here().print(catches_table(found, newest={_key(one): one for one in _oldest_first(workshop)}))
    return Exit.MISSED if any(one.doubtful for one in found) else Exit.OK


def _oldest_first(workshop: Workshop) -> list[ControlResult]:
    return list(controls(workshop.state_dir))[::-1]


def _key(one: ControlResult | Catch) -> tuple[str, ControlKind]:
    return one.workload, one.kind
