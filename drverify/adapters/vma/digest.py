"""Hashes devices in a thread of its own, so that two cores work.

The sha256 of a device covers its bytes in order. Whoever reads the archive hands over what is next in
order: data, a length of zeros, or a piece of a file to be read back (what came ahead of its turn).
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


class Digest(Protocol):
    """A running hash."""

    def update(self, data: memoryview, /) -> None:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the digest so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A piece of a file that is next in order."""

    descriptor: int
    offset: int
    length: int


Part = memoryview | int | ReadBack
"""Data, a number of zero bytes, or a piece of a file."""


def sha256() -> Digest:
    """Begin the digest of a device."""
    return hashlib.sha256()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one extent brought: parts in order, and who wants its buffer back afterwards."""

    parts: Sequence[tuple[Digest, Part]]
    release: Callable[[], None]


class Hasher:
    """The thread. `submit` hands over, `drain` waits until all of it is hashed, `close` ends it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._error: HostError | None = None
        self._thread = Thread(target=self._run, name="vma-hasher", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> None:
        """Hash a batch after those before it, then release it. Raises what went wrong with earlier ones."""
        self._queue.put(batch)
        self._check()

    def close(self) -> None:
        """Wait until all is hashed and the thread has ended."""
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
                if self._error is None:
                    for digest, part in batch.parts:
                        _update(digest, part)
            except (OSError, EOFError) as error:
                self._error = HostError(f"cannot read back what was written: {error}")
            finally:
                batch.release()


def _update(digest: Digest, part: Part) -> None:
    if isinstance(part, int):
        for done in range(0, part, len(ZEROS)):
            digest.update(ZEROS[: part - done])
    elif isinstance(part, ReadBack):
        _read_back(digest, part)
    else:
        digest.update(part)


def _read_back(digest: Digest, part: ReadBack) -> None:
    buffer = memoryview(bytearray(min(CHUNK, part.length)))
    done = 0
    while done < part.length:
        count = os.preadv(part.descriptor, [buffer[: part.length - done]], part.offset + done)
        if count == 0:
            raise EOFError("the file became shorter")
        digest.update(buffer[:count])
        done += count
