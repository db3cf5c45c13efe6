import asyncio
import time
from datetime import timedelta

import pytest

from drverify.adapters.probes import matching
from drverify.adapters.probes.matching import answered_within, meets, number, search
from drverify.errors import HarnessError
from drverify.model.playbook import Expectation


@pytest.mark.parametrize(
    ("value", "op", "wanted", "met"),
    [
        ("5", "eq", "5.0", True),
        ("5", "ne", "5.0", False),
        ("10", "ge", "9", True),  # as text "10" < "9"
        ("9", "gt", "9", False),
        ("9", "ge", "9", True),
        ("9", "le", "9", True),
        ("9", "lt", "9", False),
        ("abc", "ge", "1", False),  # text is never greater than a number
        ("1", "ge", "abc", False),
        ("b", "gt", "a", True),
        ("NaN", "ge", "1", False),
        ("Infinity", "ge", "1", False),
        ("1e400", "gt", "1", True),
        ("ok", "eq", "ok", True),
        ("OK", "eq", "ok", False),
        ("ok then", "matches", "^ok", True),
        ("not ok", "matches", "^ok", False),
        (None, "eq", "", False),
        (None, "ne", "x", False),
        (None, "matches", ".*", False),
        ("", "eq", "", True),
        ("٣", "eq", "3", True),
    ],
)
async def test_meets(value: str | None, op: str, wanted: str, met: bool) -> None:
    assert await meets(value, Expectation(op=op, value=wanted)) is met  # type: ignore[arg-type]


async def test_a_pattern_that_explodes_is_ended_and_is_our_fault() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.05)
            ticks += 1

    ticking = asyncio.create_task(tick())
    started = time.process_time()  # what regex measures, too: a busy machine stretches the rest
    with pytest.raises(HarnessError, match="takes more than"):
        await search("(a|aa)+$(?<=x)", "a" * 200_000 + "b")
    ticking.cancel()
    assert time.process_time() - started < 5
    assert ticks > 5, "the loop stood still meanwhile"


async def test_a_pattern_that_explodes_uses_up_no_time_of_the_guest() -> None:
    """Were it otherwise, it would read as a guest that did not answer."""
    with pytest.raises(HarnessError, match="takes more than"):
        async with answered_within(timedelta(seconds=0.3)):
            await search("(a|aa)+$(?<=x)", "a" * 200_000 + "b")


async def test_a_search_that_gets_no_cpu_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_PATIENCE", 0.1)
    with pytest.raises(HarnessError, match="takes more than"):
        async with answered_within(timedelta(seconds=30)):
            await search("(a|aa)+$(?<=x)", "a" * 200_000 + "b")


async def test_the_guests_time_goes_on_after_a_search() -> None:
    async def question() -> None:
        async with answered_within(timedelta(seconds=0.2)):
            assert await search("b", "abc") == "b"
            await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        await question()


async def test_a_search_is_cancelled_with_its_question() -> None:
    async def question() -> None:
        async with answered_within(timedelta(seconds=30)):
            await search("(a|aa)+$(?<=x)", "a" * 200_000 + "b")

    task = asyncio.create_task(question())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_pattern_that_is_none() -> None:
    with pytest.raises(HarnessError, match="not a regular expression"):
        await search("(", "x")


def test_number_is_bounded() -> None:
    assert number("1" * 101) is None
    assert number(" 7 ") == 7
