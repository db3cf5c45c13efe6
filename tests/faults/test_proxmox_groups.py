"""A group's sandbox on a Proxmox cluster when something is in the way: who is told, and nothing is left."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux import command, netns
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.errors import HostError
from tests.conformance.host_suite import RecordingScope, spec_of
from tests.conformance.sharing_suite import MACS, open_ones, party
from tests.faults.test_proxmox_killed import ROOT, facts_of, reaped, said
from tests.support.doomed_pve_group import GUESTS, IDS
from tests.support.pve_drills import MAC, OURS, SMALL, TOKEN, USER, Bench, Silent, archived, bench
from tests.support.pve_taking import images_left, opened, raw

pytestmark = pytest.mark.needs_root
STALL = timedelta(seconds=60)


@asynccontextmanager
async def cluster(*, real: bool = False) -> AsyncIterator[Bench]:
    """A cluster with a backup of each member; nothing of ours is left on it."""
    async with bench(real=real) as one:
        name = f"vzdump-qemu-{GUESTS['app']}-2026_10_19-02_00_00.vma.zst"
        config = SMALL.replace(MAC, MACS["app"].upper())
        one.cluster.add_archive("pve1", "local", archived(one.root / name, config), name=name)
        one.cluster.allow(f"/vms/{GUESTS['app']}", (USER, TOKEN), "DrillSource")
        yield one
        assert one.left() == []
        assert [task for task in one.cluster.world.tasks.of() if "status" not in task] == []
        if real:
            assert await one.node.sentinel.leaks(OURS) == ()


async def restored(one: Bench, place: object, name: str) -> ProxmoxSandbox:
    assert isinstance(place, ProxmoxSandbox)
    point = await one.newest(GUESTS[name])
    described = await one.described(point, place._spec.guest.networks)
    await place.restore(point, described, mode="full", stall=STALL, progress=Silent())
    return place


async def test_killed_while_both_stand_everything_of_ours_is_found_and_removed() -> None:
    async with cluster(real=True) as one:
        argv = [
            sys.executable,
            "-m",
            "tests.support.doomed_pve_group",
            str(one.root),
            json.dumps(facts_of(one)),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=environment
        )
        await said(process, "both stand")
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        assert len([left for left in one.left() if left.startswith("process of guest")]) == 2
        with pytest.raises(HostError, match="busy: guest 900"):
            await _alone(one.host(bridges=one.settings().bridges[:1]), one.root / "again")
        found = await reaped(one)
        assert {result.state for result in found} == {"removed"}
        assert len(found) == 3
        assert not netns.exists(f"drv-{IDS['']}")


async def _alone(host: ProxmoxHost, base: Path) -> None:
    scope = RecordingScope()
    async with host.sandbox(spec_of(scope, base), scope):
        pass


async def test_a_second_restore_that_is_refused_is_the_hosts_fault_and_the_first_is_taken_back() -> None:
    async with cluster() as one:
        group = party(one.root / "sandboxes", memory_mib=32)

        async def live() -> None:
            async with AsyncExitStack() as stack:
                places = await group.places(one.host(), stack)
                first = await restored(one, places["database"], "database")
                await first.boot()
                message = {"message": "unheard of"}
                await one.cluster.inject("task-fail", match={"task": "qmrestore"}, parameters=message)
                assert (await first.activity()).running
                await restored(one, places["app"], "app")

        with pytest.raises(HostError, match="unheard of"):
            await live()
        assert group.left() == []
        assert {task["type"] for task in one.cluster.world.tasks.of()} >= {"qmstop", "qmdestroy"}


async def test_the_groups_bridge_is_locked_for_all_of_it_and_free_afterwards() -> None:
    async with cluster() as one:
        group, host = party(one.root / "sandboxes", memory_mib=32), one.host()
        async with AsyncExitStack() as stack:
            await group.places(host, stack)
            with pytest.raises(HostError, match="another drill holds drill0"):
                await _alone(host, one.root / "other")
        await _alone(host, one.root / "later")


async def test_members_that_only_the_agent_asks_reach_each_other_all_the_same() -> None:
    async with cluster() as one:
        group = party(one.root / "sandboxes", memory_mib=32)
        async with AsyncExitStack() as stack:
            places = await group.places(one.host(), stack)
            copies = [(await restored(one, place, name))._copy for name, place in places.items()]
            assert copies[0].vmid != copies[1].vmid
            for copy in copies:
                firewall = (one.cluster.root / "firewall" / f"{copy.vmid}.fw").read_text()
                assert "enable: 1\npolicy_in: ACCEPT\npolicy_out: ACCEPT\n" in firewall
        assert group.left() == []


async def test_a_stranger_on_the_bridge_and_a_broken_tunnel_are_everybodys() -> None:
    async with cluster(real=True) as one:
        group = party(one.root / "sandboxes", memory_mib=32)
        there = ["ip", "netns", "exec", one.node.names.namespace]
        async with AsyncExitStack() as stack:
            places = await group.places(one.host(), stack)
            for words in (
                ["ip", "addr", "add", "10.30.0.12/24", "dev", "drill0"],
                ["sysctl", "-q", "-w", "net.ipv4.conf.drill0.arp_ignore=0"],
            ):
                await command.checked([*there, *words], within=timedelta(seconds=10))
            for place in places.values():
                assert {"drill-bridge-silent", "arp-10.30.0.12"} <= {
                    one.name for one in await open_ones(place)
                }
            await one.node._sshd.stop()
            lost = places["app"]
            assert isinstance(lost, ProxmoxSandbox)
            async with asyncio.timeout(10):
                while not lost._tunnel.lost:  # type: ignore[union-attr]
                    await asyncio.sleep(0.02)
            for place in places.values():
                with pytest.raises(HostError, match="the tunnel to tap0 on drill0"):
                    await place.isolation()
            await one.node._sshd.start(one.node.plan.address, 0)
        assert group.left() == []


async def test_what_members_send_is_counted_together_before_any_of_it_is_sent() -> None:
    """Each alone has room on the storage for imports; both at once have not."""
    async with bench() as one:
        group, host = party(one.root / "sandboxes", memory_mib=32), opened(one, total=20 << 20)
        async with AsyncExitStack() as stack:
            places = await group.places(host, stack)
            disks = {name: raw(one.root / f"{name}.raw", 3 << 20, full=True) for name in places}
            await one.cluster.inject(
                "task-hang", match={"task": "imgcopy"}, parameters={"at": "target file"}, times=1
            )
            both = [
                asyncio.create_task(place.take([disks[name]], stall=STALL, progress=Silent()))  # type: ignore[attr-defined]
                for name, place in places.items()
            ]
            (refused,), (sending,) = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            with pytest.raises(HostError) as caught:
                refused.result()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        assert (
            "the disks of 2 guests want 7 MiB together on storage imports of node pve1, "
            "4 MiB of it this one's; with a margin of 16 MiB 4 MiB are available"
        ) in str(caught.value)
        assert group.left() == []
        assert images_left(one) == []
        assert one.left() == []
