"""Live progress of a drill: a moving line on a terminal, plain lines elsewhere. Writes to stderr."""

import sys
import time
from typing import Literal, TextIO

import structlog
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text

from drverify.engine.ports import Progress as Told
from drverify.logs import configure
from drverify.model.drill import PhaseName

SAY_EVERY_S = 5.0
MIB = 1 << 20


class PlainProgress:
    """One line for each thing that happened; restore progress at most every five seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._zero = time.monotonic()
        self._phase_started = self._zero
        self._last_said = self._zero

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Say that a phase started or ended."""
        now = time.monotonic()
        if state == "started":
            self._phase_started = self._last_said = now
            self._line(f"{name} ...")
        else:
            self._line(f"{name} done in {now - self._phase_started:.1f} s")

    def bytes(self, done: int, total: int | None) -> None:
        """Say how far the restore is, how fast, and how long it will take."""
        now = time.monotonic()
        if now - self._last_said < SAY_EVERY_S:
            return
        self._last_said = now
        rate = done / max(now - self._phase_started, 0.001)
        text = f"restored {done / MIB:.0f} MiB"
        if total:
            text += f" of {total / MIB:.0f} MiB ({100 * done / total:.0f} %)"
        text += f", {rate / MIB:.0f} MiB/s"
        if total and rate > 0:
            text += f", {(total - done) / rate:.0f} s left"
        self._line(text)

    def note(self, text: str) -> None:
        """Say one line."""
        self._line(text)

    def close(self) -> None:
        """Nothing to take down."""

    def _line(self, text: str) -> None:
        print(f"[{time.monotonic() - self._zero:7.1f} s] {text}", file=self._stream, flush=True)


class WhileBytesFlow(ProgressColumn):
    """Shows another column only while a phase counts bytes."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        """The other column, or nothing."""
        return self._column(task) if task.completed else Text()


class LiveProgress:
    """A moving line for the phase that runs, finished phases and notes above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._zero = time.monotonic()
        self._started = self._zero
        self._bars = Progress(
            TextColumn("  [bold]{task.description:<12}"),
            SpinnerColumn(),
            TimeElapsedColumn(),
            *map(
                WhileBytesFlow,
                (
                    BarColumn(bar_width=28),
                    DownloadColumn(binary_units=True),
                    TransferSpeedColumn(),
                    TimeRemainingColumn(),
                ),
            ),
            console=console,
            transient=True,
        )
        self._bars.start()
        self._task: TaskID | None = None

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Show the phase that runs; leave a line behind when it ends."""
        if state == "started":
            self._started = time.monotonic()
            self._drop()
            self._task = self._bars.add_task(name, total=None)
            return
        self._drop()
        took = time.monotonic() - self._started
        self._bars.console.print(f"  [green]✓[/] {name:<12} {took:7.1f} s", highlight=False)

    def bytes(self, done: int, total: int | None) -> None:
        """Move the bar."""
        if self._task is not None:
            self._bars.update(self._task, completed=done, total=total)

    def note(self, text: str) -> None:
        """Print one line above the bar."""
        self._bars.console.print(f"    {text}", highlight=False, markup=False, style="dim")

    def close(self) -> None:
        """Take the moving line away."""
        self._drop()
        self._bars.stop()

    def _drop(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


class LogProgress:
    """Structured events, one JSON object a line, for whoever collects logs."""

    def __init__(self) -> None:
        configure(json=True)
        self._log = structlog.get_logger()
        self._zero = time.monotonic()
        self._phase_started = self._zero
        self._last_said = self._zero

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Log the phase; its end with how long it took."""
        now = time.monotonic()
        if state == "started":
            self._phase_started = self._last_said = now
            self._log.info("phase.started", phase=str(name))
        else:
            self._log.info("phase.ended", phase=str(name), took_s=round(now - self._phase_started, 3))

    def bytes(self, done: int, total: int | None) -> None:
        """Log how far the restore is, at most every five seconds."""
        now = time.monotonic()
        if now - self._last_said >= SAY_EVERY_S:
            self._last_said = now
            self._log.info("restore.progress", done_bytes=done, total_bytes=total)

    def note(self, text: str) -> None:
        """Log one line."""
        self._log.info("drill.note", text=text)

    def close(self) -> None:
        """Nothing to take down."""


class NamedProgress:
    """One drill among several: lines with its name and no moving bar; `brief`: only how it ends."""

    def __init__(self, inner: Told, name: str, *, brief: bool = False) -> None:
        self._inner = inner
        self._name = name
        self._brief = brief

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Say that a phase started, or briefly that the guest was probed."""
        if self._brief and name is PhaseName.PROBE and state == "ended":
            self._inner.note(f"{self._name}: probed")
        if not self._brief and state == "started":
            self._inner.note(f"{self._name}: {name} ...")

    def bytes(self, done: int, total: int | None) -> None:
        """Say nothing: several bars at once tell nobody anything."""

    def note(self, text: str) -> None:
        """Say one line with the drill's name."""
        if not self._brief or text.startswith("gave up"):
            self._inner.note(f"{self._name}: {text}")


def progress_for(
    stream: TextIO | None = None, *, log: bool = False
) -> PlainProgress | LiveProgress | LogProgress:
    """Choose by where standard error goes, or JSON events when asked for."""
    if log:
        return LogProgress()
    target = stream or sys.stderr
    if target.isatty():
        return LiveProgress(Console(file=target))
    return PlainProgress(target)
