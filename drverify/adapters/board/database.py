"""Opens the database of the read model: a file of SQLite, or a schema of a PostgreSQL that several share."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from drverify.adapters.board.tables import MARKS, METADATA, VERSION
from drverify.adapters.board.upgrading import UPGRADES
from drverify.errors import HostError

FILE = "board.sqlite"
_BUSY_S = 30
_CACHE_KIB = 64 * 1024
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(:schema))")
_HINT = "the pages' database may be deleted at any time: it is made again from the evidence"


class Database:
    """The read model's database; whoever opens it closes it."""

    def __init__(self, engine: Engine, *, schema: str | None = None, path: Path | None = None) -> None:
        self._engine = engine
        self._schema = schema
        self._path = path
        self._inode = -1

    @classmethod
    def of_file(cls, path: Path) -> "Database":
        """Open a file of SQLite, which is made when it is not there. HostError when it cannot be.

        A file that is deleted while it is open is made anew, empty, by whoever asks next.
        """
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": _BUSY_S}, hide_parameters=True)
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
        made = cls(engine, path=path)
        made._ready()
        return made

    @classmethod
    def of_url(cls, url: URL | str, schema: str) -> "Database":
        """Open a schema of a PostgreSQL server. HostError when it cannot be reached."""
        engine = create_engine(
            url, execution_options={"schema_translate_map": {None: schema}}, hide_parameters=True
        )
        made = cls(engine, schema=schema)
        with made._transaction(writes=True) as connection:
            made._bring_up(connection)
        return made

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of everything. HostError for what goes wrong."""
        self._ready()
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is written whole, or not at all; one at a time. HostError as `reading`."""
        self._ready()
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with _failures(), self._engine.connect() as connection:
            if self._schema is not None and not writes:
                connection.execution_options(isolation_level="REPEATABLE READ")
            connection.execution_options(writes=writes)
            with connection.begin():
                if self._schema is not None and writes:
                    connection.execute(_ALONE, {"schema": f"board of {self._schema}"})
                yield connection

    def _ready(self) -> None:
        """Make the file, for our eyes only, unless it is the one that is open."""
        if self._path is None or _inode(self._path) == self._inode:
            return
        self._engine.dispose()
        found = _made(self._path)
        with self._transaction(writes=True) as connection:
            self._bring_up(connection)
        self._inode = found

    def _bring_up(self, connection: Connection) -> None:
        if self._schema is not None and not connection.dialect.has_schema(connection, self._schema):
            connection.execute(CreateSchema(self._schema))
        METADATA.create_all(connection)
        chosen = select(MARKS.c.value).where(MARKS.c.agreement == "", MARKS.c.name == "version")
        found = str(connection.execute(chosen).scalar())
        if found == str(VERSION):
            return
        if found in UPGRADES:
            UPGRADES[found](connection)
            connection.execute(delete(MARKS).where(MARKS.c.agreement == "", MARKS.c.name == "version"))
        else:
            METADATA.drop_all(connection)
            METADATA.create_all(connection)
        connection.execute(insert(MARKS), {"agreement": "", "name": "version", "value": str(VERSION)})


def _made(path: Path) -> int:
    """The file's inode; one that is not there is made, and what SQLite kept beside an older one goes first.

    A journal without its file would be taken for the new one's, and spoil it.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                for beside in ("-wal", "-shm"):
                    path.with_name(path.name + beside).unlink(missing_ok=True)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            return path.stat().st_ino
        finally:
            os.close(lock)
    except OSError as error:
        raise HostError(f"cannot make {path}: {error.strerror}", hint=_HINT) from error


def _inode(path: Path) -> int:
    """Which file has the name now; 0 for none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        # its text would quote rows
        raise HostError(f"the pages' database failed: {type(error).__name__}", hint=_HINT) from error


def _set_up(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # what a power cut takes is made again
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
