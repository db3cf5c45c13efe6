"""One drill by a workshop, from its order to its evidence: the same for a terminal and for a night."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.adapters.signing.reference import PublicSigner
from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded, Order, begin, carry_out
from drverify.engine.drills.stepping import Operator
from drverify.engine.ports import Progress
from drverify.engine.staying import Stay
from drverify.engine.wiring import DrillPorts, Fence
from drverify.errors import HarnessError
from drverify.model.booking import Booking
from drverify.model.drill import COPY, DrillId
from drverify.model.nights import copy_in
from drverify.model.recovery import Workload
from drverify.operation.slots import slot_for, slot_or_none
from drverify.operation.tracing import trace
from drverify.planning.nights.turns import one_between
from drverify.planning.request import LATEST


async def ready(workshop: Workshop) -> PublicSigner:
    """Take back what dead drills left, log what they did not come to log, and find the key that signs.

    InputError or HostError when the key is not there; nothing was begun then.
    """
    await workshop.reap()
    signer = workshop.signer()
    workshop.trust_file()
    await asyncio.to_thread(workshop.mend_log)
    return signer


async def drilled(
    workshop: Workshop,
    order: Order,
    progress: Progress,
    *,
    slot: str,
    open_only: bool = True,
    operator: Operator | None = None,
    fence: Fence | None = None,
    begun: Callable[[DrillId], None] = lambda _: None,
    stay: Stay | None = None,
) -> Concluded:
    """Run the drill of an order; `slot` is a slot's id, `none`, or empty for the open one that closes first.

    `begun` is told the drill's id once its start is logged, before anything is restored. Errors as
    `engine.drill.run_drill`, and InputError for a slot that is not open: nothing was begun then. Unless
    `open_only` such a drill is one that was not planned.
    """
    signer = await ready(workshop)
    ports: DrillPorts = await workshop.ports(order, progress, operator)
    choose = slot_for if open_only else slot_or_none
    reference, said = choose(workshop, order.workload.name, slot, ports.clock.utc())
    if said:
        progress.note(said)
    ports = replace(ports, fence=fence, stay=stay)
    drill = await begin(replace(order, slot=reference), ports, signer)
    begun(drill.plan.drill_id)
    concluded = await carry_out(drill, ports)
    await asyncio.to_thread(trace, concluded, workshop.agreed.contract.id, progress.note)
    return concluded


async def point_of(workshop: Workshop, workload: Workload, booking: Booking, progress: Progress) -> str:
    """What a booking's drill asks for: `latest`, of a copy too, or the id of a point that is listed now.

    A source that cannot be listed is a finding of the drill itself, which then asks for the latest one.
    """
    which = booking.point
    if which == LATEST or copy_in(which):
        return LATEST
    try:
        points = await workshop.source(workload.source).points(workload.points)
    except HarnessError as error:
        progress.note(f"no point but the latest can be looked for: {error}")
        return LATEST
    if which == "between":
        taken = await asyncio.to_thread(_ages_taken, workshop, workload.name)
        found = one_between(points, datetime.now(UTC), taken, seed=booking.id)
    else:
        found = min(points, key=lambda point: (point.consistent_as_of, point.id), default=None)
    return LATEST if found is None else found.id


def _ages_taken(workshop: Workshop, workload: str) -> list[timedelta]:
    """Ages of the points that drills of the workload brought back, which were asked for by their ids."""
    return [
        entry.shown.age
        for entry in workshop.drills.entries()
        if entry.workload == workload and entry.outcome == "recovered"
        if entry.shown is not None and entry.shown.age is not None
        if entry.shown.asked not in (LATEST, COPY)
    ]
