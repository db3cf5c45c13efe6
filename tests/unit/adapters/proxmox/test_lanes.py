"""Threads for blocking calls."""

import asyncio
import gc
import threading
import time

import pytest

from drverify.adapters.proxmox.lanes import Lanes


def alive() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("pve-")}


def gone(name: str) -> bool:
    until = time.monotonic() + 5
    while name in alive() and time.monotonic() < until:
        time.sleep(0.005)
    return name not in alive()


async def test_results_and_errors_come_back() -> None:
    lanes = Lanes()
    assert await lanes.call("one", "quick", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await lanes.call("one", "quick", lambda: 1 / 0)
    assert await lanes.call("one", "quick", threading.current_thread) is not threading.main_thread()
    lanes.close()
    with pytest.raises(RuntimeError, match="closed"):
        await lanes.call("one", "quick", lambda: 7)
    assert gone("pve-one-quick")


async def test_a_stuck_storage_does_not_keep_others_waiting() -> None:
    lanes, stuck = Lanes(), threading.Event()
    waiting = asyncio.create_task(lanes.call("two", "storage", stuck.wait))
    await asyncio.sleep(0)
    assert await lanes.call("two", "quick", lambda: 1) == 1
    assert await lanes.call("three", "storage", lambda: 2) == 2
    assert not waiting.done()
    stuck.set()
    assert await waiting
    lanes.close()


def test_the_threads_of_a_client_that_nobody_closed_end_with_it() -> None:
    lanes = Lanes()
    asyncio.run(lanes.call("four", "quick", lambda: 1))
    assert "pve-four-quick" in alive()
    del lanes
    gc.collect()
    assert gone("pve-four-quick")
