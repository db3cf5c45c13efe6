"""`drverify sandbox`: what exists because of us, and taking it back."""

import argparse
import asyncio
import json

from drverify.adapters.storage.ledger import LedgerView
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.engine.ports import SandboxId
from drverify.errors import Exit, InputError

EXAMPLES = """\
examples:
  drverify sandbox list
  drverify sandbox reap            take back every sandbox whose drill is dead
  drverify sandbox reap 3f9c01aa   take back one that was kept with `drill run --keep`
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="every sandbox with a ledger, and what it owns")
    listing.add_argument("--json", action="store_true", help="machine-readable")
    reaping = actions.add_parser("reap", help="remove what dead drills left; living drills are never touched")
    reaping.add_argument("sandbox", nargs="?", metavar="SANDBOX", help="only this one, even if it was kept")
    reaping.add_argument("--kept", action="store_true", help="kept sandboxes too")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    if args.action == "list":
        return _list(workshop, as_json=args.json)
    return asyncio.run(_reap(workshop, args))


def _list(workshop: Workshop, *, as_json: bool) -> int:
    views = workshop.ledgers.views()
    if as_json:
        print(json.dumps([_row(view) for view in views], indent=2))
        return Exit.OK
    if not views:
        print("no sandbox exists")
    for view in views:
        print(f"{view.sandbox_id}  {view.state:<10}  {f'drill {view.drill_id}' if view.drill_id else ''}")
        if view.problem:
            print(f"    PROBLEM {view.problem}")
        for found in view.resources:
            print(f"    {found.kind} {found.name}")
    return Exit.OK


def _row(view: LedgerView) -> dict[str, object]:
    return {
        "sandbox": view.sandbox_id,
        "drill": view.drill_id,
        "state": view.state,
        "problem": view.problem,
        "resources": [f"{found.kind} {found.name}" for found in view.resources],
    }


async def _reap(workshop: Workshop, args: argparse.Namespace) -> int:
    only = SandboxId(args.sandbox) if args.sandbox else None
    results = await workshop.reap(only=only, kept_too=args.kept)
    if only is not None and not results:
        raise InputError(f"there is no sandbox {only}", hint="see `drverify sandbox list`")
    if not results:
        print("nothing to take back")
    for result in results:
        print(f"{result.sandbox_id}  {result.state}")
        for name in result.removed:
            print(f"    removed {name}")
        for problem in result.problems:
            print(f"    PROBLEM {problem}")
    return Exit.LEFT_BEHIND if any(result.problems for result in results) else Exit.OK
