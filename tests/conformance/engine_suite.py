"""What every durable engine must do, whatever it keeps its state in.

Inherit `EngineSuite`, give the fixture `store`, and name the class `Test...`. The first worker of each test is a
process of its own, so that it can be killed; the second is this one.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drverify.adapters.durable.engine import DbosEngine, attempt_of, workflow_id
from drverify.engine.nightly.ports import LeftRunning
from drverify.model.booking import BookingId, WorkerId
from tests.support.bookings import W1, W2, booking, lease
from tests.support.engine_worker import begun, engine

Key = tuple[BookingId, int]


def key(name: str, attempt: int = 1) -> Key:
    return booking(name).id, attempt


def until(true: Callable[[], object], within: float = 30) -> None:
    last = time.monotonic() + within
    while not true():
        assert time.monotonic() < last, "it did not come to that"
        time.sleep(0.05)


@dataclass(kw_only=True)
class Kept:
    """Where an engine keeps its state, and how that is lost."""

    directory: Path
    url: str
    site: str
    lose: Callable[[], None]
    engines: list[DbosEngine] = field(default_factory=list)

    def engine(self, worker: WorkerId) -> DbosEngine:
        self.engines.append(engine(self.directory, self.url, self.site, worker))
        return self.engines[-1]

    @contextmanager
    def process(self, worker: WorkerId) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that can be killed."""
        words = ["-m", "tests.support.engine_worker", str(self.directory), self.url, self.site, worker]
        with subprocess.Popen([sys.executable, *words], cwd=Path(__file__).parents[2]) as running:
            try:
                yield running
            finally:
                running.kill()

    def begun(self, worker: WorkerId) -> list[Key]:
        return [attempt_of(name) for name in begun(self.directory, worker)]

    def go(self) -> None:
        (self.directory / "go").touch()


@contextmanager
def running(one: DbosEngine, carry_out: Callable[[BookingId, int], None]) -> Iterator[None]:
    """Work in this process."""
    over, failed = threading.Event(), list[BaseException]()

    def work() -> None:
        try:
            one.run(carry_out, over.is_set)
        except BaseException as error:  # noqa: BLE001 - looked at below
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert failed == []


class EngineSuite:
    @pytest.fixture
    def kept(self, store: Kept) -> Iterator[Kept]:
        yield store
        for one in store.engines:
            one.close()

    def test_what_is_handed_over_is_carried_out_once_and_known_until_then(self, kept: Kept) -> None:
        one, carried, go = kept.engine(W2), list[Key](), threading.Event()

        def carry_out(name: BookingId, attempt: int) -> None:
            carried.append((name, attempt))
            assert go.wait(30)

        assert one.unfinished() == []
        for _ in range(2):
            for name in "ab":
                one.submit(lease(booking(name)))
        one.submit(lease(booking("a"), 2))
        open_ = {key("a"), key("b"), key("a", 2)}
        assert set(one.unfinished()) == open_
        with running(one, carry_out):
            until(lambda: len(carried) == 3)
            assert set(one.unfinished()) == open_
            go.set()
            until(lambda: not one.unfinished())
            assert sorted(carried) == sorted(open_)
            one.submit(lease(booking("a")))  # came to an end here, while its lease is open
            until(lambda: carried.count(key("a")) == 2)
            until(lambda: not one.unfinished())

    def test_a_failure_ends_it_and_what_is_left_running_goes_on(self, kept: Kept) -> None:
        one, carried = kept.engine(W2), list[Key]()

        def carry_out(name: BookingId, attempt: int) -> None:
            carried.append((name, attempt))
            if "fails" in name:
                raise RuntimeError("carrying out failed")
            raise LeftRunning

        one.submit(lease(booking("fails")))
        one.submit(lease(booking("stays")))
        with running(one, carry_out):
            until(lambda: len(carried) == 2 and key("fails") not in one.unfinished())
        assert one.unfinished() == [key("stays")]
        again = list[Key]()
        with running(one, lambda name, attempt: again.append((name, attempt))):
            until(lambda: again == [key("stays")])  # the same worker takes up what it left
            until(lambda: not one.unfinished())

    def test_a_dead_workers_attempts_wait_until_they_are_taken_over(self, kept: Kept) -> None:
        one = kept.engine(W2)
        with kept.process(W1) as first:
            one.submit(lease(booking("a")))
            until(lambda: kept.begun(W1) == [key("a")])
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        carried = list[Key]()
        with running(one, lambda name, attempt: carried.append((name, attempt))):
            one.submit(lease(booking("a")))
            time.sleep(1)
            assert carried == []
            assert one.take_over(W1) == 1
            until(lambda: carried == [key("a")])
            until(lambda: not one.unfinished())
            assert one.take_over(W1) == 0

    def test_a_killed_worker_that_comes_back_takes_up_what_it_left(self, kept: Kept) -> None:
        one = kept.engine(W2)
        with kept.process(W1) as first:
            one.submit(lease(booking("a")))
            until(lambda: kept.begun(W1) == [key("a")])
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        with kept.process(W1):
            until(lambda: kept.begun(W1) == [key("a")] * 2)
            kept.go()
            until(lambda: not one.unfinished())

    def test_its_state_is_lost_while_it_works(self, kept: Kept) -> None:
        one, carried = kept.engine(W2), list[Key]()
        at_once, most, turn, go = 0, 0, threading.Lock(), threading.Event()

        def carry_out(name: BookingId, attempt: int) -> None:
            nonlocal at_once, most
            with turn:
                at_once += 1
                most = max(most, at_once)
                carried.append((name, attempt))
            go.wait(30)
            with turn:
                at_once -= 1

        with running(one, carry_out):
            one.submit(lease(booking("a")))
            until(lambda: carried == [key("a")])
            kept.lose()
            assert one.unfinished() == []
            one.submit(lease(booking("a")))  # as the house's tick does
            one.submit(lease(booking("b")))
            until(lambda: key("b") in carried)
            assert carried.count(key("a")) == 1  # never twice at once in a process
            go.set()
            until(lambda: not one.unfinished())
        assert most == 2

    def test_another_sites_attempts_are_never_carried_out_here(self, kept: Kept) -> None:
        one, stranger = kept.engine(W2), kept.engine(WorkerId("ber1/three/1"))
        stranger._queue = "drills-ber1"  # in the same store, which no site is given
        stranger.submit(lease(booking("theirs")))
        one.submit(lease(booking("ours")))
        carried = list[Key]()
        with running(one, lambda name, attempt: carried.append((name, attempt))), suppress(AssertionError):
            until(lambda: len(carried) > 1, within=3)
        assert carried == [key("ours")]


def test_the_name_of_an_attempt() -> None:
    assert attempt_of(workflow_id(BookingId("a#1/b"), 12)) == ("a#1/b", 12)
