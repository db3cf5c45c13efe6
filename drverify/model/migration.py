"""A planned migration, what its verification found, and what follows: go, no-go or undecided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType

from drverify.model.access import Access
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, DrillPlan, DrillRecord, LoggedStart, PhaseRecord, ProbeStatus
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import GuestShape
from drverify.model.system import Difference, Inventory, Part
from drverify.model.verdict import Outcome

MigrationId = NewType("MigrationId", str)
"""As a drill's id: sortable by start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A difference that the plan announces, and why it is as it should be."""

    part: Part
    item: str = "*"
    """Pattern of the item's key: `*` stands for anything, `?` for one character."""
    fact: str = ""
    """Name of the fact; empty: any, and the item's being there at all."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How the running source is asked: commands and probes that only read."""

    access: Access
    domain: str = ""
    """Name of its libvirt domain on this machine, for access by its agent."""
    namespace: str = ""
    """Network namespace of this machine from which it is reached; empty: the machine's own network."""
    baseline: tuple[str, ...] = ()
    """Probes of the playbook that are run against the source, too: the plan's author says that they only
    read. None: every probe of a kind that can do nothing else (`READ_ONLY`)."""


READ_ONLY = frozenset({"ping", "tcp", "tls", "http", "unit"})
"""Kinds of probes that change nothing in what they ask. (An http probe sends GET.)"""
IN_SANDBOX_ONLY = frozenset({"boot"})
"""Kinds that have nothing to ask outside of a sandbox: the source's console is not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One system that is to be moved."""

    workload: str
    """Of the inventory; its playbook is the validation unless another one is named."""
    source: Asked
    target: Access | None = None
    """How its copy is asked for its inventory, in the sandbox; None: as the source is."""
    validation: str = ""
    """Name of the playbook that proves that it works; empty: the workload's own."""
    expected: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A part of the cut-over that no drill measures: the last backup, the change of a route."""

    what: str
    time: timedelta
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoverGroup:
    """Systems that are cut over together, one after the other in this order."""

    name: str
    workloads: tuple[str, ...]
    dependencies: str = ""
    """Name of the inventory's dependency group whose members these are: they are drilled as one, in one
    sandbox, each started when those that it needs are healthy. Empty: each is drilled alone."""
    window: timedelta
    """How long their cut-over may take at most; inclusive."""
    granted: tuple[Granted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where they go."""

    host: str
    """Of the settings."""
    hardware: str = ""
    """Name of the hardware profile; empty: as the systems have it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """The way back."""

    host: str
    """Of the settings: what stands for the source's platform."""
    party: Literal["provider", "customer"] = "provider"
    within: timedelta
    """How long it may take at most, once it was decided; inclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """What is moved where, in which order, how it is proven, and how it is taken back."""

    version: Literal[1] = 1
    name: str
    description: str = ""
    target: Target
    systems: tuple[Moved, ...]
    groups: tuple[CutoverGroup, ...]
    """In the order of the cut-over; each system in one of them."""
    rollback: Rollback
    stabilisation: timedelta
    """How long the source is kept as it is after the cut-over, so that the way back stays open."""
    drills: int = 2
    """How often each system is drilled on the target now; earlier drills there count, too."""
    expected: tuple[Expected, ...] = ()
    """Of every system."""

    def group_of(self, workload: str) -> CutoverGroup:
        """The group that the system is cut over with; StopIteration when it is in none."""
        return next(one for one in self.groups if workload in one.workloads)


# --- what was found ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Whether one drill shows that the system works where it was restored."""

    outcome: Outcome
    reason: str
    took: timedelta | None
    """Declaration to the last required probe healthy and settled, and what is allowed for what the drill left
    out: the playbook's allowances, and steps that nobody was there to do. None: it never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPromise:
    """A promise of the agreement on time or data that a drill on the target judged, and not MET."""

    clause: str
    what: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetDrill:
    """A drill of the system on the target, whose own evidence says the rest."""

    drill: DrillId
    evidence: Sha256
    """Digest of the envelope's file."""
    started_at: datetime
    start: LoggedStart | None
    logged: bool
    """Whether its result is in the log, too; false also when the runner keeps none."""
    run: str = ""
    """Of the dependency group that it was drilled in; empty: it was drilled alone."""
    earlier: bool
    """Whether it was run before this verification; it then counts for the cut-over's time alone."""
    recovery: Recovery
    unkept: tuple[MissedPromise, ...]
    phases: tuple[PhaseRecord, ...]
    cleaned_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackDrill:
    """The system of the target, converted back and started on the source's own shape.

    It is no drill of a backup, so it has no place in the log; plan and record stand here whole.
    """

    converting: timedelta
    """From the target's being switched off until its disk lay there in the source's format."""
    size_bytes: int
    plan: DrillPlan
    record: DrillRecord
    recovery: Recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One probe's answers on both sides."""

    probe: str
    kind: str
    required: bool
    source: ProbeStatus | None
    """None: it is not asked there."""
    source_said: str
    target: ProbeStatus | None
    """None: the drill never came to it."""
    target_said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedSystem:
    """Everything that was found out about one system."""

    workload: str
    group: str
    own: GuestShape | None
    """The shape of the source, as far as the inventory states it."""
    source: Inventory
    target: Inventory
    differences: tuple[Difference, ...]
    probes: tuple[SideBySide, ...]
    drills: tuple[TargetDrill, ...]
    """Those of now first, then earlier ones on the same host and hardware."""
    rollback: RollbackDrill | None
    no_rollback: str = ""
    """Why the way back was not drilled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationFacts:
    """The facts of one verification of a plan. Nothing is decided here."""

    id: MigrationId
    plan: MigrationPlan
    plan_sha256: Sha256
    """Of the plan's file."""
    hardware: HardwareProfile | None
    started_at: datetime
    ended_at: datetime
    systems: tuple[MovedSystem, ...]
    left: tuple[str, ...] = ()
    """What of sandboxes that groups shared may still exist, and why."""


# --- what follows -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoverTime:
    """How long a group's cut-over takes, out of the drills on the target."""

    group: str
    measured: int
    """Of the system with the fewest drills that show its recovery; of a group that is drilled as one: its
    runs in which every member came back."""
    shortest: timedelta | None
    longest: timedelta | None
    """Sum of each system's own longest: they are cut over one after the other. Of a group that is drilled as
    one: its longest run, until the last member was healthy. None: nothing measured."""
    granted: timedelta
    window: timedelta
    chance_permille: int
    """If the cut-over is one more run of the same kind as those measured, it stays at or below `longest`
    with at least this probability; 0: the runs are too few to say."""


class Decision(StrEnum):
    """What may be done with the plan."""

    GO = "GO"
    NO_GO = "NO-GO"
    UNDECIDED = "UNDECIDED"


class Weight(StrEnum):
    """What a reason does to the decision."""

    AGAINST = "against"
    """NO-GO."""
    OPEN = "open"
    """No GO: it is not known."""
    NOTE = "note"
    """To be read; decides nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One thing that was looked at for the decision."""

    weight: Weight
    where: str
    """The group or the system."""
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decision and everything that it rests on. Nothing that speaks against it: GO."""

    decision: Decision
    reasons: tuple[Reason, ...]
    cutover: tuple[CutoverTime, ...]
