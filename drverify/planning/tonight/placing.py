"""Where the next attempt of a booking runs: elsewhere, after a fault of ours. Pure.

A seat is a host and the machine that drives it. What failed by a fault of ours is tried on the host that was
tried least; where all are alike, by a machine that has not tried it there; else the same again. A better seat
that is taken, or another worker's, is waited for until the booking's patience ends.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drverify.model.booking import Attempt, Booking, BookingId, Place, Worker, WorkerId, machine_of

PATIENCE = timedelta(minutes=30)
"""Others may pass for so long, or for half of the time in which it can begin where that is shorter."""
ALIVE = timedelta(minutes=2)
"""Since the last sign of life of a worker for whom something is left; clocks may differ by some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Who chooses, and what is known beside the bookings."""

    worker: WorkerId
    tried: Mapping[BookingId, Sequence[Attempt]] = field(default_factory=dict)
    """The attempts of waiting bookings that ended, oldest first."""
    crew: Sequence[Worker] = ()
    """Every worker of the site, the one that chooses among them or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seat:
    host: str
    machine: str


def places(one: Booking, seen: Standpoint, now: datetime, able: Callable[[str], bool]) -> Sequence[Place]:
    """Where this worker may run the next attempt now, the best first; empty: nowhere, or others are to.

    `able`: whether this worker reaches a host that could ever take it.
    """
    tried = seen.tried.get(one.id, ())
    if not tried:
        return [Place(host=one.host)] if able(one.host) else []
    machine = machine_of(seen.worker)
    mine = [_Seat(host=host, machine=machine) for host in _hosts(one) if able(host)]
    if now < _waits_until(one, tried):
        best = min((_tries(seat, tried) for seat in (*mine, *_of_others(one, seen, now))), default=None)
        mine = [seat for seat in mine if _tries(seat, tried) == best]
    mine.sort(key=lambda seat: _tries(seat, tried))  # stable: else in the order in which they are named
    return [Place(host=seat.host, why=_why(seat, one, tried)) for seat in mine]


def patient_until(one: Booking, since: datetime) -> datetime:
    """Until when a booking that could have begun at `since` lets others pass."""
    return since + max(timedelta(), min(PATIENCE, (one.not_after - one.takes - since) / 2))


def _hosts(one: Booking) -> tuple[str, ...]:
    return tuple(dict.fromkeys((one.host, *one.elsewhere)))


def _of_others(one: Booking, seen: Standpoint, now: datetime) -> Iterator[_Seat]:
    """Seats of workers on other machines, who know best whether there is room."""
    own = machine_of(seen.worker)
    for worker in seen.crew:
        if worker.machine != own and now - worker.seen <= ALIVE:
            yield from (
                _Seat(host=host, machine=worker.machine) for host in _hosts(one) if host in worker.hosts
            )


def _waits_until(one: Booking, tried: Sequence[Attempt]) -> datetime:
    return patient_until(one, tried[-1].ending.at)


def _tries(seat: _Seat, tried: Sequence[Attempt]) -> tuple[int, int]:
    """How often its host was tried, and how often so by its machine."""
    there = [attempt for attempt in tried if attempt.host == seat.host]
    return len(there), sum(machine_of(attempt.worker) == seat.machine for attempt in there)


def _why(seat: _Seat, one: Booking, tried: Sequence[Attempt]) -> str:
    """Why the next attempt runs there, for people."""
    where = {attempt.host: None for attempt in tried}
    if seat.host not in where:
        return f"another host, after a fault of ours on {', '.join(where)}"
    others = [host for host in _hosts(one) if host != seat.host]
    untried = [host for host in others if host not in where]
    if untried:
        why = f"{', '.join(untried)} could not take it in time"
    elif others:
        why = "a fault of ours on every host that can"
    else:
        why = "no other host can"
    on_another = not _tries(seat, tried)[1]
    how = f"the same host by another machine, {seat.machine}" if on_another else "the same again"
    if others and not untried and tried[-1].host != seat.host:
        how = f"back to {seat.host}"
    return f"{how}: {why}"
