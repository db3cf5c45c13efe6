"""A dependency group drilled as one by a workshop: the same for a terminal and for a night."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drverify.compose import Workshop
from drverify.engine.drills.drill import Order, new_drill_id
from drverify.engine.drills.grouping import GroupConcluded, MemberDrill, check_group, run_group
from drverify.engine.drills.stepping import Operator
from drverify.engine.ports import Progress
from drverify.engine.staying import Stay
from drverify.engine.wiring import DrillPorts, Fence
from drverify.errors import InputError
from drverify.model.drill import DrillId
from drverify.model.group import Group, GroupReference, GroupRunId
from drverify.model.obligation import Mode
from drverify.operation.drilling import ready
from drverify.operation.slots import slot_for, slot_or_none
from drverify.operation.tracing import trace
from drverify.planning.request import LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """Whom a group's drills tell what is going on, and who is asked; each by the name of a member."""

    progress: Callable[[str], Progress]
    operator: Callable[[str], Operator | None] = lambda _: None


def group_of(workshop: Workshop, name: str) -> Group:
    """The group of that name; InputError when the inventory has none."""
    found = next((one for one in workshop.groups if one.name == name), None)
    if found is None:
        known = ", ".join(sorted(one.name for one in workshop.groups)) or "none"
        raise InputError(f"no group {name!r} in the inventory", hint=f"known are: {known}")
    return found


def orders_of(
    workshop: Workshop, group: Group, *, point: str = LATEST, mode: Mode = "full", host: str = ""
) -> list[Order]:
    """The orders of all members, in their order; on `host`, or where the inventory has them.

    InputError for what is wrong with one, and for members on several hosts.
    """
    orders = [
        workshop.order(member.workload, requested_point=point, mode=mode, keep=False)
        for member in group.members
    ]
    if host:
        orders = [replace(one, workload=replace(one.workload, host=host)) for one in orders]
    if len({workshop.settings.host_of(order.workload.host) for order in orders}) > 1:
        raise InputError(
            f"the members of {group.name} are on several hosts", hint="one sandbox stands on one host"
        )
    return orders


async def checked(workshop: Workshop, group: Group, orders: Sequence[Order], told: Attended) -> None:
    """InputError for all that would keep the group's drill from beginning; nothing is touched."""
    members = [
        MemberDrill(order=order, ports=await _ports(workshop, order, told, fence=None, stay=None))
        for order in orders
    ]
    check_group(group.members, members, members[0].ports.host)


async def drilled_together(
    workshop: Workshop,
    group: Group,
    orders: Sequence[Order],
    told: Attended,
    *,
    slot: str = "",
    open_only: bool = True,
    nonce: str = "",
    fence: Fence | None = None,
    begun: Callable[[DrillId], None] = lambda _: None,
    stay: Stay | None = None,
) -> GroupConcluded:
    """Run the drill of a group; `slot` is `none`, or empty: each member takes its open one that closes first.

    `begun` is told each member's drill once its start is logged, before anything is restored. Errors as
    `engine.drills.grouping.run_group`, and as `operation.slots.slot_for` unless not `open_only`.
    """
    signer = await ready(workshop)
    choose = slot_for if open_only else slot_or_none
    members = []
    for order in orders:
        ports = await _ports(workshop, order, told, fence=fence, stay=stay)
        wanted = "none" if order.hardware is not None else slot
        reference, said = choose(workshop, order.workload.name, wanted, ports.clock.utc())
        if said:
            ports.progress.note(said)
        members.append(MemberDrill(order=order, ports=ports, slot=reference, nonce=nonce))
    ports = members[0].ports
    run = GroupReference(
        group=group.name, run=GroupRunId(new_drill_id(ports.clock.utc())), members=group.members
    )
    done = await run_group(run, members, ports.host, signer, begun=begun)
    for one in done.concluded:
        await asyncio.to_thread(trace, one, workshop.agreed.contract.id, ports.progress.note)
    return done


async def _ports(
    workshop: Workshop, order: Order, told: Attended, *, fence: Fence | None, stay: Stay | None
) -> DrillPorts:
    name = order.workload.name
    made = await workshop.ports(order, told.progress(name), told.operator(name))
    return replace(made, fence=fence, stay=stay)
