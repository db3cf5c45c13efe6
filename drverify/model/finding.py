"""What drills and audits leave to be mended, and what was done about it: corrective actions.

A finding is known by what it is about and why. The same cause in a later drill is the same finding, seen
again. People's words on it (who, what, until when) and the retests that close it are events of a journal;
nothing in the journal is evidence, and a sighting names the evidence that it was read from.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, NewType

from drverify.model.agreement import Sha256
from drverify.model.obligation import ObligationId
from drverify.model.variety import Variety

FindingId = NewType("FindingId", str)
"""`F-` and 12 hexadecimal digits that follow from the subject."""


class Cause(StrEnum):
    """Why there is something to mend."""

    MISSED = "missed"
    """A drill shows that an obligation was not kept."""
    UNPROVEN = "unproven"
    """A drill could not show whether an obligation is kept."""
    FAILED = "drill-failed"
    """A drill was begun, and there is no result."""
    NOT_RUN = "drill-not-run"
    """A scheduled drill was never begun."""
    AUDIT = "audit"
    """An audit, or a person, found something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a finding is about; two of the same subject are one finding."""

    agreement: str
    cause: Cause
    workload: str = ""
    """Empty: no single one, as when an audit finds that a time stamp is missing."""
    obligation: str = ""
    """Empty: the drill as a whole."""
    code: str = ""
    """Of an audit's finding: its code and where it was found, or the words of whoever opened it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One time that the cause showed."""

    subject: Subject
    at: datetime
    """When the drill was declared, the slot closed, or the audit was made; UTC."""
    reason: str
    drill: str = ""
    slot: str = ""
    evidence: Sha256 | None = None
    """Digest of the signed statement that shows it; none: nothing was signed."""
    index: int | None = None
    """Entry of that statement in the log; none: it was not logged."""
    start_index: int | None = None
    """Entry of the drill's start in the log."""
    needs: tuple[ObligationId, ...] = ()
    """What a retest has to show as MET; none: everything that it judges, and at least one thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retest:
    """What shows that a finding is mended: a drill whose evidence was verified, or a new audit."""

    drill: str
    """Empty: an audit."""
    workload: str
    started_at: datetime
    """Of an audit the time that it was asked for."""
    evidence: Sha256
    """Digest of the drill's signed statement, or root hash of the tree that was audited."""
    index: int | None
    start_index: int | None
    audit: str = ""
    """Period of the audit; empty: a drill."""

    @property
    def name(self) -> str:
        """What to call it."""
        return f"the audit of {self.audit}" if self.audit else f"drill {self.drill}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A drill's evidence was verified and read; it is not read again."""

    kind: Literal["examined"] = "examined"
    at: datetime
    drill: str
    envelope: Sha256
    """Digest of the evidence file: another file is another examination."""
    retest: Retest
    """The drill, should it close something."""
    sightings: tuple[Sighting, ...]
    met: tuple[ObligationId, ...]
    taken: Variety | None = None
    """What the drill took; None: it was examined before this was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A finding that no drill on this machine shows: by an audit, or by a person."""

    kind: Literal["opened"] = "opened"
    at: datetime
    sighting: Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """Who does what about it, and until when. The last one counts."""

    kind: Literal["assigned"] = "assigned"
    at: datetime
    subject: Subject
    owner: str
    action: str
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A retest showed that it is mended."""

    kind: Literal["closed"] = "closed"
    at: datetime
    subject: Subject
    retest: Retest


Event = Examined | Opened | Assigned | Closed
"""One line of the journal."""


class FindingState(StrEnum):
    """What became of a finding."""

    OPEN = "open"
    """Nobody is named yet, or it was seen again after what was done about it."""
    ASSIGNED = "assigned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding with its whole story."""

    id: FindingId
    subject: Subject
    state: FindingState
    sightings: tuple[Sighting, ...]
    """In the order of the drills; at least one."""
    assigned: Assigned | None
    """The last word on who does what; of a finding that was seen again, what did not help."""
    closed: Closed | None
    """The last retest; the finding is closed by it only in the state `closed`."""
    reopened: int
    """How often it was seen again after a retest had closed it."""
    retests: tuple[str, ...]
    """Drills that would close it as they stand; newest first."""
    unmended: tuple[str, ...] = ()
    """In which drills of what it was seen, where no later one of the same kind shows it as kept."""

    @property
    def first(self) -> Sighting:
        """When it was seen first."""
        return self.sightings[0]

    @property
    def last(self) -> Sighting:
        """When it was seen last."""
        return self.sightings[-1]

    def overdue(self, today: date) -> bool:
        """Whether its date is over and no retest has closed it."""
        return self.state is FindingState.ASSIGNED and self.assigned is not None and self.assigned.due < today


def finding_id(subject: Subject) -> FindingId:
    """The id that follows from the subject."""
    parts = (subject.agreement, subject.workload, subject.obligation, subject.cause.value, subject.code)
    return FindingId("F-" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12])


def is_later(retest: Retest, sighting: Sighting) -> bool:
    """Whether a drill was begun after the cause had shown: by the clocks, and by the log if it has both."""
    if retest.start_index is not None and sighting.index is not None:
        return retest.start_index > sighting.index and retest.started_at > sighting.at
    return retest.started_at > sighting.at
