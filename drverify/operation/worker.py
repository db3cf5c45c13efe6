"""The processes behind `drverify up`, `worker` and `scheduler`: loops in threads, and an end in order.

The first SIGTERM or Ctrl-C ends the process in order: nothing new is begun, and drills that run go on by
themselves, unless `drain` says to wait for them. The second ends it at once. A loop that fails by a bug ends
the process with it: a supervisor starts it again, and everything is taken up where it was.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from drverify.engine.nightly.ports import Desk, DurableEngine
from drverify.errors import DrverifyError, Exit
from drverify.operation.carrier import Carrier
from drverify.operation.crew import Post
from drverify.operation.house import EVERY, House
from drverify.operation.launching import JobLauncher
from drverify.operation.opening import open_desk, open_engine
from drverify.operation.rooms import nights_of
from drverify.operation.scheduling import Scheduler
from drverify.operation.watching import WatchedEstate

PLAN_EVERY = timedelta(seconds=5)
"""Between two looks at whether something has changed that the plan rests on."""
LAST_WORDS = timedelta(seconds=20)
"""For threads to come to an end."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Something else that is done again and again in this process, such as telling people."""

    name: str
    every: timedelta
    work: Callable[[datetime], None]
    """DrverifyError is said, and it is tried again next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Something that serves until it is stopped, such as the web page."""

    name: str
    run: Callable[[], None]
    stop: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What one process does."""

    worker: bool = True
    scheduler: bool = True
    drain: bool = False
    """Whether an end in order waits for the drills that run."""


Extras = Callable[[WatchedEstate, Desk], tuple[Sequence[Round], Sequence[Server]]]
"""Opens what else this process does."""


class Site:
    """One process of a site."""

    def __init__(self, path: Path, parts: Parts, say: Say) -> None:
        """InputError for wrong settings, HostError when the desk cannot be opened."""
        self._parts, self._say = parts, say
        self.watched = WatchedEstate(path)
        nights_of(self.watched.now().main)
        self.desk = open_desk(self.watched.now().main)
        self._stop = threading.Event()
        self._loops: list[threading.Thread] = []
        self._code: int = Exit.OK

    def run(self, extras: Extras) -> int:
        """Work until a signal; the exit code. Call it on the main thread."""
        rounds, servers = extras(self.watched, self.desk)
        with ExitStack() as stack:
            self._signals(stack)
            if self._parts.scheduler:
                scheduler = Scheduler(self.watched, self.desk, self._say)
                rounds = [*rounds, Round(name="planning", every=PLAN_EVERY, work=scheduler.tick)]
            work = _Work(self.watched, self.desk, self._say) if self._parts.worker else None
            if work is not None:
                self._loop("drills", lambda: work.engine.run(work.carrier, work.over.is_set))
                self._loop("house", lambda: self._keep(work))
            for one in rounds:
                self._loop(one.name, partial(self._again, one))
            for server in servers:
                self._loop(server.name, server.run)
            self._wait()
            for server in servers:
                server.stop()
            if work is not None:
                self._ended(work)
            self._joined()
            if work is not None:
                self._struck_out(work)
        return self._code

    # --- loops

    def _loop(self, name: str, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            except DrverifyError as error:
                self._say(f"{name}: {error}" + (f"; {error.hint}" if error.hint else ""))
                self._code = error.exit_code
            except BaseException:
                self._code = Exit.BUG
                traceback.print_exc()
                raise
            finally:
                self._stop.set()

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._loops.append(thread)
        thread.start()

    def _again(self, one: Round) -> None:
        told = ""
        while True:
            try:
                one.work(datetime.now(UTC))
                told = ""
            except DrverifyError as error:
                if str(error) != told:
                    told = str(error)
                    self._say(f"{one.name}: {error}")
            if self._stop.wait(one.every.total_seconds()):
                return

    def _keep(self, work: "_Work") -> None:
        while not work.over.is_set():
            work.house.admits = not self._stop.is_set()
            work.house.tick()
            work.carrier.rung.wait(EVERY.total_seconds())
            work.carrier.rung.clear()

    # --- the end

    def _signals(self, stack: ExitStack) -> None:
        seen = 0

        def asked(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen > 1:
                self._say("stopped at once; drills that run go on by themselves")
                os._exit(Exit.INTERRUPTED)
            self._stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, asked))

    def _wait(self) -> None:
        while not self._stop.wait(1.0):
            pass

    def _ended(self, work: "_Work") -> None:
        work.house.admits = False
        if self._parts.drain:
            while work.carrier.busy and self._code == Exit.OK:
                self._say(f"drills that are waited for: {work.carrier.busy} (again to stop at once)")
                time.sleep(5)
        elif work.carrier.busy:
            self._say(f"drills that go on by themselves: {work.carrier.busy}")
        work.carrier.leave()
        work.over.set()

    def _joined(self) -> None:
        last = time.monotonic() + LAST_WORDS.total_seconds()
        for thread in self._loops:
            thread.join(max(0.1, last - time.monotonic()))

    def _struck_out(self, work: "_Work") -> None:
        """Say that this worker is gone, in order; a desk that cannot be told finds out by the lock."""
        try:
            self.desk.gone(work.post.worker)
        except DrverifyError as error:
            self._say(f"the desk was not told: {error}")
        work.post.leave()


class _Work:
    """What a worker is made of."""

    def __init__(self, watched: WatchedEstate, desk: Desk, say: Say) -> None:
        estate = watched.now()
        self.post = Post.take(estate.state_dir, estate.operation.site)
        self.engine: DurableEngine = open_engine(estate.main, self.post.worker)
        self.carrier = Carrier(watched.now, desk, JobLauncher(watched.now), say)
        self.house = House(
            watched.now, desk=desk, engine=self.engine, post=self.post, carrier=self.carrier, say=say
        )
        self.over = threading.Event()
        """Set when this worker ends."""
        say(f"worker {self.post.worker}")


def to_standard_error(line: str) -> None:
    """Say one line of operation, with the time."""
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} {line}\n")
    sys.stderr.flush()
