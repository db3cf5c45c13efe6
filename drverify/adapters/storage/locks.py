"""Waits for a lock that another process of ours holds; the kernel frees it when its holder dies."""

import fcntl
import time
from datetime import timedelta
from pathlib import Path

from drverify.errors import HostError

PATIENCE = timedelta(seconds=60)
"""How long another holder is waited for."""
_PAUSE = 0.01


def acquire(descriptor: int, path: Path, *, what: str, patience: timedelta = PATIENCE) -> None:
    """Lock the open file `path`. HostError when its holder does not come to an end, OSError."""
    last = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > last:
                raise HostError(
                    f"another process has been writing {what} for {patience.seconds} s",
                    hint=f"`fuser {path}` names it",
                ) from None
            time.sleep(_PAUSE)
