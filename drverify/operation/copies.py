"""Drills of what is kept elsewhere than where a workload's points lie first."""

from dataclasses import replace

from drverify.compose import Workshop
from drverify.engine.drills.drill import Order
from drverify.errors import InputError
from drverify.model.drill import COPY
from drverify.model.recovery import as_copied


def order_of_copy(workshop: Workshop, order: Order, source: str) -> Order:
    """The same order for the workload's copy in that source.

    InputError when the inventory has none there, and for a copy that is the workload's own points: what they
    lack breaks a promise.
    """
    own = workshop.copies.get(order.workload.name, ())
    copy = next((one for one in own if one.source == source), None)
    if copy is None:
        known = ", ".join(one.source for one in own) or "none"
        raise InputError(
            f"the inventory names no copy of {order.workload.name} in source {source!r}",
            hint=f"known are: {known}; see `copies` in docs/settings.md",
        )
    workload = as_copied(order.workload, copy)
    if workload == order.workload:
        raise InputError(f"the copy of {workload.name} in source {source!r} is the workload's own points")
    workshop.source(source)
    return replace(order, workload=workload, requested_point=COPY)
