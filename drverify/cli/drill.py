"""`drverify drill`: run a drill, list and show earlier ones."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.cli import drill_cold, drill_group
from drverify.cli.drill_ending import code_of, next_steps, worst
from drverify.cli.drill_slot import NONE, named, slot_for, slot_in
from drverify.cli.drill_steps import open_steps
from drverify.cli.operator import TerminalOperator
from drverify.cli.places import settings_path
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible
from drverify.cli.staying import UNTIL_REAPED, TerminalStay, span_of
from drverify.compose import Workshop
from drverify.engine.drills.challenge import check_nonce
from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.drills.hardware import order_on
from drverify.errors import Exit, InputError
from drverify.linting.steps import step_findings
from drverify.model.drill import DrillId
from drverify.model.obligation import in_scope
from drverify.operation.copies import order_of_copy
from drverify.operation.drilling import drilled
from drverify.planning.request import LATEST, incident_of
from drverify.report import machine, terminal
from drverify.report.hardware import table as hardware_table

EXAMPLES = """\
examples:
  drverify drill run shop                                the newest recovery point, fully restored
  drverify drill run shop --mode instant                 booted straight from the backup
  drverify drill run shop --point 2026-09-14T01:45:00Z   as if the incident had been then
  drverify drill run shop --copy vault                   the newest point of its copy in that source
  drverify drill run shop --dry-run                      what would be done, nothing is touched
  drverify drill run shop --keep 30m                     let the sandbox stand for a look, then take it back
  drverify drill run shop --keep                         leave it until `drverify sandbox reap`
  drverify drill run shop --slot 2026Q4/shop/03          for this slot of the agreed schedule
  drverify drill run shop --hardware sata-pc             on other hardware (`drverify hardware list`)
  drverify drill run --group webshop                     database, application and front, in their order
  drverify drill run shop --challenge "$(cat nonce)"     with a value that the customer gave for this drill
  drverify drill run shop --cold                         with nothing but what lies in escrow
  drverify drill list
  drverify drill show 20260914T014512Z-3f9c01
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    running = actions.add_parser(
        "run",
        help="restore, boot, probe, judge and sign",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    running.add_argument("workload", nargs="?", metavar="WORKLOAD", help="a workload of the inventory")
    running.add_argument(
        "--group", metavar="NAME", help="a dependency group of the inventory instead: all its systems at once"
    )
    running.add_argument(
        "--point", default="latest", metavar="latest|ID|TIME", help="which recovery point (default: latest)"
    )
    running.add_argument(
        "--copy", default="", metavar="SOURCE", help="from the further copy that the inventory names there"
    )
    running.add_argument(
        "--mode", choices=("full", "instant"), default="full", help="how to restore (default: full)"
    )
    running.add_argument(
        "--slot",
        default="",
        metavar="ID|none",
        help="slot of the agreed schedule (default: the workload's open one that closes first)",
    )
    running.add_argument(
        "--challenge",
        default="",
        metavar="NONCE",
        help="a value of the customer's, to be part of what the restored guest must give back",
    )
    running.add_argument(
        "--hardware",
        action="append",
        default=[],
        metavar="NAME",
        help="boot on this hardware instead of its own; several: one drill on each, one after the other",
    )
    running.add_argument(
        "--cold",
        action="store_true",
        help="use nothing but what the playbook says lies in escrow: no other key, no cache, an empty home",
    )
    running.add_argument(
        "--keep",
        nargs="?",
        const=UNTIL_REAPED,
        default="",
        metavar="TIME",
        help="let the sandbox stand for a look when the drill is signed, 1m to 8h, and wait here; "
        "without a time: leave it until it is reaped",
    )
    running.add_argument("--json", action="store_true", help="print plan, record and verdicts as JSON")
    running.add_argument("--log-json", action="store_true", help="progress as JSON events instead of lines")
    running.add_argument("--dry-run", action="store_true", help="say what would be done and stop")
    _earlier(actions)


def _earlier(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare what looks at earlier drills."""
    listing = actions.add_parser("list", help="earlier drills, newest first")
    listing.add_argument("--json", action="store_true", help="machine-readable")
    showing = actions.add_parser("show", help="one drill, whole")
    showing.add_argument("drill", metavar="DRILL", help="its id, as `drverify drill list` prints it")
    showing.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    workshop = Workshop.open(settings_path(args))
    if args.action == "list":
        return _list(workshop, as_json=args.json)
    if args.action == "show":
        return _show(workshop, DrillId(args.drill), as_json=args.json)
    span = span_of(args.keep)
    kept = args.keep == UNTIL_REAPED
    if kept and args.mode == "instant":
        raise InputError(
            "--keep without a time works with --mode full only",
            hint="an instant restore lives on the mounted backup: say for how long, --keep 30m",
        )
    if not args.point.isprintable():
        raise InputError("--point has characters that cannot be printed", hint="give latest, an id or a time")
    if args.copy and (args.group is not None or args.cold or args.point != LATEST):
        raise InputError("--copy is for one workload, and takes the newest point that is kept there")
    if args.group is not None and not args.cold:
        return drill_group.run(workshop, args)
    if args.workload is None:
        raise InputError("nothing to drill was named", hint="name a workload, or a group with --group")
    if args.cold:
        return drill_cold.run(workshop, args)
    slot = _slot_on(args.hardware, args.slot, keep=bool(args.keep))
    order = workshop.order(
        args.workload, requested_point=args.point, mode=args.mode, keep=args.keep == UNTIL_REAPED
    )
    order = order_of_copy(workshop, order, args.copy) if args.copy else order
    order = replace(order, nonce=check_nonce(args.challenge))
    orders = [order_on(workshop.hardware.load(name), order) for name in args.hardware] or [order]
    if args.dry_run:
        return max(asyncio.run(_dry_run(workshop, one, slot)) for one in orders)
    shown = _Shown(as_json=args.json, log=args.log_json, span=span)
    return asyncio.run(interruptible(_run(workshop, orders, slot, shown)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """How a drill is shown, and for how long its sandbox."""

    as_json: bool
    log: bool
    span: timedelta | None


def _slot_on(hardware: Sequence[str], slot: str, *, keep: bool) -> str:
    """The slot to drill for: none on other hardware, which no schedule speaks of. InputError for both."""
    if not hardware:
        return slot
    if slot not in {"", NONE}:
        raise InputError(
            "a slot of the schedule is for the workload on its own hardware",
            hint="leave out --slot, or --hardware",
        )
    if keep and len(hardware) > 1:
        raise InputError("--keep leaves one sandbox", hint="name one --hardware with it")
    if len(set(hardware)) != len(hardware):
        raise InputError("the same --hardware was named twice", hint="name each once")
    return NONE


async def _run(workshop: Workshop, orders: Sequence[Order], slot: str, shown: _Shown) -> int:
    """Drill one order after the other; the worst of what happened is the exit code.

    An error ends it, after what was done before is reported.
    """
    done: list[tuple[Concluded, int]] = []
    try:
        for order in orders:
            one = await _drilled(workshop, order, slot, shown)
            done.append(one)
    finally:
        if done:
            _report([one for one, _ in done], several=len(orders) > 1, as_json=shown.as_json)
    return worst(code for _, code in done)


def _report(concluded: Sequence[Concluded], *, several: bool, as_json: bool) -> None:
    if as_json:
        rows = [machine.concluded(one) for one in concluded]
        print(json.dumps(rows if several else rows[0], indent=2, ensure_ascii=False))
    elif several:
        console = console_here()
        console.print()
        console.print(hardware_table(concluded))


async def _drilled(workshop: Workshop, order: Order, wanted: str, shown: _Shown) -> tuple[Concluded, int]:
    progress = progress_for(log=shown.log)
    try:
        concluded = await drilled(
            workshop,
            order,
            progress,
            slot=wanted,
            operator=TerminalOperator(progress),
            stay=TerminalStay(shown.span, progress) if shown.span else None,
        )
    finally:
        progress.close()
    if not shown.as_json:
        console = console_here()
        terminal.show(console, concluded, open_steps(concluded))
        next_steps(console, workshop, concluded)
    return concluded, code_of(concluded, kept=order.keep)


async def _dry_run(workshop: Workshop, order: Order, wanted: str) -> int:
    progress = progress_for()
    try:
        ports = await workshop.ports(order, progress)
        points = await ports.source.points(order.workload.points)
        now = ports.clock.utc()
        incident = incident_of(order.requested_point, now)
        selection = ports.select(points, order.requested_point, incident, now)
    finally:
        progress.close()
    payload = order.workload.payload
    slot, _ = slot_for(workshop, order.workload.name, wanted, now)
    print(f"would drill  {order.workload.name} ({payload.kind}), {order.mode} restore")
    print(f"slot         {named(slot) or 'none: not planned'}")
    if order.hardware is not None:
        print(f"hardware     {order.hardware.name}: {order.hardware.description}")
    print(f"point        {selection.why}")
    print(f"playbook     {order.playbook.name}: " + ", ".join(spec.id for spec in order.playbook.probes))
    if order.playbook.steps:
        print("steps        " + ", ".join(step.id for step in order.playbook.steps))
    for found in step_findings(order.playbook.steps, order.agreed.contract):
        print(f"finding      step {found.step}: {found.what}")
    for obligation in in_scope(order.agreed.register(incident), order.workload.name):
        print(f"would judge  clause {obligation.clause}: {terminal.objective_words(obligation)}")
    return Exit.OK if selection.point is not None else Exit.MISSED


def _list(workshop: Workshop, *, as_json: bool) -> int:
    entries = list(workshop.drills.entries())
    if as_json:
        rows = [
            {
                "drill": entry.drill_id,
                "workload": entry.workload,
                "outcome": entry.outcome,
                "slot": slot_in(entry.directory),
                "directory": str(entry.directory),
            }
            for entry in entries
        ]
        print(json.dumps(rows, indent=2))
        return Exit.OK
    if not entries:
        print("no drill has been run yet")
    for entry in entries:
        slot = slot_in(entry.directory)
        print(f"{entry.drill_id}  {entry.outcome:<11}  {entry.workload}" + (f"  {slot}" if slot else ""))
    return Exit.OK


def _show(workshop: Workshop, drill_id: DrillId, *, as_json: bool) -> int:
    """Show what the sealed evidence says; the signature is `drverify verify`'s business."""
    sealed = workshop.sealed(drill_id)
    if sealed is None:
        print(f"drill {drill_id} was interrupted: it has a plan and no evidence")
        return Exit.UNPROVEN
    if as_json:
        print(json.dumps(machine.concluded(sealed), indent=2, ensure_ascii=False))
    else:
        console = console_here()
        terminal.show(console, sealed, open_steps(sealed))
        next_steps(console, workshop, sealed)
    return Exit.OK
