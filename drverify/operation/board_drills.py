"""Which drills of a state directory are new to the pages, and what each shows when it is verified."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.board.taking import detail_of, result_of
from drverify.adapters.storage.drills import PLAN
from drverify.adapters.storage.durable import state_access
from drverify.adapters.storage.examining import examination
from drverify.adapters.storage.verified import VerifiedDrill, envelope_digest, verified
from drverify.engine.nightly.ports import Desk
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.booking import BookingId
from drverify.model.drill import DrillId
from drverify.model.finding import Examined
from drverify.model.result import Detail, Result, ResultState
from drverify.sealing.keys import Trust
from drverify.sealing.stamps import CheckToken

LATE = timedelta(days=1)
"""A drill may appear so much later than a younger one: clocks of several machines, names of several days."""
_BOOKED = timedelta(days=3)
YOUNG = timedelta(minutes=10)
"""A drill without evidence is not given up before nothing was written for so long: its sandbox is gone
a moment before its evidence is signed."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID = "%Y%m%dT%H%M%SZ"

Booked = Callable[[DrillId, str, datetime], tuple[BookingId, int] | None]
"""(drill, workload, its start) -> booking and attempt that it was run for; None: nobody knows of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One drill as it was found."""

    result: Result
    detail: Detail
    examined: Examined | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The drills of one agreement on disk."""

    agreement: str
    drills: Path
    trust: Trust
    check: CheckToken | None
    running: frozenset[str]
    """Drills whose sandbox is somebody's now."""
    booked: Booked

    @staticmethod
    def beyond(newest: str) -> str:
        """What sorts before every drill that may still appear when the one of that id was entered."""
        at = _started(newest)
        return f"{at - LATE:{_ID}}" if at.year > _EPOCH.year else ""

    def new(self, known: Mapping[str, str], pending: Collection[str]) -> list[str]:
        """Ids that are to be looked at, oldest first.

        `known` are the states of the drills that were entered, as far back as `beyond`; `pending` are those
        that had no result when they were looked at.
        """
        beyond = self.beyond(max(known, default=""))
        found = [name for name in self._names() if name > beyond or name in pending]
        return [name for name in sorted(found) if known.get(name, "without result") == "without result"]

    def _names(self) -> list[str]:
        with state_access(f"list the drills in {self.drills}"):
            try:
                return [one.name for one in self.drills.iterdir()]
            except FileNotFoundError:
                return []

    def take(self, name: str, now: datetime) -> Taken | None:
        """Verify a drill; None while it runs, or may. HostError when it cannot be read."""
        directory = self.drills / name
        if not (directory / PLAN).is_file():
            return None
        try:
            if envelope_digest(directory) is None:
                return self._unsealed(directory, now)
            found = self._held(directory)
        except EvidenceError as error:
            return Taken(
                result=self._bare(directory, state="refused"),
                detail=Detail(problem=str(error), verified_at=now, envelope=_digest(directory)),
            )
        return self._verified(found, now)

    def _held(self, directory: Path) -> VerifiedDrill:
        found = verified(directory, self.trust, self.check)
        if found.report.plan.drill_id != directory.name:
            raise EvidenceError(f"the evidence is of drill {found.report.plan.drill_id}")
        return found

    def _verified(self, found: VerifiedDrill, now: datetime) -> Taken:
        report, index = found.report, found.drill.index
        result = result_of(self.agreement, report)
        booked = self.booked(result.drill, result.workload, result.started_at)
        return Taken(
            result=_with(result, booked),
            detail=detail_of(
                report,
                envelope=found.envelope,
                payload=found.drill.payload,
                index=index if index >= 0 else None,
                verified_at=now,
            ),
            examined=examination(found, now=now),
        )

    def _unsealed(self, directory: Path, now: datetime) -> Taken | None:
        with state_access(f"look at {directory}"):
            touched = datetime.fromtimestamp(directory.stat().st_mtime, UTC)
        if directory.name in self.running or now - touched < YOUNG:
            return None
        return Taken(result=self._bare(directory, state="without result"), detail=Detail())

    def _bare(self, directory: Path, *, state: ResultState) -> Result:
        """A drill of which only its name and its plan say anything, and neither is signed."""
        plan = _plan(directory)
        stated = plan.get("workload")
        workload = str(stated.get("name", "")) if isinstance(stated, dict) else ""
        started = _started(directory.name)
        made = Result(
            agreement=self.agreement,
            drill=DrillId(directory.name),
            workload=workload,
            state=state,
            started_at=started,
            ended_at=None,
            recovered=False,
            mode="instant" if plan.get("mode") == "instant" else "full",
        )
        return _with(made, self.booked(made.drill, workload, started))


def _with(result: Result, booked: tuple[BookingId, int] | None) -> Result:
    if booked is None:
        return result
    return replace(result, booking=booked[0], attempt=booked[1])


def _started(name: str) -> datetime:
    """When a drill was declared, by its id; the epoch for no id."""
    try:
        return datetime.strptime(name.partition("-")[0], _ID).replace(tzinfo=UTC)
    except ValueError:
        return _EPOCH


def _plan(directory: Path) -> dict[str, Any]:
    try:
        found = json.loads((directory / PLAN).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(directory: Path) -> Sha256 | None:
    try:
        return envelope_digest(directory)
    except EvidenceError:
        return None


def booked_by(desk: Desk | None, agreement: str) -> Booked:
    """Looks a drill's booking up: among what runs, and its workload's attempts around its start."""

    def look(drill: DrillId, workload: str, started: datetime) -> tuple[BookingId, int] | None:
        if desk is None or not workload:
            return None
        for live in desk.live(agreement):
            if drill in live.drills:
                return live.booking, live.attempt
        around = desk.bookings(
            begins=started - _BOOKED, ends=started + LATE, agreement=agreement, workload=workload
        )
        for booking, _ in around:
            for attempt in desk.attempts(booking.id):
                if drill in attempt.ending.drills:
                    return booking.id, attempt.number
        return None

    return look
