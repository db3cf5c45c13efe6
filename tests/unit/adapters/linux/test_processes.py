"""No process is mistaken for another, and only marked ones are ended."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from drverify.adapters.linux.processes import (
    TAG_VARIABLE,
    ProcessReclaimer,
    environment_of,
    from_facts,
    identify,
    lives,
    marked,
    marks,
)
from drverify.errors import TeardownError

TAG = f"drverify:test{os.getpid():08x}"
NAME = "a sleeper"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "300"], env={**os.environ, **marks(TAG, NAME)})
    yield process
    process.kill()
    process.wait()


async def ended(process: subprocess.Popen[bytes]) -> int:
    return await asyncio.wait_for(asyncio.to_thread(process.wait), 20)


def test_an_identity_survives_the_ledger(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert from_facts(identity.facts()) == identity
    assert lives(identity)
    assert from_facts({}) is None
    assert from_facts({"pid": "x", "start_time": "1", "boot_id": "b"}) is None


def test_a_reused_pid_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    assert not lives(replace(identity, start_time=identity.start_time + 1))
    assert not lives(replace(identity, boot_id="another boot"))


def test_a_dead_process_has_no_identity(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert identify(sleeper.pid) is None, "a zombie is none"
    sleeper.wait()
    assert identify(sleeper.pid) is None
    assert environment_of(sleeper.pid) is None


async def test_ours_is_ended(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    await ProcessReclaimer().reclaim(NAME, TAG, identity.facts())
    assert await ended(sleeper) == -15


async def test_one_that_ignores_being_asked_is_killed() -> None:
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"],
        env={**os.environ, **marks(TAG, NAME)},
        stdout=subprocess.PIPE,
    )
    assert stubborn.stdout is not None
    with stubborn.stdout:
        stubborn.stdout.readline()
        identity = identify(stubborn.pid)
        assert identity is not None
        await ProcessReclaimer().reclaim(NAME, TAG, identity.facts())
        assert await ended(stubborn) == -9


async def test_without_a_pid_it_is_found_by_both_marks(sleeper: subprocess.Popen[bytes]) -> None:
    assert [found.pid for found in marked(TAG, NAME)] == [sleeper.pid]
    await ProcessReclaimer().reclaim("another name", TAG, {})
    await ProcessReclaimer().reclaim(NAME, "drverify:other000", {})
    assert sleeper.poll() is None
    await ProcessReclaimer().reclaim(NAME, TAG, {})
    assert await ended(sleeper) == -15


async def test_a_foreign_process_is_not_touched(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    with pytest.raises(TeardownError, match="not touched"):
        await ProcessReclaimer().reclaim(NAME, "drverify:other000", identity.facts())
    assert sleeper.poll() is None


async def test_a_reused_pid_is_not_touched(sleeper: subprocess.Popen[bytes]) -> None:
    identity = identify(sleeper.pid)
    assert identity is not None
    stale = replace(identity, start_time=identity.start_time - 1)
    await ProcessReclaimer().reclaim("an old name", TAG, stale.facts())
    assert sleeper.poll() is None


async def test_absent_is_success() -> None:
    await ProcessReclaimer().reclaim("nothing", "drverify:none0000", {})


def test_one_just_started_carries_its_marks() -> None:
    """Popen returns within the child's execve(2), before its environment can be read."""
    for _ in range(100):
        with subprocess.Popen(["sleep", "300"], env={**os.environ, **marks(TAG, NAME)}) as process:
            environment = environment_of(process.pid)
            process.kill()
        assert environment is not None
        assert environment[TAG_VARIABLE] == TAG
