"""Carrying an attempt to its end: whose it is, what cannot be started, who has died, who only goes away."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux.processes import identify
from drverify.engine.nightly.ports import LeftRunning
from drverify.model.booking import BookingState, Ending, Lease, WorkerId
from drverify.operation import carrier as module
from drverify.operation.crew import machine
from drverify.operation.jobs import Job, JobDirectory
from tests.unit.operation.test_house import FOREIGN, START, Clock, Scene

HERE = WorkerId(f"local/{machine()}/1")


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(module, "LOOK", timedelta(seconds=0.01))
    monkeypatch.setattr(module, "LEASE_LOOK", timedelta(seconds=0.02))
    made = Scene(tmp_path, Clock())
    yield made
    made.desk.close()
    made.post.leave()


def begun(scene: Scene, lease: Lease) -> JobDirectory:
    """The directory of an attempt whose process said who it is, as this one does."""
    found = scene.desk.booking(lease.booking)
    who = identify(os.getpid())
    assert found is not None
    assert who is not None
    job = JobDirectory.of(scene.estate.state_dir, lease.booking, lease.attempt)
    job.make()
    job.intend(Job(booking=found[0], lease=lease, estate="a", settings="b"))
    job.enter(who)
    return job


def test_another_machine_s_attempt_is_left_to_it(scene: Scene) -> None:
    lease = scene.held_by(FOREIGN)
    scene.carrier(lease.booking, 1)
    assert scene.desk.leases() == [lease]
    assert not (scene.estate.state_dir / "jobs").exists()


def test_an_attempt_that_is_over_is_nobody_s(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    scene.carrier(lease.booking, 7)
    assert scene.desk.leases() == [lease]


def test_what_cannot_be_started_has_failed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNABLE", timedelta())
    lease = scene.held_by(HERE)
    scene.carrier(lease.booking, 1)
    (attempt,) = scene.desk.attempts(lease.booking)
    assert attempt.ending.kind == "failed"
    assert "nothing here knows the agreement acme" in attempt.ending.why
    found = scene.desk.booking(lease.booking)
    assert found is not None
    assert found[1] is BookingState.WANTED


def test_who_died_without_a_word_has_died(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    begun(scene, lease)  # and its lock is free
    scene.carrier(lease.booking, 1)
    (attempt,) = scene.desk.attempts(lease.booking)
    assert attempt.ending.kind == "died"


def test_its_own_word_counts(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    ending = Ending(kind="concluded", at=datetime.now(UTC), why="1 MET")
    begun(scene, lease).conclude(ending)
    scene.carrier(lease.booking, 1)
    assert [one.ending for one in scene.desk.attempts(lease.booking)] == [ending]


def test_a_worker_that_leaves_leaves_it_running(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    handle = begun(scene, lease).take()
    assert handle is not None
    try:
        threading.Timer(0.2, scene.carrier.leave).start()
        with pytest.raises(LeftRunning):
            scene.carrier(lease.booking, 1)
    finally:
        os.close(handle)
    assert scene.carrier.busy == 0
    assert scene.desk.leases() == [lease]


def test_nobody_waits_for_an_attempt_whose_lease_is_another_s(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    handle = begun(scene, lease).take()
    assert handle is not None
    ending = Ending(kind="lost", at=START, why="")
    taken = threading.Timer(
        0.2, lambda: scene.desk.take_over(lease, ending, START, lambda *_: BookingState.WANTED)
    )
    taken.start()
    try:
        scene.carrier(lease.booking, 1)
    finally:
        taken.join()
        os.close(handle)
    assert scene.desk.leases() == []


def test_a_process_that_is_starting_gets_signs_of_life(scene: Scene) -> None:
    lease = scene.held_by(HERE)
    job = begun(scene, lease)
    (job.path / "process.json").unlink()  # not yet said who it is
    handle = job.take()
    assert handle is not None
    try:
        threading.Timer(1.5, scene.carrier.leave).start()
        with pytest.raises(LeftRunning):
            scene.carrier(lease.booking, 1)
    finally:
        os.close(handle)
    (seen,) = scene.desk.leases()
    assert seen == replace(lease, seen=seen.seen)
    assert seen.seen > lease.seen
