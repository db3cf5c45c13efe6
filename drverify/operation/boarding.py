"""Makes what the pages show out of what counts: evidence, accepted agreements, journals, looks, logs.

`project` may be called as often as wanted and by several processes; it reads only what is new, and writes
nothing but the read model. With its database deleted it reads everything again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.adapters.board import reading, writing
from drverify.adapters.board.database import FILE, Database
from drverify.adapters.desk.sites import postgres_url, schema_of
from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk
from drverify.errors import DrverifyError
from drverify.model.board import Unseen
from drverify.model.recovery import SecretRef
from drverify.operation.board_drills import booked_by
from drverify.operation.board_entering import Entering, shelf_of
from drverify.operation.board_looks import enter_look, enter_trials
from drverify.operation.board_mending import enter_mends
from drverify.operation.estate import Estate
from drverify.sealing import codec

SELDOM = timedelta(minutes=10)
"""The whole log is not read more often, unless everything is."""


def open_board(estate: Estate) -> Database:
    """The site's read model, beside the desk; `close` it in the end. HostError when it cannot be opened."""
    operation = estate.operation
    if operation.database is None:
        return Database.of_file(estate.state_dir / FILE)
    url = postgres_url(estate.main.secret(SecretRef(operation.database)).decode("utf-8", "replace"))
    return Database.of_url(url, schema_of(operation.site))


@dataclass(frozen=True, slots=True, kw_only=True)
class Projected:
    """What one round brought."""

    drills: int
    """Entered, or entered anew."""
    unseen: tuple[Unseen, ...]
    """What could not be read."""


def project(
    estate: Estate, database: Database, *, now: datetime, desk: Desk | None = None, seldom: timedelta = SELDOM
) -> Projected:
    """Bring the read model up to date. HostError when its database fails; what cannot be read is told.

    `desk` says for which booking a drill was run. Of `estate` agreements and inventories count as they were
    when it was opened.
    """
    drills, unseen = 0, []
    with database.writing() as connection:
        known = {one.agreement for one in reading.agreements(connection, None)}
        for gone in known - set(estate.workshops):
            writing.forget(connection, gone)
    for position, (name, workshop) in enumerate(estate.workshops.items()):
        round_ = _Round(name, workshop, database, now)
        drills += round_.bring_up(position, desk, seldom)
        unseen += round_.unseen
    return Projected(drills=drills, unseen=tuple(unseen))


class _Round:
    """One agreement's part of a round."""

    def __init__(self, name: str, workshop: Workshop, database: Database, now: datetime) -> None:
        self._name, self._workshop, self._database, self._now = name, workshop, database, now
        self.unseen: list[Unseen] = []

    def bring_up(self, position: int, desk: Desk | None, seldom: timedelta) -> int:
        """Take what is new of the agreement; how many drills that was."""
        entering = Entering(self._name, self._workshop, self._database, self._now, self._failed)
        entering.promised(position)
        try:
            shelf = shelf_of(self._name, self._workshop, booked_by(desk, self._name))
        except DrverifyError as error:
            self._failed("drills", error)
        else:
            entering.drills(shelf)
            try:
                enter_mends(
                    self._database,
                    self._workshop,
                    self._name,
                    entering.touched,
                    shelf.running,
                    now=self._now,
                    seldom=seldom,
                )
            except DrverifyError as error:
                self._failed("findings", error)
        for what, enter in (("looks at the estate", enter_look), ("controls", enter_trials)):
            try:
                enter(self._database, self._workshop, self._name)
            except DrverifyError as error:
                self._failed(what, error)
        with self._database.writing() as connection:
            writing.put_unseen(connection, self._name, self.unseen)
            writing.mark(connection, self._name, "read", str(codec.to_json(self._now)))
        return entering.entered

    def _failed(self, what: str, error: Exception) -> None:
        self.unseen.append(Unseen(agreement=self._name, what=what, why=str(error), at=self._now))
