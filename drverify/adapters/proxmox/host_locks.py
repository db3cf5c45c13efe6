"""One drill for each drill bridge: the copies keep their card addresses, so two would be in each other's way.

A lock is a file in the state directory; the kernel frees it with the process, however that ends.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from drverify.adapters.proxmox.host_settings import DrillBridge
from drverify.errors import HostError


class BridgeLock:
    """A held lock."""

    def __init__(self, bridge: DrillBridge, descriptor: int) -> None:
        self.bridge = bridge
        self._descriptor = descriptor

    def release(self) -> None:
        """Give it up. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def try_lock(directory: Path, host: str, node: str, bridge: DrillBridge) -> BridgeLock | None:
    """Take the lock of a bridge; None when another drill of this machine holds it. HostError if it cannot."""
    path = directory / f"{host}.{node}.{bridge.bridge}.lock"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HostError(
            f"cannot make the lock {path}: {error.strerror}",
            hint="check `state_dir` in the settings: it must be writable for this user",
        ) from error
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return BridgeLock(bridge, descriptor)
    os.close(descriptor)
    return None
