"""How leases are given out, end and pass on, inside a transaction of the caller's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, or_, select, update

from drverify.adapters.desk import rows
from drverify.adapters.desk.tables import ATTEMPTS, BOOKINGS, LEASES
from drverify.engine.nightly.ports import Follow
from drverify.model.booking import (
    Attempt,
    Booking,
    BookingId,
    BookingState,
    Ending,
    Lease,
    Place,
    WorkerId,
)
from drverify.model.nights import Room
from drverify.planning.tonight.admission import deadline
from drverify.planning.tonight.following import without_another

_RAN_ON = func.coalesce(func.nullif(ATTEMPTS.c.host, literal_column("''")), BOOKINGS.c.host)
"""Host of an attempt, joined with its booking; an older drverify wrote none: where it was planned."""


def give(
    connection: Connection,
    booking: Booking,
    place: Place,
    worker: WorkerId,
    *,
    now: datetime,
    at_most: timedelta,
) -> Lease | None:
    """Give out the next attempt of a waiting booking; None when it is not waiting any more."""
    moved = connection.execute(
        update(BOOKINGS)
        .where(BOOKINGS.c.id == booking.id, BOOKINGS.c.state == BookingState.WANTED)
        .values(state=BookingState.RUNNING)
    )
    if moved.rowcount != 1:
        return None
    last = connection.execute(
        select(func.max(ATTEMPTS.c.number)).where(ATTEMPTS.c.booking == booking.id)
    ).scalar()
    lease = Lease(
        booking=booking.id,
        attempt=(last or 0) + 1,
        worker=worker,
        host=place.host,
        placed=place.why,
        load=booking.load,
        reads=booking.reads,
        since=now,
        seen=now,
        deadline=deadline(booking, now, at_most),
        slots=booking.slots,
    )
    connection.execute(insert(LEASES).values(rows.lease_row(lease)))
    return lease


def move_on(connection: Connection, lease: Lease, ending: Ending, follow: Follow) -> BookingState:
    """Enter the attempt of a lease that was just struck out, and what becomes of its booking.

    What somebody asked to cancel is not wanted again, however its attempt ended.
    """
    attempt = Attempt(
        booking=lease.booking,
        number=lease.attempt,
        worker=lease.worker,
        began=lease.since,
        ending=ending,
        host=lease.host,
        placed=lease.placed,
    )
    connection.execute(insert(ATTEMPTS).values(rows.attempt_row(attempt)))
    mine = BOOKINGS.c.id == lease.booking
    booking = rows.booking_of(connection.execute(select(BOOKINGS).where(mine)).mappings().one())
    ended = select(ATTEMPTS).where(ATTEMPTS.c.booking == lease.booking).order_by(ATTEMPTS.c.number)
    state = follow(booking, [rows.attempt_of(row) for row in connection.execute(ended).mappings()])
    if lease.cancelled_by and state is BookingState.WANTED:
        state = BookingState.CANCELLED
    connection.execute(update(BOOKINGS).where(mine).values(state=state))
    return state


def taken_over(
    connection: Connection, lease: Lease, ending: Ending, now: datetime, follow: Follow
) -> BookingState | None:
    """End `lease` if its holder is as silent as the caller saw it, and move its booking on.

    Who fixed that it concludes may sign whenever it thaws: unless it is known to be dead none is given out
    beside it. Past its deadline it is ended, so that a machine that never comes back holds no room for ever.
    """
    same = [
        LEASES.c.booking == lease.booking,
        LEASES.c.attempt == lease.attempt,
        LEASES.c.seen == rows.micros(lease.seen),
    ]
    if ending.kind != "died":
        same.append(or_(LEASES.c.concluding == 0, LEASES.c.deadline <= rows.micros(now)))
    struck = connection.execute(delete(LEASES).where(*same).returning(*LEASES.c)).mappings().first()
    if struck is None:
        return None
    may_sign = bool(struck["concluding"]) and ending.kind != "died"
    return move_on(connection, rows.lease_of(struck), ending, _never_again(follow) if may_sign else follow)


def nights_over(connection: Connection, now: datetime) -> Sequence[tuple[Booking, BookingState]]:
    """Move on whatever still waits when its night is over, and say to where; in order of time."""
    over = BOOKINGS.c.state == BookingState.WANTED, BOOKINGS.c.not_after <= rows.micros(now)
    asked = select(BOOKINGS).where(*over).order_by(BOOKINGS.c.not_before, BOOKINGS.c.id)
    waiting = [rows.booking_of(row) for row in connection.execute(asked).mappings()]
    if not waiting:
        return ()
    before = tried(connection, waiting)
    moved = [(one, without_another(before.get(one.id, ()))) for one in waiting]
    connection.execute(
        update(BOOKINGS).where(BOOKINGS.c.id == bindparam("which")).values(state=bindparam("to")),
        [{"which": one.id, "to": str(state)} for one, state in moved],
    )
    return moved


def tried(connection: Connection, waiting: Sequence[Booking]) -> Mapping[BookingId, Sequence[Attempt]]:
    """The attempts of bookings that wait (again), oldest first; without those that nobody tried."""
    others = [one for one in ATTEMPTS.c if one.name != "host"]
    asked = select(*others, _RAN_ON.label("host")).join_from(
        ATTEMPTS, BOOKINGS, BOOKINGS.c.id == ATTEMPTS.c.booking
    )
    asked = asked.where(
        BOOKINGS.c.state == BookingState.WANTED,
        BOOKINGS.c.not_before <= max((rows.micros(one.not_before) for one in waiting), default=0),
    ).order_by(ATTEMPTS.c.booking, ATTEMPTS.c.number)
    found: dict[BookingId, list[Attempt]] = {}
    for one in map(rows.attempt_of, connection.execute(asked).mappings()):
        found.setdefault(one.booking, []).append(one)
    return found


def rooms_left(
    connection: Connection, rooms: Mapping[str, Room], waiting: Sequence[Booking]
) -> Mapping[str, Room]:
    """Rooms with what the attempts that ended in these bookings' night have left of its reads."""
    if all(room.reads is None for room in rooms.values()):
        return rooms
    evenings = sorted({one.evening.isoformat() for one in waiting})
    asked = (
        select(_RAN_ON, func.sum(BOOKINGS.c.reads))
        .join_from(BOOKINGS, ATTEMPTS, ATTEMPTS.c.booking == BOOKINGS.c.id)
        .where(BOOKINGS.c.evening.in_(evenings))
        .group_by(_RAN_ON)
    )
    spent = {str(host): int(read) for host, read in connection.execute(asked)}
    return {host: _less(room, spent.get(host, 0)) for host, room in rooms.items()}


def _never_again(follow: Follow) -> Follow:
    def decided(booking: Booking, attempts: Sequence[Attempt]) -> BookingState:
        state = follow(booking, attempts)
        return without_another(attempts) if state is BookingState.WANTED else state

    return decided


def _less(room: Room, read: int) -> Room:
    return room if room.reads is None else replace(room, reads=max(0, room.reads - read))
