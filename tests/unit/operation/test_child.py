"""The process of an attempt, before it has touched anything."""

import os
from pathlib import Path

from drverify.errors import Exit
from drverify.operation.child import main
from drverify.operation.jobs import Job, JobDirectory
from tests.unit.operation.test_jobs import BOOKING, LEASE


def job(tmp_path: Path) -> JobDirectory:
    made = JobDirectory.of(tmp_path, BOOKING.id, 2)
    made.make()
    nowhere = str(tmp_path / "nowhere.toml")
    made.intend(Job(booking=BOOKING, lease=LEASE, estate=nowhere, settings=nowhere))
    return made


def test_settings_that_are_wrong_now_are_its_last_word(tmp_path: Path) -> None:
    made = job(tmp_path)
    handle = made.take()
    assert handle is not None
    assert main([str(made.path), str(handle)]) == Exit.WRONG_INPUT
    ended = made.ended()
    assert ended is not None
    assert ended.kind == "failed"
    assert "there is no settings file" in ended.why
    assert main([str(made.path), str(handle)]) == Exit.UNPROVEN  # it had its chance
    os.close(handle)


def test_somebody_else_s_lock_ends_it(tmp_path: Path) -> None:
    made = job(tmp_path)
    held = made.take()
    assert held is not None
    other = os.open(made.path / "lock", os.O_RDWR)
    assert main([str(made.path), str(other)]) == Exit.UNPROVEN
    assert made.ended() is None
    os.close(other)
    os.close(held)
