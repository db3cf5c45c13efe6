"""One drill: everything fixed before it, and the facts of it. Nothing here is judged.

Offsets (`at`, `started`, `settled`) lie on the drill's one monotonic clock, whose zero is the
declaration. Instants are UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType

from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeAnswer, ChallengeBasis
from drverify.model.files import FileComparison
from drverify.model.group import GroupReference
from drverify.model.hardware import HardwareProfile
from drverify.model.inspection import Inspection
from drverify.model.layout import Rework
from drverify.model.obligation import Mode, ObligationId
from drverify.model.playbook import Playbook
from drverify.model.records import SlotReference
from drverify.model.recovery import MachineDescription, PointId, RecoveryPoint, Workload
from drverify.model.steps import StepRecord

COPY = "copy"
"""What is asked for when the newest point of a further copy is, which the plan's workload then names as its
source."""

DrillId = NewType("DrillId", str)
"""Sortable by start: `YYYYMMDDTHHMMSSZ-xxxxxx`, the tail random hexadecimal."""


class Attribution(StrEnum):
    """Whose fault it is when something of ours failed."""

    SOURCE = "source"
    RESTORE_HOST = "restore-host"
    SANDBOX = "sandbox"
    PROBE = "probe"
    TOOL = "tool"


class PhaseName(StrEnum):
    """The phases of a drill, in their order."""

    SELECT = "select"
    PROVISION = "provision"
    RESTORE = "restore"
    REBUILD = "rebuild"
    """The operating system comes back around restored files: mounts, initramfs, boot loader, network."""
    ADAPT = "adapt"
    """A restored system is made ready for hardware that is not its own."""
    ISOLATE = "isolate"
    """Waiting for isolation checks and controls, as far as they outlast the restore."""
    AWAIT = "await"
    """Waiting for the systems of the group that this one needs."""
    FIRST_BOOT = "first-boot"
    """A system is started on another controller than its own to be, beside a disk on that one."""
    SHUTDOWN = "shutdown"
    """It switches itself off after that."""
    BOOT = "boot"
    CONFIGURE = "configure"
    """The playbook's steps beyond starting it."""
    APPLICATION = "application"
    PROBE = "probe"
    TEARDOWN = "teardown"


RUNNING = frozenset({PhaseName.FIRST_BOOT, PhaseName.BOOT})
"""What a guest does not run before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A file kept with the evidence, known by its digest."""

    name: str
    sha256: Sha256
    size_bytes: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which point is restored, out of which, and why."""

    point: RecoveryPoint | None
    why: str
    newest_eligible: bool
    """Whether no restorable point at or before the incident is newer."""
    listed: tuple[RecoveryPoint, ...]
    """Every point of the workload that the source listed, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """Everything fixed before anything happens."""

    drill_id: DrillId
    workload: Workload
    playbook: Playbook
    register_sha256: Sha256
    obligations: tuple[ObligationId, ...]
    requested_point: str
    """What the operator asked for: `latest`, `copy`, an id, or a time."""
    mode: Mode
    incident_at: datetime
    look_back: timedelta
    previous_success_at: datetime | None
    """UTC instant of the last earlier drill of this workload that recovered it; none: never."""
    slot: SlotReference | None = None
    """The scheduled slot that it is begun for; none: it was not planned."""
    hardware: HardwareProfile | None = None
    """What it is booted on instead of its own hardware; none: its own."""
    group: GroupReference | None = None
    """The run of a dependency group that it is part of; none: it is drilled alone."""
    challenge: str = ""
    """What the guest must give back, unknown to anybody before the drill was planned; empty: none."""
    challenge_basis: ChallengeBasis | None = None
    """What the challenge was made of; none exactly when there is no challenge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRecord:
    """One phase on the drill's clock."""

    name: PhaseName
    started: timedelta
    took: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Our own failure: weakens verdicts, never strengthens them."""

    attribution: Attribution
    phase: PhaseName
    what: str
    at: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """The backup's failure: damaged, truncated, not what it should be."""

    phase: PhaseName
    what: str
    at: timedelta


class GaveUp(StrEnum):
    """What ended the waiting for the required probes before they had settled."""

    NOT = ""
    STALL = "stall"
    """The guest stood still for the playbook's `boot_stall`: no output, no disk activity, no agent."""
    HEALTHY_LIMIT = "healthy-limit"
    """The playbook's `healthy` was over while the guest still moved."""
    GUEST_STOPPED = "guest-stopped"
    """The guest shut itself down."""
    PREDECESSOR = "predecessor"
    """It was never started: a system of its group that it needs did not become healthy."""


class ProbeStatus(StrEnum):
    """The three answers to a probe."""

    PASSED = "passed"
    FAILED = "failed"
    """It answered, and not as expected."""
    UNANSWERED = "unanswered"
    """Nothing answered within its time."""
    ERRORED = "errored"
    """Our probe could not ask; says nothing about the guest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """The last answer of one probe, and since when it kept passing."""

    probe: str
    kind: str
    status: ProbeStatus
    expected: str
    observed: str
    started: timedelta
    took: timedelta
    attempts: int
    settled: timedelta | None
    """Offset at which it had first passed throughout the settling time; none: never, or not any more.

    The last answer may be later: everything is asked once more when all have settled.
    """
    newest: datetime | None = None
    """A freshness probe's reading: UTC instant of the newest record, by the workload's own clock."""
    transcript: Sha256 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """The same probe asked before the guest was up: it must not pass then."""

    probe: str
    status: ProbeStatus
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationCheck:
    """One look at the sandbox, by configuration or by trying to get out."""

    name: str
    closed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A count taken at the edge of the sandbox."""

    name: str
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationRecord:
    """What shows that nothing could leave: checks before and during the drill, and counters."""

    checks: tuple[IsolationCheck, ...]
    counters: tuple[Counter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UndeclaredDependency:
    """A name that the application asked for and the playbook does not declare."""

    name: str
    queries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreFacts:
    """What the restore brought, and from how much reading."""

    mode: Mode
    restored_bytes: int
    """Logical bytes of the restored image or files."""
    allocated_bytes: int
    """Bytes that take room on the restore host's disk."""
    read_bytes: int | None
    """Bytes read from the repository; none when the source cannot say."""
    files: int
    cache: Literal["cold", "warm", "unknown"]
    """State of the source's local cache at the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFact:
    """A program that took part and its version."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedStart:
    """The drill's start as the evidence log holds it, from before anything was restored."""

    origin: str
    """Name of the log."""
    index: int
    payload: Sha256
    """Digest of the signed statement that was logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRecord:
    """The facts of one drill."""

    drill_id: DrillId
    start: LoggedStart | None = None
    """None: this runner keeps no log."""
    started_at: datetime
    """Wall clock at the zero of the drill's clock (the declaration)."""
    ended_at: datetime
    selection: Selection
    phases: tuple[PhaseRecord, ...]
    machine: MachineDescription | None = None
    """What a whole machine's backup says of it, and in what the copy differed; none for other payloads."""
    restore: RestoreFacts | None
    reworks: tuple[Rework, ...] = ()
    """What was done to the restored system so that it can start where it is now."""
    inspection: Inspection | None = None
    """What the restored disks hold; none: the playbook does not ask for it, or there are none."""
    comparison: FileComparison | None = None
    """Restored files held against their manifest; none: there was none."""
    steps: tuple[StepRecord, ...] = ()
    """The playbook's steps, as far as the drill came."""
    probes: tuple[ProbeResult, ...]
    controls: tuple[ControlResult, ...]
    challenge: ChallengeAnswer | None = None
    """None exactly when the plan has no challenge."""
    isolation: IsolationRecord
    dependencies: tuple[UndeclaredDependency, ...]
    guest_clock_skew: timedelta | None
    """Guest's clock minus ours, measured once; none: not measured."""
    faults: tuple[Fault, ...]
    defects: tuple[Defect, ...]
    artefacts: tuple[Artefact, ...]
    tools: tuple[ToolFact, ...]
    gave_up: str = ""
    """Why waiting for the required probes ended before they had settled, in words; empty when they did."""
    gave_up_by: GaveUp = GaveUp.NOT
    gave_up_at: timedelta | None = None
    """Offset at which waiting ended so; none when it did not."""
    cleaned_up: bool
    """Whether every resource of the drill was verified gone (false too when kept on request)."""


def point_of(record: DrillRecord) -> PointId | None:
    """Id of the point that the drill restored, if there was one."""
    return record.selection.point.id if record.selection.point else None
