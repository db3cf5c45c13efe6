"""Systems that are drilled as one on the target and on the way back, or one that is drilled alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from drverify.engine.drills.conductor import conduct
from drverify.engine.drills.drill import Concluded, Order, new_drill_id, run_drill
from drverify.engine.drills.grouping import MemberDrill, check_group, run_group, side_by_side
from drverify.engine.migration.system import System
from drverify.engine.migration.wiring import MigrationPorts
from drverify.engine.wiring import DrillPorts
from drverify.errors import DrverifyError, HarnessError
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.migration import (
    MigrationId,
    MigrationPlan,
)
from drverify.sealing import codec


class Unit:
    """Systems that are drilled as one, or one that is drilled alone."""

    def __init__(
        self,
        plan: MigrationPlan,
        members: tuple[Member, ...],
        systems: Sequence[System],
        ports: MigrationPorts,
    ) -> None:
        self._plan = plan
        self._members = members
        self.systems = systems
        self._ports = ports
        self.left: list[str] = []

    @property
    def _name(self) -> str:
        return ", ".join(one.name for one in self.systems)

    async def check(self) -> None:
        """InputError when they cannot share a sandbox on the target; nothing is touched."""
        if self._members:
            drills = await self._drills([one.order for one in self.systems])
            check_group(self._members, drills, drills[0].ports.host)

    async def verify(self, migration: MigrationId) -> None:
        """Find everything out about each of them; what fails is a gap in what they know."""
        ports, note = self._ports, self._ports.progress.note
        for one in self.systems:
            one.earlier = ports.history(one.order, self._members)
        await asyncio.gather(*(one.ask_source() for one in self.systems))
        async with ports.rooms.lend(DrillId(migration)) as room:
            for number in range(self._plan.drills):
                note(f"{self._name}: drill {number + 1} of {self._plan.drills} on the target")
                try:
                    await self._drilled(room.directory)
                except HarnessError as error:
                    note(f"{self._name}: not drilled: {error}")
            await self._back()

    async def _drilled(self, room: Path) -> None:
        """One drill of each on the target. Errors as `run_drill` and `run_group`.

        The first in which all guests come up is visited: what is taken back together is of one run.
        """
        if not all(one.surveyor is not None and one.surveyor.has_looked for one in self.systems):
            for one in self.systems:
                one.visitor(room)
        drills = await self._drills([one.order for one in self.systems])
        visited = [
            replace(drill, ports=one.visited(drill.ports))
            for one, drill in zip(self.systems, drills, strict=True)
        ]
        if not self._members:
            (system,), (drill,) = self.systems, visited
            system.done.append(await run_drill(drill.order, drill.ports, self._ports.signer))
            return
        reference = self._reference()
        found = await run_group(reference, visited, visited[0].ports.host, self._ports.signer)
        for one, came in zip(self.systems, found.members, strict=True):
            if isinstance(came, Concluded):
                one.done.append(came)
        self._kept(found.left)

    async def _drills(self, orders: Sequence[Order]) -> list[MemberDrill]:
        return [MemberDrill(order=order, ports=await self._ports.ports(order)) for order in orders]

    def _reference(self) -> GroupReference:
        name = self._plan.group_of(self.systems[0].name).dependencies
        run = GroupRunId(new_drill_id(self._ports.clock.utc()))
        return GroupReference(group=name, run=run, members=self._members)

    def _kept(self, left: DrverifyError | None) -> None:
        if left is not None:
            self._ports.progress.note(f"{self._name}: {left}")
            self.left.append(str(left))

    async def _back(self) -> None:
        """The way back of all, or why it was not walked: one that is not there keeps the others here, too."""
        away = {one.name: one.seen.not_taken for one in self.systems if one.seen.not_taken}
        if away:
            for one in self.systems:
                others = "; ".join(f"{name}: {why}" for name, why in away.items())
                one.no_rollback = away.get(one.name) or f"it is walked with the others: {others}"
            return
        self._ports.progress.note(f"{self._name}: the way back, on the source's own shape")
        try:
            await self._walked()
        except DrverifyError as error:
            for one in self.systems:
                one.no_rollback = f"it could not be begun: {error}"

    async def _walked(self) -> None:
        """Start what was taken along on the source's own shape. Errors of the ports."""
        made = [await self._ports.back(one.moved, one.disk) for one in self.systems]
        drills = [MemberDrill(order=order, ports=ports) for order, ports in made]
        reference = self._reference() if self._members else None
        plans = [self._plan_back(drill.order, reference) for drill in drills]

        async def walk(at: int, ports: DrillPorts) -> DrillRecord:
            ports.store.begin(plans[at].drill_id, codec.encode(plans[at]))
            return await conduct(plans[at], ports)

        if reference is None:
            records: Sequence[DrillRecord | DrverifyError] = [await walk(0, drills[0].ports)]
        else:
            host = drills[0].ports.host
            check_group(self._members, drills, host)
            registers = [
                drill.order.agreed.register(plan.incident_at)
                for drill, plan in zip(drills, plans, strict=True)
            ]
            records, left = await side_by_side(reference, drills, registers, host, walk)
            self._kept(left)
        for one, drill, plan, record in zip(self.systems, drills, plans, records, strict=True):
            if isinstance(record, DrillRecord):
                one.walked_back(plan, record, drill.order)
            else:
                one.no_rollback = f"it was not walked to its end: {record}"

    def _plan_back(self, order: Order, reference: GroupReference | None) -> DrillPlan:
        now = self._ports.clock.utc()
        return DrillPlan(
            drill_id=new_drill_id(now),
            workload=order.workload,
            playbook=order.playbook,
            register_sha256=codec.digest(order.agreed.register(now)),
            obligations=(),
            requested_point="latest",
            mode="full",
            incident_at=now,
            look_back=timedelta(days=1),
            previous_success_at=None,
            group=reference,
        )
