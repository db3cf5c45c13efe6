"""A night's sandbox stands as long as the desk says."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.engine.staying import Standing
from drverify.model.booking import Keeping, Live
from drverify.operation.staying import NightStay
from tests.support.bookings import MIN, NIGHT, booking, lease

STANDING = Standing(workload="a", ways_in=("ip netns exec drv-1 bash\x1b",))


@dataclass
class Bench:
    """A stay whose clock is set by hand."""

    now: datetime = NIGHT

    def __post_init__(self) -> None:
        given = lease(booking("a"), deadline=NIGHT + timedelta(hours=1))
        self.stay = NightStay(given, now=lambda: self.now, pause=timedelta(0))

    def asked(self, span: timedelta) -> None:
        self.stay.told(Keeping(by="ann", at=self.now, span=span))

    @property
    def live(self) -> Live:
        return self.stay.shown(Live(booking=booking("a").id, attempt=1, drill=None, at=self.now, phases=()))

    async def standing(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.stay.over(STANDING))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not task.done()
        return task


def test_it_is_wanted_when_somebody_asked_and_did_not_take_it_back() -> None:
    bench = Bench()
    assert not bench.stay.wanted()
    bench.asked(MIN)
    assert bench.stay.wanted()
    bench.asked(timedelta())
    assert not bench.stay.wanted()
    bench.asked(MIN)
    bench.stay.end()
    assert not bench.stay.wanted()


async def test_it_stands_until_its_time_is_over_and_says_how_to_get_in() -> None:
    bench = Bench()
    bench.asked(MIN)
    assert bench.live.stands_until is None
    bench.now += 5 * MIN
    task = await bench.standing()
    assert bench.live.stands_until == NIGHT + 6 * MIN
    assert bench.live.ways_in == ("ip netns exec drv-1 bash",)
    bench.asked(2 * MIN)
    assert bench.live.stands_until == NIGHT + 7 * MIN
    bench.now += 2 * MIN
    await asyncio.wait_for(task, 5)


async def test_it_goes_when_it_is_released_past_its_deadline_or_has_to_end() -> None:
    for leave in ("released", "deadline", "ended"):
        bench = Bench()
        bench.asked(timedelta(hours=5))
        task = await bench.standing()
        if leave == "released":
            bench.asked(timedelta())
        elif leave == "deadline":
            bench.now += timedelta(hours=1, seconds=1)
        else:
            bench.stay.end()
            assert bench.live.stands_until is None
        await asyncio.wait_for(task, 5)
