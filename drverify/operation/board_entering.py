"""Enters an agreement, its new drills, and how its promises stand by them."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from importlib import import_module

from sqlalchemy import Connection

from drverify.adapters.board import results, writing
from drverify.adapters.board.database import Database
from drverify.adapters.board.taking import agreed_of, promise_of, quotes_of
from drverify.compose import Workshop
from drverify.errors import DrverifyError, HarnessError, InputError
from drverify.judging.promised import Owed, course, marked
from drverify.model.board import Protected
from drverify.model.obligation import ObligationId, Register, in_scope
from drverify.model.recovery import Workload, stated_shape
from drverify.operation.board_drills import Booked, Shelf, Taken
from drverify.planning.nights.due import varieties_of
from drverify.planning.nights.turns import meant_every
from drverify.planning.schedule import promised_every
from drverify.sealing import codec
from drverify.sealing.keys import Trust, read_trust
from drverify.sealing.stamps import CheckToken

AT_ONCE = 64
"""Drills, or workloads, that are entered with one transaction."""
_TRUST = "runner.trust.json"
Failed = Callable[[str, Exception], None]
"""Told what could not be read, and why."""


class Entering:
    """One agreement's agreement, drills and promises in one round."""

    def __init__(
        self, name: str, workshop: Workshop, database: Database, now: datetime, failed: Failed
    ) -> None:
        self._name, self._workshop, self._database = name, workshop, database
        self._now, self._failed = now, failed
        self._register: Register = workshop.agreed.register(now)
        self.touched: set[str] = set()
        """Workloads of which a drill was entered."""
        self.entered = 0

    def promised(self, position: int) -> None:
        """Enter the agreement and its workloads, and fold every promise anew, if anything of them changed."""
        mark = self._fingerprint(position)
        with self._database.reading() as connection:
            if results.marked(connection, self._name, "promised") == mark:
                return
        workloads = tuple(self._protected())
        with self._database.writing() as connection:
            writing.put_agreement(
                connection,
                agreed_of(self._register, self._workshop.agreed.contract),
                position=position,
                quotes=tuple(quotes_of(self._register)),
                promises=[promise_of(self._name, one) for one in self._register.obligations],
                workloads=workloads,
            )
            writing.keep_workloads(connection, self._name, [one.workload for one in workloads])
        names = [one.workload for one in workloads]
        for some in _batches(names):
            with self._database.writing() as connection:
                for name in some:
                    self._fold(connection, name)
        with self._database.writing() as connection:
            writing.mark(connection, self._name, "promised", mark)

    def drills(self, shelf: Shelf) -> None:
        """Verify and enter every drill that is new. A drill that cannot be read hides no other."""
        with self._database.reading() as connection:
            before = frozenset(json.loads(results.marked(connection, self._name, "pending") or "[]"))
            unsettled = dict(results.unsettled(connection, self._name))
            newest = results.newest(connection, self._name)
            known = results.known(connection, self._name, shelf.beyond(newest))
        pending: set[str] = set()
        for some in _batches(shelf.new(known, before | unsettled.keys())):
            taken = {name: self._taken(shelf, name) for name in some}
            pending |= {name for name, one in taken.items() if one is None}
            self._enter(taken, unsettled)
        if pending != before:
            with self._database.writing() as connection:
                writing.mark(connection, self._name, "pending", json.dumps(sorted(pending)))

    def _taken(self, shelf: Shelf, name: str) -> Taken | None:
        try:
            return shelf.take(name, self._now)
        except DrverifyError as error:
            self._failed(f"drill {name}", error)
            return None

    def _enter(self, taken: dict[str, Taken | None], unsettled: dict[str, str]) -> None:
        workloads, days = set(), set()
        with self._database.writing() as connection:
            for name, one in taken.items():
                if one is None:
                    if name in unsettled:  # it runs after all
                        writing.drop_drill(connection, self._name, name)
                        workloads.add(unsettled[name])
                    continue
                if name in unsettled and one.result.state == "without result":
                    continue
                writing.put_drill(connection, one.result, one.detail, one.examined)
                workloads.add(one.result.workload)
                days.add(f"{one.result.started_at:%Y-%m-%d}")
                self.entered += 1
            for workload in sorted(workloads):
                self._fold(connection, workload)
            writing.count_days(connection, self._name, days)
        self.touched |= workloads

    def _fold(self, connection: Connection, workload: str) -> None:
        """Judge the promises of a workload by all of its drills, and mark verdicts that changed."""
        found = results.of_workload(connection, self._name, workload)
        made = marked(found)
        for old, new in zip(found, made, strict=True):
            if old != new:
                writing.put_drill(connection, new)
        owed = self._owed(workload)
        writing.put_courses(
            connection,
            self._name,
            workload,
            [course(owed, one, made) for one in in_scope(self._register, workload)],
        )

    def _owed(self, workload: str) -> Owed:
        known = next((one for one in self._workshop.workloads if one.name == workload), None)
        return Owed(
            agreement=self._name,
            workload=workload,
            since=known.protected_since if known is not None else self._accepted_at,
            every=promised_every([self._register], workload),
            one_of=self._one_of(workload),
        )

    def _one_of(self, workload: str) -> Mapping[ObligationId, int]:
        """As the plan of the nights gives each its turn."""
        promised = in_scope(self._register, workload)
        copies = tuple(one.source for one in self._workshop.copies.get(workload, ()))
        choice = varieties_of(promised, copies=copies, between=True)
        return {one.id: meant_every(one.objective, choice) for one in promised}

    @property
    def _accepted_at(self) -> datetime:
        effective, accepted = self._register.agreement.effective, self._workshop.agreed.contract.accepted
        if effective is not None:
            return datetime.combine(effective, time(), UTC)
        return accepted.at if accepted is not None else self._now

    def _protected(self) -> Iterator[Protected]:
        """The inventory, and whom the agreement names besides."""
        known = {one.name: one for one in self._workshop.workloads}
        named = {name for one in self._register.obligations for name in one.scope}
        for name in sorted({*known, *named}):
            yield self._line(name, known.get(name))

    def _line(self, name: str, one: Workload | None) -> Protected:
        guest = stated_shape(one.payload) if one is not None else None
        return Protected(
            agreement=self._name,
            workload=name,
            description=one.description if one is not None else "not in the inventory",
            kind=one.payload.kind if one is not None else "",
            source=one.source if one is not None else "",
            host=self._workshop.settings.host_of(one.host) if one is not None else "",
            playbook=one.playbook if one is not None else "",
            memory_mib=guest.memory_mib if guest is not None else 0,
            protected_since=one.protected_since if one is not None else self._accepted_at,
            every=promised_every([self._register], name),
        )

    def _fingerprint(self, position: int) -> str:
        inventory = codec.encode(list(self._workshop.workloads))
        if self._workshop.copies:
            inventory += codec.encode({name: list(each) for name, each in self._workshop.copies.items()})
        parts = (str(position), str(self._workshop.drills.path), codec.digest(self._register))
        return hashlib.sha256(b"\n".join((*(one.encode() for one in parts), inventory))).hexdigest()


def shelf_of(name: str, workshop: Workshop, booked: Booked) -> Shelf:
    """The drills of an agreement on disk. InputError or HostError when nobody knows whom to believe."""
    return Shelf(
        agreement=name,
        drills=workshop.drills.path,
        trust=_trust(workshop),
        check=_token_reader(),
        running=frozenset(one.drill_id for one in workshop.ledgers.views() if one.state == "in use"),
        booked=booked,
    )


def _trust(workshop: Workshop) -> Trust:
    """Our own keys; who may not read the private ones takes the file that whoever drills has left."""
    try:
        path = workshop.trust_file()
    except (InputError, HarnessError):
        path = workshop.state_dir / _TRUST
        if not path.is_file():
            raise
    return read_trust(path.read_bytes(), what=str(path))


def _token_reader() -> CheckToken | None:
    try:
        module = import_module("drverify.adapters.stamping.tokens")
    except ModuleNotFoundError:
        return None
    check: CheckToken = module.check_token
    return check


def _batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(names), AT_ONCE):
        yield names[at : at + AT_ONCE]
