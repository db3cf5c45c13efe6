"""The tunnel into a node's drill bridge, through a real sshd: what comes through, who is heard, what breaks."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux import command, netns
from drverify.adapters.linux.canary import Canary
from drverify.adapters.linux.guard_preflight import inspect
from drverify.adapters.linux.links import segments
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.vantage import NamespaceVantage
from drverify.adapters.proxmox.tunnel import Door, Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.errors import HostError, InputError
from drverify.model.recovery import Network
from lab.pve.muscle.node import Node
from lab.pve.seam import Bridge, NodePlan
from tests.conformance.host_suite import RecordingScope
from tests.support.guests import traversable

pytestmark = pytest.mark.needs_root
MAC = "bc:24:11:00:00:10"
NETWORK = Network(
    name="production",
    subnet="10.44.0.0/24",
    gateway="10.44.0.1",
    dns="10.44.0.2",
    address="10.44.0.10",
    mac=MAC,
)
QUICK = timedelta(seconds=10)


async def ip(*arguments: str) -> None:
    await command.checked(["ip", *arguments], within=QUICK)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    with traversable() as folder:
        plan = NodePlan(
            name="pve1",
            cluster=f"t{secrets.token_hex(3)}",
            address="127.0.0.1",
            root=folder / "node",
            bridges=(Bridge(name="drill0", taps=("tap0",)),),
        )
        made = Node(plan)
        try:
            await made.begin()
            yield made
        finally:
            await made.end()


@dataclass
class Machine:
    """A namespace with one card on the node's drill bridge."""

    name: str
    vantage: NamespaceVantage

    async def up(self) -> None:
        await ip("-n", self.name, "link", "set", "eth0", "up")


@asynccontextmanager
async def machine(node: Node, address: str, mac: str) -> AsyncIterator[Machine]:
    name, tag = f"drt-{secrets.token_hex(4)}", "drverify-test"
    there = node.names.namespace
    await netns.create(name, tag)
    vantage = NamespaceVantage(netns.path_of(name))
    try:
        port = f"p{secrets.token_hex(3)}"
        await ip("-n", there, "link", "add", port, "type", "veth", "peer", "eth0", "netns", name)
        await ip("-n", there, "link", "set", port, "master", "drill0", "up")
        await ip("-n", name, "link", "set", "eth0", "address", mac, "addrgenmode", "none")
        await ip("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
        await vantage.start()
        yield Machine(name=name, vantage=vantage)
    finally:
        await vantage.stop()
        await netns.remove(name, tag)


def door(node: Node) -> Door:
    (vantage,) = node.vantages()
    at = node.ssh()
    assert at is not None
    return Door(
        bridge=vantage.bridge,
        unit=vantage.unit,
        address=at[0],
        port=at[1],
        user=vantage.user,
        key=vantage.key.read_bytes(),
        host_key=vantage.host_key.read_text().strip(),
    )


@dataclass
class Standing:
    ground: Ground
    tunnel: Tunnel
    watch: FrameWatch


@asynccontextmanager
async def tunnelled(*doors: Door) -> AsyncIterator[Standing]:
    scope = RecordingScope()
    ground = Ground(segments(scope.sandbox_id, [NETWORK]), (), scope)
    watch = FrameWatch()
    tunnel = Tunnel(doors, watch)
    try:
        await ground.make()
        await tunnel.open(await ground.open_taps())
        yield Standing(ground=ground, tunnel=tunnel, watch=watch)
    finally:
        await tunnel.close()
        await ground.take_down()
        assert scope.open == {}


async def fetch(address: str, size: int) -> bytes:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(address, 80)
        writer.write(size.to_bytes(4, "big"))
        answer = await reader.readexactly(size)
        writer.close()
        return answer


@asynccontextmanager
async def serving(where: Machine) -> AsyncIterator[None]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * int.from_bytes(await reader.readexactly(4), "big"))
        await writer.drain()
        writer.close()

    server = await where.vantage.run(lambda: asyncio.start_server(serve, "0.0.0.0", 80))

    async def close() -> None:
        server.close()

    try:
        yield
    finally:
        await where.vantage.run(close)


async def test_a_guest_on_the_node_is_in_the_sandbox(node: Node):
    async with tunnelled(door(node)) as standing, machine(node, "10.44.0.10", MAC) as guest, serving(guest):
        await standing.ground.expect_guest()
        standing.watch.expect([MAC])
        await guest.up()
        await ip(
            "-n", guest.name, "addr", "add", "10.44.0.11/24", "dev", "eth0"
        )  # the guest may call itself so
        assert await standing.ground.vantage.run(lambda: fetch("10.44.0.10", 300_000)) == b"x" * 300_000
        gateway = await guest.vantage.run(
            lambda: command.run(["ping", "-c", "1", "-W", "2", "10.44.0.1"], within=QUICK)
        )
        assert gateway.exit_code == 0, gateway
        checks = [
            *await inspect(standing.ground),
            *await Canary(
                standing.ground.planned, lambda: standing.ground.dns_log, admits=standing.watch.admits
            ).tries(standing.ground.vantage),
            *standing.watch.checks(),
        ]
        assert [check for check in checks if not check.closed] == []
        assert any("answered by the guest itself" in check.detail for check in checks)
        counted = {one.name: one.value for one in standing.watch.counters()}
        assert counted["tunnel_from_node"] > 200
        assert counted["tunnel_to_node"] > 10


async def test_whoever_speaks_before_the_guest_opens_the_sandbox(node: Node):
    async with tunnelled(door(node)) as standing, machine(node, "10.44.0.11", "00:16:3e:00:00:77") as other:
        await other.up()
        await other.vantage.run(
            lambda: command.run(["ping", "-c", "1", "-W", "1", "10.44.0.1"], within=QUICK)
        )
        canary = Canary(
            standing.ground.planned, lambda: standing.ground.dns_log, admits=standing.watch.admits
        )
        found = {check.name for check in await canary.tries(standing.ground.vantage) if not check.closed}
        assert found == {"arp-10.44.0.11"}
        silent, strangers = standing.watch.checks()
        assert not silent.closed
        assert "00:16:3e:00:00:77" in silent.detail
        assert strangers.closed
        standing.watch.expect([MAC])
        await other.vantage.run(
            lambda: command.run(["ping", "-c", "1", "-W", "1", "10.44.0.1"], within=QUICK)
        )
        assert not standing.watch.checks()[1].closed


async def test_a_tunnel_that_breaks_is_noticed_and_can_be_made_again(node: Node):
    async with tunnelled(door(node)) as standing:
        assert standing.tunnel.lost == ""
        with pytest.raises(HostError, match="does not give us tap0 on drill0"):
            async with tunnelled(door(node)):
                pass
        await node._sshd.stop()
        async with asyncio.timeout(10):
            while not standing.tunnel.lost:
                await asyncio.sleep(0.02)
        assert "tap0 on drill0" in standing.tunnel.lost
        await node._sshd.start("127.0.0.1", 0)
        async with tunnelled(door(node)) as again:
            assert again.tunnel.lost == ""


async def test_another_host_key_another_tap_and_another_key_are_told_apart(node: Node, tmp_path: Path):
    right = door(node)
    fingerprint = await command.checked(
        ["ssh-keygen", "-l", "-f", str(node.vantages()[0].host_key)], within=QUICK
    )
    async with AsyncExitStack() as stack:
        pinned = replace(right, host_key=fingerprint.stdout.decode().split()[1])
        await stack.enter_async_context(tunnelled(pinned))
    await command.checked(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "k")], within=QUICK
    )
    stranger = (tmp_path / "k").read_bytes()
    wrong = [
        (replace(right, host_key=(tmp_path / "k.pub").read_text()), HostError, "another SSH host key"),
        (replace(right, host_key="SHA256:" + "A" * 43), HostError, "another SSH host key"),
        (replace(right, host_key="nonsense"), InputError, "host key"),
        (replace(right, unit=7), HostError, "does not give us tap7"),
        (replace(right, key=stranger), HostError, "does not let drverify"),
        (replace(right, key=b"nonsense"), InputError, "cannot be read"),
        (replace(right, port=1), HostError, "cannot reach"),
    ]
    for given, error, text in wrong:
        with pytest.raises(error, match=text):
            async with tunnelled(given):
                pass
