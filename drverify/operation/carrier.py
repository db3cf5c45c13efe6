"""Carries attempts to their end: start or attach, wait, enter how they ended. Idempotent after any crash."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk, LeftRunning
from drverify.errors import DrverifyError
from drverify.model.booking import Booking, BookingId, Ending, Lease, machine_of
from drverify.operation.crew import machine
from drverify.operation.endings import of_dead
from drverify.operation.estate import Estate
from drverify.operation.grouped import of_dead_group
from drverify.operation.jobs import JobDirectory
from drverify.operation.launching import JobLauncher, JobProcess
from drverify.operation.opening import follow_of
from drverify.operation.telling import printable

LOOK = timedelta(seconds=0.5)
"""Between two looks at a process."""
LEASE_LOOK = timedelta(seconds=2)
"""Between two looks at whether its lease is still given out."""
UNABLE = timedelta(minutes=2)
"""How long a process that cannot be started is tried again before the attempt has failed."""

Say = Callable[[str], None]


class Carrier:
    """What the durable engine calls for each attempt, in threads of its own."""

    def __init__(self, estate: Callable[[], Estate], desk: Desk, launcher: JobLauncher, say: Say) -> None:
        self._estate, self._desk, self._launcher, self._say = estate, desk, launcher, say
        self._left = threading.Event()
        self.rung = threading.Event()
        """Set when there may be room for another drill, or this worker leaves; the house clears it."""
        self._turn = threading.Lock()
        self._busy = 0

    @property
    def busy(self) -> int:
        """How many attempts are being carried now."""
        return self._busy

    def leave(self) -> None:
        """Let every drill go on without this process."""
        self._left.set()
        self.rung.set()

    def __call__(self, booking: BookingId, attempt: int) -> None:
        """Carry one attempt to its end. LeftRunning when this process stops before that; HostError."""
        with self._turn:
            self._busy += 1
        try:
            self._carry(booking, attempt)
        finally:
            with self._turn:
                self._busy -= 1

    def _carry(self, name: BookingId, attempt: int) -> None:
        found, lease = self._desk.booking(name), self._lease(name, attempt)
        if found is None or lease is None:
            return  # it is over, or another's
        booking, _ = found
        job = JobDirectory.of(self._estate().state_dir, name, attempt)
        if machine_of(lease.worker) != machine() and not job.is_meant():
            return  # its own machine's workers hand it over again
        process = self._started(booking, lease)
        if process is None:
            return
        self._say(f"{name}, attempt {attempt}: process {_pid(process)}")
        if not self._waited(process, lease):
            return
        ending = process.ended() or self.buried(booking, process.job)
        self._desk.end(name, attempt, ending, follow_of(self._estate().operation))
        self._say(f"{name}, attempt {attempt}: {ending.kind}: {ending.why}")
        self.rung.set()

    def _started(self, booking: Booking, lease: Lease) -> JobProcess | None:
        """The process of the attempt; None when it could not be started, and that is entered."""
        last = time.monotonic() + UNABLE.total_seconds()
        while True:
            try:
                return self._launcher.start_or_attach(booking, lease)
            except DrverifyError as error:
                if time.monotonic() > last or not self._renewed(lease):
                    why = printable(f"its process cannot be started: {error}")
                    ending = Ending(kind="failed", at=datetime.now(UTC), faults=(why,), why=why)
                    self._desk.end(lease.booking, lease.attempt, ending, follow_of(self._estate().operation))
                    self._say(f"{lease.booking}, attempt {lease.attempt}: {why}")
                    return None
            self._pause(LEASE_LOOK)

    def _renewed(self, lease: Lease) -> bool:
        """Give a sign of life for a process that does not run yet; whether the lease is still ours."""
        return self._desk.renew(lease.booking, lease.attempt, datetime.now(UTC)) is not None

    def _waited(self, process: JobProcess, lease: Lease) -> bool:
        """Wait for its end; False when its lease is another's, or over, while it still runs."""
        looked = began = time.monotonic()
        while process.alive():
            self._pause(LOOK)
            if time.monotonic() - looked > LEASE_LOOK.total_seconds():
                looked = time.monotonic()
                starting = process.job.process() is None and looked - began < UNABLE.total_seconds()
                if process.alive() and self._lost(lease, starting=starting):
                    return False
        return True

    def _lost(self, lease: Lease, *, starting: bool) -> bool:
        """Whether the lease is another's; a process that has not come to give signs of life gets ours."""
        try:
            return not self._renewed(lease) if starting else self._lease(lease.booking, lease.attempt) is None
        except DrverifyError:
            return False  # nobody can tell now

    def _lease(self, booking: BookingId, attempt: int) -> Lease | None:
        given = self._desk.leases()
        return next((one for one in given if (one.booking, one.attempt) == (booking, attempt)), None)

    def _pause(self, span: timedelta) -> None:
        if self._left.wait(span.total_seconds()):
            raise LeftRunning

    def buried(self, booking: Booking, job: JobDirectory) -> Ending:
        """Take back what a dead process left, and say how its attempt ended."""
        workshop = self._estate().workshops.get(booking.agreement)
        now = datetime.now(UTC)
        if workshop is None:
            why = "its process is gone, and its agreement is not known here any more"
            return Ending(kind="died", at=now, faults=(why,), left_behind=True, why=why)
        for line in reaped(workshop):
            self._say(f"{booking.id}: {line}")
        dead = of_dead_group(workshop, job, booking, now) if booking.members else of_dead(workshop, job, now)
        ending, asked = dead, job.asked_to_end()
        if ending.kind == "died" and asked is not None:
            why = f"its process is gone: {asked}"
            return replace(ending, faults=(why, *ending.faults), why=why)
        return ending


def reaped(workshop: Workshop) -> list[str]:
    """Take back what dead drills of an agreement left; a line for each that was met, and what went wrong."""
    try:
        found = asyncio.run(workshop.reap())
    except DrverifyError as error:
        return [f"nothing could be taken back: {error}"]
    told = [one for one in found if one.state in {"removed", "left"}]
    return [
        f"sandbox {one.sandbox_id} {one.state}" + "".join(f"; {why}" for why in one.problems) for one in told
    ]


def _pid(process: JobProcess) -> str:
    who = process.job.process()
    return str(who.pid) if who is not None else "is starting"
