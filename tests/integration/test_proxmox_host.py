"""The Proxmox host on the stand-in cluster: whole lives of copies, claimed ones first, then real ones."""

import asyncio
import io
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard

from drverify.adapters.linux import command
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.errors import GuestError, HostError
from drverify.model.recovery import Network
from lab.pve.api.releases import EIGHT
from lab.pve.api.storages import Storage
from tests.conformance.host_suite import RecordingScope
from tests.support.pve_drills import (
    MAC,
    NETWORK,
    OURS,
    SMALL,
    TOKEN,
    USER,
    Bench,
    Silent,
    bench,
    sandboxes_left,
)

pytestmark = pytest.mark.needs_root
STALL = timedelta(seconds=20)
QUICK = timedelta(seconds=10)


@pytest.fixture
async def still() -> AsyncIterator[Bench]:
    async with bench() as one:
        yield one
        assert one.left() == []


@pytest.fixture
async def real() -> AsyncIterator[Bench]:
    async with bench(real=True) as one:
        yield one
        assert one.left() == []
        assert await one.node.sentinel.leaks(OURS) == ()


def open_ones(record: object) -> list[object]:
    return [check for check in record.checks if not check.closed]  # type: ignore[attr-defined]


@pytest.mark.parametrize("release", ["8.4", "9.1"])
async def test_a_copy_comes_and_goes_and_its_traces_are_kept(release: str):
    async with AsyncExitStack() as stack:
        still = await stack.enter_async_context(bench(**({"release": EIGHT} if release == "8.4" else {})))
        scope, progress = RecordingScope(), Silent()
        point = await still.newest()
        described = await still.described(point)
        async with still.host().sandbox(still.spec(scope, described), scope) as sandbox:
            assert open_ones(await sandbox.isolation()) == []
            restored = await sandbox.restore(point, described, mode="full", stall=STALL, progress=progress)
            assert (restored.logical_bytes, restored.files) == (1 << 20, 1)
            assert 300_000 <= restored.allocated_bytes < 310_000
            assert restored.read_bytes == point.size_bytes
            assert {"net0", "onboot", "description", "tags", "firewall"} <= {
                one.what for one in restored.deviations
            }
            assert progress.done[-1] == (1 << 20, 1 << 20)
            await sandbox.load([])
            assert not (await sandbox.activity()).running
            firewall = (still.cluster.root / "firewall" / f"{sandbox._copy.vmid}.fw").read_text()
            assert "enable: 1\npolicy_in: DROP\npolicy_out: DROP\n" in firewall, "nothing needs its network"
            await sandbox.boot()
            assert (await sandbox.activity()).running
            assert open_ones(await sandbox.isolation()) == []
            blobs = {blob.name: blob.content.decode() for blob in await sandbox.collect()}
            assert f"net0: virtio={MAC},bridge=drill0,firewall=1\n" in blobs["guest.conf"]
            assert f"description: {scope.tag} " in blobs["guest.conf"]
            assert "onboot: 0\n" in blobs["guest.conf"]
            assert "restore vma archive: zstd" in blobs["tasks.log"]
            assert "== start UPID:pve1:" in blobs["tasks.log"]
            assert json.loads(blobs["agent.json"]).keys() == {"interfaces", "filesystems", "os"}
            assert blobs["not-collected.txt"].startswith("screen.png: ")
            ((kind, name), facts) = next(item for item in scope.open.items() if item[0][0] == "pve-guest")
            assert (kind, name) == ("pve-guest", f"pve:{facts['vmid']}")
            assert facts["mark"].startswith(scope.tag)
            assert facts["restore"].startswith("UPID:pve1:")
            assert facts["claimed"] == "yes"
        assert scope.open == {}
        assert still.left() == []
        assert sandboxes_left(scope) == []


async def test_a_kept_copy_stays_until_it_is_reaped(still: Bench):
    scope = RecordingScope()
    point = await still.newest()
    described = await still.described(point)
    async with still.host().sandbox(still.spec(scope, described), scope) as sandbox:
        await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        await sandbox.boot()
        sandbox.keep()
        ground, copy = sandbox._ground, sandbox._copy
    assert ("pve-guest", f"pve:{copy.vmid}") in scope.open
    assert f"process of guest {copy.vmid}" in still.left()
    async with still.host().client() as client:
        copy._client = client
        await copy.remove()
    await ground.take_down()
    assert scope.open == {}


async def test_a_backup_on_a_backup_server_can_be_started_while_it_is_restored(still: Bench):
    still.cluster.add_storage(Storage(id="pbs", type="pbs", content=("backup",)))
    still.cluster.allow("/storage/pbs", (USER, TOKEN), "DrillBackups")
    point = await still.newest()
    archive = still.cluster.volume("pve1", str(point.id))
    volid = still.cluster.add_snapshot(
        "pve1", "pbs", archive, vmid=100, time="2026-10-19T03:00:00Z", facts={"size": 1 << 20}
    )
    described = await still.described(point)
    scope = RecordingScope()
    async with still.host().sandbox(still.spec(scope, described), scope) as sandbox:
        restored = await sandbox.restore(
            replace(point, id=volid), described, mode="instant", stall=STALL, progress=Silent()
        )
        assert restored.read_bytes is None
        assert restored.logical_bytes == 1 << 20
        assert (await sandbox.activity()).running
        await sandbox.load([])
        await sandbox.boot()
        assert open_ones(await sandbox.isolation()) == []
    assert scope.open == {}


CONTAINER = f"""\
arch: amd64
hostname: box
memory: 64
net0: name=eth0,bridge=vmbr0,hwaddr={MAC},ip=10.30.0.10/24,type=veth
ostype: debian
rootfs: local-lvm:vm-101-disk-0,size=8M
unprivileged: 1
"""


def container_archive(path: Path) -> Path:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        member = tarfile.TarInfo("./etc/vzdump/pct.conf")
        member.size = len(CONTAINER)
        tar.addfile(member, io.BytesIO(CONTAINER.encode()))
    path.write_bytes(zstandard.compress(plain.getvalue()))
    return path


async def test_a_container_is_restored_in_one_step_and_has_no_agent(still: Bench, tmp_path: Path):
    name = "vzdump-lxc-101-2026_10_19-02_00_00.tar.zst"
    still.cluster.add_archive("pve1", "local", container_archive(tmp_path / name))
    still.cluster.allow("/vms/101", (USER, TOKEN), "DrillSource")
    point = await still.newest(101)
    described = await still.described(point)
    scope = RecordingScope()
    async with still.host().sandbox(still.spec(scope, described), scope) as sandbox:
        await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        await sandbox.boot()
        assert (await sandbox.activity()).running
        assert open_ones(await sandbox.isolation()) == []
        assert not (await sandbox.activity()).agent
        with pytest.raises(GuestError, match="a container has no guest agent"):
            await sandbox.guest.ping()
        with pytest.raises(GuestError, match="a container has no guest agent"):
            await sandbox.guest.run(["true"], within=QUICK)
        blobs = {blob.name: blob.content.decode() for blob in await sandbox.collect()}
        assert "bridge=drill0" in blobs["guest.conf"]
        assert "vmbr0" not in blobs["guest.conf"]
    assert scope.open == {}


# -- with real guests and the tunnel ---------------------------------------------------------------------------


async def lives(sandbox: ProxmoxSandbox, real: Bench) -> None:
    point = await real.newest()
    described = await real.described(point)
    await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
    await sandbox.boot()


async def test_a_tunnel_that_breaks_is_our_fault_and_never_the_guests_silence(real: Bench):
    scope = RecordingScope()
    described = await real.described(await real.newest())
    async with real.host().sandbox(real.spec(scope, described), scope) as sandbox:
        await lives(sandbox, real)
        assert (await sandbox.activity()).running
        blobs = {blob.name: blob.content for blob in await sandbox.collect()}
        assert blobs["screen.png"].startswith(b"\x89PNG")
        await real.node._sshd.stop()
        async with asyncio.timeout(10):
            while not sandbox._tunnel.lost:  # type: ignore[union-attr]
                await asyncio.sleep(0.02)
        for look in (sandbox.activity, sandbox.isolation, sandbox.boot):
            with pytest.raises(HostError, match="the tunnel to tap0 on drill0"):
                await look()
        await real.node._sshd.start(real.node.plan.address, 0)
    assert scope.open == {}


async def test_a_neighbour_on_the_drill_bridge_shows_as_open(real: Bench):
    scope = RecordingScope()
    described = await real.described(await real.newest())
    there = ["ip", "netns", "exec", real.node.names.namespace]
    async with real.host().sandbox(real.spec(scope, described), scope) as sandbox:
        assert open_ones(await sandbox.isolation()) == []
        await command.checked([*there, "ip", "addr", "add", "10.30.0.11/24", "dev", "drill0"], within=QUICK)
        knob = "net.ipv4.conf.drill0.arp_ignore=0"
        await command.checked([*there, "sysctl", "-q", "-w", knob], within=QUICK)
        found = {check.name for check in open_ones(await sandbox.isolation())}  # type: ignore[attr-defined]
        assert {"drill-bridge-silent", "arp-10.30.0.11"} <= found


async def test_a_node_that_answers_for_its_own_address_on_the_drill_bridge_shows_as_open(real: Bench):
    scope = RecordingScope()
    described = await real.described(await real.newest())
    knobs = [
        "net.ipv4.conf.drill0.rp_filter=0",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.drill0.arp_ignore=0",
    ]
    async with real.host().sandbox(real.spec(scope, described), scope) as sandbox:
        assert open_ones(await sandbox.isolation()) == []
        enter = ["ip", "netns", "exec", real.node.names.namespace]
        await command.checked([*enter, "sysctl", "-q", "-w", *knobs], within=QUICK)
        found = {check.name for check in open_ones(await sandbox.isolation())}  # type: ignore[attr-defined]
        assert {"arp-192.0.2.10", "drill-bridge-silent"} <= found


async def test_every_card_has_a_bridge_and_a_tap_of_its_own(tmp_path: Path):
    config = SMALL + "net1: virtio=BC:24:11:00:00:11,bridge=vmbr0\n"
    second = Network(
        name="storage", subnet="10.40.0.0/24", gateway="10.40.0.1", dns="10.40.0.2", address="10.40.0.9"
    )
    async with bench(real=True, config=config) as real:
        scope = RecordingScope()
        point = await real.newest()
        described = await real.described(point, (NETWORK, second))
        async with real.host().sandbox(real.spec(scope, described), scope) as sandbox:
            restored = await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
            changes = {one.what: one.change.partition(" -> ")[2] for one in restored.deviations}
            assert "bridge=drill0" in changes["net0"]
            assert "bridge=drill1" in changes["net1"]
            await sandbox.boot()
            assert open_ones(await sandbox.isolation()) == []
        with pytest.raises(HostError, match="2 networks, and host pve has 1 drill"):
            async with real.host(bridges=real.settings().bridges[:1]).sandbox(
                real.spec(RecordingScope(), described), scope
            ):
                pass
        assert scope.open == {}
        assert real.left() == []


async def test_two_copies_of_one_machine_live_at_once_and_do_not_meet(real: Bench):
    described = await real.described(await real.newest())
    left, right = RecordingScope(), RecordingScope()
    async with (
        real.host().sandbox(real.spec(left, described), left) as one,
        real.host().sandbox(real.spec(right, described), right) as other,
    ):
        await asyncio.gather(lives(one, real), lives(other, real))
        assert one._copy.vmid != other._copy.vmid
        assert {one._bridges[0].bridge, other._bridges[0].bridge} == {"drill0", "drill1"}
        for sandbox in (one, other):
            assert (await sandbox.activity()).running
            assert open_ones(await sandbox.isolation()) == []
    assert left.open == right.open == {}


async def test_a_tap_that_is_held_elsewhere_is_said(real: Bench, tmp_path: Path):
    """Another machine's drverify has another state directory: only the node knows that the tap is taken."""
    described = await real.described(await real.newest())
    first, second = RecordingScope(), RecordingScope()
    one_bridge = real.settings().bridges[:1]
    async with real.host(bridges=one_bridge).sandbox(real.spec(first, described), first):
        other = real.host(bridges=one_bridge, state=tmp_path)
        with pytest.raises(HostError, match="does not give us tap0 on drill0") as caught:
            async with other.sandbox(real.spec(second, described), second):
                pass
        assert "another drill may hold it" in caught.value.hint
    assert first.open == second.open == {}


async def test_without_networks_no_card_has_a_cable(still: Bench):
    scope = RecordingScope()
    point = await still.newest()
    described = await still.described(point, ())
    async with still.host().sandbox(still.spec(scope, described), scope) as sandbox:
        restored = await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        assert any(one.what == "net0" and "link_down=1" in one.change for one in restored.deviations)
    assert scope.open == {}
