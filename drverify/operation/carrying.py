"""What a booking's process does, by the kind of booking."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from drverify.compose import Workshop
from drverify.engine.staying import Stay
from drverify.engine.wiring import Fence
from drverify.model.booking import Booking, Ending
from drverify.model.drill import DrillId
from drverify.model.nights import copy_in
from drverify.operation.controls import run_control, run_immutability
from drverify.operation.copies import order_of_copy
from drverify.operation.drilling import drilled, point_of
from drverify.operation.endings import of_concluded
from drverify.operation.grouped import run_group_booking
from drverify.operation.patience import patient
from drverify.operation.telling import LiveProgress


async def carried_out(
    workshop: Workshop,
    booking: Booking,
    progress: LiveProgress,
    *,
    fence: Fence,
    begun: Callable[[DrillId], None],
    stay: Stay | None = None,
) -> Ending:
    """Carry a booking out to its evidence, and say how it ended.

    Errors as `operation.drilling.drilled` and `operation.grouped.run_group_booking`. `begun` is told the id
    of the drill (of a group's members one after the other), the control or the probe; `stay` says whether
    what a drill made stands on when it is signed.
    """
    if booking.kind == "control":
        return await run_control(workshop, booking, progress, fence, begun)
    if booking.kind == "immutability":
        return await run_immutability(workshop, booking, progress, fence, begun)
    if booking.members:
        return await run_group_booking(workshop, booking, progress, fence=fence, begun=begun, stay=stay)
    workload = workshop.workload(booking.workload)
    point = await point_of(workshop, workload, booking, progress)
    order = workshop.order(booking.workload, requested_point=point, mode=booking.mode, keep=False)
    if copy_in(booking.point):
        order = order_of_copy(workshop, order, copy_in(booking.point))
    if booking.host:
        order = replace(order, workload=replace(order.workload, host=booking.host))
    order = await patient(workshop, order, progress)
    done = await drilled(
        workshop,
        order,
        progress,
        slot=booking.slot or "",
        open_only=False,
        fence=fence,
        begun=begun,
        stay=stay,
    )
    return of_concluded(done, datetime.now(UTC))
