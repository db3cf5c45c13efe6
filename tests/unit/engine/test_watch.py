"""When waiting for a guest ends, and by what."""

from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.engine.drills.vigil import Watch
from drverify.engine.ports import Activity
from drverify.model.drill import GaveUp
from drverify.model.playbook import Limits
from tests.support.memory import NOON, SteppingClock

LIMITS = Limits(boot_stall=timedelta(seconds=30), healthy=timedelta(seconds=100))
IDLE = Activity(running=True, console_bytes=10, disk_bytes=20, agent=False)
MOVES = (
    IDLE,
    Activity(running=True, console_bytes=11, disk_bytes=20, agent=False),
    Activity(running=True, console_bytes=10, disk_bytes=21, agent=False),
    Activity(running=True, console_bytes=10, disk_bytes=20, agent=True),
)


def test_a_guest_that_stands_still_has_stalled():
    clock = SteppingClock(NOON)
    watch = Watch(clock, LIMITS)
    assert watch.verdict(IDLE, 0) is None
    clock.advance(timedelta(seconds=29))
    assert watch.verdict(IDLE, 0) is None
    clock.advance(timedelta(seconds=2))
    assert watch.verdict(IDLE, 0).by is GaveUp.STALL


@pytest.mark.parametrize("sign", [*[(move, 0) for move in MOVES[1:]], (IDLE, 1)])
def test_a_guest_that_moves_runs_into_the_limit_for_becoming_healthy_only(sign):
    clock = SteppingClock(NOON)
    watch = Watch(clock, LIMITS)
    endings = []
    for step in range(5):
        endings.append(watch.verdict(*((IDLE, 0) if step % 2 else sign)))
        clock.advance(timedelta(seconds=25))
    assert endings[:4] == [None] * 4
    assert endings[4].by is GaveUp.HEALTHY_LIMIT
    assert endings[4].why == "not healthy within 100 s"


def test_a_guest_that_stops_is_not_waited_for():
    stopped = Activity(running=False, console_bytes=10, disk_bytes=20, agent=False)
    assert Watch(SteppingClock(NOON), LIMITS).verdict(stopped, 0).by is GaveUp.GUEST_STOPPED


@pytest.mark.parametrize(("waits", "shown"), [(None, False), (0.7, False), (1.0, True)])
@pytest.mark.parametrize("moving", [False, True])
def test_a_guest_that_the_host_does_not_let_run_is_told_apart(waits, shown, moving):
    clock = SteppingClock(NOON)
    watch = Watch(clock, LIMITS)
    ending, at = None, 0
    while ending is None:
        starved = None if waits is None else timedelta(seconds=at * waits)
        console = at if moving else 0
        ending = watch.verdict(replace(IDLE, starved=starved, console_bytes=console), 0)
        at += 5
        clock.advance(timedelta(seconds=5))
    assert ending.by is (GaveUp.HEALTHY_LIMIT if moving else GaveUp.STALL)
    assert bool(ending.starved) is shown
    if shown:
        assert "the restore host had no processor for the guest for" in ending.starved
