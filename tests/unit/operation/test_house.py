"""The house's tick over a real desk: who is taken over from, and from whom never too early."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.adapters.desk.opening import desk_for
from drverify.adapters.linux.processes import identify
from drverify.errors import HostError
from drverify.model.booking import Booking, BookingId, BookingState, Lease, Place, Worker, WorkerId
from drverify.model.nights import Load
from drverify.operation import house as module
from drverify.operation.carrier import Carrier
from drverify.operation.crew import Post, machine
from drverify.operation.house import House
from drverify.operation.jobs import Job, JobDirectory
from drverify.operation.launching import JobLauncher, JobProcess
from drverify.settings import NightRoom, Nights, Operation

START = datetime(2025, 11, 23, 22, 5, tzinfo=UTC)
FOREIGN = WorkerId("local/elsewhere/1")


class Clock:
    """Both clocks, moved by hand; stands for `datetime` and `time` of the house."""

    def __init__(self) -> None:
        self.at, self.run = START, 1000.0

    def now(self, _: Any) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.run

    def pass_(self, seconds: float, *, asleep: bool = False) -> None:
        self.at += timedelta(seconds=seconds)
        self.run += 0 if asleep else seconds


class Engine:
    """Remembers what was handed over."""

    def __init__(self) -> None:
        self.given: list[tuple[BookingId, int]] = []

    def submit(self, lease: Lease) -> None:
        self.given.append((lease.booking, lease.attempt))

    def unfinished(self) -> list[tuple[BookingId, int]]:
        return self.given

    def take_over(self, dead: WorkerId) -> int:
        return 0


async def nothing_left() -> tuple[()]:
    return ()


class Scene:
    """One house over a desk in a file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock, self.said, self.engine = clock, list[str](), Engine()
        operation = Operation(silent_after_s=30, at_once=2)
        self.desk = desk_for(operation, path, lambda _: b"")
        nights = Nights(
            zone="UTC", begins="22:00", ends="06:00",
            hosts={"local": NightRoom(at_once=3, memory_mib=1000)},
        )  # fmt: skip
        main = SimpleNamespace(
            settings=SimpleNamespace(nights=nights, hosts={"local": None, "unplanned": None}),
            reap=nothing_left,
        )
        self.estate: Any = SimpleNamespace(
            operation=operation, main=main, state_dir=path, workshops={"acme": main}, paths={}
        )
        self.post = Post.take(path, "local")
        self.carrier = Carrier(
            lambda: self.estate, self.desk, JobLauncher(lambda: self.estate), self.said.append
        )
        engine: Any = self.engine
        self.house = House(
            lambda: self.estate, desk=self.desk, engine=engine, post=self.post, carrier=self.carrier,
            say=self.said.append,
        )  # fmt: skip

    def book(self, number: int = 1) -> BookingId:
        booking = Booking(
            id=BookingId(f"acme/shop{number}/2025-11-23/drill"), site="local", agreement="acme",
            workload=f"shop{number}", kind="drill", evening=date(2025, 11, 23), not_before=START,
            not_after=START + timedelta(hours=7), due=START, priority=10, host="local", load=Load(memory_mib=300), reads=0,
            takes=timedelta(minutes=5), mode="full", point="latest", slot=None, obligations=(), why="",
        )  # fmt: skip
        self.desk.publish([booking])
        return booking.id

    def held_by(self, worker: WorkerId) -> Lease:
        """A lease that somebody else holds, who gave its last sign of life now."""
        name = self.book()
        rooms = {one.host: one for one in module.rooms_of(self.estate.main.settings.nights)}
        (lease,) = self.desk.admit(worker, self.clock.at, rooms, lambda *_: {name: Place(host="local")})
        return lease

    def ticks(self, seconds: int) -> None:
        """Tick every two seconds for so long."""
        for _ in range(seconds // 2):
            self.clock.pass_(2)
            self.house.tick()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    clock = Clock()
    monkeypatch.setattr(module, "datetime", clock)
    monkeypatch.setattr(module, "time", clock)
    made = Scene(tmp_path, clock)
    yield made
    made.desk.close()
    made.post.leave()


def test_as_many_begin_as_this_worker_takes(scene: Scene) -> None:
    for number in range(4):
        scene.book(number)
    scene.house.admits = False
    scene.ticks(4)
    assert scene.engine.given == []
    scene.house.admits = True
    scene.ticks(6)
    assert len(scene.engine.given) == 2  # at_once of the worker; the host would take three


def test_what_the_engine_lost_is_handed_over_again(scene: Scene) -> None:
    name = scene.book()
    scene.ticks(2)
    assert scene.engine.given == [(name, 1)]
    scene.engine.given.clear()
    scene.ticks(2)
    assert scene.engine.given == [(name, 1)]


def test_a_silent_drill_is_taken_over_and_not_before_its_time(scene: Scene) -> None:
    lease = scene.held_by(FOREIGN)
    scene.ticks(30)
    assert scene.desk.leases() == [lease]
    scene.ticks(6)
    (new,) = scene.desk.leases()
    assert (new.worker, new.attempt) == (scene.post.worker, 2)
    assert (lease.booking, 2) in scene.engine.given
    (ended,) = scene.desk.attempts(lease.booking)
    assert (ended.ending.kind, ended.ending.why) == ("lost", "no sign of life for 30 s")


def test_who_gives_signs_of_life_is_left_alone(scene: Scene) -> None:
    lease = scene.held_by(FOREIGN)
    for _ in range(20):
        scene.ticks(6)
        assert scene.desk.renew(lease.booking, 1, scene.clock.at) is not None
    assert [one.attempt for one in scene.desk.leases()] == [1]


@pytest.mark.parametrize("skew", [-3600, 3600])
def test_a_machine_whose_clock_goes_wrong_is_measured_by_ours(scene: Scene, skew: int) -> None:
    lease = scene.held_by(FOREIGN)
    for _ in range(10):
        assert scene.desk.renew(lease.booking, 1, scene.clock.at + timedelta(seconds=skew)) is not None
        scene.ticks(6)
    assert [one.attempt for one in scene.desk.leases()] == [1]
    scene.ticks(32)
    assert [one.attempt for one in scene.desk.leases()] == [2]


@pytest.mark.parametrize("asleep", [True, False])
def test_after_a_gap_nobody_seems_dead_at_once(scene: Scene, asleep: bool) -> None:
    """A machine that was suspended, or hung: everybody gets the time to give a sign of life."""
    lease = scene.held_by(FOREIGN)
    scene.ticks(40)
    (lease,) = scene.desk.leases()
    assert lease.attempt == 2  # this one is of this machine, and has no process yet
    scene.desk.renew(lease.booking, 2, scene.clock.at)
    job = JobDirectory.of(scene.estate.state_dir, lease.booking, 2)
    job.make()
    who = identify(os.getpid())
    assert who is not None
    job.enter(who)
    scene.clock.pass_(3600, asleep=asleep)
    scene.ticks(28)
    assert [one.attempt for one in scene.desk.leases()] == [2]
    scene.ticks(8)
    assert [one.attempt for one in scene.desk.leases()] == [3]


def test_a_lease_of_this_machine_gets_time_to_come_to_a_process(scene: Scene) -> None:
    lease = scene.held_by(WorkerId(f"local/{machine()}/7"))
    scene.ticks(120)
    assert [one.attempt for one in scene.desk.leases()] == [1]
    assert (lease.booking, 1) in scene.engine.given
    scene.ticks(220)
    assert [one.attempt for one in scene.desk.leases()] == [2]


@contextmanager
def frozen(scene: Scene, lease: Lease) -> Iterator[tuple[JobDirectory, subprocess.Popen[bytes]]]:
    """A process of this machine that holds the lock of its attempt, said who it is, and was stopped."""
    found = scene.desk.booking(lease.booking)
    assert found is not None
    job = JobDirectory.of(scene.estate.state_dir, lease.booking, lease.attempt)
    job.make()
    job.intend(Job(booking=found[0], lease=lease, estate="a", settings="b"))
    handle = job.take()
    assert handle is not None
    process = subprocess.Popen(["/bin/sleep", "60"], pass_fds=(handle,), start_new_session=True)
    os.close(handle)
    who = identify(process.pid)
    assert who is not None
    job.enter(who)
    process.send_signal(signal.SIGSTOP)
    try:
        yield job, process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("concluding", [False, True])
def test_a_frozen_process_of_this_machine_is_killed_before_another_begins(
    scene: Scene, concluding: bool
) -> None:
    """It would keep its room, and might sign when it thaws."""
    lease = scene.held_by(WorkerId(f"local/{machine()}/7"))
    met: list[tuple[bool, int]] = []  # the first one is the house looking round when it begins

    async def reap() -> list[Any]:
        met.append((job.alive(), scene.desk.leases()[0].attempt))
        return []

    scene.estate.workshops["acme"] = SimpleNamespace(settings=scene.estate.main.settings, reap=reap)
    with frozen(scene, lease) as (job, process):
        assert not concluding or scene.desk.still_mine(lease.booking, 1)
        scene.ticks(30)
        assert process.poll() is None
        scene.ticks(4)
        assert process.wait(10) == -signal.SIGKILL
    assert met[1:] == [(False, 1)]  # what it left was taken back when it was dead, and before another began
    assert [one.attempt for one in scene.desk.leases()] == [2]
    (ended,) = scene.desk.attempts(lease.booking)
    assert ended.ending.kind == "died"
    assert "no sign of life for 30 s, so it was killed" in ended.ending.why


def test_a_process_that_gives_a_sign_before_it_is_killed_lives(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = scene.held_by(WorkerId(f"local/{machine()}/7"))
    with frozen(scene, lease) as (_, process):
        scene.ticks(30)

        def renewed(*_: object) -> bool:
            return scene.desk.renew(lease.booking, 1, scene.clock.at) is None

        monkeypatch.setattr(scene.house, "_starting", renewed)  # between the look and the kill
        scene.ticks(4)
        assert process.poll() is None
    assert [one.attempt for one in scene.desk.leases()] == [1]


def test_a_process_that_the_kernel_does_not_end_keeps_its_room(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobProcess, "killed", lambda *_: False)
    lease = scene.held_by(WorkerId(f"local/{machine()}/7"))
    with frozen(scene, lease):
        scene.ticks(40)
    assert [one.attempt for one in scene.desk.leases()] == [1]
    assert sum("cannot be ended" in line for line in scene.said) == 1


def unreadable(scene: Scene, name: str) -> JobDirectory:
    job = JobDirectory.of(scene.estate.state_dir, BookingId(name), 1)
    job.make()
    (job.path / "job.json").write_text('{"of": "another version"}')
    return job


def test_one_directory_that_cannot_be_read_keeps_no_other_from_being_looked_at(scene: Scene) -> None:
    odd = [unreadable(scene, f"odd/{number}") for number in range(3)]
    handle = odd[0].take()
    assert handle is not None
    lease = scene.held_by(FOREIGN)
    try:
        with frozen(scene, replace(lease, attempt=9, deadline=START - timedelta(hours=1))) as (_, stray):
            scene.ticks(70)
            assert stray.wait(10) == -signal.SIGKILL
        assert sum("cannot look after" in line for line in scene.said) == 1  # the one that lives, once
        assert [one.attempt for one in scene.desk.leases()] == [2]  # and who is silent was taken over
        os.utime(odd[1].path / "job.json", (0, 0))
        scene.ticks(62)
        assert [one.path.exists() for one in odd] == [True, False, True]
    finally:
        os.close(handle)


def test_what_else_fails_keeps_nobody_from_being_taken_over(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise HostError("the engine is away")

    monkeypatch.setattr(scene.engine, "unfinished", away)
    scene.held_by(WorkerId(f"local/{machine()}/7"))  # handing it over fails in every tick
    scene.clock.pass_(module.STARTING.total_seconds())
    scene.ticks(36)
    assert [one.attempt for one in scene.desk.leases()] == [2]


def test_a_desk_that_was_away_shows_nobody_silent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> Any:
        raise HostError("the desk is away")

    scene.held_by(FOREIGN)
    scene.ticks(28)
    with monkeypatch.context() as once:
        once.setattr(scene.desk, "beat", away)
        scene.ticks(2)
    scene.ticks(26)
    assert [one.attempt for one in scene.desk.leases()] == [1]
    scene.ticks(8)
    assert [one.attempt for one in scene.desk.leases()] == [2]


def test_a_worker_of_this_machine_that_is_gone_is_struck_out_at_once(scene: Scene) -> None:
    gone = Worker(
        id=WorkerId(f"local/{machine()}/9"), site="local", machine=machine(), pid=1, boot="", version="0",
        seen=START,
    )  # fmt: skip
    scene.desk.beat(gone)
    scene.desk.beat(replace(gone, id=FOREIGN, machine="elsewhere"))
    scene.ticks(2)
    assert {one.id for one in scene.desk.workers()} == {scene.post.worker, FOREIGN}


def test_a_number_is_one_living_worker_s(scene: Scene, tmp_path: Path) -> None:
    other = Post.take(tmp_path, "local")
    assert (scene.post.worker, other.worker) == (f"local/{machine()}/1", f"local/{machine()}/2")
    other.leave()
    assert Post.take(tmp_path, "local").worker == f"local/{machine()}/2"


def test_a_night_that_is_over_is_missed_and_said(scene: Scene) -> None:
    name = scene.book()
    scene.house.admits = False
    scene.clock.pass_(8 * 3600)
    scene.house.tick()
    found = scene.desk.booking(name)
    assert found is not None
    assert found[1] is BookingState.MISSED
    assert f"{name}: missed: its night is over" in scene.said


def test_what_outlives_its_deadline_by_far_is_killed(scene: Scene) -> None:
    lease = replace(scene.held_by(FOREIGN), deadline=START)
    found = scene.desk.booking(lease.booking)
    assert found is not None
    job = JobDirectory.of(scene.estate.state_dir, lease.booking, 1)
    job.make()
    job.intend(Job(booking=found[0], lease=lease, estate="a", settings="b"))
    handle = job.take()
    assert handle is not None
    try:
        scene.ticks(4)
        assert not any("killed" in line for line in scene.said)
        scene.clock.pass_(1200)
        scene.house.tick()
        assert f"{lease.booking}: its process did not end by itself; killed" in scene.said
    finally:
        os.close(handle)
