"""The way to a running source: the network that it is reached from, and its agent. It is only asked."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from drverify.adapters.linux import netns
from drverify.adapters.linux.vantage import NamespaceVantage
from drverify.engine.ports import Vantage
from drverify.errors import HostError

T = TypeVar("T")


class Here:
    """The Vantage port on this machine's own network."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work()` on this loop."""
        return await work()


@asynccontextmanager
async def vantage_in(namespace: str) -> AsyncIterator[Vantage]:
    """A place in that network namespace of this machine, or on its own network; left when the context ends.

    HostError when there is no such namespace.
    """
    if not namespace:
        yield Here()
        return
    path = netns.path_of(namespace)
    if not path.exists():
        raise HostError(
            f"there is no network namespace {namespace} on this machine", hint="see `ip netns list`"
        )
    vantage = NamespaceVantage(path)
    await vantage.start()
    try:
        yield vantage
    finally:
        await vantage.stop()
