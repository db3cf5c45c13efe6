"""A night's work: what is wanted, who runs it, how it ended. Nothing of it is ever deleted.

    Booking ─admit→ Lease (attempt 1) ─end→ Ending ─┬→ done
                      ↑                             ├→ wanted again: a fault of ours, another attempt
                      └─────────────────────────────┴→ given up, cancelled, missed

What a booking proves stands in the evidence of its drills. A booking only says that somebody meant to run
one, so that a drill which never ran is seen.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NewType

from drverify.model.drill import DrillId, PhaseName
from drverify.model.nights import Load, WhichPoint
from drverify.model.obligation import Mode, ObligationId
from drverify.model.records import SlotId
from drverify.model.verdict import Outcome

BookingId = NewType("BookingId", str)
"""`<agreement>/<workload>/<evening>/<kind>`, with what else is drilled (`planning.tonight.booking`) and `.2`
and so on for a second one: planned again, it is the same. `.../asked` for what a person asked for."""
WorkerId = NewType("WorkerId", str)
"""`<site>/<machine>/<number>`: one living process at a time."""
BookingKind = Literal["drill", "control", "immutability"]
"""A drill of a promise; one of a point known to be bad, which has to turn red; a delete that has to be
refused."""


def machine_of(worker: WorkerId) -> str:
    """The machine that a worker's id names."""
    return worker.split("/")[1]


class BookingState(StrEnum):
    """Where a booking stands."""

    WANTED = "wanted"
    """Waits for its time and for room."""
    RUNNING = "running"
    """Somebody holds its lease."""
    DONE = "done"
    """Concluded: with evidence, whatever that shows."""
    MISSED = "missed"
    """Its night went by without room or without anybody to run it."""
    GIVEN_UP = "given up"
    """Our side failed too often, or whoever ran it died too often."""
    CANCELLED = "cancelled"
    """By a person, whose name is in the audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One piece of work, fixed when it is published."""

    id: BookingId
    site: str
    agreement: str
    """Id of the agreement."""
    workload: str
    kind: BookingKind
    evening: date
    """Of the night that it belongs to, by the clock of the place."""
    not_before: datetime
    not_after: datetime
    """When the night ends: what is not begun then, or cannot end by then, is missed."""
    due: datetime
    """After that a promise is broken."""
    priority: int
    """1 (first) to 99; who waits long moves up (`planning.tonight.admission`)."""
    host: str
    load: Load
    reads: int
    """Bytes from its source; 0 when nobody knows."""
    takes: timedelta
    """As measured, or assumed."""
    mode: Mode
    point: WhichPoint
    slot: SlotId | None
    obligations: tuple[ObligationId, ...]
    why: str
    asked_by: str = ""
    """Account of the person who asked for it now; empty: the plan."""
    elsewhere: tuple[str, ...] = ()
    """Other hosts on which it can be drilled after a fault of ours, in the order in which they are tried."""
    members: tuple[str, ...] = ()
    """Workloads of the dependency group that is drilled as one, in its order; `workload` is the group's name
    then. Empty: one workload."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads that it drills."""
        return self.members or (self.workload,)

    @property
    def slots(self) -> int:
        """How many drills of a host it takes: the members of a group stand at once."""
        return len(self.workloads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the next attempt of a booking runs."""

    host: str
    why: str = ""
    """One line for people; empty for a first attempt, which runs where it was planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to run one attempt of a booking, and what that takes from its host."""

    booking: BookingId
    attempt: int
    """From 1. Who comes with an older one has lost it, however alive it is."""
    worker: WorkerId
    host: str
    load: Load
    reads: int
    since: datetime
    seen: datetime
    """The last sign of life of the process that drills, not of the worker that started it."""
    deadline: datetime
    """When it is cancelled, wherever it is then."""
    cancelled_by: str = ""
    """Account of the person who asked for its end; empty: nobody did."""
    placed: str = ""
    """Why it runs where it runs; empty: it was planned there."""
    slots: int = 1
    """How many of its host's drills it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """That the sandbox of a running attempt is to stand when its drill is done, for a look."""

    by: str
    """Account of the person who asked."""
    at: datetime
    span: timedelta
    """For how long; zero: not any more."""


EndingKind = Literal["concluded", "failed", "died", "lost", "cancelled", "expired"]
"""With evidence; an error of ours before there was any; its process is gone; another attempt took its place;
a person; its deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How an attempt ended."""

    kind: EndingKind
    at: datetime
    drill: DrillId | None = None
    """None: none was begun."""
    verdicts: tuple[tuple[ObligationId, Outcome], ...] = ()
    faults: tuple[str, ...] = ()
    """Ours, one line each."""
    left_behind: bool = False
    why: str = ""
    """One line for people."""
    others: tuple[DrillId, ...] = ()
    """Drills of the other members, where it was a group's; of its verdicts each is the worst of theirs."""

    @property
    def drills(self) -> tuple[DrillId, ...]:
        """Every drill that was begun."""
        return (*(() if self.drill is None else (self.drill,)), *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that ended."""

    booking: BookingId
    number: int
    worker: WorkerId
    began: datetime
    ending: Ending
    host: str
    """Where it ran."""
    placed: str = ""
    """As of its lease."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A process that runs bookings of its site."""

    id: WorkerId
    site: str
    machine: str
    pid: int
    boot: str
    """The machine's boot id: with the pid, which process is meant."""
    version: str
    seen: datetime
    hosts: tuple[str, ...] = ()
    """Those that its own settings give it, by name: what is booked for others it leaves to others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePhase:
    """One phase of a drill that is running."""

    name: PhaseName
    began: datetime
    ended: datetime | None = None
    member: str = ""
    """Workload whose phase it is, where a group is drilled; empty: the booking's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a running drill says of itself, every few seconds. Nothing of it is evidence."""

    booking: BookingId
    attempt: int
    drill: DrillId | None
    at: datetime
    phases: tuple[LivePhase, ...]
    bytes_done: int = 0
    bytes_total: int | None = None
    lines: tuple[str, ...] = ()
    """The newest 40 at most, printable, without secrets."""
    stands_until: datetime | None = None
    """It is signed, and its sandbox stands on until then, for a look; None: it does not."""
    ways_in: tuple[str, ...] = ()
    """How to get into what stands, one line each: commands on its host, where things lie."""
    others: tuple[DrillId, ...] = ()
    """Drills of the other members, where a group is drilled."""

    @property
    def drills(self) -> tuple[DrillId, ...]:
        """Every drill that was begun."""
        return (*(() if self.drill is None else (self.drill,)), *self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a person did by the web page, the interface or the command line."""

    at: datetime
    account: str
    what: Literal["run now", "cancel", "keep the sandbox", "release the sandbox", "sign in", "refused"]
    booking: BookingId | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSignIn:
    """Somebody who tried to sign in, and did not go in."""

    name: str
    """A digest of what was typed (`web.auth_throttle`); empty: at the identity provider."""
    place: str
    """Address that it came from."""
    at: datetime
