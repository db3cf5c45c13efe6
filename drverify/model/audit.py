"""What an audit of one period found. Every figure in it was computed by the auditor."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId
from drverify.model.records import DrillCounts, Period, Slot, SlotId


class Weight(StrEnum):
    """How much a finding weighs."""

    REFUSED = "refused"
    """The bundle does not hold: something in it is forged, changed, contradictory or gone."""
    FAILED = "failed"
    """The bundle holds, and shows that a drill was dropped, not run, repeated or not finished."""
    NOTED = "noted"
    """Something could not be checked, or deserves a person's look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFinding:
    """One finding in plain words."""

    code: str
    """From the table of `drverify.auditing.codes`, such as `open-start`."""
    weight: Weight
    what: str
    where: str = ""
    """File of the bundle, entry of the log, drill or slot."""


class SlotState(StrEnum):
    """What became of one scheduled drill."""

    FINISHED = "finished"
    FAILED = "failed"
    """Started, and there is no result."""
    VOIDED = "voided"
    NOT_STARTED = "not-started"
    DUE = "due"
    """Its window was not over at the time of the audit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotOutcome:
    """One slot and the drill that answered it."""

    slot: Slot
    state: SlotState
    drills: tuple[DrillId, ...] = ()
    """Every attempt, in the log's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedDrill:
    """One result in the log, as far as lists and reports need it; its verdicts were computed again."""

    drill: DrillId
    workload: str
    index: int
    """Entry of the result in the log."""
    start_index: int
    slot: SlotId | None
    payload: Sha256
    not_before: datetime | None
    """The start cannot have been logged before that, by a time authority; none: nothing shows it."""
    not_after: datetime | None
    """The result was in the log at that time at the latest, by a time authority; none: nothing shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The whole result."""

    agreement: str
    period: Period
    at: datetime
    """The time that the audit was asked for."""
    origin: str
    size: int
    """Entries in the tree that was audited."""
    root: Sha256
    counts: DrillCounts
    slots: tuple[SlotOutcome, ...]
    findings: tuple[AuditFinding, ...]
    held: tuple[str, ...]
    """What was checked and held, in words, in order."""

    @property
    def holds(self) -> bool:
        """Whether nothing was forged, changed, contradictory or gone."""
        return not any(one.weight is Weight.REFUSED for one in self.findings)

    @property
    def complete(self) -> bool:
        """Whether it holds and no drill is missing either."""
        return all(one.weight is Weight.NOTED for one in self.findings)
