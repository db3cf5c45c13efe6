"""Where the durable engine keeps what it knows: a file, or a schema of its own. It may be lost.

What is kept there is JSON, never pickled: whoever can write to it must not be able to run code in a worker.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from dbos import DBOS
from dbos import error as dbos_errors
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from drverify.adapters.desk.database import cannot
from drverify.adapters.desk.wal import write_ahead
from drverify.adapters.storage.durable import inner_directory, state_access

TABLE = "workflow_status"
TRIES = 5
PAUSE_S = 0.2


class Store(Protocol):
    """One store of the engine."""

    url: str
    """As DBOS takes it; may hold a password."""
    schema: str

    def prepare(self) -> None:
        """Make the tables if they are missing. HostError."""

    def identity(self) -> object | None:
        """Say which tables these are: others after they were made anew; None: there are none. HostError."""

    def discard(self) -> None:
        """Throw away tables that cannot be read any more."""

    def close(self) -> None:
        """Close what was opened to find that out."""


class FileStore:
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.url = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
        self.schema = "dbos"
        """Without meaning in a file."""

    def prepare(self) -> None:
        """Make the file in WAL mode, and its tables; what belonged to a lost one goes first."""
        with self._alone():
            if not self._path.exists():
                self._unlink("-wal", "-shm")
            write_ahead(self._path)
        _migrate(self)

    def identity(self) -> object | None:
        """Tell by the file's number, which a new one of the same name does not share."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def discard(self) -> None:
        """Remove the file; a process that has it open goes on with it until it looks again."""
        with self._alone():
            self._unlink("", "-wal", "-shm")

    def close(self) -> None:
        """Nothing is open."""

    def _unlink(self, *ends: str) -> None:
        for end in ends:
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process makes or removes the file meanwhile."""
        lock = self._path.with_name(f"{self._path.name}.lock")
        with state_access(f"lock {lock}"):
            inner_directory(lock.parent)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class SchemaStore:
    """A schema of a PostgreSQL database, which belongs to the role that connects."""

    def __init__(self, url: URL, schema: str) -> None:
        self._url = url
        self.url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.schema = schema
        self._engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=1,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "application_name": "drverify"},
        )

    def prepare(self) -> None:
        """Make the tables; the schema is there (`adapters.desk.sites.prepare_site`)."""
        _migrate(self)

    def identity(self) -> object | None:
        """Tell by the table's number in the server."""
        asked = text("SELECT to_regclass(:name)::oid")
        try:
            with self._engine.connect() as connection:
                return connection.execute(asked, {"name": f"{self.schema}.{TABLE}"}).scalar()
        except SQLAlchemyError as error:
            raise cannot("look at the durable engine", self._url, error) from error

    def discard(self) -> None:
        """A server mends its own tables; nothing is thrown away."""

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


def _migrate(store: Store) -> None:
    """Make or renew the tables; once more when somebody else who does the same was in the way."""
    for left in reversed(range(TRIES)):
        try:
            DBOS.migrate(store.url, schema=store.schema)
        except (SQLAlchemyError, dbos_errors.DBOSException) as error:
            if not left or not _in_each_others_way(error):
                raise cannot("make the durable engine's tables", make_url(store.url), error) from error
            time.sleep(PAUSE_S * (TRIES - left))
        else:
            return


def _in_each_others_way(error: BaseException) -> bool:
    """Whether the server ended one of two that waited for each other (deadlock, serialization failure)."""
    found = getattr(getattr(error, "orig", None), "sqlstate", None)
    return found in {"40P01", "40001"}
