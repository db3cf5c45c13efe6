"""What every SharingHost must do; a host's own tests inherit it and say how a member's guest gets into its place.

`SharingLifeSuite` needs no guest. `SharingHostSuite` asks for two of the lab's tiny guests on one network,
`database` at 10.30.0.10 and `app` at 10.30.0.11.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.ports import Sandbox, SandboxSpec
from drverify.engine.sharing import Neighbour, SharedSpec, SharingHost
from drverify.errors import GuestError, HostError
from drverify.model.drill import IsolationCheck
from drverify.model.playbook import DnsAnswer
from drverify.model.recovery import GuestShape
from tests.conformance.host_suite import PRODUCTION, Give, RecordingScope, http, spec_of, until, up

ADDRESSES = {"database": "10.30.0.10", "app": "10.30.0.11"}
MACS = {"database": "bc:24:11:00:00:10", "app": "bc:24:11:00:00:11"}
NETWORKS = {name: replace(PRODUCTION, address=ADDRESSES[name], mac=MACS[name]) for name in ADDRESSES}
QUICK = timedelta(seconds=20)
ASKED = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 10.30.0.10 80; nslookup db.tiny.example; true"


@dataclass(frozen=True, kw_only=True)
class Party:
    """A group's sandbox: its own ledger, and each member's ledger and place."""

    shared: RecordingScope
    spec: SharedSpec
    members: dict[str, tuple[SandboxSpec, RecordingScope]]

    def left(self) -> list[tuple[str, str]]:
        """Everything that some ledger still has."""
        scopes = (self.shared, *(scope for _, scope in self.members.values()))
        return [one for scope in scopes for one in scope.open]

    async def places(self, host: SharingHost, stack: AsyncExitStack) -> dict[str, Sandbox]:
        """Every member's sandbox in the shared one, each taken back by the stack."""
        common = await stack.enter_async_context(host.shared(self.spec, self.shared))
        return {
            name: await stack.enter_async_context(common.sandbox(spec, scope))
            for name, (spec, scope) in self.members.items()
        }


def party(base: Path, *, memory_mib: int = 192) -> Party:
    """Two members on one network."""
    shared = RecordingScope()
    directory = base / shared.sandbox_id
    directory.mkdir(mode=0o711, parents=True)
    members = {}
    for name, network in NETWORKS.items():
        scope = RecordingScope()
        shape = GuestShape(memory_mib=memory_mib, vcpus=1, networks=(network,))
        members[name] = (replace(spec_of(scope, base, shape), workload=name), scope)
    spec = SharedSpec(
        id=shared.sandbox_id,
        members=tuple(
            Neighbour(workload=name, networks=one.guest.networks, memory_mib=one.guest.memory_mib)
            for name, (one, _) in members.items()
        ),
        dns=(DnsAnswer(name="db.tiny.example", address=ADDRESSES["database"]),),
        directory=directory,
    )
    return Party(shared=shared, spec=spec, members=members)


async def open_ones(sandbox: Sandbox) -> list[IsolationCheck]:
    """What of the sandbox is open."""
    return [check for check in (await sandbox.isolation()).checks if not check.closed]


async def arrived(sandbox: Sandbox) -> None:
    """Wait until tiny is up and its agent answers."""
    await up(sandbox)

    async def answers() -> bool:
        try:
            return await sandbox.guest.ping()
        except GuestError:  # the host did not say in time
            return False

    await until(answers)


class SharingLifeSuite:
    """How a group's sandbox comes and goes. Inherit and define the fixtures `host` and `base`."""

    async def test_a_place_of_each_member_is_closed_and_all_goes_as_one(
        self, host: SharingHost, base: Path
    ) -> None:
        assert isinstance(host, SharingHost)
        one = party(base)
        async with AsyncExitStack() as stack:
            places = await one.places(host, stack)
            assert one.shared.open
            for sandbox in places.values():
                assert await open_ones(sandbox) == []
                assert not (await sandbox.activity()).running
        assert one.left() == []

    async def test_who_is_not_of_the_group_has_no_place(self, host: SharingHost, base: Path) -> None:
        one = party(base)
        spec, scope = one.members["app"]
        async with host.shared(one.spec, one.shared) as common:
            for other in (
                replace(spec, workload="stranger"),
                replace(spec, guest=replace(spec.guest, networks=())),
            ):
                with pytest.raises(HostError, match="no such place"):
                    async with common.sandbox(other, scope):
                        pass
        assert one.left() == []

    async def test_guests_that_fit_alone_and_not_together_are_refused_with_figures(
        self, host: SharingHost, base: Path
    ) -> None:
        one = party(base, memory_mib=32 * 1024 * 1024)
        with pytest.raises(HostError, match=r"67108864 MiB .* \d+ MiB are available"):
            async with host.shared(one.spec, one.shared):
                pass
        assert one.left() == []

    @pytest.mark.parametrize("after", [0.02, 0.2, 0.6])
    async def test_it_is_taken_back_when_cancelled_at_any_time(
        self, host: SharingHost, base: Path, after: float
    ) -> None:
        one = party(base)

        async def live() -> None:
            async with AsyncExitStack() as stack:
                await one.places(host, stack)
                await asyncio.sleep(60)

        task = asyncio.create_task(live())
        await asyncio.sleep(after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert one.left() == []


class SharingHostSuite(SharingLifeSuite):
    """The whole contract: `give` puts a member's guest into its place."""

    async def test_members_reach_each_other_and_nobody_else(
        self, host: SharingHost, base: Path, give: Give
    ) -> None:
        one = party(base)
        async with AsyncExitStack() as stack:
            places = await one.places(host, stack)
            for name, sandbox in places.items():
                await give(sandbox, one.members[name][0])
                assert await open_ones(sandbox) == []
            for sandbox in places.values():
                await sandbox.boot()
            await asyncio.gather(*map(arrived, places.values()))
            asked = await places["app"].guest.run(["/bin/sh", "-c", ASKED], within=QUICK)
            assert b"tiny: ok" in asked.stdout
            assert ADDRESSES["database"].encode() in asked.stdout
            for name, sandbox in places.items():
                assert b"tiny: ok" in await sandbox.vantage.run(lambda name=name: http(ADDRESSES[name]))  # type: ignore[misc]
                assert (await sandbox.activity()).running
            assert [await open_ones(sandbox) for sandbox in places.values()] == [[], []]
            tried = ["/bin/sh", "-c", "nc -w 1 203.0.113.9 80 </dev/null; nslookup lost.tiny.example; true"]
            await places["app"].guest.run(tried, within=QUICK)
            wanted = {name: {one.name for one in await places[name].dependencies()} for name in places}
            assert {"203.0.113.9", "lost.tiny.example"} <= wanted["app"]
            assert "lost.tiny.example" not in wanted["database"]
            counted = {one.name: one.value for one in await places["app"].counters()}
            assert counted["forwarded"] == 0
        assert one.left() == []
