"""A guest with an operating system on a node: its agent, its page through the tunnel, its backup, its faults."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from drverify.adapters.linux.command import checked, run
from drverify.adapters.linux.links import segments
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.proxmox.tunnel import Door, Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.model.recovery import Network
from lab.estate.tiny import DATA_PARTITION
from lab.pve.muscle.node import Node
from lab.pve.seam import (
    AgentRefusedError,
    AgentSilentError,
    BackupOrder,
    GuestFault,
    RestoreOrder,
)
from tests.conformance.host_suite import RecordingScope, http, until
from tests.support.guests import tiny_disk
from tests.support.pve_nodes import card, running, unheard

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_lab,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("pve-muscle-tiny"),
]

VMID = 9100
MAC = "BC:24:11:00:00:64"
TINY = {"memory": "192", "scsihw": "virtio-scsi-pci", "scsi0": "drill:9100/d.raw", "agent": "enabled=1"}
NETWORK = Network(
    name="lab",
    subnet="10.30.0.0/24",
    gateway="10.30.0.1",
    dns="10.30.0.2",
    address="10.30.0.10",
    mac=MAC.lower(),
)
BOOT = timedelta(seconds=120)


@dataclass(kw_only=True)
class Running:
    node: Node
    disk: Path

    async def ask(self, command: str, **arguments: Any) -> Any:
        return await self.node.agent(VMID, command, arguments, within=5.0)

    async def answers(self) -> bool:
        try:
            await self.node.agent(VMID, "guest-ping", {}, within=1.0)
        except AgentSilentError:
            return False
        return True

    async def told(self, program: str, *arguments: str) -> dict[str, Any]:
        """Run a program in the guest to its end."""
        started = await self.ask("guest-exec", path=program, arg=list(arguments), **{"capture-output": True})
        state: dict[str, Any] = {"exited": False}
        while not state["exited"]:
            state = await self.ask("guest-exec-status", pid=started["pid"])
        return state


@asynccontextmanager
async def booting(root: Path, *faults: GuestFault) -> AsyncIterator[Running]:
    disk = await tiny_disk(root / "disk.raw")
    async with running(root) as node:
        for fault in faults:
            await node.fault(fault)
        await node.start(VMID, TINY | card("drill0", MAC), {"scsi0": disk}, unheard)
        yield Running(node=node, disk=disk)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guest(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with booting(tmp_path_factory.mktemp("tiny")) as one:
        await until(one.answers, within=BOOT)
        yield one
        assert await one.node.sentinel.sightings() == (), "not one frame on production, in all these tests"


async def test_the_agent_runs_commands_and_its_answers_come_verbatim(guest: Running) -> None:
    state = await guest.told("/bin/hostname")
    assert (state["exitcode"], base64.b64decode(state["out-data"])) == (0, b"tiny\n")
    assert (await guest.told("/bin/false"))["exitcode"] == 1
    with pytest.raises(AgentRefusedError, match="Failed to execute child process"):
        await guest.ask("guest-exec", path="/nowhere")
    with pytest.raises(AgentRefusedError, match=r"Invalid parameter 'pid'|PID"):
        await guest.ask("guest-exec-status", pid=1)


async def test_many_questions_at_once_are_answered_one_after_the_other(guest: Running) -> None:
    answers = await asyncio.gather(*(guest.ask("guest-get-host-name") for _ in range(5)))
    assert answers == [{"host-name": "tiny"}] * 5


async def test_its_page_comes_through_the_nodes_tunnel_to_production_addresses_here(guest: Running) -> None:
    scope, watch = RecordingScope(), FrameWatch()
    ground = Ground(segments(scope.sandbox_id, [NETWORK]), (), scope)
    vantage, at = guest.node.vantages()[0], guest.node.ssh()
    assert at is not None
    door = Door(
        bridge=vantage.bridge,
        unit=vantage.unit,
        address=at[0],
        port=at[1],
        user=vantage.user,
        key=vantage.key.read_bytes(),
        host_key=vantage.host_key.read_text().strip(),
    )
    tunnel = Tunnel([door], watch)
    try:
        await ground.make()
        await tunnel.open(await ground.open_taps())
        assert b"tiny: ok" in await ground.vantage.run(lambda: http("10.30.0.10"))
    finally:
        await tunnel.close()
        await ground.take_down()


async def test_it_is_backed_up_while_it_writes_and_never_stands_still(guest: Running, tmp_path: Path) -> None:
    target = tmp_path / "dump" / "vzdump-qemu-9100-2026_11_23-03_00_00.vma.zst"
    volumes = {"drive-scsi0": guest.disk}
    order = BackupOrder(
        vmid=VMID, config="name: tiny\n", firewall=None, volumes=volumes, target=target, running=True, ctime=7
    )

    async def settled() -> bool:
        return await _sequence(guest) >= 3

    await until(settled)
    before = await _sequence(guest)
    await guest.node.backup(order, unheard, asyncio.Event())
    assert await guest.node.query_status(VMID) == "running"
    assert await guest.node.guests.ask(VMID, "query-jobs") == []
    nodes = await guest.node.guests.ask(VMID, "query-named-block-nodes", {"flat": True})
    assert not [one["node-name"] for one in nodes if str(one["node-name"]).startswith("copy-")]
    copy = tmp_path / "copy.raw"
    await guest.node.restore(
        RestoreOrder(vmid=9101, archive=target, volumes={"drive-scsi0": copy}), unheard, asyncio.Event()
    )
    partition = tmp_path / "data.ext4"
    partition.write_bytes(copy.read_bytes()[DATA_PARTITION:])
    mended = await run(["e2fsck", "-fy", str(partition)], within=BOOT)
    assert mended.exit_code in {0, 1}, mended  # its journal is replayed, as after a power cut
    printed = await checked(["debugfs", "-R", "cat /heartbeat", str(partition)], within=BOOT)
    kept = int(printed.stdout.split()[0])
    assert before - 1 <= kept <= await _sequence(guest)  # its last rename may not have been on the disk yet


async def _sequence(guest: Running) -> int:
    state = await guest.told("/bin/cat", "/data/heartbeat")
    return int(base64.b64decode(state["out-data"]).split()[0])


async def test_a_cable_pulled_out_is_seen_by_the_guest(guest: Running) -> None:
    async def carrier() -> bytes:
        state = await guest.told("/bin/cat", "/sys/class/net/eth0/carrier")
        return base64.b64decode(state["out-data"])

    assert await carrier() == b"1\n"
    try:
        await guest.node.set_link(VMID, "net0", up=False)
        assert await carrier() == b"0\n"
    finally:
        await guest.node.set_link(VMID, "net0", up=True)
    assert await carrier() == b"1\n"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("agent-absent", AgentSilentError),
        ("agent-hang", AgentSilentError),
        ("agent-exec-disabled", AgentRefusedError),
    ],
)
async def test_a_faulty_agent_runs_nothing_and_recovers(
    guest: Running, fault: str, error: type[Exception]
) -> None:
    await guest.node.fault(GuestFault(name=fault, vmid=VMID))
    try:
        with pytest.raises(error):
            await guest.node.agent(VMID, "guest-exec", {"path": "/bin/true"}, within=0.2)
    finally:
        await guest.node.fault(GuestFault(name=fault, vmid=VMID, clear=True))
    assert (await guest.told("/bin/true"))["exitcode"] == 0


async def test_a_guest_with_a_wrong_clock_and_a_disk_that_takes_nothing_shuts_down_when_asked(
    tmp_path: Path,
) -> None:
    async with booting(tmp_path, GuestFault(name="wrong-clock"), GuestFault(name="read-only")) as guest:
        await until(guest.answers, within=BOOT)
        assert (await guest.told("/bin/touch", "/data/new"))["exitcode"] != 0
        seconds = await guest.ask("guest-get-time") / 1e9
        assert datetime.fromtimestamp(seconds, UTC).year == 2001
        await guest.node.stop(VMID, how="shutdown", within=60)
        assert guest.node.pid(VMID) is None


async def test_a_guest_that_panics_goes_on_running_and_never_answers(tmp_path: Path) -> None:
    async with booting(tmp_path, GuestFault(name="kernel-panic", vmid=VMID)) as guest:

        async def panicked() -> bool:
            return b"Kernel panic - not syncing" in guest.node.guests.console(VMID).read_bytes()

        await until(panicked, within=BOOT)
        assert await guest.node.query_status(VMID) == "running"
        assert not await guest.answers()
