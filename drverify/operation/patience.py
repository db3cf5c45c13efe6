"""Gives a night's drill the patience that earlier drills on its host call for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from drverify.compose import Workshop
from drverify.engine.drills.drill import Order
from drverify.engine.ports import Progress
from drverify.errors import DrverifyError
from drverify.model.drill import ToolFact
from drverify.model.recovery import boots
from drverify.planning.tonight.patience import NEWEST, Took, adapted, took

_LOOKED = 50
"""Drills of a workload that are looked through for those on this host."""
_ACCELERATION = "acceleration"


async def patient(workshop: Workshop, order: Order, progress: Progress) -> Order:
    """The order with limits that fit what the workload took on its host; said, and part of the plan.

    What cannot be found out leaves the limits as the playbook states them; the drill itself tells of it.
    """
    if not boots(order.workload.payload):
        return order
    try:
        tools = await workshop.host(order.workload.host).tools()
        before = tuple(islice(_before(workshop, order, _acceleration(tools)), NEWEST))
    except DrverifyError as error:
        progress.note(f"patience: as the playbook states: {error}")
        return order
    limits, said = adapted(order.playbook.limits, before)
    for line in said:
        progress.note(line)
    return replace(order, playbook=replace(order.playbook, limits=limits))


def _before(workshop: Workshop, order: Order, acceleration: str) -> Iterator[Took]:
    """Newest first; with another acceleration, or of another kind of restore, a drill says nothing here."""
    host, name = workshop.settings.host_of(order.workload.host), order.workload.name
    own = (one for one in workshop.drills.entries() if one.workload == name)
    for entry in islice(own, _LOOKED):
        try:
            sealed = workshop.sealed(entry.drill_id)
        except DrverifyError:  # of another version of drverify, or not whole: it tells nothing here
            continue
        if sealed is None or sealed.plan.mode != order.mode or sealed.plan.group is not None:
            continue
        if sealed.plan.workload.source != order.workload.source:
            continue  # of a further copy, or this one is
        there = workshop.settings.host_of(sealed.plan.workload.host)
        if there == host and _acceleration(sealed.record.tools) == acceleration:
            found = took(sealed.record)
            if found is not None:
                yield found


def _acceleration(tools: Sequence[ToolFact]) -> str:
    return next((one.version for one in tools if one.name == _ACCELERATION), "")
