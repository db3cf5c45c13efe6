"""A sandbox that stands at the terminal: until its time is over, until Enter, or until somebody ends it."""

import asyncio
import io
import os
import pty
import select
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest

from drverify.cli.staying import UNTIL_REAPED, TerminalStay, span_of
from drverify.engine.staying import Standing
from drverify.errors import InputError
from tests.support.memory import Silent

HOURS = timedelta(hours=2)
SHOP = Standing(workload="shop", ways_in=("ip netns exec drv-1 bash", "tail -F /var/log/console"))
DATABASE = Standing(workload="database", ways_in=("ip netns exec drv-2 bash",))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal as standard input; gives the end at which a person would sit."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard input from a file, which says nothing of whether somebody is there."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))


async def standing(stay: TerminalStay, *what: Standing) -> list[asyncio.Task[None]]:
    """All of them stand, and wait."""
    tasks = [asyncio.create_task(stay.over(one)) for one in what]
    for _ in range(50):  # turns of the loop: whatever can be read by then was read
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)
    return tasks


def watched() -> bool:
    """Whether anybody still reads what is typed."""
    return asyncio.get_running_loop().remove_reader(sys.stdin.fileno())


async def test_enter_takes_it_back_and_how_to_get_in_is_said_before(terminal: int) -> None:
    told = Silent()
    stay = TerminalStay(HOURS, told)
    assert stay.wanted()
    (task,) = await standing(stay, SHOP)
    assert told.notes == [
        "get in: ip netns exec drv-1 bash",
        "get in: tail -F /var/log/console",
        "it stands for 2 h; press Enter to take it back now",
    ]
    os.write(terminal, b"\n")
    await asyncio.wait_for(task, 5)
    assert not watched()


async def test_the_members_of_a_group_stand_and_go_together(terminal: int) -> None:
    told = Silent()
    tasks = await standing(TerminalStay(HOURS, told), SHOP, DATABASE)
    assert [line for line in told.notes if line.startswith("get in")] == [
        f"get in: {line}" for line in (*SHOP.ways_in, *DATABASE.ways_in)
    ]
    assert sum("press Enter" in line for line in told.notes) == 1
    os.write(terminal, b"\n")
    await asyncio.wait_for(asyncio.gather(*tasks), 5)


async def test_what_is_typed_before_it_stands_does_not_take_it_back(terminal: int) -> None:
    """Enter while the drill runs, to part its lines on the screen, is no answer to what is asked later."""
    os.write(terminal, b"\n\n")
    select.select([sys.stdin], [], [], 5)
    (task,) = await standing(TerminalStay(HOURS, Silent()), SHOP)
    os.write(terminal, b"\n")
    await asyncio.wait_for(task, 5)


async def test_the_end_of_input_takes_it_back(terminal: int) -> None:
    (task,) = await standing(TerminalStay(HOURS, Silent()), SHOP)
    os.write(terminal, b"\x04")
    await asyncio.wait_for(task, 5)


async def test_its_time_is_over_by_itself(terminal: int) -> None:
    stay = TerminalStay(timedelta(milliseconds=20), Silent())
    await asyncio.wait_for(stay.over(SHOP), 5)
    assert not watched()


async def test_interrupted_it_goes_at_once_and_so_do_the_others(terminal: int) -> None:
    one, other = await standing(TerminalStay(HOURS, Silent()), SHOP, DATABASE)
    one.cancel()
    done = await asyncio.wait_for(asyncio.gather(one, other, return_exceptions=True), 5)
    assert [type(error) for error in done] == [asyncio.CancelledError] * 2
    assert not watched()


@pytest.mark.usefixtures("nobody")
async def test_without_a_terminal_nobody_is_asked_and_its_time_counts() -> None:
    told = Silent()
    stay = TerminalStay(HOURS, told)
    (task,) = await standing(stay, SHOP)
    assert told.notes[-1] == "it stands for 2 h"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.wait_for(TerminalStay(timedelta(milliseconds=20), told).over(SHOP), 5)


def test_for_how_long_is_asked_with_keep() -> None:
    assert span_of("30m") == timedelta(minutes=30)
    assert span_of("") is span_of(UNTIL_REAPED) is None
    for wrong in ("soon", "1s", "400h"):
        with pytest.raises(InputError, match="--keep"):
            span_of(wrong)
