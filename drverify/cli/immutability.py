"""`drverify immutability`: try to delete backups' canaries as whoever writes backups could."""

import argparse
import asyncio
import json

from drverify.adapters.storage.probes import probes
from drverify.cli.drill_ending import worst
from drverify.cli.places import settings_path
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible
from drverify.compose import Workshop
from drverify.errors import Exit, InputError
from drverify.model.immutability import ImmutabilityResult
from drverify.model.verdict import Outcome
from drverify.operation.immutability import Probed, probe, sources_with_writer
from drverify.report.immutability import probes_table, tell
from drverify.sealing import codec

EXAMPLES = """\
examples:
  drverify immutability probe              every source whose [sources.NAME.writer] says how it is written
  drverify immutability probe shop         the source of one workload, and what is promised for it
  drverify immutability list               earlier probes

Attacked are canaries of drverify's own making, never a recovery point, with the credentials of whoever writes
backups. A canary in a store that holds what it promises cannot be removed by drverify either: it stays.

exit codes: 0 every attempt was refused and every promise is MET; 10 one went through, or a lock ends too
soon; 11 it could not be tried, or not yet for as long as promised
"""
_CODES = {Outcome.MET: Exit.OK, Outcome.MISSED: Exit.MISSED, Outcome.UNPROVEN: Exit.UNPROVEN}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    probing = actions.add_parser(
        "probe",
        help="plant a canary and try to delete it",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    probing.add_argument("workload", nargs="?", metavar="WORKLOAD", help="a workload of the inventory")
    probing.add_argument("--log-json", action="store_true", help="progress as JSON events instead of lines")
    listing = actions.add_parser("list", help="earlier probes, newest first")
    for one in (probing, listing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    if args.action == "list":
        return _list(workshop, as_json=args.json)
    return asyncio.run(interruptible(_probe(workshop, args)))


async def _probe(workshop: Workshop, args: argparse.Namespace) -> int:
    named = (args.workload,) if args.workload else ()
    sources = (workshop.workload(args.workload).source,) if named else sources_with_writer(workshop)
    if not sources:
        raise InputError(
            "the settings do not say how backups of any source are written",
            hint="add [sources.NAME.writer]: see docs/controls.md",
        )
    done: list[Probed] = []
    progress = progress_for(log=args.log_json)
    try:
        for source in sources:
            one = await probe(workshop, source, progress, workloads=named)
            done.append(one)
    finally:
        progress.close()
        _told(done, as_json=args.json)
    return worst(_code(one.result) for one in done)


def _code(result: ImmutabilityResult) -> Exit:
    outcomes = {result.outcome, *(one.outcome for one in result.verdicts)}
    return next(_CODES[one] for one in (Outcome.MISSED, Outcome.UNPROVEN, Outcome.MET) if one in outcomes)


def _told(done: list[Probed], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([codec.to_json(one.result) for one in done], indent=2, ensure_ascii=False))
        return
    for one in done:
        tell(console_here(), one.result, str(one.statement))


def _list(workshop: Workshop, *, as_json: bool) -> int:
    found = list(probes(workshop.state_dir))
    if as_json:
        print(json.dumps([codec.to_json(one) for one in found], indent=2, ensure_ascii=False))
    elif found:
        console_here().print(probes_table(found))
    else:
        print("nothing was tried yet: drverify immutability probe")
    return Exit.OK
