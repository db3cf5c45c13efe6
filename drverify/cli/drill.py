"""`drverify drill`: run a drill, list and show earlier ones."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace

from drverify.cli import drill_group
from drverify.cli.drill_ending import code_of, next_steps, worst
from drverify.cli.drill_slot import NONE, named, slot_for, slot_in
from drverify.cli.drill_steps import open_steps
from drverify.cli.operator import TerminalOperator
from drverify.cli.places import settings_path
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible, ready
from drverify.compose import Workshop
from drverify.engine.challenge import check_nonce
from drverify.engine.drill import Concluded, Order, run_drill
from drverify.engine.hardware import order_on
from drverify.errors import Exit, InputError
from drverify.linting.steps import step_findings
from drverify.model.drill import DrillId
from drverify.model.obligation import in_scope
from drverify.report import machine, terminal
from drverify.report.hardware import table as hardware_table

EXAMPLES = """\
examples:
  drverify drill run shop                                the newest recovery point, fully restored
  drverify drill run shop --mode instant                 booted straight from the backup
  drverify drill run shop --point 2026-09-14T01:45:00Z   as if the incident had been then
  drverify drill run shop --dry-run                      what would be done, nothing is touched
  drverify drill run shop --keep                         leave the sandbox for a look
  drverify drill run shop --slot 2026Q4/shop/03          for this slot of the agreed schedule
  drverify drill run shop --hardware sata-pc             on other hardware (`drverify hardware list`)
  drverify drill run --group webshop                     database, application and front, in their order
  drverify drill run shop --challenge "$(cat nonce)"     with a value that the customer gave for this drill
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
    running.add_argument("--keep", action="store_true", help="leave the sandbox running afterwards")
    running.add_argument("--json", action="store_true", help="print plan, record and verdicts as JSON")
    running.add_argument("--log-json", action="store_true", help="progress as JSON events instead of lines")
    running.add_argument("--dry-run", action="store_true", help="say what would be done and stop")
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
    if args.keep and args.mode == "instant":
        raise InputError(
            "--keep works with --mode full only", hint="an instant restore lives on the mounted backup"
        )
    if not args.point.isprintable():
        raise InputError("--point has characters that cannot be printed", hint="give latest, an id or a time")
    if args.group is not None:
        return drill_group.run(workshop, args)
    if args.workload is None:
        raise InputError("nothing to drill was named", hint="name a workload, or a group with --group")
    slot = _slot_on(args.hardware, args.slot, keep=args.keep)
    order = workshop.order(args.workload, requested_point=args.point, mode=args.mode, keep=args.keep)
    order = replace(order, nonce=check_nonce(args.challenge))
    orders = [order_on(workshop.hardware.load(name), order) for name in args.hardware] or [order]
    if args.dry_run:
        return max(asyncio.run(_dry_run(workshop, one, slot)) for one in orders)
    return asyncio.run(interruptible(_run(workshop, orders, slot, as_json=args.json, log=args.log_json)))


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


async def _run(workshop: Workshop, orders: Sequence[Order], slot: str, *, as_json: bool, log: bool) -> int:
    """Drill one order after the other; the worst of what happened is the exit code.

    An error ends it, after what was done before is reported.
    """
    done: list[tuple[Concluded, int]] = []
    try:
        for order in orders:
            one = await _drilled(workshop, order, slot, as_json=as_json, log=log)
            done.append(one)
    finally:
        if done:
            _report([one for one, _ in done], several=len(orders) > 1, as_json=as_json)
    return worst(code for _, code in done)


def _report(concluded: Sequence[Concluded], *, several: bool, as_json: bool) -> None:
    if as_json:
        rows = [machine.concluded(one) for one in concluded]
        print(json.dumps(rows if several else rows[0], indent=2, ensure_ascii=False))
    elif several:
        console = console_here()
        console.print()
        console.print(hardware_table(concluded))


async def _drilled(
    workshop: Workshop, order: Order, wanted: str, *, as_json: bool, log: bool
) -> tuple[Concluded, int]:
    progress = progress_for(log=log)
    try:
        signer = await ready(workshop)
        ports = await workshop.ports(order, progress, TerminalOperator(progress))
        slot, said = slot_for(workshop, order.workload.name, wanted, ports.clock.utc())
        if said:
            progress.note(said)
        concluded = await run_drill(replace(order, slot=slot), ports, signer)
    finally:
        progress.close()
    if not as_json:
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
        incident = workshop.incident(order, now)
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
