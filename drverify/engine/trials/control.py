"""A negative control: the drill's own conducting and judging, over a source that holds one broken copy.

Nothing here writes where recovery points lie. Two ways lead to a broken copy: a `Breaker` makes one of what
the store keeps (a pack with a flipped bit, a cut-off archive) in scratch space; or the good point is restored
and what came of it is damaged before anybody looks at it, as if it had been backed up so.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Protocol

from drverify.engine.drills.conductor import conduct
from drverify.engine.drills.drill import Order
from drverify.engine.ports import Progress, ResourceScope
from drverify.engine.sources import (
    Described,
    ImageSource,
    MachineSource,
    OpenedImage,
    RecoverySource,
    Restored,
)
from drverify.engine.wiring import DrillPorts
from drverify.errors import InputError
from drverify.judging.controls import came_of
from drverify.judging.objectives import judge_all
from drverify.model.controls import ControlKind, ControlOutcome, Damage
from drverify.model.drill import DrillPlan, DrillRecord, ToolFact
from drverify.model.obligation import Register
from drverify.model.recovery import (
    Disk,
    DiskImage,
    FileSet,
    Network,
    Payload,
    PointFilter,
    RecoveryPoint,
    SystemFiles,
)
from drverify.model.verdict import Verdict
from drverify.planning.drawing import Listed

Harm = Callable[[Path], Damage]
"""Damages what was restored there, in place; blocks. HostError when there is nothing to damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenCopy:
    """A copy of a point with one known damage, as its source would give it."""

    source: RecoverySource
    point: RecoveryPoint
    """The good one, or what the copy calls it."""
    damage: Damage


class Breaker(Protocol):
    """Makes broken copies of points of one kind of source."""

    async def __call__(
        self, kind: ControlKind, point: RecoveryPoint, payload: Payload, *, into: Path, progress: Progress
    ) -> BrokenCopy:
        """Copy what the point needs into the existing empty directory `into`, and damage the copy.

        Only reads where points lie. InputError for a kind that cannot be made there; errors of the ports.
        Whoever owns `into` removes it.
        """


class OnePoint:
    """A source that lists one point and no other, with the instant that it is given."""

    def __init__(self, inner: Any, point: RecoveryPoint, *, shown: RecoveryPoint, harm: Harm | None) -> None:
        """`shown` is how `point` is listed; `harm` is done to whatever is restored of it."""
        self._inner = inner
        self._point = point
        self.listed = shown
        """As it is listed."""
        self._harm = harm
        self.damage: Damage | None = None
        """What was done so far to what was restored."""

    @property
    def harms(self) -> bool:
        """Whether something is to be done to what is restored."""
        return self._harm is not None

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """The one."""
        del wanted
        return (self.listed,)

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """As the source says."""
        state: Literal["cold", "warm", "unknown"] = await self._inner.cache_state()
        return state

    async def tool(self) -> ToolFact:
        """As the source says."""
        tool: ToolFact = await self._inner.tool()
        return tool

    async def _harmed(self, restored: Restored, path: Path) -> Restored:
        if self._harm is not None:
            self.damage = await asyncio.to_thread(self._harm, path)
        return restored


class OneFileSet(OnePoint):
    """Of files: a manifest out of the point is not harmed, for it is not what was lost."""

    async def restore_files(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """As `FileSource.restore_files`; harmed."""
        del point
        found = await self._inner.restore_files(self._point, path, into=into, stall=stall, progress=progress)
        return await self._harmed(found, into)

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """As `ImageSource.restore_image`, of a single file; as it is."""
        del point
        found: Restored = await self._inner.restore_image(
            self._point, path, into=into, stall=stall, progress=progress
        )
        return found

    def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AbstractAsyncContextManager[OpenedImage]:
        """InputError: files are not opened."""
        del point, path, at, scope
        raise InputError("files are restored, not opened")

    def listing(self, point: RecoveryPoint, path: str) -> AsyncIterator[Sequence[Listed]]:
        """As `SamplingSource.listing`."""
        del point
        found: AsyncIterator[Sequence[Listed]] = self._inner.listing(self._point, path)
        return found

    async def restore_chosen(
        self,
        point: RecoveryPoint,
        path: str,
        chosen: Sequence[str],
        *,
        into: Path,
        stall: timedelta,
        progress: Progress,
    ) -> Restored:
        """As `SamplingSource.restore_chosen`; harmed."""
        del point
        found = await self._inner.restore_chosen(
            self._point, path, chosen, into=into, stall=stall, progress=progress
        )
        return await self._harmed(found, into)

    async def pour_tree(
        self, point: RecoveryPoint, path: str, *, into: int, stall: timedelta, progress: Progress
    ) -> Restored:
        """As `TreeSource.pour_tree`; as it is."""
        del point
        found: Restored = await self._inner.pour_tree(
            self._point, path, into=into, stall=stall, progress=progress
        )
        return found


class OneImage(OnePoint):
    """Of a disk image."""

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """As `ImageSource.restore_image`; harmed."""
        del point
        found = await self._inner.restore_image(self._point, path, into=into, stall=stall, progress=progress)
        return await self._harmed(found, into)

    def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AbstractAsyncContextManager[OpenedImage]:
        """As `ImageSource.opened_image`; a control restores in full, so that nothing harms the original."""
        del point, path, at, scope
        raise InputError("a control restores in full")


class OneDescribed(OnePoint):
    """Of a machine that states its own shape, restored by its host."""

    async def describe(self, point: RecoveryPoint, networks: Sequence[Network]) -> Described:
        """As `DescribingSource.describe`."""
        del point
        found: Described = await self._inner.describe(self._point, networks)
        return found


class OneMachine(OneDescribed):
    """Of a machine whose disks the source hands out."""

    async def restore_machine(
        self, point: RecoveryPoint, disks: Sequence[Disk], *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        """As `MachineSource.restore_machine`; as it is."""
        del point
        found: Restored = await self._inner.restore_machine(
            self._point, disks, into=into, stall=stall, progress=progress
        )
        return found


def only(
    inner: RecoverySource,
    point: RecoveryPoint,
    payload: Payload,
    *,
    older: timedelta = timedelta(0),
    harm: Harm | None = None,
) -> OnePoint:
    """A source that holds this point alone, listed as so much older, and harmed when it is restored."""
    shown = replace(point, consistent_as_of=point.consistent_as_of - older)
    form: type[OnePoint] = OneMachine if isinstance(inner, MachineSource) else OneDescribed
    if isinstance(payload, FileSet | SystemFiles):
        form = OneFileSet
    elif isinstance(payload, DiskImage) and isinstance(inner, ImageSource):
        form = OneImage
    return form(inner, point, shown=shown, harm=harm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """A control's drill with what it came to."""

    register: Register
    plan: DrillPlan
    record: DrillRecord
    verdicts: tuple[Verdict, ...]
    outcome: ControlOutcome
    why: str


async def run_control_drill(
    kind: ControlKind, order: Order, plan: DrillPlan, ports: DrillPorts
) -> Controlled:
    """Drill the broken copy that `ports.source` holds, and judge it as any drill is judged.

    Nothing is logged or sealed. On cancellation everything is taken back first, as `conduct` says.
    """
    register = order.agreed.register(plan.incident_at)
    record = await conduct(plan, ports)
    verdicts = judge_all(register, plan, record)
    outcome, why = came_of(kind, register, plan, record, verdicts)
    return Controlled(
        register=register, plan=plan, record=record, verdicts=verdicts, outcome=outcome, why=why
    )
