"""Namespaces and the loop that lives in one, on the real kernel."""

import asyncio
import contextvars
import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux import command, links, netns
from drverify.adapters.linux.canary import Canary
from drverify.adapters.linux.guard_preflight import inspect
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.reclaim import RECLAIMERS
from drverify.adapters.linux.vantage import NamespaceVantage
from drverify.errors import HostError, IsolationError, TeardownError
from drverify.model.playbook import DnsAnswer
from tests.conformance.host_suite import PRODUCTION, RecordingScope

pytestmark = pytest.mark.needs_root
WORD = contextvars.ContextVar("WORD", default="none")


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    scope = RecordingScope()
    answers = (DnsAnswer(name="db.example", address="10.30.0.20"),)
    made = Ground(links.segments(scope.sandbox_id, (PRODUCTION,)), answers, scope)
    try:
        await made.make()
        yield made
    finally:
        await made.take_down()
        assert scope.open == {}


@pytest.fixture
def vantage(ground: Ground) -> NamespaceVantage:
    return ground.vantage


async def here() -> int:
    return netns.inode_of(Path("/proc/thread-self/ns/net"))


async def test_threads_and_programs_started_inside_are_inside(ground: Ground, vantage: NamespaceVantage):
    async def look() -> tuple[int, int, bytes]:
        thread = await asyncio.to_thread(lambda: netns.inode_of(Path("/proc/thread-self/ns/net")))
        program = await command.run(["readlink", "/proc/self/ns/net"], within=timedelta(seconds=5))
        return await here(), thread, program.stdout

    wanted = netns.inode_of(netns.path_of(ground.namespace))
    assert wanted != await here()
    assert await vantage.run(look) == (wanted, wanted, f"net:[{wanted}]\n".encode())


async def test_cancelling_the_caller_ends_the_work_first(vantage: NamespaceVantage):
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            seen.append("ended")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await vantage.run(work)
    assert seen == ["ended"]


async def test_work_that_is_cancelled_inside_is_cancellation_outside(vantage: NamespaceVantage):
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await vantage.run(work)


async def test_results_errors_and_context_come_across(vantage: NamespaceVantage):
    WORD.set("outside")

    async def word() -> str:
        return WORD.get()

    async def fail() -> None:
        raise KeyError("inside")

    assert await vantage.run(word) == "outside"
    with pytest.raises(KeyError, match="inside"):
        await vantage.run(fail)
    assert await asyncio.gather(*(vantage.run(word) for _ in range(20))) == ["outside"] * 20


async def test_a_stopped_vantage_says_so_and_its_thread_is_gone(ground: Ground):
    vantage = NamespaceVantage(netns.path_of(ground.namespace))
    await vantage.start()
    await vantage.stop()
    await vantage.stop()
    with pytest.raises(HostError):
        await vantage.run(here)


async def test_the_hosts_own_namespace_is_no_vantage(tmp_path: Path):
    vantage = NamespaceVantage(Path("/proc/self/ns/net"))
    with pytest.raises(IsolationError):
        await vantage.start()


async def test_an_uplink_that_somebody_adds_is_seen(ground: Ground):
    assert all(check.closed for check in await inspect(ground))
    name = f"dvt{secrets.token_hex(3)}"
    peer = ["ip", "link", "add", name, "type", "veth", "peer", "name", "up0", "netns", ground.namespace]
    subprocess.run(peer, check=True)
    try:
        subprocess.run(["ip", "-n", ground.namespace, "link", "set", "up0", "master", "br0"], check=True)
        found = {check.name for check in await inspect(ground) if not check.closed}
        assert found == {"interfaces", "bridge-ports"}
    finally:
        subprocess.run(["ip", "link", "delete", name], check=True)


async def test_an_answer_from_a_stranger_is_a_leak(ground: Ground):
    """A second machine on the bridge, as a forgotten uplink would show it: the canary must scream."""
    stranger = f"dvt-{secrets.token_hex(3)}"
    subprocess.run(["ip", "netns", "add", stranger], check=True)
    try:
        script = f"link add up0 type veth peer name eth0 netns {stranger}\nlink set up0 master br0 up\n"
        subprocess.run(["ip", "-n", ground.namespace, "-batch", "-"], input=script, text=True, check=True)
        script = "addr add 10.30.0.11/24 dev eth0\naddr add 169.254.169.254/32 dev eth0\nlink set eth0 up\n"
        subprocess.run(["ip", "-n", stranger, "-batch", "-"], input=script, text=True, check=True)
        await asyncio.sleep(2.5)  # until duplicate address detection lets IPv6 speak
        canary = Canary(ground.planned, lambda: ground.dns_log)
        leaks = {check.name for check in await canary.tries(ground.vantage) if not check.closed}
        assert {"arp-10.30.0.11", "force-cloud-metadata-br0", "ipv6-everybody-br0"} <= leaks
    finally:
        subprocess.run(["ip", "netns", "delete", stranger], check=True)


async def test_a_namespace_of_that_name_without_our_mark_stays(ground: Ground):
    with pytest.raises(TeardownError, match="not ours"):
        await RECLAIMERS["netns"].reclaim(ground.namespace, "drverify:ffffffff", {})
    with pytest.raises(TeardownError):
        await RECLAIMERS["tap"].reclaim(
            ground.planned[0].tap, "drverify:ffffffff", {"netns": ground.namespace}
        )
    assert netns.is_mounted(ground.namespace)


async def test_an_unfinished_namespace_is_removed_too():
    """Killed between making the file and mounting the namespace on it: only the file is there."""
    name = f"drv-{secrets.token_hex(4)}"
    netns.path_of(name).touch()
    await netns.remove(name, "drverify:0badcafe")
    assert not os.path.lexists(netns.path_of(name))
