"""`drverify sandbox`: what exists because of us, and taking it back; of every agreement of the site.

Only the settings are read: what was left is taken back whatever is wrong with an agreement or an inventory.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from drverify.adapters.storage.ledger import LedgerView
from drverify.cli.places import settings_path
from drverify.compose import Workshop
from drverify.engine.ports import SandboxId
from drverify.engine.reaping import Reaped
from drverify.errors import DrverifyError, Exit, InputError

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
    site = _Site(settings_path(args))
    if args.action == "list":
        return _list(site, as_json=args.json)
    return asyncio.run(_reap(site, args))


class _Site:
    """The workshops that the settings and their `operation.also` name, as far as they can be opened."""

    def __init__(self, path: Path) -> None:
        """InputError for first settings that are wrong; those of others are told, and keep nothing back."""
        self._main = Workshop.open(path)
        self.code: int = Exit.OK
        """Of the first failure that was told."""

    def workshops(self) -> Iterator[Workshop]:
        """Each state directory once."""
        yield self._main
        seen = {self._main.state_dir}
        for other in self._main.settings.operation.also:
            try:
                found = Workshop.open(self._main.settings.path(other))
            except DrverifyError as error:
                self.failed(error)
                continue
            if found.state_dir not in seen:
                seen.add(found.state_dir)
                yield found

    def failed(self, error: DrverifyError) -> None:
        """Say what kept one agreement's sandboxes from being looked at."""
        print(f"drverify: {error}", file=sys.stderr)
        self.code = self.code or error.exit_code


def _list(site: _Site, *, as_json: bool) -> int:
    views = [view for workshop in site.workshops() for view in workshop.ledgers.views()]
    if as_json:
        print(json.dumps([_row(view) for view in views], indent=2))
        return site.code
    if not views:
        print("no sandbox exists")
    for view in views:
        print(f"{view.sandbox_id}  {view.state:<10}  {f'drill {view.drill_id}' if view.drill_id else ''}")
        if view.problem:
            print(f"    PROBLEM {view.problem}")
        for found in view.resources:
            print(f"    {found.kind} {found.name}")
    return site.code


def _row(view: LedgerView) -> dict[str, object]:
    return {
        "sandbox": view.sandbox_id,
        "drill": view.drill_id,
        "state": view.state,
        "problem": view.problem,
        "resources": [f"{found.kind} {found.name}" for found in view.resources],
    }


_STATES = {"elsewhere": "elsewhere: only the machine that made it sees it, and takes it back when it is up"}


async def _reap(site: _Site, args: argparse.Namespace) -> int:
    only = SandboxId(args.sandbox) if args.sandbox else None
    results: list[Reaped] = []
    for workshop in site.workshops():
        try:
            results += await workshop.reap(only=only, kept_too=args.kept)
        except DrverifyError as error:
            site.failed(error)
    if only is not None and not results and not site.code:
        raise InputError(f"there is no sandbox {only}", hint="see `drverify sandbox list`")
    if not results:
        print("nothing to take back")
    for result in results:
        print(f"{result.sandbox_id}  {_STATES.get(result.state, result.state)}")
        for name in result.removed:
            print(f"    removed {name}")
        for problem in result.problems:
            print(f"    PROBLEM {problem}")
    return Exit.LEFT_BEHIND if any(result.problems for result in results) else site.code
