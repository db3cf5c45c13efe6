"""How a site stands: its promises, what became of its nights, who works there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.adapters.board import reading
from drverify.adapters.board.database import Database
from drverify.engine.nightly.ports import Desk
from drverify.model.board import Agreed, Backups, Counts, Course, Promise, Stray, Unseen
from drverify.model.booking import Attempt, Booking, BookingState, Worker
from drverify.model.result import WORST, Stands
from drverify.operation.boarding import open_board, project
from drverify.operation.estate import Estate
from drverify.operation.forecasts import forecast

NIGHTS = timedelta(days=7)
"""How far back missed and given-up drills are told."""
PAGE = 500
ALIVE = timedelta(seconds=30)
"""Since the last sign of life of a worker that counts as alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfAgreement:
    """How one agreement stands."""

    agreed: Agreed
    promises: tuple[Promise, ...]
    counts: Mapping[str, Counts]
    """Workloads by how the promise stands for them, by obligation."""
    troubles: tuple[Course, ...]
    """Promises that are not MET, by workload; PAGE at most."""
    flipping: tuple[Course, ...]
    lacking: tuple[Course, ...]
    """Promises that a further copy did not show when it was drilled last; PAGE at most."""
    workloads: int
    last: tuple[str, datetime] | None
    """The newest drill that was judged: its workload, and its end."""
    coming: tuple[str, datetime] | None
    """The next drill as planned last."""
    late: tuple[Backups, ...]
    """Workloads whose newest point was older than is promised when somebody looked last; PAGE at most."""
    strays: tuple[Stray, ...]
    """What that look found besides: failed backups, guests without any; PAGE at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStanding:
    """How a site stands."""

    at: datetime
    site: str
    agreements: tuple[OfAgreement, ...]
    nights: Mapping[BookingState, int]
    """What became of the bookings of the last NIGHTS."""
    unkept: tuple[tuple[Booking, BookingState, Attempt | None], ...]
    """Missed and given-up bookings of the last NIGHTS, the newest first, with their last attempt."""
    workers: tuple[Worker, ...]
    unseen: tuple[Unseen, ...]
    """What could not be read, so that nothing is concluded from it."""

    @property
    def working(self) -> bool:
        """Whether a worker gave a sign of life just now."""
        return any(self.at - one.seen <= ALIVE for one in self.workers)


def standing_of(estate: Estate, desk: Desk, now: datetime, *, only: str = "") -> SiteStanding:
    """Look at everything that is new, and say how the site, or only an agreement of it, stands.

    HostError for a database that fails.
    """
    board = open_board(estate)
    try:
        project(estate, board, now=now, desk=desk)
        with board.reading() as connection:
            unseen = tuple(one for one in reading.unseen(connection, None) if only in {"", one.agreement})
        agreements = tuple(
            one for one in _agreements(estate, desk, board, now) if only in {"", one.agreed.agreement}
        )
    finally:
        board.close()
    found = desk.bookings(
        begins=now - NIGHTS, ends=now + timedelta(days=1), agreement=only or None, limit=100_000
    )
    nights = {state: sum(one is state for _, one in found) for state in BookingState}
    unkept = [
        (booking, state)
        for booking, state in reversed(found)
        if state in {BookingState.MISSED, BookingState.GIVEN_UP}
    ]
    return SiteStanding(
        at=now,
        site=estate.operation.site,
        agreements=agreements,
        nights=nights,
        unkept=tuple((one, state, _last(desk, one)) for one, state in unkept[:PAGE]),
        workers=tuple(desk.workers()),
        unseen=unseen,
    )


def _last(desk: Desk, booking: Booking) -> Attempt | None:
    return next(reversed(desk.attempts(booking.id)), None)


def _agreements(estate: Estate, desk: Desk, board: Database, now: datetime) -> Iterator[OfAgreement]:
    with board.reading() as connection:
        for agreed in reading.agreements(connection, None):
            name = agreed.agreement
            promises = tuple(reading.promises(connection, name))
            order = {one.obligation: number for number, one in enumerate(promises)}
            every = sorted(
                _courses(board, name, now),
                key=lambda one: (
                    WORST.index(one.stands(now)),
                    one.workload,
                    order.get(one.obligation, len(order)),
                ),
            )
            judged = [one for one in every if one.judged_at is not None]
            newest = max(judged, key=lambda one: one.judged_at or now, default=None)
            yield OfAgreement(
                agreed=agreed,
                promises=promises,
                counts=reading.counts_by_promise(connection, name, now),
                troubles=tuple(one for one in every if one.stands(now) is not Stands.MET)[:PAGE],
                flipping=tuple(one for one in every if one.flipping)[:PAGE],
                lacking=tuple(one for one in every if one.lacking)[:PAGE],
                workloads=len({one.workload for one in every}),
                last=(newest.workload, newest.judged_at) if newest and newest.judged_at else None,
                coming=min(_coming(estate, desk, name, now), key=lambda one: one[1], default=None),
                late=tuple(reading.late_backups(connection, frozenset({name}), limit=PAGE)),
                strays=tuple(reading.strays(connection, frozenset({name}), limit=PAGE)),
            )


def _coming(estate: Estate, desk: Desk, agreement: str, now: datetime) -> Iterator[tuple[str, datetime]]:
    """What waits, and what is planned for nights that are not booked yet."""
    for booking, _ in desk.bookings(states=(BookingState.WANTED,), agreement=agreement):
        yield from ((name, max(now, booking.not_before)) for name in booking.workloads)
    for workload, begins in forecast(estate, agreement).items():
        at = datetime.fromisoformat(begins)
        if at > now:
            yield workload, at


def _courses(board: Database, agreement: str, now: datetime) -> Iterator[Course]:
    after: tuple[str, str, str] | None = None
    while True:
        with board.reading() as connection:
            page = reading.standings(connection, None, now, agreement=agreement, after=after, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].agreement, page[-1].workload, page[-1].obligation
