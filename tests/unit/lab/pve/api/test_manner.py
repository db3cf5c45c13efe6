"""The manner of the HTTP daemon, who gets in, and what is said to those who do not."""

import json
import time

import aiohttp
import pytest

from lab.pve.api.cluster import Cluster, NodeSetup
from lab.pve.api.people import TICKET_SECONDS
from lab.pve.api.releases import EIGHT

from .conftest import TOKEN, USER, Api, by_password, by_token


async def test_it_says_that_it_is_no_proxmox(drill: Api) -> None:
    said = await drill.get("/version")
    assert said.data["repoid"] == "drlab"
    assert said.headers["Server"] == "pve-api-daemon/3.0"


async def test_a_refusal_is_in_the_reason_the_body_and_the_closed_connection(drill: Api) -> None:
    said = await drill.get("/nodes/pve1/qemu/100/config")
    assert (said.status, said.reason) == (
        500,
        "Configuration file 'nodes/pve1/qemu-server/100.conf' does not exist",
    )
    assert said.body == {"data": None, "message": f"{said.reason}\n"}
    assert said.headers["Connection"] == "close"


async def test_before_nine_bodies_have_no_message(make, session_of) -> None:
    async with make(release=EIGHT) as cluster:
        said = await by_token(session_of(cluster), cluster).get("/nodes/pve1/qemu/100/config")
        assert said.body == {"data": None}


async def test_what_is_not_there_is_501(drill: Api) -> None:
    said = await drill.get("/nodes/pve1/disks/list")
    assert (said.status, said.reason) == (501, "Method 'GET /nodes/pve1/disks/list' not implemented")
    assert (await drill.call("PATCH", "/version")).status == 501


async def test_bodies_that_the_daemon_does_not_read(drill: Api) -> None:
    async def pieces():
        yield b"vmid=100"

    assert (await drill.call("POST", "/nodes/pve1/qemu", data=pieces())).status == 501
    assert (await drill.call("DELETE", "/nodes/pve1/qemu/100", data="purge=1")).status == 501
    assert (await drill.call("POST", "/nodes/pve1/qemu", data="x" * (513 * 1024))).status == 501
    assert (await drill.call("POST", "/nodes/pve1/qemu", json=[1])).status == 400


async def test_wrong_parameters_are_named_each(drill: Api) -> None:
    said = await drill.post(
        "/nodes/pve1/qemu", vmid=99, memory=1, onboot="perhaps", nonsense=1, net32="x", cores="two"
    )
    assert (said.status, said.reason) == (400, "Parameter verification failed.")
    unknown = "property is not defined in schema and the schema does not allow additional properties"
    assert said.body["errors"] == {
        "vmid": "value must have a minimum value of 100",
        "onboot": "type check ('boolean') failed - got 'perhaps'",
        "cores": "type check ('integer') failed - got 'two'",
        "nonsense": unknown,
        "net32": unknown,
    }
    missing = await drill.get("/nodes/pve1/vzdump/extractconfig")
    assert missing.body["errors"] == {"volume": "property is missing and it is not optional"}


async def test_json_bodies_and_repeated_keys_are_read(cluster: Cluster, root: Api) -> None:
    said = await root.call(
        "POST", "/nodes/pve1/qemu", json={"vmid": 100, "onboot": True, "cores": 2, "agent": 1}
    )
    assert (await root.task(said))["exitstatus"] == "OK"
    config = (await root.get("/nodes/pve1/qemu/100/config")).data
    assert (config["onboot"], config["cores"], config["agent"]) == (1, 2, "1")
    await root.task(await root.post("/nodes/pve1/qemu/100/status/start"))
    pid = (await root.post("/nodes/pve1/qemu/100/agent/exec", command=["ls", "-l"])).data["pid"]
    out = (await root.get("/nodes/pve1/qemu/100/agent/exec-status", pid=pid)).data
    assert out == {"exited": 1, "exitcode": 0, "out-data": "drlab did not run: ls -l\n"}
    again = await root.get("/nodes/pve1/qemu/100/agent/exec-status", pid=pid)
    assert again.reason == "Agent error: Invalid parameter 'pid'"


async def test_nobody_and_everybody_wrong_waits_and_is_401(cluster: Cluster, nobody: Api) -> None:
    cluster.world.clock.scale = 0.02
    begun = time.monotonic()
    said = await nobody.get("/nodes")
    assert (said.status, said.reason) == (401, "No ticket")
    assert time.monotonic() - begun >= 0.06
    wrong = {"Authorization": f"PVEAPIToken={TOKEN}=11111111-2222-3333-4444-555555555555"}
    assert (await nobody.call("GET", "/nodes", headers=wrong)).status == 401
    assert (await nobody.post("/access/ticket", username=USER, password="wrong")).status == 401
    assert (await nobody.post("/access/ticket", username="who@pve", password="wrong")).status == 401


async def test_a_ticket_lives_two_hours_and_renews_itself(cluster: Cluster, session) -> None:
    api = await by_password(session, cluster, USER, "drill's password")
    cluster.world.clock.advance(TICKET_SECONDS - 60)
    assert (await api.get("/nodes")).status == 200
    ticket = api._headers["Cookie"].removeprefix("PVEAuthCookie=")
    renewed = await api.post("/access/ticket", username=USER, password=ticket)
    assert renewed.data["ticket"] != ticket
    cluster.world.clock.advance(120)
    assert (await api.get("/nodes")).status == 401


async def test_changes_by_ticket_need_the_guard(cluster: Cluster, root: Api) -> None:
    said = await root.call(
        "POST", "/nodes/pve1/qemu", data={"vmid": "100"}, headers={"CSRFPreventionToken": "67:nonsense"}
    )
    assert (said.status, said.reason) == (401, "Permission denied - invalid csrf token")
    assert cluster.world.guests.find(100) is None


async def test_tokens_expire_and_get_no_tickets(cluster: Cluster, session) -> None:
    secret = cluster.add_token(USER, "short", expire=int(time.time()) + 30)
    api = Api(session, cluster.url("pve1"), {"Authorization": f"PVEAPIToken={USER}!short={secret}"})
    assert (await api.get("/nodes")).status == 200
    cluster.world.clock.advance(60)
    assert (await api.get("/nodes")).status == 401


async def test_the_laboratory_wants_its_secret(cluster: Cluster, session: aiohttp.ClientSession) -> None:
    door = f"https://127.0.0.1:{cluster.door('pve1').port}/__lab/faults"
    body = json.dumps(
        {"name": "http", "match": {"path": "^/nodes$"}, "parameters": {"status": 596, "message": "slow"}}
    )
    async with session.post(door, data=body) as refused:
        assert refused.status == 403
    async with session.post(door, data=body, headers={"X-Lab-Secret": cluster.secret}) as taken:
        assert taken.status == 200
    api = by_token(session, cluster)
    assert (await api.get("/nodes")).status == 596
    async with session.delete(door, headers={"X-Lab-Secret": cluster.secret}) as cleared:
        assert (await cleared.json())["data"] == 1
    assert (await api.get("/nodes")).status == 200
    async with session.post(
        door, data='{"name": "nonsense"}', headers={"X-Lab-Secret": cluster.secret}
    ) as unknown:
        assert unknown.status == 400


async def test_peers_answer_for_nodes_and_595_for_those_that_are_gone(make, session_of) -> None:
    async with make(nodes=3) as cluster:
        api = by_token(session_of(cluster), cluster)
        assert (await api.get("/nodes/pve2/storage")).data
        await cluster.node_down("pve2")
        gone = await api.get("/nodes/pve2/storage")
        assert (gone.status, gone.reason) == (595, "No route to host")
        assert {node["node"]: node["status"] for node in (await api.get("/nodes")).data}["pve2"] == "offline"
        with pytest.raises(aiohttp.ClientConnectionError):
            await by_token(session_of(cluster), cluster, "pve2", f"{USER}!u").get("/version")
        await cluster.node_up("pve2")
        assert (await api.get("/nodes/pve2/storage")).status == 200
        nowhere = await api.get("/nodes/pve9/storage")
        assert nowhere.status == 500
        assert "hostname lookup 'pve9' failed" in nowhere.reason


async def test_without_quorum_questions_are_answered_and_changes_are_not(make, session_of) -> None:
    async with make(nodes=3) as cluster:
        api = by_token(session_of(cluster), cluster)
        await cluster.node_down("pve2")
        assert cluster.world.quorate
        await cluster.node_down("pve3")
        said = await api.post("/nodes/pve1/qemu", vmid=9100, pool="drverify")
        assert (said.status, said.reason) == (500, "cluster not ready - no quorum?")
        assert (await api.get("/nodes/pve1/storage")).data


def test_a_stand_in_never_listens_beyond_loopback(tmp_path) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Cluster(tmp_path, nodes=[NodeSetup(name="pve1", address="192.0.2.1")])
