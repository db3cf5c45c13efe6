"""The process of one attempt in a night of chaos: `python -m tests.support.chaos_child JOB-DIRECTORY LOCK`.

It stands where `drverify.operation.child` stands and speaks to the job directory, the desk, the ledger as that
one does; what it recovers is a sleeping process in a sandbox directory. It writes what it did into `trail` of
the site's directory, and its evidence into `evidence`, one file for each attempt.
"""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from drverify.adapters.desk.opening import desk_for
from drverify.adapters.linux.processes import ProcessReclaimer, identify, marks
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.nightly.ports import Desk
from drverify.engine.ports import ResourceScope
from drverify.errors import HarnessError
from drverify.model.booking import Ending, EndingKind, Live
from drverify.model.drill import DrillId
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from drverify.operation import signs
from drverify.operation.jobs import Job, JobDirectory, held
from drverify.planning.tonight.following import follow

BEAT = timedelta(seconds=1)
URL = "DRVERIFY_CHAOS_URL"
ATTEMPTS = 10


class Attempt:
    """One attempt."""

    def __init__(self, directory: JobDirectory, job: Job) -> None:
        self._directory, self._job, self._lease = directory, job, job.lease
        self._site = Path(job.estate).parent
        self._state = self._site / "state"
        url = os.environ[URL]
        chosen = SimpleNamespace(site=job.booking.site, database="env:URL" if url else None, hours_at_most=12)
        self._desk: Desk = desk_for(chosen, self._state / "operation", lambda _: url.encode())
        tail = hashlib.sha256(str(directory.path).encode()).hexdigest()[:6]
        self._drill = DrillId(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{tail}")
        self._why: signs.Why | None = None

    def run(self) -> None:
        """Drill, say how it ended, and end."""
        life = signs.SignsOfLife(
            self._desk,
            self._lease,
            live=self._live,
            picture=lambda: b"",
            end=lambda why: setattr(self, "_why", why),
        )
        life.start()
        kind = asyncio.run(self._drilled())
        life.stop()
        outcomes = ((ObligationId("7.1"), Outcome.MET),) if kind == "concluded" else ()
        ending = Ending(kind=kind, at=datetime.now(UTC), drill=self._drill, verdicts=outcomes, why=kind)
        self._directory.conclude(ending)
        self._desk.end(self._lease.booking, self._lease.attempt, ending, partial(follow, at_most=ATTEMPTS))

    async def _drilled(self) -> EndingKind:
        rooms = RoomDirectory(self._state / "sandboxes", LedgerDirectory(self._state / "ledger"))
        async with rooms.lend(self._drill) as room:
            self._directory.began(self._drill)
            await self._worked(room.scope, room.directory)
        if self._why is not None:
            return self._why
        if not self._still_mine():
            return "lost"
        path = self._site / "evidence" / self._directory.path.name
        with path.open("x") as file:
            file.write(json.dumps({"booking": self._lease.booking, "drill": self._drill}))
        return "concluded"

    async def _worked(self, scope: ResourceScope, directory: Path) -> None:
        """Hold memory, so to speak: a process that sleeps, as long as the drill takes."""
        name, marker = "guest", directory / "disk"
        scope.opening("process", name)
        guest = subprocess.Popen(
            ["/bin/sleep", "600"], env={**os.environ, **marks(scope.tag, name)}, start_new_session=True
        )
        who = identify(guest.pid)
        assert who is not None
        scope.opening("process", name, **who.facts())
        marker.write_text(self._drill)
        self._tell("holds")
        last = time.monotonic() + self._job.booking.takes.total_seconds()
        while time.monotonic() < last and self._why is None:
            await asyncio.sleep(0.05)
        if guest.poll() is not None or marker.read_text() != self._drill:
            self._tell("harmed")
        self._tell("frees")
        await ProcessReclaimer().reclaim(name, scope.tag, who.facts())
        guest.wait()
        scope.closed("process", name)

    def _still_mine(self) -> bool:
        for _ in range(60):
            try:
                return self._desk.still_mine(self._lease.booking, self._lease.attempt)
            except HarnessError:
                time.sleep(0.5)
        return False

    def _live(self, now: datetime) -> Live:
        return Live(
            booking=self._lease.booking, attempt=self._lease.attempt, drill=self._drill, at=now, phases=(),
            lines=("sleeping",),
        )  # fmt: skip

    def _tell(self, what: str) -> None:
        line = f"{time.time():.3f} {what} {self._lease.load.memory_mib} {self._lease.host} {self._directory.path.name}\n"
        with (self._site / "trail").open("a") as file:
            file.write(line)


def main(path: str, lock: str) -> int:
    """Run one attempt, unless it was begun before."""
    directory, handle = JobDirectory(Path(path)), int(lock)
    signs.EVERY = BEAT
    job, who = directory.job(), identify(os.getpid())
    if not held(handle) or job is None or who is None or directory.process() or directory.ended():
        return 11
    os.set_inheritable(handle, False)
    directory.enter(who)
    Attempt(directory, job).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
