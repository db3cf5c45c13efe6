"""One system that is moved: what was asked of its source, seen on its target and found on its way back."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.migration.moving import (
    baseline_of,
    recovery,
    shape_of,
    side_by_side_probes,
    target_drill,
)
from drverify.engine.migration.surveying import Asked, Surveyor
from drverify.engine.migration.wiring import MigrationPorts
from drverify.engine.wiring import DrillPorts
from drverify.errors import DrverifyError
from drverify.migrating.comparing import differences
from drverify.migrating.explaining import hardware_of
from drverify.migrating.reading import unread
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.duration import whole_ms_up
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    MigrationPlan,
    Moved,
    MovedSystem,
    RollbackDrill,
)
from drverify.model.recovery import DiskImage
from drverify.model.system import Inventory


@dataclass(slots=True)
class System:
    """One system, and what was found out about it so far."""

    moved: Moved
    order: Order
    hardware: HardwareProfile | None
    ports: MigrationPorts
    source: Inventory = field(default_factory=lambda: unread("the source was not asked"))
    asked: tuple[Asked, ...] = ()
    earlier: Sequence[Concluded] = ()
    done: list[Concluded] = field(default_factory=list)
    disk: Path = Path()
    """Where the target's disk is put on its way back."""
    surveyor: Surveyor | None = None
    rollback: RollbackDrill | None = None
    no_rollback: str = ""

    @property
    def name(self) -> str:
        """The workload's."""
        return self.moved.workload

    async def ask_source(self) -> None:
        """Read the source, or why it cannot be read."""
        note = self.ports.progress.note
        note(f"{self.name}: asking the source, which is only read")
        try:
            async with self.ports.source(self.moved) as source:
                self.source = await source.inventory(self.moved.source.access)
                self.asked = await source.baseline(baseline_of(self.moved, self.order.playbook))
        except (DrverifyError, OSError, TimeoutError) as error:
            note(f"{self.name}: the source cannot be asked: {error}")
            self.source = unread(f"the source cannot be asked: {error}")

    def visitor(self, room: Path) -> Surveyor:
        """Who looks at it on the target, and takes its disk along."""
        self.disk = room / f"{self.name}.raw"
        self.surveyor = Surveyor(
            self.moved.target or self.moved.source.access,
            self.ports.clock,
            None if self._no_way() else self.disk,
            why_not=self._no_way(),
        )
        return self.surveyor

    @property
    def seen(self) -> Surveyor:
        """Who looked at it; nobody could before the first drill."""
        return self.surveyor or self.visitor(Path())

    def visited(self, ports: DrillPorts) -> DrillPorts:
        """The ports of a drill on the target, with the visitor unless that has looked already."""
        return ports if self.seen.has_looked else replace(ports, visitor=self.seen)

    def walked_back(self, plan: DrillPlan, record: DrillRecord, order: Order) -> None:
        """Keep what came of the way back."""
        self.rollback = RollbackDrill(
            converting=whole_ms_up(self.seen.converting),
            size_bytes=self.seen.taken_bytes,
            plan=plan,
            record=record,
            recovery=recovery(plan, record, order.agreed.register(plan.incident_at)),
        )

    def facts(self, plan: MigrationPlan) -> MovedSystem:
        """Everything about it."""
        own = shape_of(self.order.workload.payload)
        expected = (*self.moved.expected, *plan.expected)
        target = self.seen.inventory
        now = (target_drill(one, earlier=False) for one in self.done)
        before = (target_drill(one, earlier=True) for one in self.earlier)
        return MovedSystem(
            workload=self.name,
            group=plan.group_of(self.name).name,
            own=own,
            source=self.source,
            target=target,
            differences=differences(self.source, target, expected, hardware_of(self.hardware, own)),
            probes=side_by_side_probes(self.order.playbook, self.asked, self.done),
            drills=(*now, *before),
            rollback=self.rollback,
            no_rollback=self.no_rollback,
        )

    def _no_way(self) -> str:
        payload = self.order.workload.payload
        if isinstance(payload, DiskImage):
            return ""
        return f"only a machine that comes back as one disk image is taken back so far, not a {payload.kind}"
