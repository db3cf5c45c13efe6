"""`drverify migrate`: verify a planned migration by drills on its target, and decide."""

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from drverify.adapters.doors.migration import PlanFile, load_plan
from drverify.cli.places import settings_path
from drverify.cli.progress import NamedProgress, progress_for
from drverify.cli.putting import put
from drverify.cli.running import console_here, interruptible, ready
from drverify.cli.trusted import trust_of
from drverify.compose import Workshop
from drverify.engine.migration.moving import baseline_of
from drverify.errors import Exit
from drverify.migrating.deciding import decide
from drverify.migrations import DECISION, PAGE, Migrations
from drverify.model.migration import Decided, Decision, MigrationFacts
from drverify.report.migration import page, terminal
from drverify.sealing import codec

EXAMPLES = """\
examples:
  drverify migrate check move.yaml                 is the plan whole, and does it fit the inventory
  drverify migrate verify move.yaml                ask the sources, drill on the target and back, decide
  drverify migrate show 20261123T120001Z-0a1b2c    an earlier one, checked again
  drverify migrate show DIRECTORY --trust runner.trust.json --html move.html

exit codes: 0 GO, 10 NO-GO, 11 UNDECIDED, 12 a decision that does not hold. contracts/migration.example.yaml
is a plan to begin with. The sources are only read: docs/migration.md says what they are asked.
"""
CODES = {Decision.GO: Exit.OK, Decision.NO_GO: Exit.MISSED, Decision.UNDECIDED: Exit.UNPROVEN}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    checking = actions.add_parser("check", help="read the plan and hold it against settings and inventory")
    checking.add_argument("plan", type=Path, metavar="PLAN", help="YAML file")
    verifying = actions.add_parser("verify", help="drill on the target and back, compare, decide, sign")
    verifying.add_argument("plan", type=Path, metavar="PLAN", help="YAML file")
    verifying.add_argument("--json", action="store_true", help="print what was found and decided as JSON")
    verifying.add_argument("--log-json", action="store_true", help="progress as JSON events instead of lines")
    showing = actions.add_parser("show", help="a finished one, its signature and decision checked")
    showing.add_argument("migration", metavar="MIGRATION", help="its id, or its directory")
    showing.add_argument("--trust", type=Path, metavar="FILE", help="trust file (default: our own keys)")
    showing.add_argument("--json", action="store_true", help="machine-readable")
    showing.add_argument("--html", type=Path, metavar="FILE", help="write the page there, too")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    if args.action == "show":
        return _show(workshop, args)
    file = load_plan(args.plan)
    if args.action == "check":
        return _check(workshop, file)
    return asyncio.run(interruptible(_verify(workshop, file, as_json=args.json, log=args.log_json)))


def _check(workshop: Workshop, file: PlanFile) -> int:
    plan, orders = file.plan, Migrations(workshop).check(file)
    print(
        f"plan         {plan.name}: to host {plan.target.host}, hardware {plan.target.hardware or 'as it is'}"
    )
    for group in plan.groups:
        as_one = f", drilled as one ({group.dependencies} of the inventory)" if group.dependencies else ""
        print(f"group        {group.name}: {', '.join(group.workloads)}{as_one}")
    for moved in plan.systems:
        order = orders[moved.workload]
        asked = (
            ", ".join(one.id for one in baseline_of(moved, order.playbook)) or "none: there is no baseline"
        )
        print(f"system       {moved.workload}: playbook {order.playbook.name}; asked of the source: {asked}")
    print(
        f"drills       {plan.drills} of each system on the target, and one back on host {plan.rollback.host}"
    )
    return Exit.OK


async def _verify(workshop: Workshop, file: PlanFile, *, as_json: bool, log: bool) -> int:
    migrations = Migrations(workshop)
    progress = progress_for(log=log)
    try:
        await ready(workshop)
        named = partial(NamedProgress, progress)
        facts, directory = await migrations.verify(file, progress, named)
    finally:
        progress.close()
    decided = decide(facts)
    migrations.keep(directory, _json(facts, decided), page.draw(facts, decided))
    if as_json:
        print(_json(facts, decided), end="")
    else:
        terminal.show(console_here(), facts, decided)
        print(f"\nsigned     {directory / DECISION}\npage       {directory / PAGE}")
        print(f"check it   drverify migrate show {facts.id}")
    return CODES[decided.decision]


def _show(workshop: Workshop, args: argparse.Namespace) -> int:
    migrations = Migrations(workshop)
    path = args.trust or workshop.trust_file()
    keys = trust_of(path, datetime.now(UTC)).keys
    facts, decided, absent = migrations.show(migrations.directory(args.migration), keys)
    if args.html:
        put(page.draw(facts, decided), args.html, told=sys.stderr)
    if args.json:
        print(_json(facts, decided), end="")
    else:
        terminal.show(console_here(), facts, decided)
        print("\nchecked    signature, differences, decision, and the evidence of its drills")
        for drill in absent:
            print(f"not here   the evidence of drill {drill}: its digest alone is known")
    return CODES[decided.decision]


def _json(facts: MigrationFacts, decided: Decided) -> str:
    content = {"facts": codec.to_json(facts), "decided": codec.to_json(decided)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
