"""drverify killed or interrupted in every phase: the next reap takes back all of ours, and only ours."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.estates import Seen, drverify, started

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(180),
]

FOREIGN = "drv-foreign"


@pytest.fixture
def foreign() -> Iterator[str]:
    """A namespace named much like ours, which nobody may touch."""
    subprocess.run(["ip", "netns", "add", FOREIGN], check=True)
    yield FOREIGN
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    subprocess.run(["ip", "netns", "del", FOREIGN], check=False)
    assert FOREIGN in listed, "a foreign namespace was removed"


async def until(process: asyncio.subprocess.Process, phase: str) -> None:
    """Read progress until the phase has begun."""
    assert process.stderr is not None
    seen = b""
    async for line in process.stderr:
        seen += line
        if f"] {phase} ...".encode() in line:
            return
    raise AssertionError(f"the drill ended before {phase}: {seen.decode()}")


async def signalled(
    config: Path, phase: str, after: float, *signals: signal.Signals, mode: str = "full"
) -> int:
    process = await started(config, "drill", "run", "tiny", "--mode", mode)
    await until(process, phase)
    await asyncio.sleep(after)
    for number in signals:
        os.kill(process.pid, number)
        await asyncio.sleep(0.3)
    await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode is not None
    return process.returncode


@pytest.mark.parametrize(
    ("phase", "mode", "after"),
    [
        ("provision", "full", 0.1),
        ("restore", "full", 0.1),
        ("boot", "full", 0.4),
        ("restore", "instant", 0.1),
        pytest.param("select", "full", 0.0, marks=pytest.mark.soak),  # nothing is made before its end
        pytest.param("boot", "instant", 0.0, marks=pytest.mark.soak),
        pytest.param("provision", "full", 0.0, marks=pytest.mark.soak),
        pytest.param("restore", "full", 0.0, marks=pytest.mark.soak),
        pytest.param("boot", "full", 0.0, marks=pytest.mark.soak),
        pytest.param("teardown", "full", 0.0, marks=pytest.mark.soak),
        pytest.param("teardown", "full", 0.4, marks=pytest.mark.soak),
        pytest.param("probe", "full", 0.4, marks=pytest.mark.soak),
        pytest.param("boot", "instant", 0.4, marks=pytest.mark.soak),
    ],
)
def test_killed_in_any_phase_everything_of_ours_is_found_and_removed(
    config: Path, foreign: str, seen: Seen, phase: str, mode: str, after: float
) -> None:
    assert asyncio.run(signalled(config, phase, after, signal.SIGKILL, mode=mode)) == -signal.SIGKILL
    reaped = drverify(config, "sandbox", "reap")
    assert reaped.code == 0, reaped.out + reaped.err
    assert seen.ids or phase == "select"
    assert seen.alive() == []
    assert "interrupted" in drverify(config, "drill", "list").out


@pytest.mark.parametrize(
    ("phase", "number"),
    [
        ("boot", signal.SIGTERM),
        pytest.param("restore", signal.SIGINT, marks=pytest.mark.soak),
        pytest.param("restore", signal.SIGTERM, marks=pytest.mark.soak),
        pytest.param("boot", signal.SIGINT, marks=pytest.mark.soak),
    ],
)
def test_interrupted_once_the_drill_takes_everything_back_itself(
    config: Path, seen: Seen, phase: str, number: signal.Signals
) -> None:
    assert asyncio.run(signalled(config, phase, 0.5, number)) == 130
    assert seen.ids
    assert seen.alive() == []
    assert drverify(config, "sandbox", "list").out == "no sandbox exists\n"


def test_interrupted_twice_it_stops_at_once_and_reap_finishes(config: Path, seen: Seen) -> None:
    code = asyncio.run(signalled(config, "boot", 0.5, signal.SIGINT, signal.SIGINT))
    assert code in (13, 130)
    assert drverify(config, "sandbox", "reap").code == 0
    assert seen.ids
    assert seen.alive() == []


def test_the_next_drill_takes_back_what_a_killed_one_left(config: Path, seen: Seen) -> None:
    asyncio.run(signalled(config, "boot", 0.5, signal.SIGKILL))
    assert seen.alive()
    ran = drverify(config, "drill", "run", "tiny", "--json")
    assert ran.code == 11, ran.err
    assert drverify(config, "sandbox", "list").out == "no sandbox exists\n"
