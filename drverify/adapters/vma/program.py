"""A program between two descriptors, run from a thread: the one that unpacks, or qemu-img.

It has a process group of its own, a small environment, no name of a file and no secret among its
arguments. It never outlives its context; if drverify is killed, the broken pipe ends it.
"""

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from drverify.adapters.linux.command import ending, last_lines, minimal_environment
from drverify.adapters.linux.programs import require
from drverify.adapters.vma.stopping import Stop
from drverify.errors import DeadlineError, HostError

KEEP = 16 * 1024
"""Last bytes of what a program complained about that are kept."""
LOOK = 0.05


class Program:
    """A running program of `running`."""

    def __init__(self, argv: Sequence[str], process: subprocess.Popen[bytes], complaints: int) -> None:
        self.name = argv[0]
        self._argv = tuple(argv)
        self._process = process
        self._complaints = complaints

    @property
    def pid(self) -> int:
        """Process id, and id of its process group."""
        return self._process.pid

    def wait(self, stop: Stop, stall: float) -> int:
        """Wait for its end and return the exit code; below zero: the signal that killed it.

        StoppedError when told to stop, DeadlineError when it neither read nor wrote for `stall` seconds.
        """
        since, last = time.monotonic(), b""
        while True:
            try:
                return self._process.wait(LOOK)
            except subprocess.TimeoutExpired:
                stop.check()
            if (now := self._counters()) != last:
                since, last = time.monotonic(), now
            if time.monotonic() - since > stall:
                raise DeadlineError(f"{self.name} did nothing for {stall:g} s")

    def _counters(self) -> bytes:
        """Return what it has read and written so far; nothing when that cannot be seen."""
        try:
            return Path(f"/proc/{self.pid}/io").read_bytes()
        except OSError:
            return b""

    def said(self) -> str:
        """Return the last lines of its standard error as one printable text."""
        size = os.fstat(self._complaints).st_size
        return last_lines(os.pread(self._complaints, KEEP, max(0, size - KEEP)))

    def ended(self, code: int) -> str:
        """Say how it ended and what it complained about."""
        said = self.said()
        return f"{self.name} {ending(code)}" + (f": {said}" if said else "")

    def failure(self, code: int) -> HostError:
        """Say that it failed, and that this is a matter of our machine."""
        hint = "look for the OOM killer in dmesg" if code == -signal.SIGKILL else ""
        return HostError(self.ended(code), hint=hint)

    def end(self) -> None:
        """Kill what is left of its group and reap it."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


@contextmanager
def running(argv: Sequence[str], *, stdin: int, stdout: int) -> Iterator[Program]:
    """Run a program for as long as the context lasts; the descriptors are the caller's to close.

    Raises MissingProgram or HostError when it cannot be started.
    """
    require(argv[0])
    complaints = os.memfd_create("complaints", os.MFD_CLOEXEC)
    try:
        try:
            process = subprocess.Popen(
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=complaints,
                env={**minimal_environment(), "LC_ALL": "C"},
                start_new_session=True,
            )
        except OSError as error:
            raise HostError(f"cannot start {shlex.join(argv)}: {error}") from error
        program = Program(argv, process, complaints)
        try:
            yield program
        finally:
            program.end()
    finally:
        os.close(complaints)
