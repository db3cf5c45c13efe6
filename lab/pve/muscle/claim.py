"""One process at a time is the node of a name; what a dead one of another cluster left under it is told.

A lock that the kernel frees when its holder dies, on a file that says whose directory the node belongs to.
"""

import fcntl
import os
from pathlib import Path

from drverify.errors import HostError
from lab.pve.muscle.names import RUN, Names


class Claim:
    """The right to a node's names on this machine. `take` and `release` may alternate."""

    def __init__(self, names: Names, root: Path) -> None:
        self._names = names
        self._root = str(root.absolute())
        self._path = RUN / f"{names.cluster}-{names.node}.lock"
        self._held: int | None = None

    def take(self) -> bool:
        """Take the names; say whether what lies under them is another cluster's, whose process is dead.

        Taken already: false. HostError while another process has them.
        """
        if self._held is not None:
            return False
        RUN.mkdir(mode=0o755, parents=True, exist_ok=True)
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise HostError(
                    f"another process runs the node {self._names.node} of {self._names.cluster} already",
                    hint="give each cluster a name of its own",
                ) from None
            if self._path.exists() and os.path.samestat(os.fstat(descriptor), self._path.stat()):
                break
            os.close(descriptor)  # its holder released it just now
        before = os.pread(descriptor, 4096, 0).decode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, self._root.encode(), 0)
        self._held = descriptor
        return before not in {"", self._root}

    def release(self) -> None:
        """Give the names back. Idempotent."""
        if self._held is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._held)
            self._held = None
