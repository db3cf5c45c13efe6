"""Runs one program to its end and says what it took: time, its own CPU, its own peak memory.

CPU is that of the process itself (all its threads, none of its children): the fields utime and stime of
`/proc/PID/stat`, read when it has ended and has not been waited for, so they are final; in clock ticks
(10 ms). Peak memory is `VmHWM` of `/proc/PID/status`, sampled: what happens after the last sample is not
seen. The CPU of a child that restores is that of its last sample. Source: proc(5).
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from drverify.errors import DeadlineError
from lab.settings import ROOT

TICK = os.sysconf("SC_CLK_TCK")
EVERY = 0.05
STOP = 30.0
"""Seconds that a program which overran has to take everything back."""
_RESTORING = (b"dump", b"restore")


@dataclass(slots=True)
class Watched:
    """What one run took; times in seconds, memory in bytes."""

    code: int = 0
    out: str = ""
    err: str = ""
    wall: float = 0.0
    cpu: float = 0.0
    """The process's own, from its start to its end."""
    peak: int = 0
    restic_cpu: float = 0.0
    """That of the restic which restored; 0 when none was seen."""
    cpu_meanwhile: float = 0.0
    """The process's own while that restic ran."""


def watched(argv: Sequence[str], *, within: float, env: Mapping[str, str] | None = None) -> Watched:
    """Run a program in the checkout. DeadlineError when it takes longer than `within` seconds.

    It has a session of its own and no terminal. On timeout and interruption its group gets SIGTERM and
    is waited for, so that it can take everything back.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        sampler = _Sampler(process.pid)
        overran = threading.Event()
        timer = threading.Timer(within, _stop, (process, overran))
        timer.start()
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            wall = time.monotonic() - began
            cpu = _cpu(process.pid)
        finally:
            timer.cancel()
            sampler.stop()
            if process.poll() is None:
                _end(process)
        if overran.is_set():
            raise DeadlineError(f"{argv[0]} took longer than {within:g} s\n{_text(err)[-2000:]}")
        return Watched(
            code=process.returncode,
            out=_text(out),
            err=_text(err),
            wall=wall,
            cpu=cpu,
            peak=sampler.peak,
            restic_cpu=sampler.restic_cpu,
            cpu_meanwhile=sampler.cpu_meanwhile,
        )


@dataclass(slots=True)
class _Sampler:
    """Looks at a process and at the restic that it started, until told to stop."""

    pid: int
    peak: int = 0
    restic_cpu: float = 0.0
    cpu_meanwhile: float = 0.0
    _restic: int | None = None
    _before: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(OSError, ValueError, IndexError):  # it has just ended
                self._look()

    def _look(self) -> None:
        self.peak = max(self.peak, _high_water(self.pid))
        if self._restic is None:
            self._restic = _restoring_child(self.pid)
            self._before = _cpu(self.pid)
        if self._restic is not None:
            self.restic_cpu = max(self.restic_cpu, _cpu(self._restic))
            self.cpu_meanwhile = _cpu(self.pid) - self._before


def _restoring_child(pid: int) -> int | None:
    """Find a restic among the processes below `pid` that restores."""
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() or int(path.name) <= pid:
            continue
        with suppress(OSError):
            words = (path / "cmdline").read_bytes().split(b"\0")
            restores = words[0].endswith(b"restic") and any(word in _RESTORING for word in words)
            if restores and os.getsid(int(path.name)) in {pid, int(path.name)}:
                return int(path.name) if _descends(int(path.name), pid) else None
    return None


def _descends(pid: int, ancestor: int) -> bool:
    while pid > 1:
        if pid == ancestor:
            return True
        pid = int(_stat(pid)[1])
    return False


def _stat(pid: int) -> list[str]:
    """Read the fields of `/proc/PID/stat` that follow the name, so field 3 (state) is number 0."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICK


def _high_water(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _stop(process: "subprocess.Popen[bytes]", overran: threading.Event) -> None:
    overran.set()
    _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Ask the group to end, and make it. The group's id is its leader's, which is not waited for yet."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
