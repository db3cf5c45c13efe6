"""What any worker of a site does every few seconds so that the night goes on. Every step may be repeated.

Two workers may do it at once: whatever matters is one transaction of the desk. Nobody is taken over from
before this process has looked on without a gap for as long as a drill may be silent (`silence`). A silent
process of this machine is killed first, and what it held is taken back: it would keep its room, and thaw
beside the attempt that takes its place.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from drverify.engine.nightly.ports import Desk, DurableEngine
from drverify.errors import DrverifyError, HostError
from drverify.model.booking import Ending, Lease, machine_of
from drverify.operation.carrier import Carrier, reaped
from drverify.operation.crew import Post, dead_here, machine
from drverify.operation.estate import Estate
from drverify.operation.jobs import JobDirectory, slug
from drverify.operation.launching import JobProcess
from drverify.operation.opening import follow_of
from drverify.operation.rooms import nights_of, rooms_of
from drverify.operation.silence import Silence
from drverify.planning.tonight.admission import choose

EVERY = timedelta(seconds=2)
GRACE = timedelta(minutes=15)
"""For a process past its deadline to take everything back; then it is killed, and that is done for it."""
REAP_EVERY = timedelta(minutes=10)
STRAYS_EVERY = timedelta(minutes=1)
STARTING = timedelta(minutes=5)
"""For a lease of this machine to come to a process of its own; a busy machine takes seconds."""
JOBS_KEPT = timedelta(days=30)
"""How long the directory of an attempt stays for people to look at."""

Say = Callable[[str], None]


class House:
    """One worker's part in keeping the house."""

    def __init__(
        self,
        estate: Callable[[], Estate],
        *,
        desk: Desk,
        engine: DurableEngine,
        post: Post,
        carrier: Carrier,
        say: Say,
    ) -> None:
        self._estate, self._desk, self._engine = estate, desk, engine
        self._post, self._carrier, self._say = post, carrier, say
        self._silence = Silence(EVERY * 5)
        self._reap_at = self._strays_at = 0.0
        self._said: dict[str, str] = {}
        self.admits = True
        """False: nothing new is begun here."""

    def tick(self) -> None:
        """Do everything once; a step that fails keeps no other from being done, and is said once."""
        now = datetime.now(UTC)
        self._silence.look(time.monotonic(), now)
        steps: Sequence[tuple[str, Callable[[datetime], None]]] = (
            ("say that this worker lives", self._beat),
            ("look for missed drills", self._missed),
            ("look for silent drills", self._silent),
            ("admit drills", self._admitted),
            ("hand drills over", self._handed_over),
            ("look for dead workers", self._dead_workers),
            ("look for what was left", self._left),
        )
        for what, step in steps:
            if not self._done(what, partial(step, now)) and step in {self._beat, self._silent}:
                self._silence.begin_anew()  # the desk was away, maybe for the drills, too

    # --- steps

    def _beat(self, now: datetime) -> None:
        estate = self._estate()
        known = {host for shop in estate.workshops.values() for host in shop.settings.hosts}
        chosen = estate.main.settings.nights
        self._desk.beat(self._post.told(now, known & chosen.hosts.keys() if chosen else ()))

    def _missed(self, now: datetime) -> None:
        for one in self._desk.miss(now):
            self._say(f"{one.id}: missed: its night is over")

    def _silent(self, now: datetime) -> None:
        after = timedelta(seconds=self._estate().operation.silent_after_s)
        for lease in self._silence.among(self._desk.leases(), time.monotonic(), after):
            self._done(f"take over {lease.booking}", partial(self._take_over, lease, now, after))

    def _take_over(self, lease: Lease, now: datetime, after: timedelta) -> None:
        if self._starting(lease, now):
            return
        why = f"no sign of life for {after.seconds} s"
        job = self._job(lease)
        if not self._ended_here(lease, job, f"{why}, so it was killed"):
            return
        ending = Ending(kind="lost", at=now, faults=(why,), why=why)
        if job.is_meant() and not job.alive():
            found = self._desk.booking(lease.booking)
            if found is not None:
                ending = job.ended() or self._carrier.buried(found[0], job)
        follow = follow_of(self._estate().operation)
        if ending.kind in {"died", "lost"}:
            state = self._desk.take_over(lease, ending, now, follow)
        else:
            state = self._desk.end(lease.booking, lease.attempt, ending, follow)
        if state is not None:
            self._say(f"{lease.booking}: attempt {lease.attempt} is {ending.kind}: {why}; {state}")

    def _ended_here(self, lease: Lease, job: JobDirectory, why: str) -> bool:
        """Kill a silent process of this machine; False when it lives on, or has given a sign of life."""
        process = JobProcess(job)
        if not process.alive() or not process.here():
            return True
        if lease not in self._desk.leases():
            return False
        if process.killed(why):
            return True
        raise HostError("its process was killed, and cannot be ended yet", hint="does it wait for a disk?")

    def _admitted(self, now: datetime) -> None:
        if not self.admits:
            return
        estate = self._estate()
        rooms = {room.host: room for room in rooms_of(nights_of(estate.main))}
        reach = {name: frozenset(shop.settings.hosts) for name, shop in estate.workshops.items()}
        mine = sum(lease.worker == self._post.worker for lease in self._desk.leases())
        free = estate.operation.at_once - mine
        if free <= 0:
            return
        chosen = partial(choose, at_most=free, reach=reach)
        for lease in self._desk.admit(self._post.worker, now, rooms, chosen):
            where = f" on {lease.host}: {lease.placed}" if lease.placed else ""
            self._say(f"{lease.booking}: attempt {lease.attempt} begins{where}")
            self._engine.submit(lease)

    def _handed_over(self, _: datetime) -> None:
        """Hand over what the engine does not know: its database may have been lost."""
        mine = [one for one in self._desk.leases() if self._here(one)]
        if not mine:
            return
        known = set(self._engine.unfinished())
        for lease in mine:
            if (lease.booking, lease.attempt) not in known:
                self._engine.submit(lease)

    def _dead_workers(self, _: datetime) -> None:
        """Carry on what workers of this machine left that are gone, which their locks say."""
        workers = iter(self._desk.workers())
        for one in dead_here(self._estate().state_dir, workers, self._post.worker):
            taken = self._engine.take_over(one.id)
            self._desk.gone(one.id)
            self._say(f"worker {one.id} is gone; {taken} of its drills are carried on")

    def _left(self, now: datetime) -> None:
        clock = time.monotonic()
        if clock >= self._strays_at:
            self._strays_at = clock + STRAYS_EVERY.total_seconds()
            self._strays(now)
        if clock >= self._reap_at:
            self._reap_at = clock + REAP_EVERY.total_seconds()
            for workshop in self._estate().workshops.values():
                for line in reaped(workshop):
                    self._say(line)

    def _strays(self, now: datetime) -> None:
        """Look at every attempt's directory; one that cannot be read keeps no other from being looked at."""
        given = {slug(one.booking, one.attempt) for one in self._desk.leases()}
        for directory in JobDirectory.every(self._estate().state_dir):
            kept = directory.path.name in given
            self._done(f"look after {directory.path}", partial(self._stray, directory, now, kept=kept))

    def _stray(self, directory: JobDirectory, now: datetime, *, kept: bool) -> None:
        """End a process that outlived its deadline by far: frozen for good, or stuck in taking back."""
        if not directory.alive():
            if not kept and now - directory.meant_at() > JOBS_KEPT:
                directory.remove()
            return
        job = directory.job()
        if job is not None and now > job.lease.deadline + GRACE:
            JobProcess(directory).kill()
            self._say(f"{job.booking.id}: its process did not end by itself; killed")
            self._reap_at = 0.0

    # --- what it goes by

    def _done(self, what: str, work: Callable[[], None]) -> bool:
        """Do it; whether that went through. What went wrong is said once."""
        try:
            work()
        except DrverifyError as error:
            self._say_once(what, f"cannot {what}: {error}")
            return False
        self._said.pop(what, None)
        return True

    def _here(self, lease: Lease) -> bool:
        return machine_of(lease.worker) == machine() or self._job(lease).is_meant()

    def _starting(self, lease: Lease, now: datetime) -> bool:
        """Whether its process is being started on this machine, and has not come to give signs of life."""
        return (
            machine_of(lease.worker) == machine()
            and self._job(lease).process() is None
            and now - lease.since < STARTING
        )

    def _job(self, lease: Lease) -> JobDirectory:
        return JobDirectory.of(self._estate().state_dir, lease.booking, lease.attempt)

    def _say_once(self, what: str, line: str) -> None:
        if self._said.get(what) != line:
            self._said[what] = line
            self._say(line)
