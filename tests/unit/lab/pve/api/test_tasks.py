"""Tasks as others see them, faults that strike them, and what a second life finds."""

import asyncio
import json
import signal
import sys
import time
from typing import Any

import aiohttp
import pytest

from lab.pve.api.cluster import Cluster

from .conftest import NET, USER, Api, by_token
from .test_restoring import QEMU, VM, VOLID, reserve, restore


async def test_tasks_are_their_owners(
    cluster: Cluster, drill: Api, root: Api, session: aiohttp.ClientSession
) -> None:
    made = await drill.task(await drill.post(QEMU, vmid=9100, pool="drverify"))
    assert (made["user"], made["tokenid"], made["type"], made["id"]) == (USER, "t", "qmcreate", "9100")
    other = by_token(session, cluster, name=f"{USER}!other")
    path = f"/nodes/pve1/tasks/{made['upid']}/status"
    assert (await other.get(path)).reason == "Permission check failed (/nodes/pve1, Sys.Audit)"
    assert (await other.get("/nodes/pve1/tasks")).data == []
    assert [task["upid"] for task in (await root.get("/nodes/pve1/tasks")).data] == [made["upid"]]
    assert (await drill.get(path.replace("9100", "9101"))).status == 500


async def test_a_list_is_what_a_lost_answer_is_found_by(drill: Api) -> None:
    before = int(time.time())
    await reserve(drill)
    await restore(drill)
    found = (
        await drill.get("/nodes/pve1/tasks", source="all", vmid=9100, typefilter="qmrestore", since=before)
    ).data
    assert [(task["type"], task["status"]) for task in found] == [("qmrestore", "OK")]
    for none in (
        {"since": before + 60},
        {"typefilter": "qmstart"},
        {"vmid": 9101},
        {"errors": 1},
        {"source": "active"},
    ):
        assert (await drill.get("/nodes/pve1/tasks", **none)).data == []
    assert len((await drill.get("/nodes/pve1/tasks", limit=1)).data) == 1


async def test_logs_are_paged_and_never_empty(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    upid = (await restore(drill))["upid"]
    path = f"/nodes/pve1/tasks/{upid}/log"
    whole = (await drill.get(path, limit=0)).data
    assert [line["n"] for line in whole] == list(range(1, len(whole) + 1))
    assert (await drill.get(path, start=2, limit=3)).data == whole[2:5]
    assert (await drill.get(path, start=len(whole))).data == []
    await cluster.inject("task-hang", match={"task": "qmstart"}, parameters={"at": "start"})
    await cluster.inject("empty-log", match={"task": "qmstart"})
    hanging = (await drill.post(f"{VM}/status/start")).data
    assert (await drill.get(f"/nodes/pve1/tasks/{hanging}/log")).data == [{"n": 1, "t": "no content"}]
    await drill.delete(f"/nodes/pve1/tasks/{hanging}")


async def test_an_answer_that_is_lost_after_the_work(cluster: Cluster, drill: Api) -> None:
    await cluster.inject("drop", match={"method": "POST", "path": "/qemu$", "event": "after"}, times=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await drill.post(QEMU, vmid=9100, pool="drverify")
    found = (await drill.get("/nodes/pve1/tasks", source="all", vmid=9100)).data
    assert [task["type"] for task in found] == ["qmcreate"]
    assert (await drill.post(QEMU, vmid=9101, pool="drverify")).status == 200


async def test_faults_wait_for_their_turn_and_end(cluster: Cluster, drill: Api) -> None:
    gone = {"status": 599, "message": "Too many redirections"}
    await cluster.inject("http", match={"path": "^/nodes$"}, nth=2, times=2, parameters=gone)
    assert [(await drill.get("/nodes")).status for _ in range(4)] == [200, 599, 599, 200]


async def test_a_delay_and_a_forbidden_path(cluster: Cluster, drill: Api) -> None:
    await cluster.inject("delay", match={"path": "^/nodes$"}, parameters={"seconds": 50})
    begun = time.monotonic()
    await drill.get("/nodes")
    assert time.monotonic() - begun >= 0.05
    await cluster.inject(
        "forbid", match={"path": "/status$"}, parameters={"path": "/vms/9100", "privilege": "VM.Audit"}
    )
    said = await drill.get("/nodes/pve1/storage/local/status")
    assert said.reason == "Permission check failed (/vms/9100, VM.Audit)"


async def test_a_lock_that_somebody_sets_and_takes_back(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject("lock", parameters={"vmid": 9100, "kind": "backup", "seconds": 500})
    done = await drill.task(await drill.post(f"{VM}/status/start"))
    assert done["exitstatus"] == "VM is locked (backup)"
    assert (await drill.put(f"{VM}/config", memory=128)).reason == "VM is locked (backup)"
    while (await drill.put(f"{VM}/config", memory=128)).status != 200:
        await asyncio.sleep(0.02)


async def test_a_lock_file_that_nobody_gets(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    fault = await cluster.inject("flock-timeout", parameters={"vmid": 9100})
    text = "can't lock file '/var/lock/qemu-server/lock-9100.conf' - got timeout"
    assert (await drill.put(f"{VM}/config", memory=128)).reason == text
    how = {"vmid": 9100, "archive": VOLID, "storage": "drills", "force": 1, "pool": "drverify", "net0": NET}
    assert (await drill.post(QEMU, **how)).reason == f"unable to restore VM 9100 - {text}"
    await cluster.clear(fault.id)
    assert (await drill.put(f"{VM}/config", memory=128)).status == 200


async def test_somebody_edits_the_copy_between_restore_and_start(cluster: Cluster, drill: Api) -> None:
    edit = {"vmid": 9100, "set": {"net0": "virtio=BC:24:11:00:00:64,bridge=vmbr0"}}
    await cluster.inject("config-changed", match={"task": "qmrestore"}, parameters=edit)
    await reserve(drill)
    await restore(drill)
    config = (await drill.get(f"{VM}/config")).data
    assert "bridge=vmbr0" in config["net0"]
    said = await drill.put(f"{VM}/config", memory=128, digest="0" * 40)
    assert said.reason == "checksum mismatch (file change by other user?)"
    assert (await drill.put(f"{VM}/config", memory=128, digest=config["digest"])).status == 200


async def test_rights_tokens_and_tickets_are_taken_away_in_the_middle(
    cluster: Cluster, drill: Api, root: Api
) -> None:
    await cluster.inject("acl-remove", match={"path": "/status$"}, parameters={"path": "/storage/local"})
    assert (await drill.get("/nodes/pve1/storage/local/status")).status == 403
    await cluster.inject("token-revoke", parameters={"token": f"{USER}!t"})
    assert (await drill.get("/nodes")).status == 401
    await cluster.inject("ticket-expire")
    assert (await root.get("/nodes")).status == 401


async def test_ha_that_is_stale_blocks_and_starts_differently(
    cluster: Cluster, drill: Api, root: Api
) -> None:
    await reserve(drill)
    await cluster.inject("ha-stale", parameters={"vmid": 9100})
    assert (await root.get("/cluster/ha/resources")).data == [
        {"sid": "vm:9100", "type": "vm", "state": "started"}
    ]
    assert (await drill.get(f"{VM}/status/current")).data["ha"]["managed"] == 1
    started = await drill.task(await drill.post(f"{VM}/status/start"))
    assert started["type"] == "hastart"
    await cluster.world.tasks.join()
    await drill.task(await drill.post(f"{VM}/status/stop"))
    assert "used in HA resources" in (await drill.delete(VM)).reason
    assert (await drill.task(await drill.delete(VM, purge=1)))["exitstatus"] == "OK"
    assert (await root.get("/cluster/ha/resources")).data == []


async def test_somebody_else_takes_the_id_first(cluster: Cluster, drill: Api, root: Api) -> None:
    free = (await root.get("/cluster/nextid")).data
    await cluster.inject("nextid-race", match={"vmid": 9100}, times=1)
    said = await drill.post(QEMU, vmid=9100, pool="drverify")
    assert said.reason == "unable to create VM 9100 - VM 9100 already exists on node 'pve1'"
    assert free == "100"
    assert (await root.get("/cluster/nextid", vmid=9100)).status == 400


async def test_two_tasks_of_one_name(cluster: Cluster, root: Api) -> None:
    first = (await root.post(QEMU, vmid=100)).data
    await root.task(first)
    await cluster.inject("duplicate-upid", match={"task": "qmcreate"}, times=1)
    second = (await root.post(QEMU, vmid=101)).data
    assert second.split(":")[2:5] == first.split(":")[2:5]


async def test_the_volumes_of_one_guest_can_be_hidden(cluster: Cluster, drill: Api) -> None:
    path = "/nodes/pve1/storage/local/content"
    assert len((await drill.get(path, content="backup")).data) == 1
    await cluster.inject("content-hides", match={"vmid": 100})
    assert (await drill.get(path, content="backup")).data == []


async def test_guests_faults_are_handed_over_and_taken_back(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await drill.put(f"{VM}/config", agent=1)
    await drill.task(await drill.post(f"{VM}/status/start"))
    assert (await drill.post(f"{VM}/agent/ping")).data == {"result": {}}
    await cluster.inject("agent-absent", match={"vmid": 9100})
    assert (await drill.post(f"{VM}/agent/ping")).reason == "QEMU guest agent is not running"
    await cluster.clear()
    await cluster.inject("agent-hang", match={"vmid": 9100})
    said = await drill.get(f"{VM}/agent/get-osinfo")
    assert said.reason == "VM 9100 qga command 'guest-get-osinfo' failed - got timeout"
    await cluster.clear()
    await cluster.inject("agent-exec-disabled")
    assert (await drill.post(f"{VM}/agent/exec", command="ls")).reason == (
        "Agent error: Command guest-exec has been disabled"
    )


async def test_a_node_that_reboots_starts_what_shall_start(cluster: Cluster, drill: Api, session) -> None:
    await reserve(drill)
    await drill.put(f"{VM}/config", onboot=1)
    await drill.task(await drill.post(f"{VM}/status/start"))
    await cluster.inject("task-hang", match={"task": "qmreset"}, parameters={"at": "start"})
    await cluster.node_down("pve1")
    assert not cluster.world.running("pve1", 9100)
    await cluster.node_up("pve1")
    await cluster.world.tasks.join()
    assert cluster.world.running("pve1", 9100)


async def test_a_second_life_finds_everything(make: Any, session_of: Any) -> None:
    async with make() as first:
        drill = by_token(session_of(first), first)
        await reserve(drill)
        await restore(drill)
        await first.inject("task-hang", match={"task": "qmstart"}, parameters={"at": "start"})
        await first.inject("http", match={"path": "^/nodes$"}, parameters={"status": 596, "message": "slow"})
        hanging = (await drill.post(f"{VM}/status/start")).data
        before = (await drill.get(f"{VM}/config")).data
        fingerprint = first.door("pve1").fingerprint
    async with make(fresh=False) as second:
        assert second.door("pve1").fingerprint == fingerprint
        drill._root = second.url("pve1")
        assert (await drill.get(f"{VM}/config")).data == before
        status = (await drill.get(f"/nodes/pve1/tasks/{hanging}/status")).data
        assert (status["status"], status["exitstatus"]) == ("stopped", "unexpected status")
        assert (await drill.get("/nodes")).status == 596


async def test_a_killed_process_comes_back_as_it_was(make: Any, session_of: Any, tmp_path) -> None:
    cluster = make()
    secret = cluster.add_token(USER, "t")
    cluster.world.store.close()
    session = session_of(cluster)
    headers = {"Authorization": f"PVEAPIToken={USER}!t={secret}"}
    argv = [sys.executable, "-m", "lab.pve", "--root", str(tmp_path / "cluster"), "--port", "0", "--still"]

    async def life() -> tuple[asyncio.subprocess.Process, Api]:
        process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        facts = json.loads(await process.stdout.readline())
        port = facts["nodes"]["pve1"]["port"]
        return process, Api(session, f"https://127.0.0.1:{port}/api2/json", headers)

    process, drill = await life()
    await reserve(drill)
    slow = {"vmid": 9100, "archive": VOLID, "storage": "drills", "force": 1, "pool": "drverify", "net0": NET}
    upid = (await drill.post(QEMU, **slow, bwlimit=64)).data
    process.send_signal(signal.SIGKILL)
    await process.wait()
    process, drill = await life()
    status = (await drill.get(f"/nodes/pve1/tasks/{upid}/status")).data
    assert status["exitstatus"] == "unexpected status"
    assert (await drill.get(f"{VM}/config")).data["lock"] == "create"
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_rate_slows_a_restore_down(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await cluster.inject("slow", match={"task": "qmrestore"}, parameters={"rate": 2048})
    begun = time.monotonic()
    assert (await restore(drill))["exitstatus"] == "OK"
    assert time.monotonic() - begun >= 0.4  # 1 MiB at 2 MiB/s


async def test_a_node_goes_in_the_middle_of_a_restore(make: Any, session_of: Any) -> None:
    async with make(nodes=3) as cluster:
        api = by_token(session_of(cluster), cluster)
        done = await api.task(await api.post("/nodes/pve2/qemu", vmid=9100, pool="drverify"))
        assert done["exitstatus"] == "OK"
        await cluster.inject("task-hang", match={"task": "qmrestore"}, parameters={"at": "start"})
        await cluster.inject("node-down", match={"path": "/tasks/.*/log$"}, parameters={"node": "pve2"})
        how = {
            "vmid": 9100,
            "archive": VOLID,
            "storage": "drills",
            "force": 1,
            "pool": "drverify",
            "net0": NET,
        }
        upid = (await api.post("/nodes/pve2/qemu", **how)).data
        path = f"/nodes/pve2/tasks/{upid}"
        assert (await api.get(f"{path}/status")).data["status"] == "running"
        assert (await api.get(f"{path}/log")).status == 595
        await cluster.node_up("pve2")
        assert (await api.get(f"{path}/status")).data["exitstatus"] == "unexpected status"
        assert (await api.get("/nodes/pve2/qemu/9100/config")).data["lock"] == "create"


async def test_a_connection_that_hangs_ends_without_an_answer(cluster: Cluster, drill: Api) -> None:
    await cluster.inject("hang", match={"path": "^/nodes$"}, parameters={"seconds": 50})
    with pytest.raises(aiohttp.ClientConnectionError):
        await drill.get("/nodes")


async def test_a_node_keeps_its_port(make: Any) -> None:
    async with make() as first:
        port = first.door("pve1").port
        await first.node_down("pve1")
        await first.node_up("pve1")
        assert first.door("pve1").port == port
    async with make(fresh=False) as second:
        assert second.door("pve1").port == port


async def test_no_value_becomes_another_option(drill: Api) -> None:
    said = await drill.post(QEMU, vmid=9100, pool="drverify", name="x\nhookscript: local:snippets/evil.sh")
    assert said.body["errors"].keys() == {"name"}
    done = await drill.task(
        await drill.post(QEMU, vmid=9100, pool="drverify", description="x\nhookscript: y")
    )
    assert done["exitstatus"] == "OK"
    config = (await drill.get(f"{VM}/config")).data
    assert config["description"] == "x\nhookscript: y\n"
    assert "hookscript" not in config


async def test_a_backup_that_is_killed_leaves_its_lock_and_no_archive(cluster: Cluster, root: Api) -> None:
    await root.task(await root.post(QEMU, vmid=9100, archive=VOLID, storage="drills"))
    await cluster.inject("kill-worker", match={"task": "vzdump"}, times=1, parameters={"at": "100%"})
    await cluster.inject("storage-offline", parameters={"storage": "somewhere", "message": "unused"})
    done = await root.task(await root.post("/nodes/pve1/vzdump", vmid=9100, storage="local"))
    assert done["exitstatus"] == "unexpected status"
    assert (await root.get(f"{VM}/config")).data["lock"] == "backup"
    assert (await root.get("/nodes/pve1/storage/local/content", vmid=9100)).data == []
    assert (await root.task(await root.post("/nodes/pve1/vzdump", vmid=9100, storage="local")))[
        "exitstatus"
    ] == "job errors"
    assert (await root.put(f"{VM}/config", skiplock=1, delete="lock")).status == 200
    text = "error listing snapshots - 401 Unauthorized"
    await cluster.inject("storage-offline", parameters={"storage": "local", "message": text})
    assert (await root.get("/nodes/pve1/storage/local/content")).reason == text
