"""Everything a drill needs from the world, in one value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drverify.engine.keeping import Disclosures, DrillStore, EvidenceLog, Stamps
from drverify.engine.ports import Clock, Prober, Progress, Rooms, SandboxHost
from drverify.engine.recovering import Way
from drverify.engine.sources import RecoverySource
from drverify.model.drill import Selection, ToolFact
from drverify.model.recovery import RecoveryPoint, SecretRef

SecretResolver = Callable[[SecretRef], bytes]
"""Resolves a reference; InputError when it leads nowhere."""

Select = Callable[[Sequence[RecoveryPoint], str, datetime, datetime], Selection]
"""(points, request, incident, now) -> which point, and why. InputError for an unknown id."""


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
    disclosures: Disclosures | None = None
    """None: the evidence hides nothing."""
