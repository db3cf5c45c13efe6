"""`drverify drill run --group NAME`: the systems of a dependency group, drilled as one."""

import argparse
import asyncio
import json

from drverify.adapters.doors.inventory import load_groups
from drverify.cli.drill_ending import code_of, next_steps, worst
from drverify.cli.drill_slot import NONE, slot_for
from drverify.cli.drill_steps import open_steps
from drverify.cli.operator import TerminalOperator
from drverify.cli.progress import NamedProgress, progress_for
from drverify.cli.running import console_here, interruptible, ready
from drverify.compose import Workshop
from drverify.engine.challenge import check_nonce
from drverify.engine.drill import Concluded, Order, new_drill_id
from drverify.engine.grouping import GroupConcluded, MemberDrill, run_group
from drverify.errors import Exit, InputError
from drverify.model.group import Group, GroupReference, GroupRunId
from drverify.planning.request import ById, parse
from drverify.report import group as report
from drverify.report import machine, terminal


def run(workshop: Workshop, args: argparse.Namespace) -> int:
    """Carry out the drill of a group. InputError for what cannot be asked of one."""
    _refuse(args)
    group = group_of(workshop, args.group)
    orders = [
        workshop.order(member.workload, requested_point=args.point, mode=args.mode, keep=False)
        for member in group.members
    ]
    if len({order.workload.host or next(iter(workshop.settings.hosts), "") for order in orders}) > 1:
        raise InputError(
            f"the members of {group.name} are on several hosts", hint="one sandbox stands on one host"
        )
    if args.dry_run:
        return _dry_run(group, orders)
    nonce = check_nonce(args.challenge)
    return asyncio.run(interruptible(_run(workshop, group, orders, args, nonce)))


def group_of(workshop: Workshop, name: str) -> Group:
    """The group of that name; InputError when the inventory has none."""
    groups = load_groups(workshop.settings.path(workshop.settings.inventory))
    found = next((one for one in groups if one.name == name), None)
    if found is None:
        known = ", ".join(sorted(one.name for one in groups)) or "none"
        raise InputError(f"no group {name!r} in the inventory", hint=f"known are: {known}")
    return found


def _refuse(args: argparse.Namespace) -> None:
    """InputError for options that mean one workload."""
    if args.workload is not None:
        raise InputError("a workload and --group", hint="name one of them")
    if isinstance(parse(args.point), ById):
        raise InputError(
            "--point with an id is one workload's", hint="give `latest` or a time for the whole group"
        )
    for name, given in (("--keep", args.keep), ("--hardware", args.hardware)):
        if given:
            raise InputError(f"{name} does not go with --group yet", hint="drill the workload alone with it")
    if args.slot not in {"", NONE}:
        raise InputError(
            "--slot with an id is one workload's",
            hint="each member takes its own open slot, or `--slot none`",
        )


async def _run(
    workshop: Workshop, group: Group, orders: list[Order], args: argparse.Namespace, nonce: str
) -> int:
    progress = progress_for(log=args.log_json)
    try:
        signer = await ready(workshop)
        turn = asyncio.Lock()
        members = []
        for order in orders:
            told = NamedProgress(progress, order.workload.name)
            operator = TerminalOperator(progress, order.workload.name, turn)
            ports = await workshop.ports(order, told, operator)
            slot, said = slot_for(workshop, order.workload.name, args.slot, ports.clock.utc())
            if said:
                told.note(said)
            members.append(MemberDrill(order=order, ports=ports, slot=slot, nonce=nonce))
        reference = GroupReference(
            group=group.name,
            run=GroupRunId(new_drill_id(members[0].ports.clock.utc())),
            members=group.members,
        )
        done = await run_group(reference, members, members[0].ports.host, signer)
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


def _dry_run(group: Group, orders: list[Order]) -> int:
    print(f"would drill  group {group.name}: {len(orders)} systems in one sandbox, declared at once")
    for member, order in zip(group.members, orders, strict=True):
        after = f", started after {', '.join(member.after)}" if member.after else ""
        print(f"member       {member.workload}, playbook {order.playbook.name}{after}")
    return Exit.OK
