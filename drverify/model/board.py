"""What the pages show: promises and how each stands, findings, backups. Worked out, never evidence.

Everything here follows from evidence that was verified, accepted agreements, the journal of findings and
looks at the estate. It may be thrown away and made again at any time.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId
from drverify.model.finding import Cause, FindingId, FindingState
from drverify.model.obligation import ObligationId
from drverify.model.result import WORST, Stands
from drverify.model.standing import FailedBackup
from drverify.model.variety import Variety
from drverify.model.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many promises stand how; one promise counts once for each workload."""

    missed: int = 0
    overdue: int = 0
    unproven: int = 0
    met: int = 0

    @property
    def all(self) -> int:
        """Every promise."""
        return self.missed + self.overdue + self.unproven + self.met

    @property
    def worst(self) -> Stands:
        """The gravest that occurs; UNPROVEN where nothing is promised."""
        shares = (self.missed, self.overdue, self.unproven, self.met)
        return next((name for name, number in zip(WORST, shares, strict=True) if number), Stands.UNPROVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCopy:
    """What the newest drill of a further copy showed of a promise."""

    copy: str
    """Its source."""
    shown: Outcome
    drill: DrillId
    at: datetime
    """End of the drill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One promise for one workload, over all its drills."""

    agreement: str
    obligation: ObligationId
    workload: str
    shown: Outcome | None
    """What counts: a MISSED that no drill of the same kind has shown as kept since, else the newest verdict.
    None: never judged."""
    since: datetime
    """Since when it counts: the first drill of the same outcome without another between; or, without any
    drill, since when the workload is protected."""
    judged_at: datetime | None
    """End of the newest drill that judged it."""
    drill: DrillId | None
    """The drill that counts."""
    achieved: timedelta | None
    """Without the allowance."""
    limit: timedelta | None
    lapses_at: datetime
    """From then on `shown` is too old to count, unless it is MISSED."""
    promised: bool
    """Whether a time between tests is promised; else it lapses by a rule of ours."""
    flips: int = 0
    """How often the verdict changed within the newest `judging.promised.LOOKED` drills."""
    flipping: bool = False
    met_at: datetime | None = None
    """The last time that it was shown as kept."""
    reason: str = ""
    allowance: timedelta = timedelta(0)
    """Stated time that is held against the limit besides what was achieved."""
    taken: Variety | None = None
    """What the drill that counts took; None: there is none, or nobody knows."""
    copies: tuple[OfCopy, ...] = ()
    """Further copies that were drilled, by source; what one lacks breaks no promise."""

    @property
    def told(self) -> str:
        """What the drill that counts took, in words; empty for the newest point, and where nobody knows."""
        usual = self.taken is None or (self.taken.generation == "newest" and self.taken.copy is None)
        return "" if usual or self.taken is None else self.taken.words

    @property
    def lacking(self) -> tuple[OfCopy, ...]:
        """Copies that did not show what is promised when they were drilled last."""
        return tuple(one for one in self.copies if one.shown is not Outcome.MET)

    def stands(self, now: datetime) -> Stands:
        """How it stands at that time."""
        if self.shown is Outcome.MISSED:
            return Stands.MISSED
        if now > self.lapses_at:
            return Stands.OVERDUE if self.promised else Stands.UNPROVEN
        return Stands.MET if self.shown is Outcome.MET else Stands.UNPROVEN

    def stands_since(self, now: datetime) -> datetime:
        """Since when it stands so."""
        lapsed = self.shown is not Outcome.MISSED and now > self.lapses_at
        return self.lapses_at if lapsed and (self.promised or self.shown is Outcome.MET) else self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise of an agreement."""

    agreement: str
    obligation: ObligationId
    clause: str
    """Number of the clause."""
    metric: str
    """Kind of the objective."""
    mode: str
    """Of a recovery time the kind of restore that is promised; else empty."""
    party: str
    limit: timedelta | None
    at_least: bool
    """Whether the limit bounds from below (retention)."""
    allowances: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """One clause, word for word."""

    number: str
    title: str
    document: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One agreement of the site."""

    agreement: str
    title: str
    provider: str
    customer: str
    effective: date | None
    contract: Sha256
    accepted_by: str
    open_points: int
    """What it leaves open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """One workload of an agreement."""

    agreement: str
    workload: str
    description: str
    kind: str
    source: str
    host: str
    playbook: str
    memory_mib: int
    """Of its guest; 0 without one, or when only the backup says it."""
    protected_since: datetime
    every: timedelta | None
    """Promised between two restore tests; None: nothing is promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backups:
    """The newest look at the points of a workload: what its source told, and no proof."""

    agreement: str
    workload: str
    source: str
    points: int
    newest: datetime | None
    oldest: datetime | None
    largest_gap: timedelta | None
    size_bytes: int | None
    allowed_gap: timedelta | None
    kept_for: timedelta | None
    looked_at: datetime
    failed: tuple[FailedBackup, ...] = ()
    """Tried within a month of the look, and come to nothing; the newest first."""

    @property
    def late(self) -> bool:
        """Whether the newest point was older than is promised, at the time of the look."""
        if self.allowed_gap is None:
            return False
        return self.newest is None or self.looked_at - self.newest > self.allowed_gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Something that a look at the estate found and that is no workload's: a backup, a guest, a silence."""

    agreement: str
    kind: Literal[
        "backup without workload",
        "guest without backup",
        "guest without workload",
        "backup failed",
        "not asked",
        "not told",
    ]
    place: str
    name: str
    detail: str
    looked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """A finding, as the pages show it."""

    agreement: str
    id: FindingId
    cause: Cause
    workload: str
    obligation: str
    state: FindingState
    reason: str
    first_at: datetime
    last_at: datetime
    seen: int
    """How often."""
    drill: str
    """The newest that shows it; empty: none."""
    owner: str
    action: str
    due: date | None
    reopened: int
    closed_at: datetime | None
    closed_by: str
    retests: int
    """Drills that would close it as they stand."""

    def overdue(self, today: date) -> bool:
        """Whether its date is over and nothing closed it."""
        return self.state is FindingState.ASSIGNED and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The drills of one agreement that were declared on one day, UTC."""

    agreement: str
    day: date
    drills: int
    recovered: int
    missed: int
    unproven: int
    met: int
    """Drills by their gravest verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A negative control, or an attempt to delete what must not be deleted: whether the gate holds."""

    agreement: str
    kind: Literal["control", "immutability"]
    workload: str
    """Empty: of the agreement as a whole."""
    name: str
    """Of its statement."""
    at: datetime
    caught: bool | None
    """Whether the known-bad point turned red, or the delete was refused; None: nothing was shown."""
    what: str
    """What was wrong with the point, or what was tried."""
    reason: str
    drill: str = ""
    harm: str = ""
    """Of a control its kind of damage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """Something that could not be read when the pages' figures were made, and is missing from them."""

    agreement: str
    what: str
    why: str
    at: datetime
