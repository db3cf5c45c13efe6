"""Verifies a planned migration: asks the sources, drills every system on the target and back, returns facts.

One group after the other, in the order of the cut-over; systems that need each other are drilled as one, any
other alone. Nothing of a source is changed: it is asked commands and probes that only read. A drill on the
target is a drill as any other, with evidence of its own; the way back is none, because nothing is restored
out of a backup there, and its record stands in the migration's.
"""

from drverify.engine.migration.system import System
from drverify.engine.migration.unit import Unit
from drverify.engine.migration.wiring import MigrationPorts
from drverify.model.agreement import Sha256
from drverify.model.group import Member
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    CutoverGroup,
    MigrationFacts,
    MigrationId,
    MigrationPlan,
    Moved,
    MovedSystem,
)


async def verify_plan(
    plan: MigrationPlan,
    plan_sha256: Sha256,
    migration: MigrationId,
    hardware: HardwareProfile | None,
    ports: MigrationPorts,
) -> MigrationFacts:
    """Find out everything that decides about the plan.

    InputError before anything was begun when an order is wrong; what fails later is a gap in the facts.
    """
    units = [
        Unit(plan, members, [System(moved, ports.order(moved), hardware, ports) for moved in some], ports)
        for group in plan.groups
        for members, some in _units(plan, group, ports.members(group))
    ]
    for unit in units:
        await unit.check()
    started = ports.clock.utc()
    systems: list[MovedSystem] = []
    for unit in units:
        await unit.verify(migration)
        systems += (one.facts(plan) for one in unit.systems)
    return MigrationFacts(
        id=migration,
        plan=plan,
        plan_sha256=plan_sha256,
        hardware=hardware,
        started_at=started,
        ended_at=ports.clock.utc(),
        systems=tuple(systems),
        left=tuple(what for unit in units for what in unit.left),
    )


def _units(
    plan: MigrationPlan, group: CutoverGroup, members: tuple[Member, ...]
) -> list[tuple[tuple[Member, ...], list[Moved]]]:
    """What of a cut-over group is drilled at once: all of it, or each system."""
    moved = {one.workload: one for one in plan.systems}
    if members:
        return [(members, [moved[one.workload] for one in members])]
    return [((), [moved[name]]) for name in group.workloads]
