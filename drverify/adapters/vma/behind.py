"""The thread behind the one that reads: it writes and hashes, so that two cores work.

Whoever reads the archive hands over batches of jobs, which are done one after the other in the order of
the archive. So the sha256 of a device, which covers its bytes in order, takes data, lengths of zeros, and
pieces of a file that were written earlier and are read back (what came ahead of its turn).
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Protocol

from drverify.errors import HostError

ZEROS = memoryview(bytes(1 << 20))
CHUNK = 1 << 20

Job = Callable[[], None]
"""Something to be written or hashed; raises HostError when this machine cannot do it."""


class Digest(Protocol):
    """A running hash."""

    def update(self, data: memoryview, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest so far."""


def sha256() -> Digest:
    """Begin the digest of a device."""
    return hashlib.sha256()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one extent brought: jobs in order, and who wants its buffer back afterwards."""

    jobs: Sequence[Job]
    release: Job


class Worker:
    """The thread. `submit` hands over, `drain` waits until all of it is done, `close` ends it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._error: Exception | None = None
        self._thread = Thread(target=self._run, name="vma-worker", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Do a batch after those before it, then release it. Raises what went wrong with earlier ones."""
        self._queue.put(batch)
        self._check()

    def close(self) -> None:
        """Wait until all is done and the thread has ended."""
        self._queue.put(None)
        self._thread.join()

    def drain(self) -> None:
        """Wait for the end, and raise what went wrong."""
        self.close()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            try:
                for job in batch.jobs if self._error is None else ():
                    job()
            except Exception as error:  # noqa: BLE001 - raised again by whoever submits or drains
                self._error = error
            finally:
                batch.release()


def hash_zeros(digest: Digest, length: int) -> None:
    """Take that many zero bytes."""
    for done in range(0, length, len(ZEROS)):
        digest.update(ZEROS[: length - done])


def hash_written(digest: Digest, descriptor: int, offset: int, length: int) -> None:
    """Take a piece of a file; HostError when it cannot be read, or is not there any more."""
    buffer = memoryview(bytearray(min(CHUNK, length)))
    done = 0
    while done < length:
        try:
            count = os.preadv(descriptor, [buffer[: length - done]], offset + done)
        except OSError as error:
            raise HostError(f"cannot read back what was written: {error.strerror}") from error
        if count == 0:
            raise HostError("cannot read back what was written: the file became shorter")
        digest.update(buffer[:count])
        done += count
