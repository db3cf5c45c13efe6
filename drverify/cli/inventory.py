"""`drverify inventory`: what sources and hosts hold, matched with the inventory and the agreement."""

import argparse
import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from drverify.adapters import table
from drverify.adapters.storage.surveys import SurveyDirectory
from drverify.checkup import cluster
from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit, InputError
from drverify.judging.standing import changes, standing_of, troubles, unknown_backups
from drverify.model.recovery import PointFilter, RecoveryPoint, Workload
from drverify.model.standing import EstateSurvey, SeenGuest, Unread
from drverify.report import inventory as report
from drverify.sealing import codec

EXAMPLES = """\
examples:
  drverify inventory sync       ask every source and host, keep what they say, tell what changed
  drverify inventory show       the last look again
  drverify inventory show --json

exit codes: 0 every workload has points as promised; 10 points are late, missing or gone too soon; 11 a source
or host could not be asked. Guests without backups and backups without guests are told, and break no promise.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    syncing = actions.add_parser("sync", help="ask every source and host now; nothing is changed there")
    showing = actions.add_parser("show", help="the last look, without asking anybody")
    for one in (syncing, showing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Look, or show the last look."""
    workshop = Workshop.open(settings_path(args))
    kept = SurveyDirectory(workshop.state_dir / "surveys")
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


async def surveyed(workshop: Workshop, now: datetime) -> EstateSurvey:
    """Ask every source and host of the settings; who cannot be asked is noted, and hides no other."""
    register = workshop.agreed.register(now)
    standings, unknown, unread = [], [], []
    guests: list[SeenGuest] = []
    for name in sorted(workshop.settings.sources):
        own = [one for one in workshop.workloads if one.source == name]
        try:
            everything, by_workload = await _points(workshop, name, own)
        except DrverifyError as error:
            unread.append(Unread(place=name, why=str(error)))
            continue
        standings += [standing_of(one, by_workload[one.name], register, now) for one in own]
        known = {point.id for points in by_workload.values() for point in points}
        unknown += list(unknown_backups(everything, {*known}))
        if workshop.settings.sources[name].kind == "proxmox":
            try:
                guests += await _of_cluster(workshop, name)
            except DrverifyError as error:
                unread.append(Unread(place=name, why=str(error)))
    for name, host in workshop.settings.hosts.items():
        if host.kind in table.GUESTS:
            try:
                guests += await _of_host(workshop, name, host.kind)
            except DrverifyError as error:
                unread.append(Unread(place=name, why=str(error)))
    return EstateSurvey(
        at=now.replace(microsecond=0),
        standings=tuple(sorted(standings, key=lambda one: one.workload)),
        unknown=tuple(unknown),
        guests=tuple(guests),
        unread=tuple(unread),
    )


async def _points(
    workshop: Workshop, name: str, own: Sequence[Workload]
) -> tuple[Sequence[RecoveryPoint], dict[str, Sequence[RecoveryPoint]]]:
    source = workshop.source(name)
    everything = await source.points(PointFilter())
    return everything, {one.name: await source.points(one.points) for one in own}


async def _of_cluster(workshop: Workshop, name: str) -> list[SeenGuest]:
    facts = await cluster.facts(workshop, name)
    return [
        SeenGuest(place=name, name=one.name, running=None, backed_up=one.backed_up, detail=one.description)
        for one in facts
    ]


async def _of_host(workshop: Workshop, name: str, kind: str) -> list[SeenGuest]:
    asked = table.load(table.GUESTS, kind, "host")
    known = {one.name for one in workshop.workloads} | {one.points.host for one in workshop.workloads}
    return [
        SeenGuest(place=name, name=guest, running=running, backed_up=True if guest in known else None)
        for guest, running in await asked(workshop.settings.hosts[name].options())
    ]
