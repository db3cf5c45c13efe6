"""SQLite's write-ahead mode, which a file keeps once it was switched."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from drverify.errors import HostError

_WAITS_S = 30


def write_ahead(path: Path) -> None:
    """Make the file if there is none, for our own eyes alone, and switch it to WAL. HostError.

    SQLite does not wait for others while it switches, so this does; others may do the same meanwhile.
    """
    last = time.monotonic() + _WAITS_S
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise HostError(f"cannot make {path}: {error.strerror}") from error
    while True:
        try:
            with closing(sqlite3.connect(path, timeout=_WAITS_S)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            if "locked" not in str(error) or time.monotonic() > last:
                raise HostError(
                    f"cannot open {path}: {error}", hint="SQLite's files must not lie on a network share"
                ) from error
            time.sleep(0.05)
        else:
            return
