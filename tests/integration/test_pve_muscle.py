"""A node of the stand-in for real: its network with the guard of production, and the lives of its guests.

The guests run from a boot sector, or ask the network for a system; `test_pve_muscle_tiny.py` has one with
an operating system.
"""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from drverify.adapters.libvirt.acceleration import SECTOR
from drverify.adapters.linux import netns
from drverify.adapters.linux.command import checked
from drverify.adapters.linux.processes import identify
from drverify.errors import HostError
from lab.pve.muscle.names import Names
from lab.pve.muscle.node import Node
from lab.pve.seam import Bridge, MonitorError, StartError
from tests.conformance.host_suite import until
from tests.support.pve_nodes import ASKING, DRILLS, PRODUCTION, SMALL, card, plan_of, running, unheard

pytestmark = [pytest.mark.needs_root]

COPIES = range(9000, 10000)
QUICK = timedelta(seconds=20)
SOON = timedelta(seconds=60)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    async with running(tmp_path) as one:
        yield one


@pytest.fixture
def sector(tmp_path: Path) -> Path:
    disk = tmp_path / "sector.raw"
    disk.write_bytes(SECTOR.ljust(1 << 20, b"\0"))
    return disk


# -- network -------------------------------------------------------------------------------------------------


async def test_a_drill_bridge_has_no_address_and_nothing_but_the_tap_for_tunnels(node: Node) -> None:
    links = {link["ifname"]: link for link in await netns.links(node.names.namespace)}
    assert links["vmbr0"]["ifname"] in await node.ground.bridges()
    assert [name for name, link in links.items() if link.get("master") == "drill0"] == ["tap0"]
    shown = await checked(["ip", "-n", node.names.namespace, "addr", "show", "dev", "drill0"], within=QUICK)
    assert b"inet" not in shown.stdout
    here = {link["ifname"] for link in await netns.links(None)}
    assert not here & {"vmbr0", "drill0", "eno1", "tap0"}


async def test_an_applied_network_is_the_wanted_one_and_guests_stay_plugged(node: Node) -> None:
    pid = await node.start(9100, ASKING | card("drill0"), {}, unheard)
    await node.bridges((PRODUCTION, DRILLS[0], Bridge(name="lab2")))
    assert await node.ground.bridges() == {"vmbr0", "drill0", "lab2"}
    links = {link["ifname"]: link for link in await netns.links(node.names.namespace)}
    assert links["tap9100i0"]["master"] == "drill0"
    assert node.pid(9100) == pid


async def test_a_copy_on_production_is_seen_with_its_very_first_frames(node: Node) -> None:
    await node.start(9100, ASKING | card("vmbr0"), {}, unheard)
    await until(lambda: _leaks(node), within=SOON)
    (leak, *_) = await node.sentinel.leaks(COPIES)
    assert (leak.port, leak.mac, leak.vmid, leak.crossed) == ("tap9100i0", "bc:24:11:00:00:01", 9100, False)
    sent = await _received(node, "tap9100i0")
    seen = sum(one.frames for one in await node.sentinel.sightings())
    assert seen <= sent
    await node.stop(9100, how="stop")
    seen = sum(one.frames for one in await node.sentinel.sightings())
    await node.start(9100, ASKING | card("drill0"), {}, unheard)
    await until(lambda: _talks(node, "tap9100i0"), within=SOON)
    assert sum(one.frames for one in await node.sentinel.sightings()) == seen, "the next copy is isolated"
    await node.end()
    assert await node.sentinel.leaks(COPIES), "what was seen is not forgotten when the node goes off"


async def test_a_copy_in_isolation_is_not_seen_until_a_foreign_hand_moves_it(node: Node) -> None:
    await node.start(100, ASKING | card("vmbr0", "BC:24:11:00:00:64"), {}, unheard)
    await node.start(9100, ASKING | card("drill0"), {}, unheard)

    for tap in ("tap100i0", "tap9100i0"):
        await until(lambda tap=tap: _talks(node, tap), within=SOON)  # type: ignore[misc]
    assert await node.sentinel.leaks(COPIES) == ()
    assert {one.vmid for one in await node.sentinel.sightings()} == {100}
    await node.ground.batch("link set tap9100i0 master vmbr0\n")
    await node.stop(9100, how="reset")
    await until(lambda: _leaks(node), within=SOON)
    assert {(one.vmid, one.crossed) for one in await node.sentinel.leaks(COPIES)} == {(9100, True)}


async def _leaks(node: Node) -> bool:
    return bool(await node.sentinel.leaks(COPIES))


async def _talks(node: Node, tap: str) -> bool:
    return await _received(node, tap) > 0


async def _received(node: Node, tap: str) -> int:
    links = {link["ifname"]: link for link in await netns.links(node.names.namespace)}
    return int(links[tap]["stats64"]["rx"]["packets"])


async def test_a_name_has_one_node_at_a_time_and_a_dead_clusters_leftovers_go(
    node: Node, tmp_path: Path, sector: Path
) -> None:
    await node.start(9100, SMALL, {"scsi0": sector}, unheard)
    rival = Node(plan_of(tmp_path / "elsewhere", node.names.cluster))
    for deed in (rival.begin, rival.end):
        with pytest.raises(HostError, match="another process runs the node pve1"):
            await deed()
    pid = node.pid(9100)
    assert pid is not None
    os.close(node._claim._held or -1)  # as the kernel does when a process dies
    node._claim._held = None
    await rival.begin()
    assert rival.pid(9100) is None
    assert identify(pid) is None, "a guest of another cluster is nobody's to adopt"
    await rival.end()


# -- lives of guests -----------------------------------------------------------------------------------------


async def test_a_guest_lives_as_the_monitor_says(node: Node, sector: Path) -> None:
    pid = await node.start(9100, SMALL | card("drill0"), {"scsi0": sector}, unheard)
    assert node.pid(9100) == pid
    status = Path(f"/proc/{pid}/status").read_text()
    assert "Uid:\t65534\t65534\t65534\t65534" in status, "QEMU runs without rights"
    assert await node.query_status(9100) == "running"
    assert "virtio-net-pci" in await node.monitor(9100, "info network")
    await node.set_link(9100, "net0", up=False)
    links = {link["ifname"]: link for link in await netns.links(node.names.namespace)}
    assert "master" not in links["tap9100i0"]
    await node.stop(9100, how="reset")
    assert node.pid(9100) == pid
    await node.stop(9100, how="stop")
    assert node.pid(9100) is None
    assert identify(pid) is None
    with pytest.raises(MonitorError, match="not running"):
        await node.query_status(9100)


async def test_a_console_speaks_rfb_and_asks_for_a_password(node: Node, sector: Path) -> None:
    await node.start(9100, SMALL, {"scsi0": sector}, unheard)
    reader, writer = await asyncio.open_unix_connection(str(await node.vnc(9100, "secret12")))
    assert await reader.readexactly(12) == b"RFB 003.008\n"
    writer.write(b"RFB 003.008\n")
    assert await reader.readexactly(2) == b"\x01\x02", "one kind of login, and that is by password"
    writer.close()
    await writer.wait_closed()


async def test_a_guest_on_a_bridge_that_is_not_there_does_not_start(node: Node, sector: Path) -> None:
    said: list[str] = []
    with pytest.raises(StartError, match="start failed: QEMU exited with code 1"):
        await node.start(9100, SMALL | card("vmbr7"), {"scsi0": sector}, said.append)
    assert said[0] == "bridge 'vmbr7' does not exist"
    assert node.pid(9100) is None


async def test_a_disk_that_another_guest_runs_from_is_refused_in_qemus_words(
    node: Node, sector: Path
) -> None:
    said: list[str] = []
    await node.start(9100, SMALL, {"scsi0": sector}, unheard)
    with pytest.raises(StartError, match="QEMU exited with code 1"):
        await node.start(9101, SMALL, {"scsi0": sector}, said.append)
    assert 'Failed to get "write" lock' in "\n".join(said)
    assert not (node.names.run / "9101").exists()


async def test_a_guest_that_does_not_listen_is_not_shut_down(node: Node, sector: Path) -> None:
    await node.start(9100, SMALL, {"scsi0": sector}, unheard)
    with pytest.raises(MonitorError, match="got timeout"):
        await node.guests.stop(9100, "shutdown", 0.2)
    assert await node.query_status(9100) == "running"


_LIFE = """
import asyncio, sys
from pathlib import Path
from lab.pve.muscle.node import Node
from tests.support.pve_nodes import SMALL, card, plan_of, unheard

async def live(root, cluster, disk):
    node = Node(plan_of(root, cluster))
    await node.begin()
    print(*node.ssh(), flush=True)
    for vmid, path in ((9100, disk), (9101, disk.with_name("other.raw"))):
        print(await node.start(vmid, SMALL | card("drill0"), {"scsi0": path}, unheard), flush=True)
    await asyncio.sleep(600)

asyncio.run(live(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
"""


async def _tunnelled(node: Node, address: str, port: int) -> asyncssh.SSHClientConnection:
    """Open the tunnel to the first drill bridge, and leave it open."""
    vantage = node.vantages()[0]
    connection = await asyncssh.connect(
        address,
        port,
        username=vantage.user,
        client_keys=[str(vantage.key)],
        known_hosts=([str(vantage.host_key)], [], []),
        config=[],
        agent_path=None,
    )
    try:
        await connection.create_tap(asyncssh.SSHTunTapSession, vantage.unit)
    except asyncssh.ChannelOpenError:
        connection.abort()
        await connection.wait_closed()
        raise
    return connection


async def test_guests_outlive_a_killed_api_and_are_found_again(tmp_path: Path, sector: Path, checkout: Path):
    (tmp_path / "other.raw").write_bytes(sector.read_bytes())
    cluster = secrets.token_hex(4)
    names = Names(cluster=cluster, node="pve1")
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LIFE, str(tmp_path), cluster, str(sector),
        stdout=asyncio.subprocess.PIPE, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)},
    )  # fmt: skip
    later = Node(plan_of(tmp_path, cluster))
    try:
        assert first.stdout is not None
        address, port = (await first.stdout.readline()).decode().split()
        pids = [int(await first.stdout.readline()) for _ in range(2)]
        held = await _tunnelled(later, address, int(port))
        first.send_signal(signal.SIGKILL)
        await first.wait()
        (names.run / "9101" / "state.json").unlink()  # as if it had been killed while starting this one
        await later.begin()
        assert later.pid(9100) == pids[0]
        assert await later.query_status(9100) == "running"
        assert later.pid(9101) is None
        assert identify(pids[1]) is None, "what nobody wrote down is ended"
        at = later.ssh()
        assert at is not None
        with pytest.raises(asyncssh.ChannelOpenError):
            await _tunnelled(later, *at)  # one at a time, and a tunnel outlives the API as a guest does
    finally:
        if first.returncode is None:
            first.kill()
            await first.wait()
        await later.end()
    await asyncio.wait_for(held.wait_closed(), 10)
    assert identify(pids[0]) is None
    assert not netns.exists(names.namespace)
