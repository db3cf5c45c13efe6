"""Real drills side by side: to learn how much they slow each other down, and to try a forecast."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from drverify.cli.drill_slot import NONE, slot_for
from drverify.cli.progress import NamedProgress
from drverify.cli.running import ready
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded, Order, run_drill
from drverify.engine.keeping import Signer
from drverify.engine.ports import Progress
from drverify.errors import HarnessError

AT_ONCE_WITHIN = timedelta(seconds=30)
"""Drills that are to run side by side are declared within so long, or the run shows nothing."""


async def drills(workshop: Workshop, names: Sequence[str], progress: Progress) -> tuple[Concluded, ...]:
    """Drill all of them at once, each logged and sealed as any; no slot of the schedule is taken.

    HarnessError when one of them did not recover: then the times of the others show nothing either.
    """
    signer = await ready(workshop)
    orders = [workshop.order(name, requested_point="latest", mode="full", keep=False) for name in names]
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(_drilled(workshop, one, progress, signer)) for one in orders]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    done = tuple(task.result() for task in running)
    first = min(one.record.started_at for one in done)
    if any(one.record.started_at - first > AT_ONCE_WITHIN for one in done):
        raise HarnessError("the drills did not begin at once: this machine is too busy for the run to count")
    return done


async def _drilled(workshop: Workshop, order: Order, progress: Progress, signer: Signer) -> Concluded:
    name = order.workload.name
    ports = await workshop.ports(order, NamedProgress(progress, name, brief=True))
    slot_for(workshop, name, NONE, ports.clock.utc())
    return await run_drill(order, ports, signer)
