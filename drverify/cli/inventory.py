"""`drverify inventory`: what sources and hosts hold, matched with the inventory and the agreement."""

import argparse
import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime

from drverify.adapters.storage.surveys import KEPT, SurveyDirectory
from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.compose import Workshop
from drverify.errors import Exit, InputError
from drverify.judging.standing import changes, troubles
from drverify.model.recovery import Workload
from drverify.model.standing import EstateSurvey
from drverify.operation.looking import surveyed
from drverify.report import inventory as report
from drverify.sealing import codec

EXAMPLES = """\
examples:
  drverify inventory sync       ask every source and host, keep what they say, tell what changed
  drverify inventory show       the last look again
  drverify inventory show --json
  drverify inventory history shop   how its points stood in each look, the newest first

exit codes: 0 every workload has points as promised; 10 points are late, missing or gone too soon; 11 a source
or host could not be asked. Guests without backups and backups without guests are told, and break no promise.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    syncing = actions.add_parser("sync", help="ask every source and host now; nothing is changed there")
    showing = actions.add_parser("show", help="the last look, without asking anybody")
    telling = actions.add_parser("history", help="how the points of one workload stood in each look")
    telling.add_argument("workload", metavar="WORKLOAD", help="a workload of the inventory")
    for one in (syncing, showing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Look, or show the last look."""
    workshop = Workshop.open(settings_path(args))
    kept = SurveyDirectory(workshop.state_dir / "surveys")
    if args.action == "history":
        report.history(console_here(), list(kept.newest(KEPT)), workshop.workload(args.workload).name)
        return Exit.OK
    if args.action == "sync":
        survey = asyncio.run(surveyed(workshop, datetime.now(UTC)))
        before = next(kept.newest(), None)
        kept.keep(survey)
    else:
        looks = list(kept.newest(2))
        if not looks:
            raise InputError("nobody has looked yet", hint="drverify inventory sync")
        survey, before = looks[0], looks[1] if len(looks) > 1 else None
    if args.json:
        print(json.dumps(codec.to_json(survey), indent=2, ensure_ascii=False))
    else:
        since = {one.name: one.protected_since for one in workshop.workloads}
        report.show(console_here(), survey, since, tuple(changes(before, survey)))
    return _code(workshop.workloads, survey)


def _code(workloads: Iterable[Workload], survey: EstateSurvey) -> int:
    since = {one.name: one.protected_since for one in workloads}
    if any(list(troubles(one, since.get(one.workload, survey.at), survey.at)) for one in survey.standings):
        return Exit.MISSED
    return Exit.UNPROVEN if survey.unread else Exit.OK
