"""Collects the facts of one drill while it runs, on the drill's one monotonic clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from drverify.engine.drills.companions import Declaration
from drverify.engine.ports import Clock, Progress
from drverify.errors import (
    DefectError,
    DrverifyError,
    GuestError,
    HostError,
    InputError,
    IsolationError,
    SourceError,
    TeardownError,
)
from drverify.model.drill import Attribution, Defect, Fault, PhaseName, PhaseRecord
from drverify.model.duration import whole_ms_up

ATTRIBUTION: tuple[tuple[type[Exception], Attribution], ...] = (
    (SourceError, Attribution.SOURCE),
    (IsolationError, Attribution.SANDBOX),
    (TeardownError, Attribution.SANDBOX),
    (HostError, Attribution.RESTORE_HOST),
    (GuestError, Attribution.PROBE),
    (InputError, Attribution.TOOL),
    (DrverifyError, Attribution.TOOL),
)
"""Whose fault an error is; the first row that fits. Anything else is a bug of ours (tool)."""


class Recorder:
    """Phases, faults and defects of one drill; its zero is the declaration."""

    def __init__(self, clock: Clock, progress: Progress, declared: Declaration | None = None) -> None:
        """`declared` when the declaration was not now."""
        self._clock = clock
        self._progress = progress
        self._zero = declared.zero if declared else clock.monotonic()
        self.started_at: datetime = declared.at if declared else clock.utc()
        self.phase = PhaseName.SELECT
        self.phases: list[PhaseRecord] = []
        self.faults: list[Fault] = []
        self.defects: list[Defect] = []

    def offset(self) -> timedelta:
        """Time since the declaration, in whole milliseconds."""
        return whole_ms_up(self._clock.monotonic() - self._zero)

    @contextmanager
    def measured(self, name: PhaseName) -> Iterator[None]:
        """Record the phase, however it ends."""
        self.phase = name
        started = self.offset()
        self._progress.phase(name, "started")
        try:
            yield
        finally:
            self.phases.append(PhaseRecord(name=name, started=started, took=self.offset() - started))
            self._progress.phase(name, "ended")

    def failed(self, error: Exception, phase: PhaseName | None = None) -> None:
        """Record an error as the backup's defect or as a fault of ours."""
        where = phase or self.phase
        if isinstance(error, DefectError):
            self.defects.append(Defect(phase=where, what=_clean(str(error)), at=self.offset()))
            self._progress.note(f"defect: {error}")
            return
        whose = next((row[1] for row in ATTRIBUTION if isinstance(error, row[0])), Attribution.TOOL)
        known = isinstance(error, DrverifyError)
        what = _clean(str(error) if known else f"bug in drverify: {type(error).__name__}: {error}")
        self.faults.append(Fault(attribution=whose, phase=where, what=what, at=self.offset()))
        self._progress.note(f"fault ({whose}): {what}")


def _clean(text: str) -> str:
    """Text that evidence can hold: whatever is no character becomes a question mark."""
    return text.encode("utf-8", "replace").decode()
