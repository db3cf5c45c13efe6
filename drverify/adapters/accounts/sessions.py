"""What sessions need on disk: the key that signs them, and which were ended before their time."""

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, sync_directory, write_durably

_KEY, _ENDED = "session.key", "ended-sessions.json"
_LONGEST = 1 << 20


def session_key(directory: Path) -> str:
    """The key of this site's sessions, made at the first call (0600). HostError when it cannot be kept.

    Two servers that make it at the same time end with the same one.
    """
    path = directory / _KEY
    with state_access(f"keep {path}"):
        inner_directory(directory)
        if not path.exists():
            own = path.with_name(f".{_KEY}.{os.getpid()}.part")
            own.unlink(missing_ok=True)
            handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(own, path)
            own.unlink()
            sync_directory(directory)
        return path.read_text(encoding="ascii")


class EndedSessions:
    """Sessions that somebody signed out of: their cookie, wherever it was copied to, is worth nothing."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / _ENDED
        self._ended: dict[str, int] = {}
        with state_access(f"read {self._path}"), suppress(FileNotFoundError, ValueError):
            if self._path.stat().st_size < _LONGEST:
                self._ended = {
                    str(one): int(until) for one, until in json.loads(self._path.read_bytes()).items()
                }

    def __contains__(self, session: str) -> bool:
        return session in self._ended

    def add(self, session: str, until: int, now: int) -> None:
        """Note an ended session until it would have ended anyway (both in seconds since 1970)."""
        self._ended = {one: end for one, end in self._ended.items() if end > now} | {session: until}
        write_durably(self._path, json.dumps(self._ended).encode())
