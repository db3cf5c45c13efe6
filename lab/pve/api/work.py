"""One worker: its log in the shape of a real task, its warnings, and the faults that strike it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lab.pve.api.clock import Clock
from lab.pve.api.faults import Fault
from lab.pve.api.problems import failed

INTERRUPTED = "received interrupt"
_PROGRESS = re.compile(r"(?:progress|INFO:) +(\d+)%")


class KilledError(BaseException):
    """The worker died: no clean-up, no last line. Not an Exception, so that no handler tidies up after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upid:
    """The name of a task: `UPID:node:pid:pstart:starttime:type:id:user:`, numbers in hex."""

    node: str
    pid: int
    pstart: int
    starttime: int
    type: str
    id: str
    user: str

    def __str__(self) -> str:
        numbers = f"{self.pid:08X}:{self.pstart:08X}:{self.starttime:08X}"
        return f"UPID:{self.node}:{numbers}:{self.type}:{self.id}:{self.user}:"


def read_upid(text: str) -> Upid:
    """Read a task's name. Raises ApiError."""
    parts = text.split(":")
    if len(parts) != 9 or parts[0] != "UPID":
        raise failed("unable to parse worker upid")
    try:
        pid, pstart, start = (int(part, 16) for part in parts[2:5])
    except ValueError:
        raise failed("unable to parse worker upid") from None
    return Upid(
        node=parts[1], pid=pid, pstart=pstart, starttime=start, type=parts[5], id=parts[6], user=parts[7]
    )


class Work:
    """What a worker is given. `halt` is set when it shall end, or hang."""

    def __init__(self, upid: Upid, path: Path, clock: Clock, faults: list[Fault]) -> None:
        self.upid = upid
        self.warnings = 0
        self.halt = asyncio.Event()
        self._stopped = asyncio.Event()
        self._clock = clock
        self._faults = {fault.name: fault for fault in faults}
        self._hanging = False
        self._lines = 0
        self._file = path.open("ab", buffering=0)

    def log(self, line: str) -> None:
        """Write lines; a fault may strike here: it raises, kills, or marks the worker as hanging."""
        if "empty-log" not in self._faults:
            for part in line.splitlines() or [""]:
                self._file.write(f"{part}\n".encode())
        self._lines += 1
        self._strike(line)

    def warn(self, text: str) -> None:
        """Write a warning; the task will end as `WARNINGS: n`."""
        self.warnings += 1
        self.log(f"WARN: {text}")

    def stop(self) -> None:
        """Ask the worker to end."""
        self._stopped.set()
        self.halt.set()

    async def check(self) -> None:
        """Raise when the worker was asked to end; hang when it is to hang. Called between steps."""
        if self._hanging:
            await self._stopped.wait()
        if self._stopped.is_set():
            raise failed(INTERRUPTED)

    async def sleep(self, seconds: float) -> None:
        """Wait some of the cluster's time, or less when asked to end."""
        waiting = asyncio.ensure_future(self.halt.wait())
        await asyncio.wait({waiting}, timeout=seconds * self._clock.scale)
        waiting.cancel()
        await self.check()

    def rate(self, wanted: int) -> int:
        """The bandwidth limit in KiB/s after a `slow` fault had its say."""
        slow = self._faults.get("slow")
        limits = [limit for limit in (wanted, int(slow.parameters["rate"]) if slow else 0) if limit > 0]
        return min(limits, default=0)

    def struck(self, name: str) -> Fault | None:
        """The fault of this name that is for this task."""
        return self._faults.get(name)

    def finish(self, last: str) -> None:
        """Write the last line and close the log."""
        self._file.write(f"{last}\n".encode())
        self._file.close()

    def abandon(self) -> None:
        """Close the log as it is."""
        self._file.close()

    def _strike(self, line: str) -> None:
        for name in ("kill-worker", "task-hang", "task-fail"):
            fault = self._faults.get(name)
            if fault is None or not self._is_time(fault.parameters.get("at", "start"), line):
                continue
            if name == "task-hang":
                self._hanging = True
                self.halt.set()
            elif name == "kill-worker":
                raise KilledError
            else:
                del self._faults[name]
                raise failed(str(fault.parameters.get("message", "command failed: exit code 1")))

    def _is_time(self, at: object, line: str) -> bool:
        """`at`: start, `<n>%` of a progress line, a line's number, or words that a line has."""
        text = str(at)
        if text == "start":
            return True
        if text.endswith("%"):
            found = _PROGRESS.search(line)
            return found is not None and int(found[1]) >= int(text[:-1])
        return self._lines >= int(text) if text.isdigit() else text in line


Job = Callable[[Work], Awaitable[None]]
