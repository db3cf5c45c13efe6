"""The lines of an annex: one for each promise, drill, workload and scheduled drill.

Figures are whole numbers or time spans, instants UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.audit import SlotState
from drverify.model.drill import Counter, DrillId, PhaseRecord
from drverify.model.obligation import Allowance, ObligationId
from drverify.model.records import SlotId
from drverify.model.verdict import Outcome, Verdict

Metric = Literal[
    "rpo", "rto", "backup-frequency", "restore-test-frequency", "retention", "application-validation"
]
"""The kinds of objectives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured of one promise over the period; verdicts without a figure are not in it."""

    measured: int
    """How many drills measured it."""
    worst: timedelta
    """Of a limit from above the longest, of one from below the shortest."""
    worst_drill: DrillId
    median: timedelta
    """Of an even number the worse of the two in the middle: always a value that was measured."""
    last: timedelta
    """Of the newest drill that measured it."""
    last_drill: DrillId


class Bound(StrEnum):
    """What is counted in a statement about chance."""

    WORKLOADS = "workloads"
    DRILLS = "drills"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """What the number of drills can show at most, if they were a pick by chance (which nobody checks).

    `workloads`: of `of` workloads `shown` were drilled with a result and `missed` of them missed; with the
    confidence, at most `at_most` of all `of` would have (exact, hypergeometric: a pick without repetition).
    `drills`: `shown` drills with a result, `missed` of them missed; with the confidence, the chance that
    one misses is at most `at_most` per mille (exact binomial: Clopper and Pearson, Biometrika 26, 1934,
    p. 404; with no misses about 3000 / `shown`, the rule of three: Hanley and Lippman-Hand, JAMA 249,
    1983, p. 1743).
    """

    counted: Bound
    of: int | None
    """All there are; none for drills, of which there is no end."""
    shown: int
    missed: int
    at_most: int
    confidence_per_mille: int = 950


@dataclass(frozen=True, slots=True, kw_only=True)
class ObligationLine:
    """One promise and what the period shows of it."""

    obligation: ObligationId
    clause: str
    """Number of the quote."""
    metric: Metric
    mode: Literal["full", "instant", ""]
    """Of a recovery time the kind of restore that is promised; else empty."""
    party: Literal["provider", "customer"]
    limit: timedelta | None
    """The strictest that a drill was judged by; none where the promise has no figure."""
    widest: timedelta | None
    """The widest: another one only when the limit depends on the calendar or the agreement was changed."""
    at_least: bool
    """Whether the limit bounds from below (retention)."""
    allowances: tuple[Allowance, ...]
    """Stated by the agreement."""
    allowance: timedelta
    """The most that was granted to a drill, playbook's included."""
    conditions: tuple[str, ...]
    scope: tuple[str, ...]
    """Every workload that it covers."""
    drilled: int
    """How many of them have a drill with a verdict on it."""
    shown: int
    """How many of them have a verdict that is MET or MISSED."""
    met: int
    """Drills."""
    missed: int
    unproven: int
    figures: Figures | None
    """None: nothing was measured."""
    outcome: Outcome
    why: str
    assurance: tuple[Assurance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the restored application's screen showed."""

    name: str
    sha256: Sha256
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeCounts:
    """The last answers of a drill's probes."""

    passed: int
    failed: int
    unanswered: int
    errored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillLine:
    """One drill with a result."""

    drill: DrillId
    workload: str
    slot: SlotId | None
    """None: it was not planned."""
    group: str
    """The dependency group that it was drilled with; empty: alone."""
    mode: Literal["full", "instant"]
    incident_at: datetime
    started_at: datetime
    ended_at: datetime
    point: str
    """Id of the point that was restored; empty: there was none."""
    point_at: datetime | None
    """UTC instant that the point is consistent as of."""
    recovered: bool
    verdicts: tuple[Verdict, ...]
    phases: tuple[PhaseRecord, ...]
    probes: ProbeCounts
    checks_closed: int
    """Checks of the sandbox that found it closed."""
    checks: int
    counters: tuple[Counter, ...]
    """Taken at the edge of the sandbox."""
    faults: tuple[str, ...]
    """Failures of the drill itself, which weaken a verdict."""
    defects: tuple[str, ...]
    """Failures of the backup."""
    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]
    """What the verifier remarked."""
    payload: Sha256
    """Digest of the signed statement."""
    index: int | None
    """Entry of the result in the log; none: no log."""
    start_index: int | None
    not_before: datetime | None
    """By a time authority; none: nothing shows it."""
    not_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadOutcome:
    """One promise for one workload."""

    obligation: ObligationId
    outcome: Outcome
    worst: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadLine:
    """One workload that the agreement covers."""

    name: str
    planned: int
    drills: int
    """With a result."""
    recovered: int
    outcomes: tuple[WorkloadOutcome, ...]
    """In the order of the annex's obligations; UNPROVEN for one that no drill was judged by."""
    largest_gap: timedelta | None
    """Without a new restorable point, by what drills saw listed; none: no drill looked."""
    gap_began: datetime | None
    gap_looked: timedelta
    """How much of the period drills looked at: each as far back from its incident as the agreement looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLine:
    """One scheduled drill that has no result."""

    slot: SlotId
    workload: str
    opens: datetime
    closes: datetime
    state: SlotState
    drills: tuple[DrillId, ...]
