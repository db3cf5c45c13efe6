"""Negative controls: drills of points that are broken on purpose, which have to turn red.

What is broken is always a copy, in scratch space, with one known damage. A control tells something about
drverify, never about a backup, and is no drill of any promise: its statement stands in no log, is of a type
of its own, and no verifier, audit or annex takes it for a drill.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args

from drverify.model.agreement import AgreementId
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.obligation import ObligationId
from drverify.model.recovery import PointId
from drverify.model.verdict import Outcome

ControlKind = Literal[
    "flipped-bit", "missing-part", "truncated", "emptied", "other-content", "no-boot-code", "stale"
]
"""What is wrong with the copy: one bit where the backup lies; a part of it is gone; it was cut off; files are
there, and empty; files are as long as they were, and hold something else; a disk without what starts first;
the newest point is older than any promise allows."""
CONTROL_KINDS: tuple[ControlKind, ...] = get_args(ControlKind)

CONTROL_TYPE = "https://drverify.dev/attestation/negative-control/v1"
"""What a statement about a control is called; none of `model.evidence.PREDICATE_TYPES`."""


class ControlOutcome(StrEnum):
    """What came of a control."""

    CAUGHT = "caught"
    """It turned red: the gate sees this damage."""
    NOT_CAUGHT = "not caught"
    """It stayed green: every green since the last catch is doubtful."""
    NOT_RUN = "could not be run"
    """Our side could not do it, or nothing was decided: it says nothing either way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What was done to the copy: a line for people, and every detail that a report may be held against."""

    what: str
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """One control, and what came of it."""

    id: DrillId
    """Of the control; no drill has it."""
    agreement: AgreementId
    workload: str
    kind: ControlKind
    outcome: ControlOutcome
    why: str
    at: datetime
    """UTC: when it ended."""
    damage: Damage | None
    """None: nothing was broken yet when it had to be given up."""
    point: PointId | None
    """The good point that was copied."""
    good_drill: DrillId | None
    """The drill that recovered that point, and so shows that it was good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlStatement:
    """What the runner signs of a control: the result, and everything that it follows from."""

    version: Literal[1] = 1
    result: ControlResult
    plan: DrillPlan | None
    record: DrillRecord | None
    outcomes: tuple[tuple[ObligationId, Outcome], ...] = ()
    """How the copy was judged by the promises that cover the workload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catch:
    """The gate's standing for one kind of damage to one workload."""

    workload: str
    kind: ControlKind
    caught_at: datetime | None
    """UTC end of the newest control that was caught; None: none ever was."""
    missed_at: datetime | None = None
    """UTC end of the newest one that was not; None: none."""
    tried_at: datetime | None = None
    """UTC end of the newest one, whatever came of it."""

    @property
    def doubtful(self) -> bool:
        """Whether the newest decided control stayed green: greens since `caught_at` are doubtful."""
        return self.missed_at is not None and (self.caught_at is None or self.missed_at > self.caught_at)
