"""Small facts of the cluster in one SQLite file: documents by kind and name. Survives SIGKILL."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any


class Store:
    """Documents (JSON objects) of a kind, by name. Every change is written before the call returns.

    The file is synced to the page cache only: it survives the process, not the machine.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS document "
            "(kind TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID"
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return a document, or None."""
        row = self._db.execute("SELECT body FROM document WHERE kind=? AND name=?", (kind, name)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def put(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        """Write a document, whether it was there or not."""
        self._db.execute("REPLACE INTO document VALUES (?, ?, ?)", (kind, name, json.dumps(body)))

    def drop(self, kind: str, name: str) -> bool:
        """Remove a document; return whether it was there."""
        return self._db.execute("DELETE FROM document WHERE kind=? AND name=?", (kind, name)).rowcount > 0

    def all(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return name and body of every document of a kind, by name."""
        rows = self._db.execute("SELECT name, body FROM document WHERE kind=? ORDER BY name", (kind,))
        return iter([(name, dict(json.loads(body))) for name, body in rows.fetchall()])

    def count(self, counter: str) -> int:
        """Return the next number of a counter, from 1."""
        found = self.get("counter", counter) or {"value": 0}
        value = int(found["value"]) + 1
        self.put("counter", counter, {"value": value})
        return value
