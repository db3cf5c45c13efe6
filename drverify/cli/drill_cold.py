"""`drverify drill run WORKLOAD --cold`: recovery with nothing but what lies in escrow."""

import argparse
import asyncio
import json
from dataclasses import replace

from rich.markup import escape
from rich.table import Table

from drverify.cli.drill_ending import code_of, next_steps
from drverify.cli.drill_steps import open_steps
from drverify.cli.operator import TerminalOperator
from drverify.cli.progress import progress_for
from drverify.cli.running import console_here, interruptible
from drverify.compose import Workshop
from drverify.engine.drills.challenge import check_nonce
from drverify.engine.drills.drill import Order
from drverify.errors import Exit, InputError
from drverify.operation.cold import ColdStarted, cold_drill
from drverify.report import machine, terminal
from drverify.sealing import codec


def run(workshop: Workshop, args: argparse.Namespace) -> int:
    """Carry out the drill. InputError for what does not go with it, or a playbook that names no escrow."""
    for given, what in ((args.group, "--group"), (args.hardware, "--hardware"), (args.keep, "--keep")):
        if given:
            raise InputError(f"--cold and {what}", hint="drill the workload alone, on its own hardware")
    if args.dry_run:
        raise InputError("--cold and --dry-run", hint="what lies in escrow is seen only by using it")
    order = workshop.order(args.workload, requested_point=args.point, mode=args.mode, keep=False)
    order = replace(order, nonce=check_nonce(args.challenge))
    return asyncio.run(interruptible(_run(workshop, order, args)))


async def _run(workshop: Workshop, order: Order, args: argparse.Namespace) -> int:
    progress = progress_for(log=args.log_json)
    try:
        done = await cold_drill(
            workshop, order, progress, slot=args.slot, operator=TerminalOperator(progress)
        )
    finally:
        progress.close()
    if args.json:
        found = {**machine.concluded(done.concluded), "cold": codec.to_json(done.result)}
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        console = console_here()
        terminal.show(console, done.concluded, open_steps(done.concluded))
        _show(done)
        next_steps(console, workshop, done.concluded)
    code = code_of(done.concluded, kept=False)
    return Exit.UNPROVEN if code == Exit.OK and done.result.missing else code


def _show(done: ColdStarted) -> None:
    console, result = console_here(), done.result
    console.print()
    missing = result.missing
    if missing:
        console.print(
            f"[bold yellow]ESCROW INCOMPLETE[/]  {len(missing)} of {len(result.asked)} that were needed did "
            "not come from it: a finding about the preparation, not about the backup"
        )
    else:
        console.print(
            f"[bold green]ESCROW COMPLETE[/]  all {len(result.asked)} that were needed came from it"
            if result.recovered
            else "[bold yellow]ESCROW NOT SHOWN[/]  what was asked for came from it, and it did not come back"
        )
    if result.asked:
        kept = {str(one.ref): one.kept for one in result.escrow.keys}
        kept |= {one.path: one.kept for one in result.escrow.files}
        table = Table("needed", "escrow", "kept")
        for one in result.asked:
            style = "green" if one.answer == "given" else "bold red"
            table.add_row(escape(one.what), f"[{style}]{one.answer}[/]", escape(kept.get(one.what, "-")))
        console.print(table)
    console.print(f"statement  {done.statement}", soft_wrap=True, highlight=False)
