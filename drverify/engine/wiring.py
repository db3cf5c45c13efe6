"""Everything a drill needs from the world, in one value."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drverify.engine.drills.companions import Companion
from drverify.engine.drills.stepping import Nobody, Operator
from drverify.engine.filesets import FileDesk
from drverify.engine.keeping import Disclosures, DrillStore, EvidenceLog, Stamps
from drverify.engine.ports import Clock, Prober, Progress, Rooms, SandboxHost
from drverify.engine.preparing import Inspector
from drverify.engine.recovering import Way
from drverify.engine.sources import RecoverySource
from drverify.engine.staying import Stay
from drverify.engine.visiting import Visitor
from drverify.errors import InputError
from drverify.model.drill import Selection, ToolFact
from drverify.model.recovery import RecoveryPoint, SecretRef
from drverify.model.steps import PutStep

SecretResolver = Callable[[SecretRef], bytes]
"""Resolves a reference; InputError when it leads nowhere."""

Select = Callable[[Sequence[RecoveryPoint], str, datetime, datetime], Selection]
"""(points, request, incident, now) -> which point, and why. InputError for an unknown id."""

Fence = Callable[[], Awaitable[bool]]
"""Fixes that this attempt concludes its drill; False when another one took its place. HarnessError when that
cannot be found out."""


def nothing_to_put(step: PutStep) -> bytes:
    """InputError: no file was handed over."""
    raise InputError(f"{step.source} of step {step.id} was not handed over")


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPorts:
    """Everything a drill needs from the world."""

    clock: Clock
    progress: Progress
    source: RecoverySource
    host: SandboxHost
    way: Way
    """How this drill's workload comes back from that source on that host."""
    rooms: Rooms
    store: DrillStore
    prober: Prober
    secret: SecretResolver
    select: Select
    own_tools: tuple[ToolFact, ...]
    log: EvidenceLog | None = None
    """None: this runner keeps no log."""
    stamps: Stamps | None = None
    """None: no time authority is asked."""
    companion: Companion | None = None
    """The other members of the group that is drilled; None: it is drilled alone."""
    operator: Operator = field(default_factory=Nobody)
    """Who is asked what only a person can do."""
    put: Callable[[PutStep], bytes] = nothing_to_put
    """What a step puts into the guest. InputError when it is not there, or not what was planned."""
    files: FileDesk | None = None
    """Who draws and compares files; None: nothing is sampled or compared."""
    inspector: Inspector | None = None
    """Who reads restored disks; None: nobody."""
    disclosures: Disclosures | None = None
    """None: the evidence hides nothing."""
    visitor: Visitor | None = None
    """Who looks at the restored machine once it is proven; None: nobody."""
    fence: Fence | None = None
    """Asked when everything was taken back, before evidence is signed; None: nobody else drills it."""
    stay: Stay | None = None
    """Asked whether what was made stands on after that; None: it never does."""
