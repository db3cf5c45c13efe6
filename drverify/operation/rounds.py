"""What a site does besides drilling, every minute: the pages, metrics, looks, time stamps, telling people.

One process of a site does it, the scheduler's. Nothing here decides about a drill.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from drverify.adapters.board import reading
from drverify.adapters.board.database import Database
from drverify.adapters.messages.sending import AppriseTarget, still_alive
from drverify.adapters.metrics.exposition import SiteNow, openmetrics_text
from drverify.adapters.storage.controls import last_caught
from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.surveys import SurveyDirectory
from drverify.engine.nightly.ports import Desk
from drverify.errors import DrverifyError, HostError
from drverify.model.alarm import AlarmKind, Wrong
from drverify.model.board import Backups, Course
from drverify.model.booking import BookingState
from drverify.model.controls import Catch
from drverify.model.recovery import SecretRef
from drverify.operation.alarms import Seen, alarms, night_sum
from drverify.operation.boarding import open_board, project
from drverify.operation.estate import Estate
from drverify.operation.looking import surveyed
from drverify.operation.rooms import rooms_of
from drverify.operation.stamping import stamped_again
from drverify.operation.teller import Teller

EVERY = timedelta(seconds=30)
SHARE = 20
"""A round that took a second is followed by at least so many without one."""
LOOK = timedelta(hours=1)
"""Sources and hosts are asked so often what they hold."""
AGAIN = timedelta(minutes=5)
"""Time authorities are asked so often for stamps that they did not give."""
NIGHT = timedelta(hours=24)
PAGE = 2000


class SiteRounds:
    """The rounds of one site."""

    def __init__(self, estate: Callable[[], Estate], desk: Desk, say: Callable[[str], None]) -> None:
        """`estate` gives the settings as they are now; `say` takes one line of what went wrong."""
        self._estate, self._desk, self._say = estate, desk, say
        self._board: Database | None = None
        self._next: datetime | None = None
        self._asked: datetime | None = None
        self._unstamped: tuple[str, ...] = ()
        self._said: frozenset[str] = frozenset()

    def close(self) -> None:
        """Close the read model. Idempotent."""
        if self._board is not None:
            self._board.close()
            self._board = None

    def tick(self, now: datetime, clock: Callable[[], datetime]) -> None:
        """Do a round if it is time; what fails is said once and tried again in the next round."""
        if self._next is not None and now < self._next:
            return
        estate = self._estate()
        problems: list[str] = []
        for part in (self._looked, self._stamped, self._shown):
            try:
                part(estate, now, problems)
            except DrverifyError as error:
                problems.append(str(error))
        for line in dict.fromkeys(problems):
            if line not in self._said:
                self._say(line)
        self._said = frozenset(problems)
        self._next = clock() + max(EVERY, SHARE * (clock() - now))

    def _looked(self, estate: Estate, now: datetime, problems: list[str]) -> None:
        for name, workshop in estate.workshops.items():
            kept = SurveyDirectory(workshop.state_dir / "surveys")
            try:
                last = kept.at()
                if last is None or now - last >= LOOK:
                    kept.keep(asyncio.run(surveyed(workshop, now)))
            except DrverifyError as error:
                problems.append(f"{name}: nobody could look at the estate: {error}")

    def _stamped(self, estate: Estate, now: datetime, problems: list[str]) -> None:
        if self._asked is None or now - self._asked >= AGAIN:
            self._asked = now
            self._unstamped = tuple(_unstamped(estate))
        problems += self._unstamped

    def _shown(self, estate: Estate, now: datetime, problems: list[str]) -> None:
        """What fails keeps nothing that comes after it from being done: people are always told."""
        board = self._projected(estate, now, problems)
        found = _found(estate, self._desk, board, now, problems)
        metrics = estate.operation.metrics_file
        if metrics is not None and not found.wrong.unseen:  # an old file says by itself that it is old
            try:
                content = openmetrics_text(_site_now(estate, self._desk, found, now))
                write_durably(estate.main.settings.path(metrics), content, mode=0o644)
            except DrverifyError as error:
                problems.append(f"operation.metrics_file: {error}")
        summed = partial(night_sum, self._desk, found.seen.courses, now - NIGHT, now)
        problems += map(str, _teller(estate).round(found.wrong, summed, now))

    def _projected(self, estate: Estate, now: datetime, problems: list[str]) -> Database | None:
        """The read model as new as can be; None when it cannot be opened."""
        try:
            if self._board is None:
                self._board = open_board(estate)
            projected = project(estate, self._board, now=now, desk=self._desk)
            problems += [f"{one.agreement}: {one.what}: {one.why}" for one in projected.unseen]
        except DrverifyError as error:
            problems.append(str(error))
        return self._board


def _unstamped(estate: Estate) -> Iterator[str]:
    """What time authorities still do not give, and why."""
    for name, workshop in estate.workshops.items():
        try:
            yield from (f"{name}: {line}" for line in stamped_again(workshop))
        except DrverifyError as error:
            yield f"{name}: time stamps that are missing cannot be asked for: {error}"


def metrics_now(estate: Estate, desk: Desk, board: Database, now: datetime) -> bytes:
    """The OpenMetrics text of this moment, for who asks; the read model counts as it is.

    HostError when not everything could be looked at.
    """
    problems: list[str] = []
    found = _found(estate, desk, board, now, problems)
    if found.wrong.unseen:
        raise HostError("; ".join(dict.fromkeys(problems)))
    return openmetrics_text(_site_now(estate, desk, found, now))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What a round found."""

    seen: Seen
    wrong: Wrong


def _found(estate: Estate, desk: Desk, board: Database | None, now: datetime, problems: list[str]) -> _Found:
    """What is wrong, as far as it can be seen; why not all of it is added to `problems`."""
    catches: list[tuple[str, Catch]] = []
    unseen: set[AlarmKind] = set()
    for name, workshop in estate.workshops.items():
        try:
            catches += [(name, catch) for catch in last_caught(workshop.state_dir)]
        except DrverifyError as error:
            problems.append(f"{name}: {error}")
            unseen.add(AlarmKind.GATE)
    courses: tuple[Course, ...] = ()
    late: list[Backups] = []
    try:
        if board is not None:
            courses = tuple(_courses(board, now))
            with board.reading() as connection:
                late = reading.late_backups(connection, None, limit=PAGE)
    except DrverifyError as error:
        problems.append(str(error))
        board = None
    if board is None:
        unseen |= _OF_THE_BOARD
    seen = Seen(courses=courses, catches=tuple(catches), late=tuple(late), unseen=frozenset(unseen))
    return _Found(seen=seen, wrong=alarms(desk, seen, now, problems))


_OF_THE_BOARD = frozenset({AlarmKind.PROMISE, AlarmKind.OVERDUE, AlarmKind.BACKUP})


def _site_now(estate: Estate, desk: Desk, found: _Found, now: datetime) -> SiteNow:
    nights = estate.main.settings.nights
    return SiteNow(
        site=estate.operation.site,
        at=now,
        tonight=_tonight(desk, now),
        leases=desk.leases(),
        rooms={room.host: room for room in rooms_of(nights)} if nights else {},
        workers=desk.workers(),
        courses=found.seen.courses,
        alarms=Counter(alarm.kind.value for alarm in found.wrong.alarms),
        caught={
            (agreement, catch.workload, catch.kind): catch.caught_at
            for agreement, catch in found.seen.catches
            if catch.caught_at is not None
        },
    )


def _tonight(desk: Desk, now: datetime) -> Mapping[BookingState, int]:
    found = desk.bookings(begins=now - NIGHT, ends=now + NIGHT, limit=100_000)
    return Counter(state for booking, state in found if booking.not_after > now - NIGHT)


def _courses(board: Database, now: datetime) -> Iterator[Course]:
    after: tuple[str, str, str] | None = None
    while True:
        with board.reading() as connection:
            page = reading.standings(connection, None, now, after=after, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]
        after = last.agreement, last.workload, last.obligation


def _teller(estate: Estate) -> Teller:
    chosen = estate.operation.notify
    nights = estate.main.settings.nights
    targets = {one: _target(estate, at, one) for at, one in enumerate(chosen.to)}
    alive = partial(_alive, estate, chosen.alive_url) if chosen.alive_url is not None else None
    return Teller(estate.state_dir, chosen, nights.zone if nights else "UTC", targets, alive)


def _target(estate: Estate, at: int, reference: str) -> AppriseTarget | DrverifyError:
    """Where a reference leads, or why nothing can be sent there now."""
    try:
        return AppriseTarget(f"operation.notify.to[{at}]", _secret(estate, reference))
    except DrverifyError as error:
        return error


def _alive(estate: Estate, reference: str) -> None:
    still_alive(_secret(estate, reference))


def _secret(estate: Estate, reference: str) -> str:
    return estate.main.secret(SecretRef(reference)).decode("utf-8", "replace").strip()
