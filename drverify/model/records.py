"""What provider and customer state about an agreement's drills, besides the drills themselves.

Each is the predicate of one signed statement in the evidence log; `SIGNED_BY` says who signs which. The
order is what makes the chain: register, then schedule, then the starts and results of drills, then the
close of the period. All instants are UTC, all limits inclusive; a slot's window holds `opens` and not
`closes`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

from drverify.model.agreement import Sha256, Signed
from drverify.model.obligation import ObligationId

SlotId = NewType("SlotId", str)
"""Unique in its agreement for all time, such as `2026Q4/shop/03`."""
PeriodId = NewType("PeriodId", str)
"""Such as `2026Q4` or `2026-11`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A reporting period."""

    id: PeriodId
    begins: datetime
    ends: datetime
    """The first instant after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReference:
    """One entry of the log, by place and by content."""

    index: int
    payload: Sha256
    """Digest of the signed statement that was logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedRegister:
    """Both parties agree on one reading of the agreement. A later one supersedes it."""

    version: Literal[1] = 1
    agreement: str
    """Id of the agreement."""
    contract: Sha256
    """Digest of the accepted contract's one byte form (`register.lock.yaml` read and written as JSON)."""
    documents: tuple[Signed, ...]
    """The executed documents and the texts that were read from them."""
    revision: int
    """1 for the first, then one more for each."""
    supersedes: LogReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One drill that has to be begun within a window."""

    id: SlotId
    workload: str
    opens: datetime
    closes: datetime
    obligations: tuple[ObligationId, ...]
    """What it is drilled for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which drills both parties expect in a period; logged before its first slot opens."""

    version: Literal[1] = 1
    agreement: str
    contract: Sha256
    """The contract whose promises it tests."""
    period: Period
    slots: tuple[Slot, ...]
    """In the order of `opens`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotReference:
    """The slot that a drill is begun for."""

    schedule: Sha256
    """Digest of the signed statement of the schedule."""
    slot: SlotId
    attempt: int = 1
    """2 and more follow an attempt that came to nothing, and are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidedDrill:
    """A start that both parties agree not to count, and why: the only way not to count one."""

    version: Literal[1] = 1
    agreement: str
    drill: str
    start: LogReference
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillCounts:
    """What came of the drills of a period."""

    planned: int
    """Slots of the schedule."""
    started: int
    finished: int
    """Starts with exactly one result."""
    open: int
    """Starts without a result or a void: each counts as failed."""
    voided: int
    not_started: int
    """Slots without a start."""
    unplanned: int
    """Starts for no slot."""
    met: int
    missed: int
    unproven: int
    """Verdicts in the results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodClose:
    """The provider's count of a period, and the tree that it counted."""

    version: Literal[1] = 1
    agreement: str
    period: Period
    begin: int
    """Size of the log at the period's first entry."""
    size: int
    """Size of the tree that was counted; this close is logged after it."""
    root: Sha256
    """Its root hash, hexadecimal."""
    counts: DrillCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that has to stay credible for years: a time stamp, a revocation list, a report."""

    name: str
    sha256: Sha256
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRefresh:
    """Digests that are logged, and stamped with the log, before what protects them grows old."""

    version: Literal[1] = 1
    agreement: str
    files: tuple[Kept, ...]


PartyRecord = AgreedRegister | Schedule | VoidedDrill | PeriodClose | ArchiveRefresh
"""What the parties state; starts and results of drills have forms of their own."""
