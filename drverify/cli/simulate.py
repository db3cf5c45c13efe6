"""`drverify simulate`: what would happen if everything had to come back at once."""

import argparse
import asyncio
import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from drverify.cli.places import settings_path
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible
from drverify.cli.simulate_drills import drills
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.errors import Exit, HarnessError, InputError
from drverify.judging.measure import rto_achieved
from drverify.model.recovery import Workload
from drverify.operation.past_drills import Foretold, alike, foretell, history_of
from drverify.report import site_loss as report
from drverify.simulating.calibrating import alone
from drverify.simulating.course import Capacity
from drverify.simulating.foreseeing import Prospect, Spread

EXAMPLES = """\
examples:
  drverify simulate site-loss                              every workload of the inventory, on its own host
  drverify simulate site-loss shop wiki --at-once 2        two workloads, two at a time
  drverify simulate site-loss --host spare=65536,8,2.0     a host with 64 GiB, 8 at once, twice the power
  drverify simulate site-loss --calibrate 4                first runs four real drills side by side
  drverify simulate site-loss --validate --within 15       then recovers all at once and compares
"""
_HOST = re.compile(r"(?P<name>[^=]*)=(?P<memory>\d+)(,(?P<at_once>\d+)(,(?P<power>\d+(\.\d+)?))?)?")
_RESERVE_MIB = 1024


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    loss = actions.add_parser(
        "site-loss",
        help="foretell each recovery time when all systems are restored at once",
        description="Foretells, out of the drills on record, when each system is back if the site is lost: "
        "a simulation of hosts that recoveries share. It proves nothing, and is no evidence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    loss.add_argument("workloads", metavar="WORKLOAD", nargs="*", help="default: the whole inventory")
    loss.add_argument("--at-once", type=int, metavar="N", help="recoveries side by side on each host")
    loss.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME=MIB[,N[,POWER]]",
        help="what a host has: memory, recoveries at once, and its power against the one measured",
    )
    loss.add_argument(
        "--calibrate",
        type=int,
        metavar="N",
        help="first run real drills: each kind alone if that is not on record, then N side by side",
    )
    loss.add_argument(
        "--validate", action="store_true", help="then recover all of them at once for real, and compare"
    )
    loss.add_argument(
        "--within",
        type=float,
        metavar="PERCENT",
        help="with --validate: exit 11 when the last system was foretold worse than that",
    )
    loss.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    workloads = [workshop.workload(name) for name in dict.fromkeys(args.workloads)] or workshop.workloads
    names = [workshop.settings.host_of(one.host) for one in workloads]
    hosts = _hosts(names, args.host, args.at_once)
    if args.validate and any(one.at_once < len(workloads) for one in hosts.values()):
        raise InputError("--validate recovers everything at once", hint="leave out --at-once, or name fewer")
    if args.within is not None and not (args.validate and 0 < args.within < math.inf):
        raise InputError("--within is a percentage over 0, and needs --validate", hint="such as 15")
    return asyncio.run(interruptible(_run(workshop, workloads, hosts, args)))


async def _run(
    workshop: Workshop, workloads: Sequence[Workload], hosts: Mapping[str, Capacity], args: argparse.Namespace
) -> int:
    if args.calibrate is not None:
        await _calibrated(workshop, workloads, args.calibrate)
    foretold = foretell(workshop, workloads, hosts, now=datetime.now(UTC))
    measured = await _measured(workshop, workloads) if args.validate else {}
    if args.json:
        print(json.dumps(report.as_json(foretold, measured), indent=2))
    else:
        report.show(console_here(), foretold, measured)
    if args.within is not None and not is_within(foretold.foresight.everything, measured, args.within):
        print(f"drverify: what was measured is not within {args.within:g} % of it", file=sys.stderr)
        return Exit.UNPROVEN
    return _code(foretold)


def is_within(everything: Spread, measured: Mapping[str, float], percent: float) -> bool:
    """Whether it was foretold so closely when the last system is back; `measured` are seconds for each."""
    last = max(measured.values())
    return abs(everything.middle - last) * 100 <= percent * last


def _code(foretold: Foretold) -> int:
    prospects = {one.prospect for one in foretold.foresight.promises}
    if Prospect.BROKEN in prospects:
        return Exit.MISSED
    return Exit.OK if prospects == {Prospect.KEPT} else Exit.UNPROVEN


def _hosts(names: Sequence[str], given: Sequence[str], at_once: int | None) -> Mapping[str, Capacity]:
    if at_once is not None and at_once < 1:
        raise InputError("--at-once must be 1 at least")
    everyone = Capacity(memory_mib=_free_mib(), at_once=at_once or len(names))
    hosts = dict.fromkeys(names, everyone)
    for text in given:
        found = _HOST.fullmatch(text)
        if found is None:
            raise InputError(
                f"--host {text!r}: expected NAME=MIB[,N[,POWER]]", hint="such as spare=65536,8,2.0"
            )
        if found["name"] not in hosts:
            known = ", ".join(sorted(name for name in hosts if name) or "none")
            raise InputError(f"no workload has the host {found['name']!r}", hint=f"known are: {known}")
        hosts[found["name"]] = replace(
            everyone,
            memory_mib=int(found["memory"]),
            at_once=int(found["at_once"] or everyone.at_once),
            power=float(found["power"] or 1),
        )
    return hosts


def _free_mib() -> int:
    """Memory that this machine can give to guests now."""
    found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    return max(0, int(found[1]) // 1024 - _RESERVE_MIB) if found else 0


async def _calibrated(workshop: Workshop, workloads: Sequence[Workload], number: int) -> None:
    if not 1 < number <= len(workloads):
        raise InputError(f"--calibrate {number}: expected 2 to {len(workloads)}, the number of workloads")
    progress = progress_for()
    try:
        known = {one.alike for one in alone(history_of(workshop))}
        for one in workloads:
            if alike(one) not in known:
                progress.note(f"{one.name} alone")
                _recovered(await drills(workshop, [one.name], progress))
                known.add(alike(one))
        progress.note(f"{number} side by side")
        _recovered(await drills(workshop, [one.name for one in workloads[:number]], progress))
    finally:
        progress.close()


async def _measured(workshop: Workshop, workloads: Sequence[Workload]) -> dict[str, float]:
    progress = progress_for()
    try:
        progress.note(f"recovering all {len(workloads)} at once")
        done = await drills(workshop, [one.name for one in workloads], progress)
    finally:
        progress.close()
    _recovered(done)
    first = min(one.record.started_at for one in done)
    return {
        one.plan.workload.name: (one.record.started_at - first).total_seconds() + time.total_seconds()
        for one in done
        if (time := rto_achieved(one.plan, one.record)) is not None
    }


def _recovered(done: Sequence[Concluded]) -> None:
    """HarnessError unless every drill recovered: times of others beside a failed one show nothing."""
    failed = [one.plan.workload.name for one in done if rto_achieved(one.plan, one.record) is None]
    if failed:
        raise HarnessError(
            f"{', '.join(failed)} did not come back, so the run tells nothing about times",
            hint="see `drverify drill list`",
        )
