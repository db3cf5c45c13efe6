"""The durable engine on DBOS Transact's open-source core. Implements `engine.nightly.ports.DurableEngine`.

An attempt is one workflow `<booking>#<attempt>` with one step; a worker listens to its site's queue alone.
What DBOS does not do by itself, taking over from a dead worker, is asked for by the house's tick. Nothing is
decided here: when the store is emptied while workers run they notice, start on an empty one, and the tick
hands the desk's leases over once more.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer
from dbos import error as dbos_errors
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from drverify.adapters.desk.database import cannot
from drverify.adapters.durable.stores import Store
from drverify.errors import HostError
from drverify.model.booking import BookingId, Lease, WorkerId

NAME = "drverify"
VERSION = "attempt-1"
"""Of the workflow's steps. A worker of another version is never given this one's, so it is left alone."""
WORKFLOW = "attempt"
_OPEN = ("ENQUEUED", "PENDING", "DELAYED")
_LOOK_S = 1.0
"""Between two looks at whether the store is still the same."""
_KEEP = timedelta(days=2)
_TIDY_S = 6 * 3600
_AT_ONCE = 500
_UNREADABLE = ("database disk image is malformed", "file is not a database")
"""What SQLite says of a damaged file. What was in it the desk knows, too."""

T = TypeVar("T")


class DbosEngine:
    """The engine of one worker, or of a process that only hands over. One `run` in a process at a time."""

    def __init__(self, store: Store, *, site: str, worker: WorkerId, polling: timedelta) -> None:
        self._store = store
        self._queue = f"drills-{site}"
        self._worker = worker
        self._polling = polling
        self._client: DBOSClient | None = None
        self._client_of: object = None
        self._lock = threading.RLock()
        self._carried: dict[str, threading.Lock] = {}
        logging.getLogger("dbos").setLevel(logging.CRITICAL)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            self._drop_client()
            self._store.close()

    # --- handing over

    def submit(self, lease: Lease) -> None:
        """Hand an attempt over to be carried out by a worker of this site. Idempotent.

        One that came to an end here while its lease is open begins anew.
        """
        name = workflow_id(lease.booking, lease.attempt)

        def work(client: DBOSClient) -> None:
            known = client.list_workflows(workflow_ids=[name], load_input=False, load_output=False)
            if known and known[0].status in _OPEN:
                return
            if known:
                client.delete_workflow(name)
            client.enqueue(
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": self._queue,
                    "workflow_id": name,
                    "app_version": VERSION,
                },
                lease.booking,
                lease.attempt,
            )

        self._asked(f"hand over {name}", work)

    def unfinished(self) -> Sequence[tuple[BookingId, int]]:
        """Attempts that were handed over and have not come to an end."""

        def work(client: DBOSClient) -> list[tuple[BookingId, int]]:
            found = client.list_workflows(
                name=WORKFLOW, status=list(_OPEN), load_input=False, load_output=False
            )
            return [attempt_of(one.workflow_id) for one in found]

        return self._asked("list what was handed over", work)

    def take_over(self, dead: WorkerId) -> int:
        """Have the unfinished attempts of a dead worker carried on by living ones; how many."""

        def work(client: DBOSClient) -> int:
            found = client.list_workflows(
                name=WORKFLOW, status="PENDING", executor_id=dead, load_input=False, load_output=False
            )
            for one in found:  # without a queue's name it would go to one that every site listens to
                client.resume_workflow(one.workflow_id, queue_name=self._queue)
            return len(found)

        return self._asked(f"take over from {dead}", work)

    # --- carrying out

    def run(self, carry_out: Callable[[BookingId, int], None], stop: Callable[[], bool]) -> None:
        """Carry out what is handed over, as this process's worker, until `stop()`; may be called once.

        `carry_out` is idempotent: after a crash it is called again for the same attempt. It is never called
        twice at once for one attempt in this process; it raises `LeftRunning` to leave an attempt to whoever
        comes next.
        """
        self.unfinished()  # a store that cannot be read is made anew
        launched = self._launched(carry_out)
        look = tidy = 0.0
        try:
            while not stop():
                now = time.monotonic()
                if now >= look:
                    look = now + _LOOK_S
                    launched = self._kept_up(launched, carry_out)
                if now >= tidy:
                    tidy = now + _TIDY_S
                    self._tidy()
                time.sleep(0.1)
        finally:
            DBOS.destroy(destroy_registry=True)

    def _launched(self, carry_out: Callable[[BookingId, int], None]) -> object:
        """Launch, and say on which store; one that was lost in that instant is made anew, once."""
        launched = self._identity()
        try:
            self._launch(carry_out)
        except HostError:
            self._store.prepare()
            launched = self._identity()
            self._launch(carry_out)
        return launched

    def _kept_up(self, launched: object, carry_out: Callable[[BookingId, int], None]) -> object:
        """Launch on the store that is there now, unless it is the one launched on; a server may be away."""
        try:
            now = self._identity()
            if now != launched:
                DBOS.destroy(destroy_registry=True)
                self._launch(carry_out)
        except HostError:
            return launched  # tried again soon; DBOS goes on by itself when a server is back
        return now

    def _launch(self, carry_out: Callable[[BookingId, int], None]) -> None:
        config: DBOSConfig = {
            "name": NAME,
            "executor_id": self._worker,
            "application_version": VERSION,
            "system_database_url": self._store.url,
            "dbos_system_schema": self._store.schema,
            "sys_db_pool_size": 3,
            "serializer": DBOSPortableJSONSerializer(),
            "enable_otlp": False,
            "log_level": "CRITICAL",
        }
        DBOS(config=config)
        self._register(carry_out)
        DBOS.listen_queues([self._queue])
        try:
            DBOS.launch()
            DBOS.register_queue(
                self._queue,
                polling_interval_sec=self._polling.total_seconds(),
                on_conflict="always_update",
            )
        except (SQLAlchemyError, dbos_errors.DBOSException) as error:
            DBOS.destroy(destroy_registry=True)
            raise cannot("start the durable engine", make_url(self._store.url), error) from error

    def _register(self, carry_out: Callable[[BookingId, int], None]) -> None:
        """Straight line, no `finally`: DBOS skips the steps in it of an attempt that was lost.

        A failure ends the workflow; the house's tick sees the open lease and hands it over again.
        """

        @DBOS.step(name="carry out")  # type: ignore[untyped-decorator, unused-ignore]
        def step(booking: str, attempt: int) -> str:
            with self._alone(workflow_id(BookingId(booking), attempt)):
                carry_out(BookingId(booking), attempt)
            return "carried out"

        @DBOS.workflow(name=WORKFLOW)  # type: ignore[untyped-decorator, unused-ignore]
        def attempt_workflow(booking: str, attempt: int) -> str:
            return str(step(booking, attempt))

        del attempt_workflow

    def _alone(self, name: str) -> threading.Lock:
        with self._lock:
            return self._carried.setdefault(name, threading.Lock())

    def _tidy(self) -> None:
        """Forget what ended days ago; the desk remembers it."""
        before = (datetime.now(UTC) - _KEEP).isoformat()

        def work(client: DBOSClient) -> None:
            while True:
                old = client.list_workflows(
                    completed_before=before, limit=_AT_ONCE, load_input=False, load_output=False
                )
                client.delete_workflows([one.workflow_id for one in old])
                if len(old) < _AT_ONCE:
                    return

        with suppress(HostError):
            self._asked("forget old attempts", work)

    # --- the store

    def _asked(self, what: str, work: Callable[[DBOSClient], T]) -> T:
        """Ask by a client on the store that is there now, which another may be making just now. HostError."""
        with self._lock:
            for again in (True, False):
                try:
                    return work(self._opened())
                except (SQLAlchemyError, dbos_errors.DBOSException) as error:
                    self._drop_client()
                    if not again:
                        raise cannot(what, make_url(self._store.url), error) from error
                    if any(sign in str(error) for sign in _UNREADABLE):
                        self._store.discard()
                    self._store.prepare()
        raise AssertionError("the second time returns or raises")

    def _opened(self) -> DBOSClient:
        identity = self._identity()
        if self._client is None or identity != self._client_of:
            self._drop_client()
            self._client = DBOSClient(
                system_database_url=self._store.url,
                dbos_system_schema=self._store.schema,
                serializer=DBOSPortableJSONSerializer(),
                system_database_pool_size=1,
                application_name=NAME,
                retry_connection_errors=False,
            )
            self._client_of = identity
        return self._client

    def _identity(self) -> object:
        found = self._store.identity()
        if found is None:
            self._store.prepare()
            found = self._store.identity()
        return found

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.destroy()
            self._client = None


def workflow_id(booking: BookingId, attempt: int) -> str:
    """Name of an attempt in the engine, the same whoever hands it over."""
    return f"{booking}#{attempt}"


def attempt_of(name: str) -> tuple[BookingId, int]:
    """Which attempt a workflow is of."""
    booking, _, attempt = name.rpartition("#")
    return BookingId(booking), int(attempt)
