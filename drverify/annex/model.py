"""The annex of a reporting period: everything that a page about it shows, as one value that JSON can hold.

All figures are whole numbers or time spans, all instants UTC. Nothing here is decided by whoever draws it:
a page, a file or an export only words what stands here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from drverify.annex.lines import DrillLine, ObligationLine, SlotLine, WorkloadLine
from drverify.model.agreement import Sha256, Signed
from drverify.model.audit import AuditFinding
from drverify.model.drill import Counter
from drverify.model.evidence import KeyId
from drverify.model.obligation import ObligationId
from drverify.model.records import DrillCounts, Period, PeriodId
from drverify.model.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """The agreement that the period is reported under."""

    id: str
    title: str
    provider: str
    customer: str
    effective: date | None
    documents: tuple[Signed, ...]
    contracts: tuple[Sha256, ...]
    """Digests of the accepted contracts that drills of the period were judged by, first met first."""
    accepted_by: str
    """Who accepted the newest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One clause, word for word."""

    number: str
    title: str
    document: str
    """Id of the document that it stands in."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """One promise in one period."""

    obligation: ObligationId
    outcome: Outcome
    limit: timedelta | None
    worst: timedelta | None
    median: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """One period of the trend, as its own annex says."""

    period: PeriodId
    begins: datetime
    annex: Sha256 | None
    """Digest of the earlier annex; none: this one."""
    planned: int
    finished: int
    failed: int
    lines: tuple[TrendLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """Something that was found wrong, and what is done about it."""

    id: str
    opened: datetime
    obligation: str
    """Id; empty when it is about none."""
    workload: str
    what: str
    owner: str
    """Empty: nobody was assigned."""
    action: str
    due: date | None
    closed: datetime | None
    retest: str
    """Id of the drill that shows it mended; empty: none yet."""
    retest_payload: Sha256 | None
    """Digest of that drill's signed statement."""


class NotTested(StrEnum):
    """Why something was not tested."""

    OPEN_POINT = "open-point"
    """The agreement leaves it open."""
    NOT_TESTABLE = "not-testable"
    """A clause that names no figure, system or party to test."""
    NO_DRILL = "no-drill"
    """A promise that no drill of the period was judged by."""
    NO_SLOT = "no-slot"
    """A workload that the schedule does not name."""
    NOT_DRILLED = "not-drilled"
    """A workload without a drill with a result."""
    PROBE = "probe"
    """A probe that only advises, or that could not be asked."""
    BEYOND = "beyond"
    """What no restore in a sandbox can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untested:
    """One thing that was not tested, and why."""

    kind: NotTested
    subject: str
    clause: str
    """Empty when no clause is about it."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What shows that nothing left the sandboxes, over all drills with a result."""

    drills: int
    closed: int
    """Drills of which every check, and at least one, found the sandbox closed."""
    booted: int
    """Drills that started a machine; one that only reads files has nothing to contain."""
    booted_closed: int
    checks: int
    checks_closed: int
    counters: tuple[Counter, ...]
    """Sums by name."""
    cleaned_up: int
    """Drills whose every resource was verified gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerLine:
    """A key that signed, by what it is called and by its material."""

    role: str
    name: str
    keyid: KeyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How one thing is checked by hand."""

    what: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the annex stands on."""

    audited: bool
    """Whether the log was audited whole; else only the results at hand were verified, one by one."""
    at: datetime
    """The time that it was asked for."""
    origin: str
    """Name of the log; empty: none was kept."""
    size: int
    root: Sha256 | None
    """Root hash of the tree of that size."""
    held: tuple[str, ...]
    findings: tuple[AuditFinding, ...]
    signers: tuple[SignerLine, ...]
    commands: tuple[Command, ...]
    tools: tuple[str, ...]
    """Versions of drverify that sealed the results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands on the first page."""

    outcome: Outcome
    """MISSED when a promise was missed, else UNPROVEN when one is not proven, else MET."""
    met: int
    """Promises."""
    missed: int
    unproven: int
    workloads: int
    """That the agreement covers."""
    drilled: int
    """Of them with at least one result."""
    recovered: int
    """Drills with a result that brought their workload back."""
    open_findings: int
    largest_gap: timedelta | None
    gap_workload: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """Everything that a period shows of one agreement."""

    version: Literal[1] = 1
    agreement: Promised
    period: Period
    basis: Basis
    summary: Summary
    counts: DrillCounts
    quotes: tuple[Quote, ...]
    """Every clause that an obligation, an allowance or something untested cites."""
    obligations: tuple[ObligationLine, ...]
    workloads: tuple[WorkloadLine, ...]
    """By name."""
    drills: tuple[DrillLine, ...]
    """In the order of the log; without one in the order of their starts."""
    slots: tuple[SlotLine, ...]
    """Every scheduled drill without a result."""
    trend: tuple[Quarter, ...]
    """Oldest first; the last one is this period."""
    findings: tuple[FindingLine, ...]
    untested: tuple[Untested, ...]
    isolation: Isolation
