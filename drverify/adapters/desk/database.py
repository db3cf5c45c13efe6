"""The desk's database: transactions that write one after another, and errors without secrets.

SQLite: a file in WAL mode, every commit on disk before it counts (`synchronous=FULL`), and every writing
transaction begins as a writer (`BEGIN IMMEDIATE`), so none is refused
half-way. Not for a network file system.

PostgreSQL: READ COMMITTED; what must not be decided twice at once (admission, taking over, making tables)
holds the schema's advisory lock until it commits. A client that freezes in a transaction loses it after some
seconds, so that it does not stop the others.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError

from drverify.adapters.desk.steps import bring_up
from drverify.adapters.desk.wal import write_ahead
from drverify.errors import HostError

_WAITS_S = 30
"""For a lock that another transaction holds."""
_IDLE_MS = 10_000
"""A PostgreSQL transaction whose client says nothing for so long is ended by the server."""


class Database:
    """An open database. Threads may share it, processes may not."""

    def __init__(self, engine: Engine, schema: str | None) -> None:
        self.engine = engine.execution_options(schema_translate_map={None: schema}) if schema else engine
        self.schema = schema
        self._key = lock_key(schema or "")
        with self.writing("open the operation's tables", alone=True) as connection:
            bring_up(connection, schema)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self, what: str) -> Iterator[Connection]:
        """One look at one state of the tables. HostError "cannot <what>"."""
        with self._guarded(what), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, what: str, *, alone: bool = False) -> Iterator[Connection]:
        """One transaction, committed at the end; `alone`: no other such one runs meanwhile."""
        with (
            self._guarded(what),
            self.engine.connect().execution_options(drverify_writes=True) as connection,
            connection.begin(),
        ):
            if alone and self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._key})
            yield connection

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def _guarded(self, what: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise cannot(what, self.engine.url, error) from error


def sqlite(path: Path) -> Database:
    """Open a file, or make it. HostError when that cannot be done."""
    write_ahead(path)
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": _WAITS_S},
        hide_parameters=True,
        pool_size=2,
        max_overflow=8,
    )
    event.listen(engine, "connect", _sqlite_connected)
    event.listen(engine, "begin", _sqlite_begins)
    return Database(engine, None)


def postgresql(url: URL, schema: str) -> Database:
    """Connect to a server; the schema is there already. HostError when it does not answer, or refuses."""
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=1,
        max_overflow=4,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "application_name": "drverify"},
    )
    event.listen(engine, "connect", _postgres_connected)
    return Database(engine, schema)


def lock_key(schema: str) -> int:
    """Key of a schema's advisory lock: 64 bits, signed."""
    return int.from_bytes(hashlib.sha256(f"drverify/desk/{schema}".encode()).digest()[:8], "big", signed=True)


def cannot(what: str, url: URL, error: Exception) -> HostError:
    """Say what the database did not let us do, in a line without the password."""
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    if url.password:
        said = said.replace(str(url.password), "***")
    where = url.database if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        hint = "is its disk full, or the file another user's? SQLite's files must not lie on a network share"
    else:
        hint = "is the server up, and was `drverify operation init` run for this site? see docs/operations.md"
    return HostError(f"cannot {what} in {where}: {said}", hint=hint)


def _sqlite_connected(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute(f"PRAGMA busy_timeout={_WAITS_S * 1000}")
    connection.execute("PRAGMA synchronous=FULL")


def _sqlite_begins(connection: Connection) -> None:
    writes = connection.get_execution_options().get("drverify_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres_connected(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {_IDLE_MS}")
        cursor.execute(f"SET lock_timeout = {_WAITS_S * 1000}")
    connection.commit()
