"""The process of one attempt: `python -m drverify.operation.child JOB-DIRECTORY LOCK`.

It outlives the worker that started it, gives the signs of life itself, and takes everything back in order
when its lease is lost, cancelled or past its deadline. `LOCK` is the number of the inherited open lock. What
is not caught here is a bug: it ends the process without a word, which counts as a death.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from drverify.adapters.linux.processes import identify
from drverify.compose import Workshop
from drverify.errors import DrverifyError, Exit, HarnessError, SupersededError, TeardownError
from drverify.model.booking import Ending, EndingKind, Live
from drverify.model.drill import DrillId
from drverify.operation.carrying import carried_out
from drverify.operation.endings import code_of
from drverify.operation.jobs import LOG_AT_MOST, Job, JobDirectory, held
from drverify.operation.opening import follow_of, open_desk
from drverify.operation.signs import SignsOfLife, Why
from drverify.operation.staying import NightStay
from drverify.operation.telling import BoundedFile, LiveProgress, printable
from drverify.operation.window import Window

PATIENCE = timedelta(minutes=10)
"""How long a desk that cannot be reached is asked again before a drill is left unsigned."""
PAUSE = timedelta(seconds=2)
ENTERING = timedelta(minutes=1)
"""How long the end of the attempt is tried to be entered; the result file tells whoever comes later."""


def main(argv: Sequence[str]) -> int:
    """Run one attempt to its end; the exit code is that of `drverify drill run`."""
    directory, handle = JobDirectory(Path(argv[0])), int(argv[1])
    if not held(handle):
        sys.stderr.write("the lock of this attempt is somebody else's\n")
        return Exit.UNPROVEN
    os.set_inheritable(handle, False)  # noqa: FBT003 - the library's own form
    job = directory.job()
    if job is None or directory.process() is not None or directory.ended() is not None:
        sys.stderr.write("this attempt was begun before, or there is none\n")
        return Exit.UNPROVEN
    try:
        attempt = _Attempt(directory, job)
    except DrverifyError as error:  # whoever waits for this process tells the desk
        why = printable(str(error))
        directory.conclude(Ending(kind="failed", at=datetime.now(UTC), faults=(why,), why=why))
        return error.exit_code
    who = identify(os.getpid())
    if who is None:
        raise AssertionError("this process runs, and /proc does not know it")
    directory.enter(who)  # from here on it gives the signs of life itself, and is never started again
    return asyncio.run(attempt.run())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Why this process has to end early."""

    why: Why | None
    """None: by a signal."""
    said: str


class _Attempt:
    """One attempt, on its event loop."""

    def __init__(self, directory: JobDirectory, job: Job) -> None:
        self._directory, self._job = directory, job
        self._file = BoundedFile(directory.path / "log", LOG_AT_MOST)
        self._progress = LiveProgress(job.booking.id, job.lease.attempt, self._file)
        self._main = Workshop.open(Path(job.estate))
        self._workshop = Workshop.open(Path(job.settings))
        self._window = Window(self._workshop, job.booking.host, lambda: self._progress.drills)
        self._desk = open_desk(self._main)
        self._stay = NightStay(job.lease)
        self._signs = SignsOfLife(
            self._desk,
            job.lease,
            live=self._live,
            picture=self._window.newer,
            end=self._ended_by,
            keeping=self._stay.told,
        )
        self._asked: _Asked | None = None
        self._concluding = False
        """Whether this attempt signs: it is not stopped any more, or a second one would sign, too."""

    async def run(self) -> int:
        """Drill, say how it ended, and end."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._drilled())
        for number in (signal.SIGINT, signal.SIGTERM):
            self._loop.add_signal_handler(number, self._signalled)
        self._window.open()
        self._signs.start()
        try:
            ending = await self._conducted()
        finally:
            await asyncio.to_thread(self._signs.stop)
        self._progress.note(f"{ending.kind}: {ending.why}")
        self._directory.conclude(ending)
        await self._entered(ending)
        self._file.close()
        return code_of(ending)

    async def _conducted(self) -> Ending:
        try:
            return await self._task
        except asyncio.CancelledError:
            return self._stopped()
        except TeardownError as error:
            return self._stopped(left_behind=str(error))
        except SupersededError as error:
            return self._ending("lost", str(error))
        except DrverifyError as error:
            return self._ending("failed", str(error), fault=str(error))

    async def _drilled(self) -> Ending:
        job = self._job
        return await carried_out(
            self._workshop,
            job.booking,
            self._progress,
            fence=self._still_mine,
            begun=self._begun,
            stay=self._stay,
        )

    def _live(self, now: datetime) -> Live:
        """What is said with each sign of life; meanwhile what libraries print is kept bounded."""
        self._directory.cut_output()
        return self._stay.shown(self._progress.live(now))

    def _begun(self, drill: DrillId) -> None:
        self._directory.began(*self._progress.drills, drill)
        if self._job.booking.kind == "drill":  # a control is no drill, and nobody can look at it as one
            self._progress.begun(drill)

    async def _still_mine(self) -> bool:
        """The fence; HarnessError when the desk cannot be reached for PATIENCE."""
        lease, last = self._job.lease, self._loop.time() + PATIENCE.total_seconds()
        while self._signs.why != "lost":
            try:
                mine = await asyncio.to_thread(self._desk.still_mine, lease.booking, lease.attempt)
            except HarnessError as error:
                if self._loop.time() > last:
                    raise
                self._progress.note(f"the desk cannot be asked whether this drill still counts: {error}")
                await asyncio.sleep(PAUSE.total_seconds())
            else:
                self._concluding = mine
                return mine
        return False

    # --- being stopped

    def _signalled(self) -> None:
        """Take everything back on the first signal, stop at once on the second."""
        if self._asked is not None and self._asked.why is None:
            self._stop_at_once()
        why = self._directory.asked_to_end()
        self._stop(
            _Asked(why=None, said="stopped by a signal") if why is None else _Asked(why="cancelled", said=why)
        )

    def _ended_by(self, why: Why) -> None:
        """Stop for what the signs of life met; called by their thread."""
        words = {
            "lost": "another attempt took its place",
            "cancelled": f"cancelled by {printable(self._signs.cancelled_by)}",
            "expired": "its time was over",
        }
        self._loop.call_soon_threadsafe(self._stop, _Asked(why=why, said=words[why]))

    def _stop(self, asked: _Asked) -> None:
        self._stay.end()  # what stands is signed: it is only taken back
        if self._asked is None and not self._concluding:
            self._asked = asked
            self._progress.note(f"{asked.said}; taking everything back")
            self._task.cancel()

    def _stop_at_once(self) -> NoReturn:
        os._exit(Exit.LEFT_BEHIND)

    def _stopped(self, *, left_behind: str = "") -> Ending:
        asked = self._asked or _Asked(why=None, said="stopped")
        kind: EndingKind = asked.why or "failed"
        fault = left_behind or (asked.said if kind == "failed" else "")
        return self._ending(kind, asked.said, fault=fault, left_behind=bool(left_behind))

    # --- saying how it ended

    def _ending(self, kind: EndingKind, why: str, *, fault: str = "", left_behind: bool = False) -> Ending:
        drills = self._progress.drills
        return Ending(
            kind=kind,
            at=self._now(),
            drill=next(iter(drills), None),
            others=drills[1:],
            faults=(printable(fault),) if fault else (),
            left_behind=left_behind,
            why=printable(why),
        )

    async def _entered(self, ending: Ending) -> None:
        """Tell the desk; whoever attaches to this attempt tells it, too, when that fails."""
        lease, follow = self._job.lease, follow_of(self._main.settings.operation)
        last = self._loop.time() + ENTERING.total_seconds()
        while True:
            try:
                await asyncio.to_thread(self._desk.end, lease.booking, lease.attempt, ending, follow)
            except HarnessError as error:
                if self._loop.time() > last:
                    self._progress.note(f"the desk was not told: {error}")
                    return
                await asyncio.sleep(PAUSE.total_seconds())
            else:
                return

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
