"""One guest's part of a ground that several stand on: its own segments, everybody's namespace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from drverify.adapters.linux import guard, links
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.vantage import NamespaceVantage
from drverify.model.drill import UndeclaredDependency


class Plot:
    """What a sandbox needs of a ground that is not its own; the ground is made and taken down by others."""

    def __init__(self, ground: Ground, own: tuple[links.Segment, ...], moving: asyncio.Lock) -> None:
        """`moving` is held, by whichever guest of the ground, while a tap is not in the namespace."""
        self._ground = ground
        self._moving = moving
        self.own = own
        self.planned = ground.planned
        self.namespace = ground.namespace
        self.vantage: NamespaceVantage = ground.vantage

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """As `Ground.lent`, of this guest's taps alone."""
        async with self._moving, self._ground.lent(self.own):
            yield

    async def expect_guest(self) -> None:
        """As `Ground.expect_guest`: from now on some guest may be there."""
        await self._ground.expect_guest()

    async def open_taps(self) -> tuple[int, ...]:
        """None: what leads to guests elsewhere leads to all of them, and is the ground's own."""
        return ()

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """While the context lasts no tap of the ground is elsewhere."""
        async with self._moving:
            yield

    @property
    def dns_log(self) -> bytes:
        """What dnsmasq said, of everybody's questions."""
        return self._ground.dns_log

    async def count(self) -> guard.Count:
        """Read the counters of the whole ground."""
        return await self._ground.count()

    async def dependencies(self) -> tuple[UndeclaredDependency, ...]:
        """Names that this guest asked for, and addresses that anybody on the ground tried."""
        return await self._ground.dependencies({str(one.guest) for one in self.own})

    async def make(self) -> None:
        """Nothing: the ground stands already."""

    async def leave(self) -> None:
        """Nothing: the ground is not this guest's."""

    async def take_down(self) -> None:
        """Nothing: the ground is taken down when the last guest has gone."""
