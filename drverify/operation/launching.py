"""Starts the processes of attempts, and finds them again after a crash of whoever started them.

Whether a process lives is said by the lock of its job directory alone. The lock is taken here, before the
process is started, and inherited: of one attempt two processes never run, and none is started again that was
begun. A process is only ever signalled by a pidfd that was held against its start time and the boot id.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from drverify.adapters.linux.processes import lives
from drverify.adapters.storage.durable import state_access
from drverify.errors import HostError
from drverify.model.booking import Booking, Ending, Lease
from drverify.operation.estate import Estate
from drverify.operation.jobs import Job, JobDirectory

_CHILD = "drverify.operation.child"
KILL = timedelta(seconds=5)
"""For the kernel to end a process and to give back what it held."""


class JobProcess:
    """Implements `DrillProcess` on a job directory."""

    def __init__(self, job: JobDirectory) -> None:
        self.job = job

    def alive(self) -> bool:
        """Whether it runs (a stopped one does)."""
        _buried()
        return self.job.alive()

    def ended(self) -> Ending | None:
        """How it ended, by its own word; None: it still runs, or died without one."""
        return self.job.ended()

    def cancel(self) -> None:
        """Ask it to take everything back and end."""
        if self.job.asked_to_end() is None:
            self.job.ask_to_end("asked to end")
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once; what it leaves is taken back by the next reap."""
        self._signal(signal.SIGKILL)

    def here(self) -> bool:
        """Whether it runs on this machine, as a process that can be signalled; a stopped one does."""
        who = self.job.process()
        return who is not None and lives(who)

    def killed(self, why: str) -> bool:
        """End it at once and wait for that; False: the kernel has not ended it yet. HostError."""
        self.job.ask_to_end(why)
        self._signal(signal.SIGKILL, wait=KILL)
        return not self.alive()

    def _signal(self, number: signal.Signals, *, wait: timedelta = timedelta()) -> None:
        """Send a signal to exactly this process, and wait for its end, if so asked."""
        who = self.job.process()
        if who is None:
            return
        try:
            handle = os.pidfd_open(who.pid)
        except ProcessLookupError:
            return
        try:
            if lives(who):  # the pidfd holds on to whom the pid meant before this look
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, number)
                ended = select.poll()
                ended.register(handle, select.POLLIN)  # readable once it ended (pidfd_open(2))
                ended.poll(wait.total_seconds() * 1000)
        except PermissionError as error:
            raise HostError(f"process {who.pid} is not ours to signal: {error}") from error
        finally:
            os.close(handle)


class JobLauncher:
    """Implements `Launcher`: job directories below a site's state directory."""

    def __init__(self, estate: Callable[[], Estate]) -> None:
        """`estate`: gives the settings as they are now."""
        self._estate = estate

    def start_or_attach(self, booking: Booking, lease: Lease) -> JobProcess:
        """Find the process of this attempt, living or dead, or start it where none was begun.

        HostError when it cannot be started, or the settings of its agreement are not known here.
        """
        estate = self._estate()
        job = JobDirectory.of(estate.state_dir, booking.id, lease.attempt)
        job.make()
        handle = job.take()
        if handle is None:
            return JobProcess(job)
        try:
            if job.process() is None and job.ended() is None:
                self._start(job, booking, lease, estate, handle)
        finally:
            os.close(handle)
        return JobProcess(job)

    @staticmethod
    def _start(job: JobDirectory, booking: Booking, lease: Lease, estate: Estate, handle: int) -> None:
        settings = estate.paths.get(booking.agreement)
        if settings is None:
            raise HostError(
                f"nothing here knows the agreement {booking.agreement}",
                hint="name its settings in operation.also",
            )
        site = next(iter(estate.paths.values()))
        job.intend(
            Job(
                booking=replace(booking, host=lease.host),  # where this attempt runs, wherever it was planned
                lease=lease,
                estate=str(site.absolute()),
                settings=str(settings.absolute()),
            )
        )
        with state_access(f"start the process of {job.path}"), (job.path / "output").open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", _CHILD, str(job.path), str(handle)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(handle,),
                start_new_session=True,
            )
        _CHILDREN.append(child)


_CHILDREN: list[subprocess.Popen[bytes]] = []
"""Those that this process started: a dead one is a zombie until it is asked for."""


def _buried() -> None:
    """Let go of children that ended."""
    for child in list(_CHILDREN):
        if child.poll() is not None:
            with suppress(ValueError):  # another thread was quicker
                _CHILDREN.remove(child)
