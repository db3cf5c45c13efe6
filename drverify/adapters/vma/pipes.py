"""Pipes of 1 MiB, and a thread that pours into one."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import Protocol

from drverify.adapters.vma.stopping import StoppedError
from drverify.errors import HarnessError

CAPACITY = 1 << 20
CHUNK = 256 * 1024
JOIN = 10.0
"""Seconds that a pouring thread gets to end; only an object whose `read` hangs takes longer."""


class Reading(Protocol):
    """Something that fills a buffer."""

    def readinto(self, into: memoryview, /) -> int:
        """Read some bytes into the buffer and return how many; 0 at the end."""


@dataclass(slots=True)
class End:
    """One end of a pipe, closed once."""

    descriptor: int
    closed: bool = False

    def close(self) -> None:
        """Close it, if it is open."""
        if not self.closed:
            self.closed = True
            os.close(self.descriptor)


@contextmanager
def pipe() -> Iterator[tuple[End, End]]:
    """Lend a pipe (reading, writing) that holds 1 MiB where the kernel lets us."""
    reading, writing = map(End, os.pipe2(os.O_CLOEXEC))
    try:
        with suppress(OSError):  # unprivileged users have a limit (pipe-max-size); smaller only means slower
            fcntl.fcntl(writing.descriptor, fcntl.F_SETPIPE_SZ, CAPACITY)
        yield reading, writing
    finally:
        reading.close()
        writing.close()


class Pump:
    """A thread that copies what it reads into a pipe, and closes that at the end."""

    def __init__(self, source: Reading, into: End) -> None:
        self._source = source
        self._into = into
        self._thread = Thread(target=self._run, name="vma-pump", daemon=True)
        self._error: HarnessError | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the end; the reading side of the pipe must be closed, or the source at its end."""
        if self._thread.ident is not None:
            self._thread.join(JOIN)

    def check(self) -> None:
        """Raise what the source failed with, if it did."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        buffer = memoryview(bytearray(CHUNK))
        try:
            while count := self._source.readinto(buffer):
                _write(self._into.descriptor, buffer[:count])
        except HarnessError as error:
            self._error = error
        except (BrokenPipeError, StoppedError):
            pass  # nobody wants the rest; why, is known to whoever stopped reading
        finally:
            self._into.close()


def _write(descriptor: int, data: memoryview) -> None:
    while data:
        data = data[os.write(descriptor, data) :]
