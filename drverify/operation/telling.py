"""What a drill without a terminal tells: its newest lines and phases for who looks, JSON lines in a file."""

import io
import os
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO, cast

import structlog

from drverify.logs import configure
from drverify.model.booking import BookingId, Live, LivePhase
from drverify.model.drill import DrillId, PhaseName

LINES = 40
LINE_AT_MOST = 300
"""Characters of a line; the rest of it is cut off."""
PHASES = 60
"""More than a drill has: a group's members wait for each other in phases of their own."""
SAY_EVERY_S = 5.0


class BoundedFile(io.TextIOBase):
    """A text file that takes no more than so many bytes, and says so once when it is full."""

    FULL = '{"event": "the log is full: nothing more is kept"}\n'

    def __init__(self, path: Path, at_most: int) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._left = at_most - os.fstat(self._handle).st_size
        self._turn = threading.Lock()

    def write(self, text: str) -> int:
        """Take a whole line, or nothing once it is full. A disk that is full loses the line, too."""
        content = text.encode("utf-8", "replace")
        with self._turn:
            if self._left <= 0:
                return len(text)
            if len(content) > self._left:
                content, self._left = self.FULL.encode(), 0
            self._left -= len(content)
            try:
                os.write(self._handle, content)
            except OSError:
                self._left = 0
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """Close the file; once."""
        if not self.closed:
            os.close(self._handle)
        super().close()


class LiveProgress:
    """Implements `Progress`, for any thread to look at what was told."""

    def __init__(self, booking: BookingId, attempt: int, file: BoundedFile) -> None:
        configure(json=True, stream=cast("TextIO", file))
        self._log = structlog.get_logger()
        self._turn = threading.Lock()
        self._lines: deque[str] = deque(maxlen=LINES)
        self._phases: list[LivePhase] = []
        self._live = Live(booking=booking, attempt=attempt, drill=None, at=datetime.now(UTC), phases=())
        self._last_said = 0.0

    def phase(self, name: PhaseName, state: Literal["started", "ended"], member: str = "") -> None:
        """Note when a phase started or ended; of which member, where a group is drilled."""
        now = datetime.now(UTC)
        with self._turn:
            if state == "started":
                self._phases = [*self._phases, LivePhase(name=name, began=now, member=member)][-PHASES:]
            else:
                self._phases = [
                    replace(one, ended=now)
                    if (one.name, one.member, one.ended) == (name, member, None)
                    else one
                    for one in self._phases
                ]
        whose = {"member": member} if member else {}
        if state == "started":
            self._log.info("phase.started", phase=str(name), **whose)
        else:
            self._log.info("phase.ended", phase=str(name), **whose)

    def bytes(self, done: int, total: int | None) -> None:
        """Note how far the restore is."""
        with self._turn:
            self._live = replace(self._live, bytes_done=done, bytes_total=total)
        now = time.monotonic()
        if now - self._last_said >= SAY_EVERY_S:
            self._last_said = now
            self._log.info("restore.progress", done_bytes=done, total_bytes=total)

    def note(self, text: str) -> None:
        """Keep one line, printable and cut."""
        line = printable(text)
        with self._turn:
            self._lines.append(line)
        self._log.info("drill.note", text=line)

    def begun(self, drill: DrillId) -> None:
        """Note which drill it is; of a group's members one after the other."""
        with self._turn:
            if self._live.drill is None:
                self._live = replace(self._live, drill=drill)
            else:
                self._live = replace(self._live, others=(*self._live.others, drill))

    @property
    def drills(self) -> tuple[DrillId, ...]:
        """The drills that were begun."""
        return self._live.drills

    def member(self, name: str) -> "MemberProgress":
        """What a member of a group tells to."""
        return MemberProgress(self, name)

    def live(self, now: datetime) -> Live:
        """Everything that was told so far, as of `now`."""
        with self._turn:
            return replace(self._live, at=now, phases=tuple(self._phases), lines=tuple(self._lines))


class MemberProgress:
    """Implements `Progress` for one member of a group: what it says bears its name."""

    def __init__(self, whole: LiveProgress, name: str) -> None:
        self._whole, self._name = whole, name

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Note when a phase of it started or ended."""
        self._whole.phase(name, state, self._name)

    def bytes(self, done: int, total: int | None) -> None:
        """Say nothing: the bytes of one of several tell nobody how far the group is."""

    def note(self, text: str) -> None:
        """Keep one line with its name."""
        self._whole.note(f"{self._name}: {text}")


def printable(text: str) -> str:
    """One line without anything that moves a cursor, cut to LINE_AT_MOST characters."""
    line = "".join(one if one.isprintable() else " " for one in text[: LINE_AT_MOST + 1]).strip()
    return line if len(line) <= LINE_AT_MOST else line[: LINE_AT_MOST - 1] + "…"
