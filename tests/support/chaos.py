"""A night of chaos: sites with two workers each, and somebody who kills and freezes them and their drills."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.desk.opening import desk_for
from drverify.adapters.linux.processes import lives
from drverify.errors import HostError
from drverify.model.booking import Booking, BookingId, BookingState
from drverify.model.nights import Load
from drverify.operation.jobs import JobDirectory
from drverify.settings import Operation
from tests.support.boards import contract_for, place
from tests.support.bookings import booking
from tests.support.chaos_child import ATTEMPTS, URL

ROOT = Path(__file__).parents[2]
HOST, AT_ONCE, MEMORY = "alpha", 5, 8192
SETTINGS = f"""
[nights]
zone = "UTC"
begins = 00:00:00
ends = 00:00:00

[nights.hosts.{HOST}]
at_once = {AT_ONCE}
memory_mib = {MEMORY}

[operation]
site = "%s"
silent_after_s = 5
attempts = {ATTEMPTS}
at_once = {AT_ONCE}
%s
"""


@dataclass(kw_only=True)
class Site:
    """One site: its settings, its desk, its two workers."""

    root: Path
    name: str
    url: str
    lose_engine: Callable[[], None]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    most: int = 0
    """MiB given out at once."""

    def make(self, drills: int, chance: random.Random) -> None:
        """Lay out settings and publish the night's drills, each of a second or so."""
        reference = 'database = "file:desk.url"' if self.url else ""
        place(
            self.root, contract_for("acme", "Backup", "Acme", ["shop"]), hosts=(HOST,),
            more=SETTINGS.replace("%s", self.name, 1).replace("%s", reference, 1).replace("\n[nights]", "[nights]", 1),
        )  # fmt: skip
        if self.url:
            (self.root / "desk.url").write_text(self.url)
            (self.root / "desk.url").chmod(0o600)
        (self.root / "evidence").mkdir()
        self.desk = self.opened()
        self.desk.publish([self._booking(number, chance) for number in range(drills)])

    def _booking(self, number: int, chance: random.Random) -> Booking:
        now = datetime.now(UTC)
        return booking(
            f"w{number}", site=self.name, host=HOST, not_before=now, not_after=now + timedelta(hours=2),
            load=Load(memory_mib=chance.choice((512, 1024, 2048, 4096, 6144))), priority=chance.randint(1, 90),
            takes=timedelta(seconds=chance.uniform(0.3, 1.5)),
        )  # fmt: skip

    def opened(self) -> TableDesk:
        chosen = Operation(site=self.name, database="env:URL" if self.url else None)
        return desk_for(chosen, self.state / "operation", lambda _: self.url.encode())

    @property
    def state(self) -> Path:
        return self.root / "state"

    def start_worker(self) -> None:
        environment = {**os.environ, URL: self.url}
        with (self.root / "workers.log").open("ab") as log:
            words = [sys.executable, "-m", "tests.support.chaos_worker", str(self.root / "drverify.toml")]
            self.workers.append(
                subprocess.Popen(
                    words, cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
                )
            )

    def jobs(self) -> list[JobDirectory]:
        return list(JobDirectory.every(self.state / "operation"))

    def drills(self) -> list[int]:
        """Pids of the drills that run."""
        found = (job.process() for job in self.jobs() if job.ended() is None)
        return [who.pid for who in found if who is not None and lives(who)]

    def open_bookings(self) -> int:
        states = (BookingState.WANTED, BookingState.RUNNING)
        return len(self.desk.bookings(states=states))

    def look(self) -> None:
        """Hold what is given out against the room, all of one moment."""
        out = self.desk.leases()
        memory = sum(one.load.memory_mib for one in out)
        self.most = max(self.most, memory)
        if memory > MEMORY or len(out) > AT_ONCE:
            self.violations.append(f"{len(out)} leases, {memory} MiB")

    def left(self) -> list[str]:
        """What of the drills is still there."""
        ledgers = [path.name for path in (self.state / "ledger").glob("*")]
        rooms = [path.name for path in (self.state / "sandboxes").glob("*")]
        return ledgers + rooms + [str(pid) for pid in self.drills()]

    def endings(self) -> Mapping[BookingId, list[str]]:
        return {
            one.id: [attempt.ending.kind for attempt in self.desk.attempts(one.id)]
            for one, _ in self.desk.bookings()
        }

    def evidence(self) -> Mapping[BookingId, set[str]]:
        """How the attempts of each booking ended that left evidence."""
        found: dict[BookingId, set[str]] = {}
        endings = self.endings()
        for path in (self.root / "evidence").iterdir():
            name = BookingId(json.loads(path.read_text())["booking"])
            number = int(path.name.rpartition(".")[2])
            found.setdefault(name, set()).add(endings[name][number - 1])
        return found

    def trail(self, what: str) -> list[str]:
        lines = (self.root / "trail").read_text().splitlines()
        return [line for line in lines if line.split()[1] == what]

    def said(self) -> str:
        return (self.root / "workers.log").read_text(errors="replace")[-4000:]

    def end(self) -> None:
        """End what this test started: first the workers, then their drills."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        for pid in self.drills():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.desk.close()


PAUSE = (0.5, 2.0)
"""Seconds between two acts."""


class Chaos:
    """Kills and freezes, in an order and at moments by a seed; whoever it froze it thaws after a while."""

    def __init__(self, sites: list[Site], seed: int, acts: Mapping[str, int]) -> None:
        self._sites, self._chance = sites, random.Random(seed)
        self._acts = [what for what, number in sorted(acts.items()) for _ in range(number)]
        self._chance.shuffle(self._acts)
        self._over = threading.Event()
        self._thaws: list[tuple[float, int]] = []
        self._starts: list[tuple[float, Site]] = []
        self._thread = threading.Thread(target=self._run)
        self.done: Counter[str] = Counter()
        self.failed: list[BaseException] = []

    @contextmanager
    def running(self) -> Iterator["Chaos"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.stop()
        assert not self.failed, self.failed

    def stop(self) -> None:
        """No more of it; everybody goes on."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            act = time.monotonic() + 1
            while not self._over.wait(0.1):
                self._due(time.monotonic())
                for site in self._sites:
                    with suppress(HostError):
                        site.look()
                    assert all(one.poll() in {None, -signal.SIGKILL} for one in site.workers), site.said()
                if self._acts and time.monotonic() >= act and self._act(self._acts[-1]):
                    self.done[self._acts.pop()] += 1
                    act = time.monotonic() + self._chance.uniform(*PAUSE)
        except BaseException as error:  # noqa: BLE001 - raised by the test's own thread
            self.failed.append(error)
        finally:
            self._due(float("inf"))

    def _due(self, now: float) -> None:
        for thaw in [one for one in self._thaws if one[0] <= now]:
            self._thaws.remove(thaw)
            with suppress(ProcessLookupError):
                os.kill(thaw[1], signal.SIGCONT)
        for start in [one for one in self._starts if one[0] <= now]:
            self._starts.remove(start)
            start[1].start_worker()

    def _act(self, what: str) -> bool:
        """Do it to somebody of either site; whether there was anybody."""
        site, now = self._chance.choice(self._sites), time.monotonic()
        frozen = {pid for _, pid in self._thaws}
        alive = [one.pid for one in site.workers if one.poll() is None] if "worker" in what else site.drills()
        able = [pid for pid in alive if pid not in frozen]
        if not able:
            return False
        pid = self._chance.choice(able)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if "kill" in what else signal.SIGSTOP)
        if "freeze" in what:
            self._thaws.append((now + self._chance.uniform(8, 14), pid))
        elif "worker" in what:
            self._starts.append((now + self._chance.uniform(0.5, 2), site))
        return True


def night(sites: list[Site], *, seed: int, acts: Mapping[str, int], within: float) -> Counter[str]:
    """Run the sites' drills through chaos; the engines lose everything when half of the night is over."""
    total = sum(site.open_bookings() for site in sites)
    for site in sites:
        site.start_worker()
        site.start_worker()
    lost, last = False, time.monotonic() + within
    chaos = Chaos(sites, seed, acts)
    with chaos.running():
        while open_ := sum(site.open_bookings() for site in sites):
            assert not chaos.failed, chaos.failed
            assert time.monotonic() < last, (open_, chaos.done, [site.said() for site in sites])
            if not lost and open_ <= total / 2:
                lost = True
                for site in sites:
                    site.lose_engine()
            time.sleep(0.3)
    while any(site.left() for site in sites):
        assert time.monotonic() < last, [(site.left(), site.said()) for site in sites]
        time.sleep(0.3)
    return chaos.done
