"""Copies a pipe into a sparse file: zero blocks become holes.

Runs in a thread: both system calls and the comparisons (memcmp on whole blocks) leave the event loop
alone. A block of 1 MiB is looked at as a whole first; only in blocks that are neither all zero nor
all data matter the 64 KiB pieces. Nothing is hashed here: restic checks every blob as it reads it.
"""

import fcntl
import os
import select
import threading
from collections.abc import Iterator
from contextlib import suppress

BLOCK = 1 << 20
PIECE = 1 << 16
TICK_MS = 200
IO_EVERY = 32
"""Blocks between two looks at the reader's own counters."""
_ZERO_BLOCK = bytes(BLOCK)
_ZERO_PIECE = bytes(PIECE)


def pipe() -> tuple[int, int]:
    """Make a pipe that holds 1 MiB where the kernel lets us; returns (reading, writing)."""
    reading, writing = os.pipe()
    with suppress(OSError):  # unprivileged users have a limit (pipe-max-size); smaller only means slower
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, BLOCK)
    return reading, writing


def data_runs(block: bytearray, length: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what is not zero in the first `length` bytes, in whole pieces."""
    if length == BLOCK and block == _ZERO_BLOCK:
        return
    start = -1
    for at in range(0, length, PIECE):
        end = min(at + PIECE, length)
        zero = block[at] == 0 and block[end - 1] == 0 and block[at:end] == _ZERO_PIECE[: end - at]
        if zero and start >= 0:
            yield start, at
            start = -1
        elif not zero and start < 0:
            start = at
    if start >= 0:
        yield start, length


class SparseCopy:
    """One copy from a pipe into an empty file. `run` in a thread, look at it from anywhere."""

    def __init__(self, source: int, target: int, process: int) -> None:
        self.done = 0
        """Bytes taken from the pipe so far."""
        self.read_bytes: int | None = None
        """Bytes that process `process` had read when last looked at (/proc/PID/io, rchar)."""
        self._source = source
        self._target = target
        self._process = process
        self._stop = threading.Event()

    def stop(self) -> None:
        """Make `run` return soon, wherever it is."""
        self._stop.set()

    def run(self) -> None:
        """Copy until the pipe ends. Raises OSError from writing (ENOSPC and the like)."""
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        block = bytearray(BLOCK)
        view = memoryview(block)
        blocks = 0
        while length := self._fill(poll, view):
            for start, end in data_runs(block, length):
                self._write(view[start:end], self.done + start)
            self.done += length
            if blocks % IO_EVERY == 0 or length < BLOCK:
                self._look()
            blocks += 1
        self._look()
        os.ftruncate(self._target, self.done)

    def _fill(self, poll: select.poll, view: memoryview) -> int:
        """Fill one block; short only at the end of the pipe."""
        filled = 0
        while filled < BLOCK and not self._stop.is_set():
            if not poll.poll(TICK_MS):
                continue
            count = os.readv(self._source, [view[filled:]])
            if count == 0:
                break
            filled += count
        return filled

    def _write(self, data: memoryview, offset: int) -> None:
        while data:
            written = os.pwrite(self._target, data, offset)
            data, offset = data[written:], offset + written

    def _look(self) -> None:
        counted = io_counters(self._process)
        if counted is not None:
            self.read_bytes = counted[0]


def io_counters(pid: int) -> tuple[int, int] | None:
    """Return what a process read and wrote by system calls, in bytes (rchar, wchar); None when gone."""
    try:
        with open(f"/proc/{pid}/io", encoding="ascii") as counters:  # noqa: PTH123 - hot path
            values = dict(line.split(": ") for line in counters)
        return int(values["rchar"]), int(values["wchar"])
    except (OSError, KeyError, ValueError):
        return None
