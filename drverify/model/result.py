"""One drill as the pages show it: worked out of its evidence, and never evidence itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.booking import BookingId
from drverify.model.drill import DrillId, PhaseRecord
from drverify.model.obligation import Mode, ObligationId
from drverify.model.variety import Variety
from drverify.model.verdict import Outcome


class Stands(StrEnum):
    """How a promise stands for one workload, now. Nothing is MET by default, and nothing stays so."""

    MISSED = "MISSED"
    """The newest drill that decides it shows that it was not kept, however long ago that was."""
    OVERDUE = "OVERDUE"
    """A test was promised, and none showed anything within its time."""
    UNPROVEN = "UNPROVEN"
    """No drill shows it, or none that is recent enough."""
    MET = "MET"
    """Kept in the newest drill, which is recent enough."""


WORST = (Stands.MISSED, Stands.OVERDUE, Stands.UNPROVEN, Stands.MET)
"""The gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one drill shows of one promise."""

    obligation: ObligationId
    outcome: Outcome
    limit: timedelta | None
    achieved: timedelta | None
    """Without allowances; none: not measured."""
    allowance: timedelta
    changed: bool = False
    """Whether the drill before it, of the same copy of the same workload, showed something else."""
    aimed: bool = True
    """Whether the drill was meant to show it: one of the newest point says nothing of retention."""

    @property
    def said(self) -> bool:
        """Whether it says anything: what a drill leaves open that it was not meant to show does not."""
        return self.aimed or self.outcome is not Outcome.UNPROVEN


ResultState = Literal["concluded", "without result", "refused"]
"""With evidence that holds; begun, and neither evidence nor anybody who runs it; with evidence that does
not hold, of which nothing is believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One drill, as lists show it."""

    agreement: str
    drill: DrillId
    workload: str
    """Empty when nothing readable says it."""
    state: ResultState
    started_at: datetime
    ended_at: datetime | None
    recovered: bool
    mode: Mode
    verdicts: tuple[Judged, ...] = ()
    """Empty without evidence that holds."""
    taken: Variety | None = None
    """What it took of its workload; None without evidence that holds, and of what was entered before this was
    kept."""
    booking: BookingId | None = None
    attempt: int = 0
    slot: str = ""

    @property
    def stands(self) -> Stands:
        """The gravest verdict; UNPROVEN without one."""
        outcomes = {one.outcome for one in self.verdicts}
        if Outcome.MISSED in outcomes:
            return Stands.MISSED
        return Stands.MET if outcomes == {Outcome.MET} else Stands.UNPROVEN

    @property
    def changed(self) -> bool:
        """Whether any verdict is another one than that of the drill before."""
        return any(one.changed for one in self.verdicts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the restored system's screen showed."""

    name: str
    sha256: Sha256
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One probe and its last answer."""

    probe: str
    status: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """Everything else that the page of a drill shows. Every text may be a stranger's."""

    problem: str = ""
    """Why its evidence does not hold."""
    reasons: tuple[tuple[ObligationId, str], ...] = ()
    phases: tuple[PhaseRecord, ...] = ()
    point: str = ""
    """Id of the point that was restored; empty: there was none."""
    point_at: datetime | None = None
    chosen: str = ""
    """Why this point."""
    playbook: str = ""
    group: str = ""
    restored_bytes: int | None = None
    read_bytes: int | None = None
    cache: str = ""
    probes: tuple[Asked, ...] = ()
    checks: int = 0
    """Of the sandbox's isolation."""
    checks_closed: int = 0
    faults: tuple[str, ...] = ()
    """Ours; they weaken a verdict."""
    defects: tuple[str, ...] = ()
    """The backup's."""
    gave_up: str = ""
    cleaned_up: bool = False
    screens: tuple[Screen, ...] = ()
    envelope: Sha256 | None = None
    """Digest of the evidence file as it was verified."""
    payload: Sha256 | None = None
    """Digest of the signed statement."""
    index: int | None = None
    """Entry of the result in the log; none: it is in no log."""
    signers: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    """What the verifier checked."""
    notes: tuple[str, ...] = ()
    verified_at: datetime | None = None
    tool: str = ""
