"""What a log tells in its order: registers, schedules, starts with what came of them, closed periods. Pure.

Entries are taken one by one, oldest first; of each only the little is kept that later ones are held
against, so that a year of a hundred thousand drills fits into memory. Whether a record contradicts what was
told before is said by `checking.contradictions`: whoever takes entries asks it first, and takes one that
does as if its envelope were not at hand.
"""

from dataclasses import dataclass, field

from drverify.model.agreement import Sha256
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    LogReference,
    PartyRecord,
    Period,
    PeriodClose,
    PeriodId,
    Schedule,
    Slot,
    SlotId,
    SlotReference,
    VoidedDrill,
)
from drverify.sealing.records.statements import NONE_JUDGED, Outcomes, Statement
from drverify.transparency.leaf import Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One slot, and the schedule that it stands in."""

    slot: Slot
    period: Period
    schedule: Sha256
    """Digest of the signed statement of the schedule."""
    index: int
    """Of the schedule's entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One result of a start."""

    index: int
    outcomes: Outcomes


@dataclass(slots=True, kw_only=True)
class Begun:
    """One start and what came of it so far."""

    index: int
    payload: Sha256
    drill: str = ""
    """Empty when its envelope is not at hand."""
    workload: str = ""
    planned: Planned | None = None
    """The slot that it is begun for, when a schedule that was logged before it has it for its workload."""
    slot: SlotReference | None = None
    """What it says that it is begun for, when no schedule has that."""
    voided: int | None = None
    """Entry of the first record that voids it."""
    _ended: int | None = None
    _outcomes: Outcomes = NONE_JUDGED
    _further: tuple[Result, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """Every result of it, in the log's order."""
        if self._ended is None:
            return ()
        return (Result(index=self._ended, outcomes=self._outcomes), *self._further)

    def end(self, index: int, outcomes: Outcomes) -> None:
        """Take one more result; the first is kept in little, for there are a hundred thousand."""
        if self._ended is None:
            self._ended, self._outcomes = index, outcomes
        else:
            self._further += (Result(index=index, outcomes=outcomes),)


@dataclass(slots=True)
class History:
    """The log of the name `origin`, as far as it was taken."""

    origin: str
    agreement: str = ""
    """Id of the agreement that the first record is of; empty before it."""
    registers: list[tuple[LogReference, AgreedRegister]] = field(default_factory=list)
    planned: dict[SlotId, Planned] = field(default_factory=dict)
    periods: dict[PeriodId, Period] = field(default_factory=dict)
    """As the first schedule or close of each has it."""
    begun: dict[int, Begun] = field(default_factory=dict)
    """By entry."""
    attempts: dict[SlotId, tuple[Begun, ...]] = field(default_factory=dict)
    """The starts for each planned slot, in the log's order."""
    closes: list[tuple[LogReference, PeriodClose]] = field(default_factory=list)

    def take(self, index: int, leaf: Leaf, said: Statement | PartyRecord | None) -> None:
        """Take the next entry and what its envelope says; None when that is not at hand, or does not hold."""
        place = LogReference(index=index, payload=leaf.payload)
        if not (said is None or isinstance(said, Statement)):
            self.agreement = self.agreement or said.agreement
        match said:
            case None | Statement():
                self._drill(place, leaf, said)
            case AgreedRegister():
                self.registers.append((place, said))
            case Schedule():
                self._schedule(place, said)
            case VoidedDrill():
                self._void(place, said)
            case PeriodClose():
                self.periods.setdefault(said.period.id, said.period)
                self.closes.append((place, said))
            case ArchiveRefresh():
                pass

    def start_of(self, index: int, said: Statement) -> Begun | None:
        """The start that a result at `index` belongs to; None when no such start was logged before it."""
        stated = said.start
        if stated is None or stated.origin != self.origin or stated.index >= index:
            return None
        begun = self.begun.get(stated.index)
        return begun if begun is not None and begun.payload == stated.payload else None

    def _drill(self, place: LogReference, leaf: Leaf, said: Statement | None) -> None:
        if leaf.kind == "drill-started":
            self._start(place, said)
        elif leaf.kind == "restore-drill" and said is not None:
            begun = self.start_of(place.index, said)
            if begun is not None:
                begun.end(place.index, said.outcomes)

    def _start(self, place: LogReference, said: Statement | None) -> None:
        begun = Begun(index=place.index, payload=place.payload)
        self.begun[place.index] = begun
        if said is None:
            return
        begun.drill, begun.workload = said.drill, said.workload
        slot = self.planned.get(said.slot.slot) if said.slot else None
        if slot and said.slot and (slot.schedule, slot.slot.workload) == (said.slot.schedule, said.workload):
            begun.planned = slot
            self.attempts[slot.slot.id] = (*self.attempts.get(slot.slot.id, ()), begun)
        else:
            begun.slot = said.slot

    def _schedule(self, place: LogReference, said: Schedule) -> None:
        self.periods.setdefault(said.period.id, said.period)
        for slot in said.slots:
            found = Planned(slot=slot, period=said.period, schedule=place.payload, index=place.index)
            self.planned.setdefault(slot.id, found)

    def _void(self, place: LogReference, said: VoidedDrill) -> None:
        begun = self.begun.get(said.start.index)
        if begun is None or begun.payload != said.start.payload or begun.drill not in {"", said.drill}:
            return
        if begun.voided is None:
            begun.voided = place.index
