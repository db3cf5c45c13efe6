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
from typing import Self

BLOCK = 1 << 20
PIECE = 1 << 16
TICK_MS = 200
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
        with IoCounters(self._process) as counters:
            while length := self._fill(poll, view):
                looked = counters.look()
                if looked is not None:
                    self.read_bytes = looked[0]
                for start, end in data_runs(block, length):
                    self._write(view[start:end], self.done + start)
                self.done += length
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


class IoCounters:
    """What a process read and wrote by system calls: `/proc/PID/io`, proc(5). A look takes microseconds."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._file: int | None = None

    def __enter__(self) -> Self:
        with suppress(OSError):
            self._file = os.open(f"/proc/{self._pid}/io", os.O_RDONLY)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            os.close(self._file)

    def look(self) -> tuple[int, int] | None:
        """Return (rchar, wchar) in bytes; None when the process is gone."""
        try:
            fields = os.pread(self._file, 128, 0).split() if self._file is not None else []
            return int(fields[1]), int(fields[3])
        except (OSError, IndexError, ValueError):
            return None
