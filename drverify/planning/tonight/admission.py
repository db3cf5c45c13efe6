"""Who may begin now: windows, room on the host, and an order in which nobody starves. Pure.

A host is filled in the order of rank: priority, which improves by one for every `AGEING` of waiting. Who does
not fit is passed by smaller ones until its patience is at an end; from then on what is freed on its host is
kept for it. Memory, processors, disk, line, drills at once and bytes read are never exceeded, whatever is
asked in whatever order. What failed by a fault of ours is placed as `placing` says.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from drverify.model.booking import Booking, BookingId, Lease, Place, WorkerId
from drverify.model.nights import Load, Room
from drverify.planning.tonight.placing import Standpoint, patient_until, places

AGEING = timedelta(minutes=10)
"""Of waiting improve the priority by one."""
_ANYBODY = Standpoint(worker=WorkerId("local/local/1"))


def choose(
    waiting: Sequence[Booking],
    given_out: Sequence[Lease],
    rooms: Mapping[str, Room],
    now: datetime,
    seen: Standpoint = _ANYBODY,
    *,
    at_most: int | None = None,
    reach: Mapping[str, Collection[str]] | None = None,
) -> Mapping[BookingId, Place]:
    """Admit who may begin now and say where, in the order of rank; `at_most` so many, None: any number.

    `rooms`: by host; a host without one takes nobody. Their `reads` is what is left of the night's, without
    what leases given out still read. `reach`: the hosts of each agreement that this worker knows; None: all
    rooms for every agreement. Of one workload's drills of several evenings the latest runs alone.
    """
    free = {host: _Free.of(room, given_out) for host, room in rooms.items()}
    held: set[str] = set()
    chosen: dict[BookingId, Place] = {}
    open_now = latest([one for one in waiting if _hosts_of(one, free, reach) and may_begin(one, now)])
    for one in sorted(open_now, key=lambda one: rank(one, now)):
        if at_most is not None and len(chosen) >= at_most:
            break
        able = {host for host in _hosts_of(one, free, reach) if free[host].could_ever(one)}
        wished = [place for place in places(one, seen, now, able.__contains__) if place.host not in held]
        found = next((place for place in wished if free[place.host].fits(one)), None)
        if found is not None:
            free[found.host].take(one)
            chosen[one.id] = found
        elif wished and now >= patient_until(one, one.not_before):
            held.add(wished[0].host)
    return chosen


def may_begin(one: Booking, now: datetime) -> bool:
    """Whether its window is open, and long enough for what it takes."""
    return one.not_before <= now and now + one.takes <= one.not_after


def deadline(one: Booking, now: datetime, at_most: timedelta) -> datetime:
    """When a drill that begins now is cancelled: at the end of its window, and after `at_most` before it."""
    return min(one.not_after, now + at_most)


def rank(one: Booking, now: datetime) -> tuple[int, datetime, datetime, BookingId]:
    """Sort key, first first: priority with age, then the promise that breaks first; never equal for two."""
    waited = max(now - one.not_before, timedelta())
    return one.priority - waited // AGEING, one.due, one.not_before, one.id


def latest(open_now: Sequence[Booking]) -> Sequence[Booking]:
    """Leave out what a later evening repeats: of missed runs only the latest is made up for."""
    newest: dict[tuple[str, ...], date] = {}
    for one in open_now:
        if not one.asked_by:
            newest[_what(one)] = max(one.evening, newest.get(_what(one), one.evening))
    return [one for one in open_now if one.asked_by or one.evening == newest[_what(one)]]


def _what(one: Booking) -> tuple[str, ...]:
    return one.agreement, one.workload, one.kind, one.point, one.mode


def _hosts_of(
    one: Booking, rooms: Collection[str], reach: Mapping[str, Collection[str]] | None
) -> Sequence[str]:
    """The hosts of a booking that this worker reaches."""
    known = rooms if reach is None else reach.get(one.agreement, ())
    return [host for host in (one.host, *one.elsewhere) if host in rooms and host in known]


@dataclass(slots=True)
class _Free:
    """What one host has left."""

    room: Room
    slots: int
    load: Load
    reads: int | None

    @classmethod
    def of(cls, room: Room, given_out: Sequence[Lease]) -> "_Free":
        here = [lease for lease in given_out if lease.host == room.host]
        return cls(
            room=room,
            slots=room.at_once - sum(lease.slots for lease in here),
            load=room.load - sum((lease.load for lease in here), Load()),
            reads=None if room.reads is None else room.reads - sum(lease.reads for lease in here),
        )

    def could_ever(self, one: Booking) -> bool:
        """Whether it fits once all others have ended; bytes that were read do not come back."""
        return (
            one.slots <= self.room.at_once
            and not one.load.beyond(self.room.load)
            and (self.reads is None or one.reads <= self.reads)
        )

    def fits(self, one: Booking) -> bool:
        return one.slots <= self.slots and not one.load.beyond(self.load)

    def take(self, one: Booking) -> None:
        self.slots -= one.slots
        self.load -= one.load
        if self.reads is not None:
            self.reads -= one.reads
