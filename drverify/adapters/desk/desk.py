"""The desk in tables of ours: each method is one transaction. Implements `engine.nightly.ports.Desk`.

Who holds what is decided by one statement each time, that names the attempt it is about: a statement about
an attempt that is no longer there touches no row, and that is how somebody learns that it has lost its lease.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, insert, or_, select, update

from drverify.adapters.desk import rows
from drverify.adapters.desk.database import Database
from drverify.adapters.desk.giving import give, move_on, nights_over, rooms_left, taken_over, tried
from drverify.adapters.desk.tables import (
    ACTIONS,
    ATTEMPTS,
    BOOKINGS,
    GROUP_MEMBERS,
    KEEPINGS,
    LEASES,
    REFUSED,
    WORKERS,
)
from drverify.engine.nightly.ports import Choose, Follow
from drverify.errors import InputError
from drverify.model.booking import (
    Action,
    Attempt,
    Booking,
    BookingId,
    BookingState,
    Ending,
    FailedSignIn,
    Keeping,
    Lease,
    Live,
    Worker,
    WorkerId,
)
from drverify.model.nights import Room
from drverify.planning.tonight.placing import Standpoint


class TableDesk:
    """The desk of one site. Threads may share it; each process opens its own."""

    def __init__(self, database: Database, *, hours_at_most: timedelta) -> None:
        self._database = database
        self._at_most = hours_at_most

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    # --- planning
    def publish(self, bookings: Sequence[Booking]) -> int:
        """Enter those whose id is new, and say how many. A known one stays as it is, whatever is said now."""
        new = [rows.booking_row(one, BookingState.WANTED) for one in bookings]
        with self._database.writing("publish bookings") as connection:
            if not new:
                return 0
            asked = self._insert(BOOKINGS).on_conflict_do_nothing().returning(BOOKINGS.c.id)
            entered = len(connection.execute(asked, new).all())
            theirs = [{"booking": one.id, "workload": name} for one in bookings for name in one.members]
            if theirs:
                connection.execute(self._insert(GROUP_MEMBERS).on_conflict_do_nothing(), theirs)
            return entered

    def miss(self, now: datetime) -> Sequence[Booking]:
        """Turn every waiting booking whose night is over into a missed one, and name them.

        One that was tried is not missed: it is done, or given up, and not named.
        """
        with self._database.writing("look for missed bookings", alone=True) as connection:
            return [one for one, state in nights_over(connection, now) if state is BookingState.MISSED]

    # --- running
    def admit(
        self, worker: WorkerId, now: datetime, rooms: Mapping[str, Room], choose: Choose
    ) -> Sequence[Lease]:
        """Give out leases for what `choose` picks; one admits at a time, so no limit is ever exceeded.

        `choose` gets the bookings whose window is open, and of each room's `reads` what this night has not
        used yet.
        """
        at = rows.micros(now)
        with self._database.writing("admit drills", alone=True) as connection:
            waiting = _bookings(
                connection,
                select(BOOKINGS)
                .where(
                    BOOKINGS.c.state == BookingState.WANTED,
                    BOOKINGS.c.not_after > at,
                    BOOKINGS.c.not_before <= at,
                )
                .order_by(BOOKINGS.c.not_before, BOOKINGS.c.id),
            )
            if not waiting:
                return ()
            out = _leases(connection, select(LEASES))
            seen = Standpoint(worker=worker, tried=tried(connection, waiting), crew=_workers(connection))
            picked = choose(waiting, out, rooms_left(connection, rooms, waiting), now, seen)
            known = {one.id: one for one in waiting}
            given = (
                give(connection, known[name], place, worker, now=now, at_most=self._at_most)
                for name, place in picked.items()
            )
            return [lease for lease in given if lease is not None]

    def renew(
        self, booking: BookingId, attempt: int, now: datetime, live: Live | None = None, picture: bytes = b""
    ) -> Lease | None:
        """Give a sign of life with what is going on; None when the lease is another's, or over.

        `picture`: PNG of the guest's console, empty for no newer one; one that is too large is left out.
        """
        news: dict[str, Any] = {"seen": rows.micros(now)}
        if live is not None:
            news["live"] = rows.live_text(live)
        if 0 < len(picture) <= rows.PICTURE_AT_MOST:
            news["picture"] = picture
        with self._database.writing("renew a lease") as connection:
            row = connection.execute(
                update(LEASES).where(*_mine(booking, attempt)).values(news).returning(*LEASES.c)
            ).mappings()
            return next(map(rows.lease_of, row), None)

    def still_mine(self, booking: BookingId, attempt: int) -> bool:
        """Fix that this attempt concludes the booking: asked once, right before evidence is signed.

        False when another attempt took its place. After True no other attempt will be given out, unless
        the process dies before it ends.
        """
        with self._database.writing("conclude a booking") as connection:
            fixed = connection.execute(update(LEASES).where(*_mine(booking, attempt)).values(concluding=1))
            return fixed.rowcount == 1

    def end(self, booking: BookingId, attempt: int, ending: Ending, follow: Follow) -> BookingState | None:
        """Enter how an attempt ended, give back its room, and move the booking on: all or nothing.

        None, and nothing is entered, when the lease is another's, or over.
        """
        with self._database.writing("end an attempt") as connection:
            held = connection.execute(delete(LEASES).where(*_mine(booking, attempt)).returning(*LEASES.c))
            lease = next(map(rows.lease_of, held.mappings()), None)
            return None if lease is None else move_on(connection, lease, ending, follow)

    def take_over(self, lease: Lease, ending: Ending, now: datetime, follow: Follow) -> BookingState | None:
        """End a silent attempt in the name of its dead holder, and move its booking on: all or nothing.

        Who runs it again, and on which host, is for `admit` to say. None when somebody was quicker, or its
        holder gave a sign of life. One that is about to sign its evidence passes on as `died` only; past its
        deadline it is ended as whatever it is, and none is run beside it.
        """
        with self._database.writing("take over a drill", alone=True) as connection:
            return taken_over(connection, lease, ending, now, follow)

    def cancel(self, booking: BookingId, account: str, now: datetime) -> BookingState:  # noqa: ARG002
        """Ask for the end of a booking; a waiting one is cancelled at once. InputError for an unknown one."""
        with self._database.writing("cancel a booking", alone=True) as connection:
            waiting = (BOOKINGS.c.id == booking, BOOKINGS.c.state == BookingState.WANTED)
            connection.execute(update(BOOKINGS).where(*waiting).values(state=BookingState.CANCELLED))
            connection.execute(
                update(LEASES)
                .where(LEASES.c.booking == booking, LEASES.c.cancelled_by == "")
                .values(cancelled_by=account)
            )
            state = connection.execute(select(BOOKINGS.c.state).where(BOOKINGS.c.id == booking)).scalar()
        if state is None:
            raise InputError(f"there is no booking {booking}", hint="`drverify tonight` lists them")
        return BookingState(state)

    # --- looking into what was restored
    def keep(self, booking: BookingId, account: str, now: datetime, span: timedelta) -> None:
        """Ask that the sandbox of the running attempt stands for `span` when its drill is done.

        Zero: not any more. What is asked last counts. InputError when no attempt of it runs.
        """
        said = {"account": account, "at": rows.micros(now), "span": span // timedelta(microseconds=1)}
        with self._database.writing("ask for a sandbox") as connection:
            attempt = connection.execute(select(LEASES.c.attempt).where(LEASES.c.booking == booking)).scalar()
            if attempt is None:
                raise InputError(f"no drill of booking {booking} runs", hint="`drverify tonight` lists them")
            asked = self._insert(KEEPINGS).values(booking=booking, attempt=attempt, **said)
            connection.execute(asked.on_conflict_do_update(index_elements=["booking", "attempt"], set_=said))

    def keeping(self, booking: BookingId, attempt: int) -> Keeping | None:
        """What was asked last of that attempt's sandbox; None: nothing."""
        mine = KEEPINGS.c.booking == booking, KEEPINGS.c.attempt == attempt
        with self._database.reading("look whether a sandbox is kept") as connection:
            found = connection.execute(select(KEEPINGS).where(*mine)).mappings()
            return next(map(rows.keeping_of, found), None)

    # --- workers
    def beat(self, worker: Worker) -> None:
        """Say that the worker lives."""
        row = rows.worker_row(worker)
        with self._database.writing("give a worker's sign of life") as connection:
            connection.execute(
                self._insert(WORKERS).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            )

    def gone(self, worker: WorkerId) -> None:
        """Strike a worker out that ends in order."""
        with self._database.writing("strike out a worker") as connection:
            connection.execute(delete(WORKERS).where(WORKERS.c.id == worker))

    # --- looking
    def workers(self) -> Sequence[Worker]:
        """Every worker that did not end in order."""
        with self._database.reading("list workers") as connection:
            return _workers(connection)

    def leases(self) -> Sequence[Lease]:
        """Everything that is given out."""
        with self._database.reading("list leases") as connection:
            return _leases(connection, select(LEASES).order_by(LEASES.c.since, LEASES.c.booking))

    def booking(self, booking: BookingId) -> tuple[Booking, BookingState] | None:
        """One booking and where it stands."""
        with self._database.reading("look up a booking") as connection:
            row = connection.execute(select(BOOKINGS).where(BOOKINGS.c.id == booking)).mappings().first()
            return None if row is None else (rows.booking_of(row), BookingState(row["state"]))

    def bookings(
        self,
        *,
        begins: datetime | None = None,
        ends: datetime | None = None,
        states: Sequence[BookingState] = (),
        agreement: str | None = None,
        workload: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> Sequence[tuple[Booking, BookingState]]:
        """Bookings whose `not_before` lies in [begins, ends), in its order."""
        asked = select(BOOKINGS)
        if begins is not None:
            asked = asked.where(BOOKINGS.c.not_before >= rows.micros(begins))
        if ends is not None:
            asked = asked.where(BOOKINGS.c.not_before < rows.micros(ends))
        if states:
            asked = asked.where(BOOKINGS.c.state.in_([str(one) for one in states]))
        if agreement is not None:
            asked = asked.where(BOOKINGS.c.agreement == agreement)
        if workload is not None:
            grouped = select(GROUP_MEMBERS.c.booking).where(GROUP_MEMBERS.c.workload == workload)
            asked = asked.where(or_(BOOKINGS.c.workload == workload, BOOKINGS.c.id.in_(grouped)))
        asked = asked.order_by(BOOKINGS.c.not_before, BOOKINGS.c.id).limit(limit).offset(offset)
        with self._database.reading("list bookings") as connection:
            found = connection.execute(asked).mappings()
            return [(rows.booking_of(row), BookingState(row["state"])) for row in found]

    def attempts(self, booking: BookingId) -> Sequence[Attempt]:
        """The attempts of a booking that ended, oldest first."""
        asked = select(ATTEMPTS).where(ATTEMPTS.c.booking == booking).order_by(ATTEMPTS.c.number)
        with self._database.reading("list attempts") as connection:
            return [rows.attempt_of(row) for row in connection.execute(asked).mappings()]

    def ended_since(self, at: datetime) -> Sequence[Attempt]:
        """Attempts that ended since then, of whatever booking, oldest first."""
        asked = select(ATTEMPTS).where(ATTEMPTS.c.ended >= rows.micros(at))
        asked = asked.order_by(ATTEMPTS.c.ended, ATTEMPTS.c.booking, ATTEMPTS.c.number)
        with self._database.reading("list attempts that ended") as connection:
            return [rows.attempt_of(row) for row in connection.execute(asked).mappings()]

    def live(self, agreement: str | None = None) -> Sequence[Live]:
        """What running drills said last."""
        asked = select(LEASES.c.booking, LEASES.c.attempt, LEASES.c.live).order_by(LEASES.c.since)
        if agreement is not None:
            asked = asked.join(BOOKINGS, BOOKINGS.c.id == LEASES.c.booking)
            asked = asked.where(BOOKINGS.c.agreement == agreement)
        with self._database.reading("look at running drills") as connection:
            told = (rows.live_of(row) for row in connection.execute(asked).mappings())
            return [live for live in told if live is not None]

    def picture(self, booking: BookingId) -> bytes:
        """The newest picture of its console, PNG; empty without one."""
        with self._database.reading("look at a console") as connection:
            found = connection.execute(select(LEASES.c.picture).where(LEASES.c.booking == booking)).scalar()
            return bytes(found or b"")

    # --- people
    def note(self, action: Action) -> None:
        """Add to the audit trail."""
        with self._database.writing("write the audit trail") as connection:
            connection.execute(insert(ACTIONS).values(rows.action_row(action)))

    def actions(self, limit: int = 200) -> Sequence[Action]:
        """The audit trail, newest first."""
        asked = select(ACTIONS).order_by(ACTIONS.c.number.desc()).limit(limit)
        with self._database.reading("read the audit trail") as connection:
            return [rows.action_of(row) for row in connection.execute(asked).mappings()]

    def sign_in_failed(self, name: str, place: str, at: datetime) -> None:
        """Note an attempt to sign in that failed; those of more than an hour before it are forgotten."""
        row = {"name": rows.plain(name), "place": place, "at": rows.micros(at)}
        with self._database.writing("note a failed sign-in") as connection:
            connection.execute(delete(REFUSED).where(_old(at)))
            connection.execute(insert(REFUSED).values(row))

    def sign_ins_failed(self, name: str, place: str, since: datetime) -> Sequence[FailedSignIn]:
        """Those since then, of that name or from that place, oldest first."""
        asked = (
            select(REFUSED)
            .where(
                REFUSED.c.at >= rows.micros(since),
                or_(REFUSED.c.name == rows.plain(name), REFUSED.c.place == place),
            )
            .order_by(REFUSED.c.at, REFUSED.c.number)
        )
        with self._database.reading("look at failed sign-ins") as connection:
            return [rows.failed_of(row) for row in connection.execute(asked).mappings()]

    def sign_in_passed(self, name: str, place: str, at: datetime) -> None:
        """Forget those of that name from that place, and those of more than an hour before."""
        with self._database.writing("forget failed sign-ins") as connection:
            mine = and_(REFUSED.c.name == rows.plain(name), REFUSED.c.place == place)
            connection.execute(delete(REFUSED).where(or_(mine, _old(at))))

    def _insert(self, table: Any) -> Any:
        """The dialect's own INSERT: the common one knows no ON CONFLICT.

        Only the dialect that is used is imported; every drill starts a process, and pays for it.
        """
        return import_module(f"sqlalchemy.dialects.{self._database.dialect}").insert(table)


def _mine(booking: BookingId, attempt: int) -> tuple[Any, ...]:
    return LEASES.c.booking == booking, LEASES.c.attempt == attempt


def _old(at: datetime) -> Any:
    return REFUSED.c.at < rows.micros(at - timedelta(hours=1))


def _bookings(connection: Connection, asked: Select[Any]) -> list[Booking]:
    return [rows.booking_of(row) for row in connection.execute(asked).mappings()]


def _workers(connection: Connection) -> list[Worker]:
    found = connection.execute(select(WORKERS).order_by(WORKERS.c.id)).mappings()
    return [rows.worker_of(row) for row in found]


def _leases(connection: Connection, asked: Select[Any]) -> list[Lease]:
    return [rows.lease_of(row) for row in connection.execute(asked).mappings()]
