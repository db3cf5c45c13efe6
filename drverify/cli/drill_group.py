"""`drverify drill run --group NAME`: the systems of a dependency group, drilled as one."""

import argparse
import asyncio
import json

from drverify.cli.drill_ending import code_of, next_steps, worst
from drverify.cli.drill_slot import NONE
from drverify.cli.drill_steps import open_steps
from drverify.cli.operator import TerminalOperator
from drverify.cli.progress import NamedProgress, progress_for
from drverify.cli.running import console_here, interruptible
from drverify.cli.staying import UNTIL_REAPED, TerminalStay, span_of
from drverify.compose import Workshop
from drverify.engine.drills.challenge import check_nonce
from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.drills.grouping import GroupConcluded
from drverify.engine.drills.hardware import order_on
from drverify.engine.ports import Progress
from drverify.errors import Exit, InputError
from drverify.model.group import Group
from drverify.operation.groups import Attended, checked, drilled_together, group_of, orders_of
from drverify.planning.request import ById, parse
from drverify.report import group as report
from drverify.report import machine, terminal


def run(workshop: Workshop, args: argparse.Namespace) -> int:
    """Carry out the drill of a group. InputError for what cannot be asked of one."""
    _refuse(args)
    group = group_of(workshop, args.group)
    orders = orders_of(workshop, group, point=args.point, mode=args.mode)
    if args.hardware:
        profile = workshop.hardware.load(args.hardware[0])
        orders = [order_on(profile, order) for order in orders]
    if args.dry_run:
        return asyncio.run(_dry_run(workshop, group, orders))
    nonce = check_nonce(args.challenge)
    return asyncio.run(interruptible(_run(workshop, group, orders, args, nonce)))


def _refuse(args: argparse.Namespace) -> None:
    """InputError for options that mean one workload."""
    if args.workload is not None:
        raise InputError("a workload and --group", hint="name one of them")
    if isinstance(parse(args.point), ById):
        raise InputError(
            "--point with an id is one workload's", hint="give `latest` or a time for the whole group"
        )
    if args.keep == UNTIL_REAPED:
        raise InputError("--keep does not go with --group without a time", hint="--keep 30m")
    if len(args.hardware) > 1:
        raise InputError("a group is drilled on one --hardware at a time", hint="name one, then the next")
    if args.slot not in {"", NONE}:
        raise InputError(
            "--slot with an id is one workload's",
            hint="each member takes its own open slot, or `--slot none`",
        )


async def _run(
    workshop: Workshop, group: Group, orders: list[Order], args: argparse.Namespace, nonce: str
) -> int:
    progress = progress_for(log=args.log_json)
    span = span_of(args.keep)
    try:
        done = await drilled_together(
            workshop,
            group,
            orders,
            _attended(progress),
            slot=args.slot,
            nonce=nonce,
            stay=TerminalStay(span, progress) if span else None,
        )
    finally:
        progress.close()
    return _ended(workshop, done, as_json=args.json)


def _ended(workshop: Workshop, done: GroupConcluded, *, as_json: bool) -> int:
    """Show what came of it; the worst of all drills is the exit code."""
    if as_json:
        print(json.dumps([_json(one) for one in done.members], indent=2, ensure_ascii=False))
    else:
        console = console_here()
        for one in done.concluded:
            terminal.show(console, one, open_steps(one))
            next_steps(console, workshop, one)
        report.show(console, done)
    codes = [
        code_of(one, kept=False) if isinstance(one, Concluded) else int(one.exit_code) for one in done.members
    ]
    return worst([*codes, *([Exit.LEFT_BEHIND] if done.left is not None else [])])


def _json(one: Concluded | Exception) -> object:
    return machine.concluded(one) if isinstance(one, Concluded) else {"error": str(one)}


def _attended(progress: Progress) -> Attended:
    """Each member's lines bear its name; whoever is at the terminal is asked for one member at a time."""
    turn = asyncio.Lock()
    return Attended(
        progress=lambda name: NamedProgress(progress, name),
        operator=lambda name: TerminalOperator(progress, name, turn),
    )


async def _dry_run(workshop: Workshop, group: Group, orders: list[Order]) -> int:
    """Say what would be done. InputError for all that would keep the group's drill from beginning."""
    progress = progress_for()
    try:
        await checked(workshop, group, orders, _attended(progress))
    finally:
        progress.close()
    print(f"would drill  group {group.name}: {len(orders)} systems in one sandbox, declared at once")
    if (profile := orders[0].hardware) is not None:
        print(f"hardware     {profile.name}: {profile.description}")
    for member, order in zip(group.members, orders, strict=True):
        after = f", started after {', '.join(member.after)}" if member.after else ""
        print(f"member       {member.workload}, playbook {order.playbook.name}{after}")
    return Exit.OK
