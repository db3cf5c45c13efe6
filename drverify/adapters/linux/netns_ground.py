"""The ground a sandbox stands on: namespace, rules, bridges, taps, DHCP and DNS, as one thing.

Each resource is in the ledger before it exists and struck out after it was seen to be gone.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

from drverify.adapters.linux import command, dhcp_dns, guard, links, netns
from drverify.adapters.linux.processes import ProcessReclaimer, identify, marks
from drverify.adapters.linux.vantage import NamespaceVantage
from drverify.engine.ports import ResourceScope
from drverify.errors import DrverifyError, TeardownError
from drverify.model.drill import UndeclaredDependency
from drverify.model.playbook import DnsAnswer

DNSMASQ = "dnsmasq"
"""Name of the process in the ledger."""


class Ground:
    """A namespace with the production networks in it. `make` once, `take_down` once (or more)."""

    def __init__(
        self, planned: Sequence[links.Segment], answers: Sequence[DnsAnswer], scope: ResourceScope
    ) -> None:
        self.planned = tuple(planned)
        self.namespace = f"drv-{scope.sandbox_id}"
        self.vantage = NamespaceVantage(netns.path_of(self.namespace))
        self._scope = scope
        self._answers = tuple(answers)
        marked = marks(scope.tag, DNSMASQ)
        self._names = dhcp_dns.NameServer(self.planned, self._answers, marked) if self.planned else None

    async def make(self) -> None:
        """Make everything; HostError when something cannot be made (what was made is for `take_down`)."""
        self._scope.opening("netns", self.namespace)
        await netns.create(self.namespace, self._scope.tag)
        await self.vantage.start()
        await self.vantage.run(self._close_off)
        for one in links.one_each_tap(self.planned):
            self._scope.opening("tap", one.tap, netns=self.namespace)
        await links.make(self.namespace, self._scope.tag, self.planned)
        await self.vantage.run(lambda: self._ask_again_after(guard.EMPTY))
        if self._names is not None:
            self._scope.opening("process", DNSMASQ)
            names = self._names
            await self.vantage.run(lambda: names.start(self._began))

    async def _close_off(self) -> None:
        guard.settle()
        await guard.lay(self.planned)

    async def _ask_again_after(self, pause: timedelta) -> None:
        guard.ask_again_after(pause, self.planned)

    def _began(self, pid: int) -> None:
        identity = identify(pid)
        self._scope.opening("process", DNSMASQ, **(identity.facts() if identity else {}))

    async def expect_guest(self) -> None:
        """Be as patient as one is with a guest; from now on one may be there."""
        await self.vantage.run(lambda: self._ask_again_after(guard.INHABITED))

    async def open_taps(self) -> tuple[int, ...]:
        """Open the taps from inside and bring them up: their guest is elsewhere, a tunnel leads to it.

        The caller closes the descriptors. HostError when the kernel refuses; then none is left open.
        """
        held: list[int] = []
        try:
            for one in links.one_each_tap(self.planned):
                held.append(await self.vantage.run(lambda one=one: _opened(one)))  # type: ignore[misc]
                await links.plug_in(self.namespace, one)
        except BaseException:
            for descriptor in held:
                os.close(descriptor)
            raise
        return tuple(held)

    @property
    def own(self) -> tuple[links.Segment, ...]:
        """The segments of the one guest that stands here."""
        return self.planned

    @asynccontextmanager
    async def lent(self, taps: Sequence[links.Segment] | None = None) -> AsyncIterator[None]:
        """Where libvirt can open the taps while the context lasts; back on their bridges afterwards.

        After an error of ours inside, taking them back is tried and fails in silence: the look back tells.
        """
        mine = self.planned if taps is None else tuple(taps)
        await self.expect_guest()
        for one in mine:
            await links.lend(self.namespace, one.tap)
        try:
            yield
        except DrverifyError:
            with suppress(DrverifyError):
                await self._take_in(mine)
            raise
        await self._take_in(mine)

    async def _take_in(self, taps: Sequence[links.Segment]) -> None:
        for one in taps:
            await links.take_in(self.namespace, one)

    @asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """While the context lasts no tap is elsewhere; trivial where only one guest is started."""
        yield

    @property
    def dns_log(self) -> bytes:
        """What dnsmasq said."""
        return self._names.questions.log if self._names else b""

    async def count(self) -> guard.Count:
        """Read the rules' counters."""
        return await self.vantage.run(guard.count)

    async def dependencies(self, askers: Collection[str] | None = None) -> tuple[UndeclaredDependency, ...]:
        """Names asked for and addresses tried that nobody declared, most wanted first.

        Of names only those that `askers` asked for; of addresses it is not counted who tried them.
        """
        wanted = dict(self._names.questions.undeclared_by(askers)) if self._names else {}
        count = await self.count()
        for address, packets in (*count.outside, *count.absent):
            wanted[address] = wanted.get(address, 0) + packets
        order = sorted(wanted.items(), key=lambda item: (-item[1], item[0]))
        return tuple(UndeclaredDependency(name=name, queries=number) for name, number in order)

    async def leave(self) -> None:
        """Let go of a kept sandbox: DHCP and DNS go on by themselves, our loop ends."""
        if self._names is not None:
            names = self._names
            await self.vantage.run(names.stop)
            argv = dhcp_dns.detached(self.planned, self._answers)
            environment = marks(self._scope.tag, DNSMASQ)
            await self.vantage.run(
                lambda: command.checked(argv, within=dhcp_dns.READY, env=environment)  # it forks off
            )
        await self.vantage.stop()

    async def take_down(self) -> None:
        """Remove everything and strike it out. Idempotent; TeardownError names all that would not go."""
        taps = links.one_each_tap(self.planned)
        await run_all((self._end_names, self.vantage.stop, *map(self._tap_remover, taps), self._end))

    async def _end_names(self) -> None:
        if self._names is not None:
            if self._names.running:
                await self.vantage.run(self._names.stop)
            await ProcessReclaimer().reclaim(DNSMASQ, self._scope.tag, {})
            self._scope.closed("process", DNSMASQ)

    def _tap_remover(self, one: links.Segment) -> Callable[[], Awaitable[None]]:
        async def remove() -> None:
            await links.remove_tap(one.tap, self._scope.tag, self.namespace)
            self._scope.closed("tap", one.tap)

        return remove

    async def _end(self) -> None:
        await netns.remove(self.namespace, self._scope.tag)
        self._scope.closed("netns", self.namespace)


async def _opened(one: links.Segment) -> int:
    return links.open_tap(one.tap)


async def run_all(steps: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Do every step, whatever becomes of the others; one TeardownError for all that failed."""
    failures: list[DrverifyError | OSError] = []
    for step in steps:
        try:
            await step()
        except (DrverifyError, OSError, TimeoutError) as error:
            failures.append(error)
    if failures:
        text = "; ".join(str(failure) for failure in failures)
        raise TeardownError(text, hint="run `drverify sandbox reap`") from failures[0]
