"""Works of one kind, a few at a time."""

import asyncio

import pytest

from drverify.adapters.stored import several
from drverify.errors import SourceError


async def test_results_keep_their_order_and_few_work_at_once():
    now = most = 0

    async def one(number: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.001 * (5 - number))
        now -= 1
        return number

    assert await several([one(number) for number in range(5)], 2) == [0, 1, 2, 3, 4]
    assert most == 2
    assert await several([], 2) == []


async def test_the_first_error_ends_the_others_and_comes_out_as_it_is():
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("waits")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise SourceError("lost")

    async def never() -> None:
        ended.append("never began")

    with pytest.raises(SourceError, match="lost"):
        await several([waits(), fails(), waits(), never()], 2)
    assert set(ended) == {"waits"}


async def test_cancelled_it_cancels_its_works():
    ended: list[bool] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    task = asyncio.create_task(several([waits(), waits(), waits()], 2))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(ended) == 2
