"""Everything that the verification of a migration needs from the world, in one value."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.keeping import DrillStore, Signer
from drverify.engine.migration.surveying import Source
from drverify.engine.ports import Clock, Progress, Rooms
from drverify.engine.wiring import DrillPorts
from drverify.model.group import Member
from drverify.model.migration import (
    CutoverGroup,
    Moved,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPorts:
    """Everything that a verification needs from the world."""

    clock: Clock
    progress: Progress
    signer: Signer
    rooms: Rooms
    store: DrillStore
    """Where the drills of the way back are kept."""
    order: Callable[[Moved], Order]
    """A drill of the system on the target. InputError for anything that is wrong."""
    members: Callable[[CutoverGroup], tuple[Member, ...]]
    """The dependency group that is cut over as one, in its order; none: each system alone. InputError."""
    ports: Callable[[Order], Awaitable[DrillPorts]]
    back: Callable[[Moved, Path], Awaitable[tuple[Order, DrillPorts]]]
    """A drill of the disk at the path, on the source's own shape."""
    source: Callable[[Moved], AbstractAsyncContextManager[Source]]
    """The running source. HarnessError or InputError when there is no way to it."""
    history: Callable[[Order, tuple[Member, ...]], Sequence[Concluded]]
    """Earlier drills of the system on the same host and hardware, in the same company, newest first."""
