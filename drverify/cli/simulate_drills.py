"""Real drills side by side: to learn how much they slow each other down, and to try a forecast."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from drverify.cli.drill_slot import NONE, slot_for
from drverify.compose import Workshop
from drverify.engine.drill import Concluded, Order, run_drill
from drverify.engine.ports import Progress
from drverify.errors import HarnessError
from drverify.model.drill import PhaseName

AT_ONCE_WITHIN = timedelta(seconds=30)
"""Drills that are to run side by side are declared within so long, or the run shows nothing."""


class Shortly:
    """Says how a drill among several ends, and nothing between."""

    def __init__(self, inner: Progress, workload: str) -> None:
        self._inner = inner
        self._workload = workload

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Say that the guest is being probed: the one moment worth a line."""
        if name is PhaseName.PROBE and state == "ended":
            self._inner.note(f"{self._workload}: probed")

    def bytes(self, done: int, total: int | None) -> None:
        """Say nothing: several lines at once tell nobody anything."""

    def note(self, text: str) -> None:
        """Say it with the workload's name."""
        if text.startswith(("gave up", "the result")):
            self._inner.note(f"{self._workload}: {text}")


async def drills(workshop: Workshop, names: Sequence[str], progress: Progress) -> tuple[Concluded, ...]:
    """Drill all of them at once, each logged and sealed as any; no slot of the schedule is taken.

    HarnessError when one of them did not recover: then the times of the others show nothing either.
    """
    await workshop.reap()
    workshop.trust_file()
    await asyncio.to_thread(workshop.mend_log)
    orders = [workshop.order(name, requested_point="latest", mode="full", keep=False) for name in names]
    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(_drilled(workshop, one, progress)) for one in orders]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    done = tuple(task.result() for task in running)
    first = min(one.record.started_at for one in done)
    if any(one.record.started_at - first > AT_ONCE_WITHIN for one in done):
        raise HarnessError("the drills did not begin at once: this machine is too busy for the run to count")
    return done


async def _drilled(workshop: Workshop, order: Order, progress: Progress) -> Concluded:
    name = order.workload.name
    ports = await workshop.ports(order, Shortly(progress, name))
    slot_for(workshop, name, NONE, ports.clock.utc())
    return await run_drill(order, ports, workshop.signer())
