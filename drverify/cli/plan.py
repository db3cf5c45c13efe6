"""`drverify plan`: which drill is run in which night, out of what is promised."""

import argparse
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from drverify.adapters.storage.drills import DrillEntry
from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.cli.simulate_history import memory_of
from drverify.compose import Workshop
from drverify.errors import EvidenceError, Exit, InputError
from drverify.model.drill import DrillRecord
from drverify.model.nights import NightPlan, Room
from drverify.model.records import Slot
from drverify.planning.nights.calendar import nights
from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.spreading import spread
from drverify.planning.nights.timetable import late, timetable
from drverify.report import nights as report
from drverify.settings import Nights

EXAMPLES = """\
examples:
  drverify plan                        the next 30 nights
  drverify plan --nights 90            a quarter
  drverify plan --seed 2026Q4          the same plan for everybody who uses the same seed
  drverify plan --json                 machine-readable
"""
_LONGEST = 400
_MIB, _GIB = 1 << 20, 1 << 30


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--nights", type=int, default=30, metavar="N", help="how many evenings (default: 30)")
    parser.add_argument(
        "--seed",
        default="",
        metavar="TEXT",
        help="what chance is drawn from where a promise leaves a choice (default: new, and printed)",
    )
    parser.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Plan and print; 11 when a drill got no night, or comes too late."""
    if not 1 <= args.nights <= _LONGEST:
        raise InputError(f"--nights {args.nights}: expected 1 to {_LONGEST}")
    workshop = Workshop.open(settings_path(args))
    now = datetime.now(UTC)
    plan = plan_of(workshop, now, number=args.nights, seed=args.seed or secrets.token_hex(8))
    if args.json:
        print(json.dumps(report.as_json(plan, now), indent=2))
    else:
        report.show(console_here(), plan, now)
    return Exit.UNPROVEN if plan.unplanned or late(plan, now) else Exit.OK


def plan_of(workshop: Workshop, now: datetime, *, number: int, seed: str) -> NightPlan:
    """Plan the nights of so many evenings. InputError when the settings do not say when, or on what."""
    chosen = workshop.settings.nights
    if chosen is None:
        raise InputError(
            "the settings do not say when drills may run", hint="add [nights]: see docs/settings.md"
        )
    known = tuple(_known(workshop))
    rooms = _rooms(chosen, {one.host for one in known})
    asked = nights(chosen.rule(), after=now, number=number)
    until = asked[-1].ends if asked else now
    owed = tuple(dues(workshop.agreed.register(now), known, slots_of(workshop, now), now=now, until=until))
    return timetable(
        owed, asked, rooms, spread=lambda able, over, on: spread(able, over, on, seed=seed), seed=seed
    )


def _rooms(chosen: Nights, hosts: set[str]) -> tuple[Room, ...]:
    if missing := sorted(hosts - chosen.hosts.keys()):
        raise InputError(
            f"nights.hosts: nothing is said of host {', '.join(missing)}, on which workloads are drilled",
            hint=f"add [nights.hosts.{missing[0]}] with memory_mib and at_once",
        )
    return tuple(
        Room(
            host=name,
            at_once=one.at_once,
            memory_mib=one.memory_mib,
            reads=one.read_gib * _GIB if one.read_gib else None,
        )
        for name, one in sorted(chosen.hosts.items())
    )


def _known(workshop: Workshop) -> Iterator[Known]:
    newest: dict[str, DrillEntry] = {}
    for entry in workshop.drills.entries():
        if entry.outcome == "recovered":
            newest.setdefault(entry.workload, entry)
    for workload in workshop.workloads:
        last = newest.get(workload.name)
        record = _record(workshop, last) if last else None
        restored = record.restore if record else None
        yield Known(
            workload=workload.name,
            host=workshop.settings.host_of(workload.host),
            memory_mib=memory_of(workload, record),
            protected_since=workload.protected_since,
            tested_at=last.ended_at if last else None,
            takes=record.ended_at - record.started_at if record else None,
            reads=(restored.read_bytes or 0) if restored else 0,
        )


def _record(workshop: Workshop, entry: DrillEntry) -> DrillRecord | None:
    """What the drill measured; None for evidence of another version of drverify, which tells nothing here."""
    try:
        sealed = workshop.sealed(entry.drill_id)
    except EvidenceError:
        return None
    return sealed.record if sealed is not None else None


def slots_of(workshop: Workshop, now: datetime) -> Mapping[str, Sequence[Slot]]:
    """Slots of the agreed schedules by workload: those that are open without a result, and those to come."""
    log = workshop.log()
    if log is None or not any(Path(workshop.parties.records.path).glob("schedule-*")):
        return {}
    history = workshop.parties.history(log, workshop.drills.path)
    found: dict[str, list[Slot]] = {}
    for one in history.planned.values():
        over = any(begun.results for begun in history.attempts.get(one.slot.id, ()))
        if one.slot.closes > now and not over:
            found.setdefault(one.slot.workload, []).append(one.slot)
    return found
