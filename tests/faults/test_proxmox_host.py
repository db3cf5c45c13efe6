"""Every fault of a Proxmox cluster that meets a restore: whose fault it is, what is said, and nothing left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_settings import DrillBridge
from drverify.adapters.proxmox.reclaim import GuestReclaimer
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.errors import (
    DeadlineError,
    DefectError,
    GuestError,
    HostError,
    IsolationError,
    TeardownError,
)
from drverify.model.recovery import PointId, SecretRef
from lab.pve.seam import Bridge
from tests.conformance.host_suite import RecordingScope
from tests.support.pve_drills import (
    OURS,
    SMALL,
    SOURCE,
    TOKEN,
    USER,
    Bench,
    Silent,
    archived,
    bench,
    sandboxes_left,
)

pytestmark = pytest.mark.needs_root
STALL = timedelta(seconds=20)
Then = Callable[[ProxmoxSandbox], Awaitable[None]]


@pytest.fixture
async def one() -> AsyncIterator[Bench]:
    async with bench() as found:
        yield found


async def restored(
    found: Bench,
    then: Then | None = None,
    *,
    host: ProxmoxHost | None = None,
    scope: RecordingScope | None = None,
    stall: timedelta = STALL,
    mode: Any = "full",
    point: str = "",
) -> Silent:
    """A drill's restore and what follows it, with the host's own errors."""
    scope = scope or RecordingScope()
    newest = await found.newest()
    described = await found.described(newest)
    chosen = replace(newest, id=PointId(point)) if point else newest
    progress = Silent()
    try:
        async with (host or found.host()).sandbox(found.spec(scope, described), scope) as sandbox:
            await sandbox.restore(chosen, described, mode=mode, stall=stall, progress=progress)
            await sandbox.load([])
            if then is not None:
                await then(sandbox)
    finally:
        assert sandboxes_left(scope) == []
    assert scope.open == {}
    return progress


async def boot(sandbox: ProxmoxSandbox) -> None:
    await sandbox.boot()


def nothing_left(found: Bench) -> None:
    assert found.left() == []
    assert [task for task in found.cluster.world.tasks.of() if "status" not in task] == []


# -- the backup is bad -----------------------------------------------------------------------------------------


async def test_a_truncated_archive_is_the_backups_fault(one: Bench):
    volume = one.cluster.volume("pve1", "local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst")
    content = volume.read_bytes()
    volume.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(DefectError):
        await restored(one)
    nothing_left(one)


async def test_a_flipped_bit_is_the_backups_fault(one: Bench):
    volume = one.cluster.volume("pve1", "local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst")
    content = bytearray(volume.read_bytes())
    content[len(content) // 2] ^= 1
    volume.write_bytes(content)
    with pytest.raises(DefectError):
        await restored(one)
    nothing_left(one)


@pytest.mark.parametrize(
    "text",
    [
        "vma: restore failed - detected missing cluster 5 for stream drive-scsi0",
        "vma: restore failed - short vma extent (600576 < 3797504)",
        "got timeout reading VMA header - corrupted?",
    ],
)
async def test_what_the_clusters_tools_say_of_damage_is_the_backups_fault(one: Bench, text: str):
    await one.cluster.inject("task-fail", match={"task": "qmrestore"}, parameters={"message": text})
    with pytest.raises(DefectError):
        await restored(one)
    nothing_left(one)


# -- the cluster is in the way -----------------------------------------------------------------------------------


def failing(task: str, message: str) -> tuple[str, dict[str, Any]]:
    return "task-fail", {"match": {"task": task}, "parameters": {"message": message}}


def answering(method: str, path: str, status: int, message: str, **how: Any) -> tuple[str, dict[str, Any]]:
    match = {"method": method, "path": path}
    return "http", {"match": match, "parameters": {"status": status, "message": message}, **how}


TROUBLES = {
    "space": (failing("qmrestore", "no space left on device"), "space"),
    "unknown": (failing("qmrestore", "unheard of"), "unheard of"),
    "reserve": (answering("POST", "/qemu$", 500, "unheard of", times=1), "unheard of"),
    "start": (failing("qmstart", "start failed: QEMU exited with code 1"), "QEMU exited"),
    "offline": (("storage-offline", {"parameters": {"storage": "drill"}}), "drill"),
    "full": (("storage-full", {"parameters": {"storage": "drill", "at": 100_000}}), r"failed \(-28\)"),
    "seen-full": (("storage-full", {"parameters": {"storage": "drill", "avail": 1000}}), "MiB are available"),
    "lock": (
        answering("POST", "/qemu$", 500, "can't lock file '/x/lock-9000.conf' - got timeout", times=1),
        "lock",
    ),
    "forbidden": (
        answering(
            "POST", "/qemu$", 403, "Permission check failed (/storage/drill, Datastore.X)", nth=2, times=1
        ),
        "Datastore.X",
    ),
    "unreachable": (answering("GET", "/network$", 595, "No route to host"), "route|reach|595"),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_the_clusters_own_trouble_is_the_hosts_fault(one: Bench, name: str):
    (fault, how), says = TROUBLES[name]
    await one.cluster.inject(fault, **how)
    with pytest.raises(HostError, match=says):
        await restored(one, boot)
    nothing_left(one)


async def test_an_answer_that_was_lost_is_found_again_and_nothing_is_done_twice(one: Bench):
    await one.cluster.inject(
        "drop", match={"method": "POST", "path": "/qemu$", "event": "after"}, nth=2, times=1
    )
    await restored(one, boot)
    restores = [task for task in one.cluster.world.tasks.of() if task["type"] == "qmrestore"]
    assert len(restores) == 1
    nothing_left(one)


async def test_a_restore_that_stands_still_is_our_deadline(one: Bench):
    await one.cluster.inject("task-hang", match={"task": "qmrestore"})
    with pytest.raises(DeadlineError):
        await restored(one, stall=timedelta(seconds=1))
    nothing_left(one)


async def test_cancelled_while_it_restores_everything_is_taken_back(one: Bench):
    await one.cluster.inject("task-hang", match={"task": "qmrestore"})
    work = asyncio.create_task(restored(one))
    async with asyncio.timeout(10):
        while not [task for task in one.cluster.world.tasks.of() if task["type"] == "qmrestore"]:
            await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    nothing_left(one)


async def test_a_killed_worker_leaves_a_lock_that_only_root_opens_and_says_so(one: Bench):
    await one.cluster.inject("kill-worker", match={"task": "qmrestore"}, times=1)
    scope = RecordingScope()
    with pytest.raises(TeardownError, match=r"locked \(create\)") as caught:
        await restored(one, scope=scope)
    ((kind, name), facts), *_ = [item for item in scope.open.items() if item[0][0] == "pve-guest"]
    assert kind == "pve-guest"
    vmid = int(facts["vmid"])
    assert "drverify sandbox reap" in caught.value.hint
    with pytest.raises(TeardownError, match="locked") as again:
        await GuestReclaimer(lambda _: one.host()).reclaim(name, scope.tag, facts)  # type: ignore[arg-type,return-value]
    assert f"qm unlock {vmid} && qm destroy {vmid} --purge" in again.value.hint
    await one.cluster.inject("unlock", parameters={"vmid": vmid})
    await GuestReclaimer(lambda _: one.host()).reclaim(name, scope.tag, facts)  # type: ignore[arg-type,return-value]
    nothing_left(one)


async def test_a_node_that_goes_is_the_hosts_fault_and_what_is_left_is_said(one: Bench):
    async def down(sandbox: ProxmoxSandbox) -> None:
        await sandbox.boot()
        await one.cluster.inject("node-down", parameters={"node": "pve1"})
        with pytest.raises(HostError):
            await sandbox.activity()
        raise ZeroDivisionError

    scope = RecordingScope()
    with pytest.raises(TeardownError, match="may still be there"):
        await restored(one, down, scope=scope)
    (((_, name), facts),) = scope.open.items()
    await one.cluster.inject("node-up", parameters={"node": "pve1"})
    await GuestReclaimer(lambda _: one.host()).reclaim(name, scope.tag, facts)  # type: ignore[arg-type,return-value]
    nothing_left(one)


async def test_a_token_that_is_revoked_is_the_hosts_fault(one: Bench):
    async def revoked(sandbox: ProxmoxSandbox) -> None:
        await one.cluster.inject("token-revoke", parameters={"token": TOKEN})
        with pytest.raises(HostError):
            await sandbox.boot()

    scope = RecordingScope()
    with pytest.raises(TeardownError):
        await restored(one, revoked, scope=scope)
    assert len(scope.open) == 1


async def test_a_cluster_without_quorum_is_the_hosts_fault_and_is_tidied_when_it_has_one(one: Bench):
    async def lost(sandbox: ProxmoxSandbox) -> None:
        await one.cluster.inject("quorum-loss")
        await sandbox.boot()

    scope = RecordingScope()
    with pytest.raises(TeardownError, match="quorum"):
        await restored(one, lost, scope=scope)
    (((_, name), facts),) = scope.open.items()
    await one.cluster.inject("quorum-back")
    await GuestReclaimer(lambda _: one.host()).reclaim(name, scope.tag, facts)  # type: ignore[arg-type,return-value]
    nothing_left(one)


async def test_a_guest_that_somebody_else_stops_is_not_one_that_stopped(one: Bench):
    async def stopped(sandbox: ProxmoxSandbox) -> None:
        await sandbox.boot()
        vmid = copy_of(one)
        admin = one.cluster.add_token("root@pam", "admin", separated=False)
        access = replace(one.access, token="root@pam!admin", token_secret=SecretRef(f"plain:{admin}"))
        async with ProxmoxClient(access, lambda ref: ref.removeprefix("plain:").encode()) as client:
            await client.qemu.stop("pve1", vmid)
        with pytest.raises(HostError, match=r"root@pam!admin stopped the guest \(qmstop\)"):
            await sandbox.activity()

    await restored(one, stopped)


async def test_a_node_that_was_restarted_is_the_hosts_fault(one: Bench):
    async def rebooted(sandbox: ProxmoxSandbox) -> None:
        await sandbox.boot()
        await asyncio.sleep(1.5)
        await one.cluster.node_down("pve1")
        await one.cluster.node_up("pve1")
        await asyncio.sleep(1.1)
        with pytest.raises(HostError, match="node pve1 was restarted"):
            await sandbox.activity()

    await restored(one, rebooted)
    nothing_left(one)


# -- isolation ---------------------------------------------------------------------------------------------------


def copy_of(found: Bench) -> int:
    (vmid,) = [vmid for _, _, vmid in found.cluster.world.guests.everywhere() if vmid in OURS]
    return vmid


@pytest.mark.parametrize(
    "change",
    [
        {"net0": "virtio=BC:24:11:00:00:10,bridge=vmbr0,firewall=1"},
        {"net1": "virtio=BC:24:11:00:00:11,bridge=vmbr0"},
        {"net0": "virtio=BC:24:11:00:00:10,bridge=drill0,firewall=1,tag=7"},
        {"hookscript": "local:snippets/x.pl"},
        {"args": "-device x"},
        {"hostpci0": "0000:01:00.0"},
        {"onboot": "1"},
    ],
)
async def test_a_copy_that_somebody_changed_is_never_started(one: Bench, change: dict[str, str]):
    async def changed(sandbox: ProxmoxSandbox) -> None:
        await one.cluster.inject("config-changed", parameters={"vmid": copy_of(one), "set": change})
        await sandbox.boot()

    with pytest.raises(IsolationError, match="not what was asked for") as caught:
        await restored(one, changed)
    assert next(iter(change)) in str(caught.value)
    assert [task for task in one.cluster.world.tasks.of() if task["type"] == "qmstart"] == []
    nothing_left(one)


async def test_a_copy_that_is_changed_within_the_restore_is_never_started(one: Bench):
    for vmid in OURS:
        await one.cluster.inject(
            "config-changed",
            match={"task": "qmrestore", "vmid": str(vmid)},
            parameters={"vmid": vmid, "set": {"net0": "virtio=BC:24:11:00:00:10,bridge=vmbr0"}},
        )
    with pytest.raises(IsolationError, match="net0"):
        await restored(one, boot)
    assert [task for task in one.cluster.world.tasks.of() if task["type"] == "qmstart"] == []
    nothing_left(one)


async def test_a_running_copy_that_is_changed_shows_in_the_next_look(one: Bench):
    async def changed(sandbox: ProxmoxSandbox) -> None:
        await sandbox.boot()
        net0 = {"net0": "virtio=BC:24:11:00:00:10,bridge=vmbr0"}
        await one.cluster.inject("config-changed", parameters={"vmid": copy_of(one), "set": net0})
        found = {check.name: check for check in (await sandbox.isolation()).checks}
        assert not found["copy-configuration"].closed
        assert found["bridge-drill0"].closed

    await restored(one, changed)
    nothing_left(one)


async def test_an_open_drill_bridge_stops_everything_before_it_begins(one: Bench):
    node = one.cluster.world.node("pve1")
    open_one = Bridge(name="drill0", ports=("eno2",), address="10.9.9.1/24", taps=("tap0",))
    node.bridges = tuple(open_one if bridge.name == "drill0" else bridge for bridge in node.bridges)
    with pytest.raises(IsolationError, match=r"drill0: .*10\.9\.9\.1/24"):
        await restored(one)
    assert list(one.cluster.world.tasks.of()) == []
    nothing_left(one)


async def test_a_virtual_network_is_looked_at_with_its_zone_and_subnets(one: Bench):
    fabric = one.cluster.world.fabric
    fabric.add_zone("drill", {"type": "simple"})
    fabric.add_vnet("drlab", {"zone": "drill"})
    fabric.apply()
    one.cluster.allow("/sdn/zones/drill", (USER, TOKEN), "DrillNet")
    host = one.host(bridges=(DrillBridge(bridge="drlab"),))
    await restored(one, boot, host=host)
    fabric.add_subnet("drlab", "10.30.0.0/24", {"gateway": "10.30.0.1"})
    fabric.apply()
    with pytest.raises(IsolationError, match=r"drlab: .*10\.30\.0\.1"):
        await restored(one, boot, host=host)


async def test_a_configuration_that_must_not_run_is_refused_by_name(one: Bench, tmp_path: Path):
    archive = await asyncio.to_thread(
        archived, tmp_path / "a.vma.zst", SMALL + "hookscript: local:snippets/x.pl\n"
    )
    one.cluster.add_archive("pve1", "local", archive, name="vzdump-qemu-100-2026_10_20-02_00_00.vma.zst")
    with pytest.raises(HostError, match="hookscript") as caught:
        await restored(one)
    assert "allow" in caught.value.hint
    assert list(one.cluster.world.tasks.of()) == []


# -- places --------------------------------------------------------------------------------------------------------


async def test_a_bridge_serves_one_drill_at_a_time(one: Bench):
    scope = RecordingScope()
    described = await one.described(await one.newest())
    async with one.host().sandbox(one.spec(scope, described), scope):
        with pytest.raises(HostError, match="busy: another drill holds drill0 of node pve1"):
            await restored(one)
    one.cluster.add_guest("pve1", OURS[1], "name: left\nnet0: virtio=BC:24:11:00:00:99,bridge=drill0\n")
    one.cluster.world.rights.join("drverify", guest=OURS[1])
    with pytest.raises(HostError, match=f"busy: guest {OURS[1]} is on drill0"):
        await restored(one)


async def test_the_node_with_room_and_a_free_bridge_is_chosen():
    async with bench(nodes=2) as two:
        two.cluster.world.node("pve1").memory = 8 << 30
        both = two.host(run_on=("pve1", "pve2"))
        described = await two.described(await two.newest())
        first, second, third = RecordingScope(), RecordingScope(), RecordingScope()
        async with both.sandbox(two.spec(first, described), first) as one:
            assert one._copy.node == "pve2"
            async with both.sandbox(two.spec(second, described), second) as other:
                assert other._copy.node == "pve1"
                with pytest.raises(HostError, match="busy: another drill holds drill0 of node pve2; another"):
                    async with both.sandbox(two.spec(third, described), third):
                        pass
        await two.cluster.node_down("pve2")
        async with both.sandbox(two.spec(RecordingScope(), described), third) as one:
            assert one._copy.node == "pve1"


async def test_a_backup_that_the_node_does_not_see_is_said():
    async with bench(nodes=2) as two:
        with pytest.raises(HostError, match="lies on node pve1, and the drill runs on node pve2") as caught:
            await restored(two, host=two.host(run_on=("pve2",)))
        assert "run_on" in caught.value.hint
        assert list(two.cluster.world.tasks.of()) == []


async def test_numbers_that_are_spoken_for_are_passed_over(one: Bench):
    *taken, free = OURS
    await one.cluster.inject("ha-stale", parameters={"vmid": taken[0]})
    job = {"guest": taken[1], "target": "pve2", "schedule": "*/15", "type": "local"}
    one.cluster.add_replication("job", job)
    one.cluster.add_role("See", ["VM.Audit"])
    one.cluster.allow(f"/vms/{taken[1]}", (USER, TOKEN), "See")  # without it a job cannot be seen
    for vmid in taken[2:]:
        one.cluster.add_guest("pve1", vmid, "name: foreign\n")  # not to be seen: found out by the claim
    seen: list[int] = []

    async def note(sandbox: ProxmoxSandbox) -> None:
        seen.append(sandbox._copy.vmid)

    await restored(one, note)
    assert seen == [free]
    assert {vmid for _, _, vmid in one.cluster.world.guests.everywhere()} == set(taken[2:])
    one.cluster.add_guest("pve1", free, "name: foreign\n")
    with pytest.raises(HostError):
        await restored(one)
    assert {vmid for _, _, vmid in one.cluster.world.guests.everywhere()} == {*taken[2:], free}


async def test_nothing_is_forced_onto_a_machine_that_is_not_the_empty_one_of_ours(one: Bench):
    for vmid in OURS:
        await one.cluster.inject(
            "config-changed",
            match={"task": "qmcreate", "vmid": str(vmid)},
            parameters={"vmid": vmid, "set": {"scsi3": f"local:{vmid}/vm-{vmid}-disk-9.raw,size=1M"}},
        )
    with pytest.raises(HostError, match="is not the empty machine that claimed its VMID"):
        await restored(one)
    assert [task["type"] for task in one.cluster.world.tasks.of()].count("qmrestore") == 0


async def test_a_copy_whose_mark_was_taken_away_is_left_alone(one: Bench):
    async def unmarked(sandbox: ProxmoxSandbox) -> None:
        where = one.cluster.world.guests.find(copy_of(one))
        assert where is not None
        config = one.cluster.world.guests.load(*where, copy_of(one))
        config.notes = "now mine"
        one.cluster.world.guests.save(*where, copy_of(one), config)

    with pytest.raises(TeardownError, match="does not carry our mark"):
        await restored(one, unmarked)
    assert copy_of(one) in OURS


async def test_a_missing_right_is_named_before_anything_is_made(one: Bench):
    await one.cluster.inject("acl-remove", parameters={"path": "/pool/drverify", "who": TOKEN})
    with pytest.raises(HostError, match=r"lacks VM\.Allocate.* on /pool/drverify"):
        await restored(one)
    one.cluster.allow("/pool/drverify", (USER, TOKEN), "DrillGuests")
    one.cluster.add_role("DrillTarget", ["Datastore.AllocateSpace", "Datastore.Audit"])
    with pytest.raises(HostError, match=r"lacks Datastore\.Allocate on /storage/drill"):
        await restored(one)
    assert list(one.cluster.world.tasks.of()) == []


async def test_a_disk_that_its_destroy_left_is_removed_all_the_same(one: Bench):
    await one.cluster.inject("destroy-warning", match={"task": "qmdestroy"})
    await restored(one)
    nothing_left(one)


async def test_an_instant_restore_needs_a_backup_server(one: Bench):
    with pytest.raises(HostError, match="backup server"):
        await restored(one, mode="instant")
    nothing_left(one)


# -- agents --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "says"), [("agent-absent", "does not answer"), ("agent-exec-disabled", "disabled")]
)
async def test_an_agent_that_cannot_be_asked_is_no_result_of_the_guest(one: Bench, fault: str, says: str):
    async def asked(sandbox: ProxmoxSandbox) -> None:
        await sandbox.boot()
        await one.cluster.inject(fault)
        with pytest.raises(GuestError, match=says):
            await sandbox.vantage.run(lambda: sandbox.guest.run(["true"], within=timedelta(seconds=10)))

    await restored(one, asked)


async def test_no_agent_is_asked_before_its_guest_was_started(one: Bench):
    """A control may come as late as the claim of a VMID, and the right to ask comes only with the claim."""
    await one.cluster.inject("delay", match={"method": "GET", "path": "/tasks$"}, parameters={"seconds": 5})
    scope, answers = RecordingScope(), list[bool]()
    newest = await one.newest()
    described = await one.described(newest)

    async def ask(sandbox: ProxmoxSandbox) -> None:
        while not any(kind == "pve-guest" for kind, _ in scope.open):
            await asyncio.sleep(0.01)
        while True:
            answers.append(await sandbox.guest.ping())
            await asyncio.sleep(0.02)

    async with one.host().sandbox(one.spec(scope, described), scope) as sandbox:
        asking = asyncio.create_task(ask(sandbox))
        await sandbox.restore(newest, described, mode="full", stall=STALL, progress=Silent())
        assert not asking.done(), asking.exception()
        asking.cancel()
        await sandbox.boot()
        assert await sandbox.guest.ping()
    assert answers
    assert not any(answers)


async def test_nothing_can_be_asked_over_a_network_that_there_is_not(one: Bench):
    async def knock(sandbox: ProxmoxSandbox) -> None:
        async def connect() -> str:
            try:
                await asyncio.open_connection("10.30.0.10", 80)
            except OSError as error:
                return error.strerror or ""
            return "in"

        assert await sandbox.vantage.run(connect) == "Network is unreachable"

    await restored(one, knock)
    assert SOURCE not in OURS
