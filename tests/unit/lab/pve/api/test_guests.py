"""Guests' lives through the API: changes, pending ones, agents, consoles, firewalls, backups, containers, networks."""

import asyncio
import io
import tarfile
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import zstandard

from lab.pve.api.cluster import Cluster
from lab.pve.api.releases import EIGHT
from lab.pve.api.storages import Storage

from .conftest import ARCHIVE, NET, TOKEN, USER, Api, by_password, by_token
from .test_restoring import QEMU, VM, VOLID, reserve, restore

LXC = "/nodes/pve1/lxc"
CT_ARCHIVE = "vzdump-lxc-200-2026_10_19-02_00_00.tar.zst"
CT_CONFIG = """\
arch: amd64
hostname: box
memory: 512
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:65,type=veth
rootfs: local-lvm:vm-200-disk-0,size=1G
unprivileged: 1
"""


async def test_changes_of_a_running_guest_wait(drill: Api) -> None:
    await reserve(drill)
    await restore(drill)
    await drill.task(await drill.post(f"{VM}/status/start"))
    assert (await drill.put(f"{VM}/config", memory=256, description="at once")).status == 200
    assert (await drill.get(f"{VM}/config")).data["memory"] == "256"
    current = (await drill.get(f"{VM}/config", current=1)).data
    assert (current["memory"], current["description"]) == ("512", "at once\n")
    rows = {row["key"]: row for row in (await drill.get(f"{VM}/pending")).data}
    assert rows["memory"] == {"key": "memory", "value": "512", "pending": "256"}
    await drill.put(f"{VM}/config", delete="ide2")
    assert {row["key"] for row in (await drill.get(f"{VM}/pending")).data if row.get("delete")} == {"ide2"}
    await drill.task(await drill.post(f"{VM}/status/stop"))
    assert (await drill.get(f"{VM}/config", current=1)).data["memory"] == "256"
    assert "ide2" not in (await drill.get(f"{VM}/config")).data


async def test_a_link_is_plugged_at_once(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    await restore(drill)
    await drill.task(await drill.post(f"{VM}/status/start"))
    await drill.put(f"{VM}/config", net0=f"{NET},link_down=1")
    assert cluster.world.nodes["pve1"].muscle.links == {(9100, "net0"): False}
    assert not (await drill.get(f"{VM}/pending")).data[0].get("pending")


async def test_leaving_a_bridge_needs_the_right_on_it(drill: Api, root: Api) -> None:
    await reserve(drill)
    await restore(drill)
    await root.put(f"{VM}/config", net0="virtio=BC:24:11:00:00:64,bridge=vmbr0")
    said = await drill.put(f"{VM}/config", net0=NET)
    assert said.reason == "Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)"


async def test_a_drive_taken_out_is_unused_and_out_of_the_boot_order(drill: Api) -> None:
    await reserve(drill)
    await restore(drill)
    await drill.put(f"{VM}/config", delete="scsi0")
    config = (await drill.get(f"{VM}/config")).data
    assert config["unused0"] == "drills:vm-9100-disk-0"
    assert config["boot"] == "order=net0"


async def test_starts_that_fail_say_why(drill: Api, root: Api) -> None:
    await reserve(drill)
    await restore(drill)
    for option, value, words in (
        ("net1", "virtio,bridge=nowhere", "bridge 'nowhere' does not exist"),
        ("ide2", "local:iso/gone.iso,media=cdrom", "volume 'local:iso/gone.iso' does not exist"),
        ("hostpci0", "0000:01:00.0", "no PCI device found for '0000:01:00.0'"),
        ("template", "1", "you can't start a vm if it's a template"),
    ):
        assert (await root.put(f"{VM}/config", **{option: value})).status == 200
        done = await drill.task(await drill.post(f"{VM}/status/start"))
        assert done["exitstatus"] == words
        await root.put(f"{VM}/config", delete=option)
    done = await drill.task(await drill.post(f"{VM}/status/start"))
    assert done["exitstatus"] == "OK"
    assert (await drill.task(await drill.post(f"{VM}/status/start")))[
        "exitstatus"
    ] == "VM 9100 already running"


async def test_agents_are_asked_only_where_they_can_be(drill: Api, root: Api) -> None:
    await reserve(drill)
    assert (await drill.post(f"{VM}/agent/ping")).reason == "No QEMU guest agent configured"
    await restore(drill)
    assert (await drill.post(f"{VM}/agent/ping")).reason == "VM 9100 is not running"
    await drill.task(await drill.post(f"{VM}/status/start"))
    assert (await drill.get(f"{VM}/agent/info")).data["result"]["version"] == "0.0.0-drlab"
    assert (await drill.get(f"{VM}/agent/file-read", file="/etc/hostname")).status == 500
    assert (await root.post(f"{VM}/monitor", command="info status")).data.startswith("drlab: info status")
    assert (await drill.post(f"{VM}/monitor", command="info status")).reason == (
        "Permission check failed (/vms/9100, Sys.Audit|Sys.Modify)"
    )


async def test_before_nine_one_right_is_for_agent_and_monitor(make, session_of) -> None:
    async with make(release=EIGHT) as cluster:
        drill = by_token(session_of(cluster), cluster)
        await reserve(drill)
        await restore(drill)
        await drill.task(await drill.post(f"{VM}/status/start"))
        assert (await drill.post(f"{VM}/agent/ping")).status == 200
        assert (await drill.post(f"{VM}/monitor", command="info status")).status == 200
        cluster.world.rights.disallow("/pool/drverify", TOKEN)
        said = await drill.post(f"{VM}/agent/ping")
        assert said.reason == "Permission check failed (/vms/9100, VM.Monitor)"
        assert (await drill.post(QEMU, vmid=9101, ha__managed=1)).body["errors"].keys() == {"ha-managed"}


async def test_the_screen_comes_through_a_websocket(
    cluster: Cluster, drill: Api, session: aiohttp.ClientSession
) -> None:
    await reserve(drill)
    await drill.task(await drill.post(f"{VM}/status/start"))
    heard = []

    async def screen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"RFB 003.008\n")
        heard.append(await reader.readexactly(12))
        writer.close()

    server = await asyncio.start_unix_server(screen, cluster.world.nodes["pve1"].muscle.console)
    offer = (await drill.post(f"{VM}/vncproxy", websocket=1)).data
    assert offer["ticket"].startswith(f"{offer['password']}:PVEVNC:")
    where = cluster.url("pve1") + f"{VM}/vncwebsocket"
    wrong = {"port": offer["port"], "vncticket": "PVEVNC:wrong"}
    assert (await drill.get(f"{VM}/vncwebsocket", **wrong)).status == 400
    params = {"port": offer["port"], "vncticket": offer["ticket"]}
    async with session.ws_connect(
        where, params=params, headers=drill._headers, protocols=("binary",)
    ) as socket:
        assert socket.protocol == "binary"
        assert await socket.receive_bytes() == b"RFB 003.008\n"
        await socket.send_bytes(b"RFB 003.008\n")
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    assert heard == [b"RFB 003.008\n"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(where, params=params, headers=drill._headers)
    assert (await drill.task(offer["upid"]))["type"] == "vncproxy"
    server.close()


async def test_firewall_options_change_and_rules_stay(cluster: Cluster, drill: Api) -> None:
    await reserve(drill)
    path = cluster.world.firewalls / "9100.fw"
    path.parent.mkdir()
    path.write_text("[OPTIONS]\n\nenable: 0\nlog_level_in: info\n\n[RULES]\n\nIN ACCEPT -p tcp\n")
    assert (await drill.get(f"{VM}/firewall/options")).data == {"enable": 0, "log_level_in": "info"}
    said = await drill.put(f"{VM}/firewall/options", enable=1, policy_out="DROP", delete="log_level_in")
    assert said.status == 200
    assert (await drill.get(f"{VM}/firewall/options")).data == {"enable": 1, "policy_out": "DROP"}
    assert "IN ACCEPT -p tcp" in path.read_text()
    assert (await drill.put(f"{VM}/firewall/options", policy_out="PERHAPS")).status == 400


async def test_a_backup_comes_back_by_a_restore(cluster: Cluster, drill: Api, root: Api) -> None:
    await reserve(drill)
    await restore(drill)
    written = await root.task(
        await root.post(
            "/nodes/pve1/vzdump",
            vmid=9100,
            storage="local",
            compress="gzip",
            notes__template="{{guestname}}",
            protected=1,
        )
    )
    assert written["exitstatus"] == "OK"
    assert any("Finished Backup of VM 9100" in line for line in written["log"])
    item = next(
        each
        for each in (await root.get("/nodes/pve1/storage/local/content", vmid=9100)).data
        if each["content"] == "backup"
    )
    assert (item["format"], item["subtype"], item["notes"], item["protected"]) == (
        "vma.gz",
        "qemu",
        "web01",
        1,
    )
    config = (await root.get("/nodes/pve1/vzdump/extractconfig", volume=item["volid"])).data
    assert "#qmdump#map:scsi0:drive-scsi0:drills:raw:" in config
    assert "lock" not in (await drill.get(f"{VM}/config")).data
    again = await root.task(await root.post(QEMU, vmid=9200, archive=item["volid"], storage="drills"))
    assert again["exitstatus"] == "OK"
    one, two = (cluster.volume("pve1", f"drills:vm-{vmid}-disk-0").read_bytes() for vmid in (9100, 9200))
    assert one == two
    kept = await root.task(await root.delete(f"/nodes/pve1/storage/local/content/{item['volid']}"))
    assert "can't remove protected volume" in kept["exitstatus"]


async def test_content_shows_only_what_may_be_read(
    cluster: Cluster, drill: Api, root: Api, archive: Path
) -> None:
    cluster.add_archive("pve1", "local", archive, name="vzdump-qemu-101-2026_10_19-02_00_00.vma")
    cluster.add_archive("pve1", "local", archive, name="by-hand.vma", protected=True)
    path = "/nodes/pve1/storage/local/content"
    assert [item["volid"] for item in (await drill.get(path)).data] == [VOLID]
    items = {item["volid"].split("/")[-1]: item for item in (await root.get(path)).data}
    assert items.keys() == {ARCHIVE, "by-hand.vma", "vzdump-qemu-101-2026_10_19-02_00_00.vma"}
    assert not {"vmid", "subtype"} & items["by-hand.vma"].keys()
    assert items["by-hand.vma"]["protected"] == 1
    assert items[ARCHIVE]["notes"] == "nightly"
    assert (await drill.get(f"{path}/{VOLID}")).data["notes"] == "nightly"


async def test_snapshots_of_a_backup_server_show_their_state(
    cluster: Cluster, drill: Api, archive: Path
) -> None:
    cluster.add_storage(Storage(id="pbs", type="pbs", content=("backup",), shared=True))
    cluster.allow("/storage/pbs", [USER, TOKEN], "PVEDatastoreUser")
    facts = {"size": 1048576, "encrypted": "aa:bb", "verification": {"state": "ok", "upid": "UPID:x"}}
    volid = cluster.add_snapshot("pve1", "pbs", archive, vmid=100, time="2026-10-19T02:00:00Z", facts=facts)
    [item] = (await drill.get("/nodes/pve1/storage/pbs/content", content="backup", vmid=100)).data
    assert item == facts | {
        "volid": volid,
        "content": "backup",
        "format": "pbs-vm",
        "ctime": 1792375200,
        "vmid": 100,
        "subtype": "qemu",
    }
    assert "name: web01" in (await drill.get("/nodes/pve1/vzdump/extractconfig", volume=volid)).data
    await reserve(drill)
    done = await restore(drill, archive=volid, live__restore=1)
    assert done["exitstatus"] == "OK"
    assert done["log"][0].startswith("restore proxmox backup image: ")
    assert (await drill.get(f"{VM}/status/current")).data["status"] == "running"


async def test_jobs_say_what_no_job_covers(cluster: Cluster, root: Api, drill: Api) -> None:
    for vmid in (100, 101, 102):
        cluster.add_guest(
            "pve1", vmid, f"name: vm{vmid}\nscsi0: drills:vm-{vmid}-disk-0\nscsi1: drills:x,backup=0\n"
        )
    cluster.add_job("nightly", {"vmid": "100,101", "storage": "local", "schedule": "02:00", "enabled": 1})
    found = (await root.get("/cluster/backup-info/not-backed-up")).data
    assert found == [{"vmid": 102, "type": "qemu", "name": "vm102"}]
    children = (await root.get("/cluster/backup/nightly/included_volumes")).data["children"]
    assert [(guest["id"], [drive["included"] for drive in guest["children"]]) for guest in children] == [
        (100, [1, 0]),
        (101, [1, 0]),
    ]
    assert (await drill.get("/cluster/backup")).reason == "Permission check failed (/, Sys.Audit)"


async def test_resources_are_those_that_may_be_seen(cluster: Cluster, drill: Api, root: Api) -> None:
    cluster.add_guest("pve1", 300, "name: hidden\n")
    await reserve(drill)
    seen = (await drill.get("/cluster/resources", type="vm")).data
    assert [(guest["vmid"], guest["pool"], guest["status"]) for guest in seen] == [
        (9100, "drverify", "stopped")
    ]
    assert {guest["vmid"] for guest in (await root.get("/cluster/resources", type="vm")).data} == {300, 9100}
    members = (await drill.get("/pools/drverify")).data["members"]
    assert [member["vmid"] for member in members] == [9100]
    assert {each["type"] for each in (await drill.get("/cluster/resources")).data} == {
        "qemu",
        "node",
        "storage",
        "pool",
    }


async def test_own_rights_can_be_asked_for(drill: Api) -> None:
    rights = (await drill.get("/access/permissions", path="/vms/100")).data
    assert rights == {"/vms/100": {"VM.Audit": 1, "VM.Backup": 1}}
    every = (await drill.get("/access/permissions")).data
    assert every["/sdn/zones/localnetwork/drill0"] == {"SDN.Use": 1}
    assert "VM.Allocate" in every["/pool/drverify"]


async def test_tokens_and_rules_by_the_api(
    cluster: Cluster, root: Api, session: aiohttp.ClientSession
) -> None:
    path = f"/access/users/{USER}/token"
    made = (await root.post(f"{path}/second", privsep=1, comment="x")).data
    assert made["full-tokenid"] == f"{USER}!second"
    assert (await root.post(f"{path}/second")).status == 400
    assert {token["tokenid"] for token in (await root.get(path)).data} >= {"second"}
    said = await root.put(
        "/access/acl", path="/vms/100", roles="PVEAuditor", tokens=f"{USER}!second", propagate=0
    )
    assert said.status == 200
    api = Api(session, cluster.url("pve1"), {"Authorization": f"PVEAPIToken={USER}!second={made['value']}"})
    assert (await api.get("/access/permissions", path="/vms/100")).data == {"/vms/100": {"VM.Audit": 0}}
    assert (await api.post("/access/ticket", username=USER, password="x")).status == 401
    assert (await root.delete(f"{path}/second")).status == 200
    assert (await api.get("/nodes")).status == 401
    assert not any(rule.who.endswith("!second") for rule in cluster.world.rights.rules())


async def test_isolated_networks_are_made_and_seen(cluster: Cluster, root: Api, drill: Api) -> None:
    bridges = {each["iface"]: each for each in (await drill.get("/nodes/pve1/network", type="bridge")).data}
    assert bridges["vmbr0"]["bridge_ports"] == "eno1"
    assert bridges["vmbr0"]["cidr"] == "192.0.2.10/24"
    assert bridges["drill0"]["bridge_ports"] == ""
    assert not {"cidr", "address", "gateway"} & bridges["drill0"].keys()
    assert (await root.post("/cluster/sdn/zones", zone="drill", type="simple")).status == 200
    assert (await root.post("/cluster/sdn/vnets", vnet="drnet", zone="drill")).status == 200
    assert (await root.post("/cluster/sdn/vnets", vnet="drnet2", zone="none")).status == 400
    assert (await root.get("/cluster/sdn/vnets")).data[0]["state"] == "new"
    assert cluster.world.fabric.bridges("pve1") == []
    assert (await root.task(await root.put("/cluster/sdn")))["exitstatus"] == "OK"
    assert [bridge.name for bridge in cluster.world.nodes["pve1"].muscle.wanted] == [
        "vmbr0",
        "drill0",
        "drnet",
    ]
    assert (await drill.get("/cluster/sdn/zones")).data == []
    said = await drill.post(QEMU, vmid=9100, pool="drverify", net0="virtio,bridge=drnet")
    assert said.reason == "Permission check failed (/sdn/zones/drill/drnet, SDN.Use)"


@pytest.fixture
def container(cluster: Cluster, tmp_path: Path) -> str:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("./etc/vzdump/pct.conf")
        member.size = len(CT_CONFIG)
        tar.addfile(member, io.BytesIO(CT_CONFIG.encode()))
    source = tmp_path / CT_ARCHIVE
    source.write_bytes(zstandard.ZstdCompressor().compress(packed.getvalue()))
    cluster.allow("/vms/200", [USER, TOKEN], "DrillSource")
    return cluster.add_archive("pve1", "local", source)


async def test_containers_are_restored_as_state(cluster: Cluster, drill: Api, container: str) -> None:
    assert (await drill.get("/nodes/pve1/vzdump/extractconfig", volume=container)).data == CT_CONFIG
    net = "name=eth0,bridge=drill0,hwaddr=BC:24:11:00:00:65"
    how = {
        "vmid": 9300,
        "ostemplate": container,
        "restore": 1,
        "storage": "drills",
        "pool": "drverify",
        "net0": net,
    }
    done = await drill.task(await drill.post(LXC, **how))
    assert done["exitstatus"] == "OK"
    config = (await drill.get(f"{LXC}/9300/config")).data
    assert (config["net0"], config["memory"], config["hostname"]) == (net, 512, "box")
    assert config["rootfs"] == "drills:vm-9300-disk-0,size=1G"
    await drill.task(await drill.post(f"{LXC}/9300/status/start"))
    assert (await drill.get(f"{LXC}/9300/status/current")).data["status"] == "running"
    assert (await drill.delete(f"{LXC}/9300")).status == 500
    await drill.task(await drill.post(f"{LXC}/9300/status/stop"))
    assert (await drill.task(await drill.delete(f"{LXC}/9300", purge=1)))["exitstatus"] == "OK"
    assert not list((cluster.root / "storages/drills").rglob("*.raw"))


async def test_unique_containers_lose_their_overrides(drill: Api, container: str, root: Api) -> None:
    """The quirk that makes drverify never send both."""
    net = "name=eth0,bridge=drill0"
    how = {
        "vmid": 9300,
        "ostemplate": container,
        "restore": 1,
        "storage": "drills",
        "pool": "drverify",
        "net0": net,
    }
    done = await drill.task(await drill.post(LXC, **how, unique=1))
    assert done["exitstatus"] == "OK"
    assert "bridge=vmbr0" in (await root.get(f"{LXC}/9300/config")).data["net0"]


async def test_a_failed_container_leaves_nothing(cluster: Cluster, drill: Api, container: str) -> None:
    how = {"vmid": 9300, "ostemplate": container, "restore": 1, "storage": "drills", "pool": "drverify"}
    done = await drill.task(await drill.post(LXC, **how))
    assert done["exitstatus"] == "Permission check failed (/sdn/zones/localnetwork/vmbr0, SDN.Use)"
    assert cluster.world.guests.find(9300) is None


async def test_snapshots_in_chunks_are_listed_by_their_manifest_and_restored(
    cluster: Cluster, drill: Api, tmp_path: Path
) -> None:
    cluster.add_storage(Storage(id="pbs", type="pbs", content=("backup",), shared=True))
    cluster.allow("/storage/pbs", [USER, TOKEN], "PVEDatastoreUser")
    disk = tmp_path / "disk.raw"
    disk.write_bytes(b"chunk" * 1000 + bytes((1 << 20) - 5000))
    when = {"vmid": 100, "config": "name: web01\nscsi0: x:vm-100-disk-0,size=1M\n"}
    volid = cluster.add_chunks(
        "pve1", "pbs", time="2026-10-19T02:00:00Z", disks={"drive-scsi0": disk}, **when
    )
    locked = {"encrypted": "aa:bb"}
    other = cluster.add_chunks(
        "pve1", "pbs", time="2026-10-20T02:00:00Z", disks={"drive-scsi0": disk}, facts=locked, **when
    )
    running = cluster.volume("pve1", "pbs:backup/vm/100/2026-10-21T02:00:00Z")
    running.mkdir()
    items = {item["volid"]: item for item in (await drill.get("/nodes/pve1/storage/pbs/content")).data}
    assert items[volid]["size"] > 1 << 20
    assert items[other]["encrypted"] == "aa:bb"
    assert items["pbs:backup/vm/100/2026-10-21T02:00:00Z"]["size"] == 1
    await reserve(drill)
    assert (await restore(drill, archive=volid))["exitstatus"] == "OK"
    assert cluster.volume("pve1", "drills:vm-9100-disk-0").read_bytes() == disk.read_bytes()
    await cluster.inject("no-key", match={"vmid": 100})
    done = await restore(drill, archive=other)
    assert any("missing key" in line for line in done["log"])
    said = await drill.get("/nodes/pve1/vzdump/extractconfig", volume=other)
    assert "missing key - manifest was created with key aa:bb" in said.reason
    freed = await drill.task(await drill.delete(f"/nodes/pve1/storage/pbs/content/{volid}"))
    assert freed["exitstatus"] == "OK"
    assert volid not in {item["volid"] for item in (await drill.get("/nodes/pve1/storage/pbs/content")).data}


async def test_a_subnet_with_a_gateway_is_a_way_out_that_can_be_seen(cluster: Cluster, root: Api) -> None:
    await root.post("/cluster/sdn/zones", zone="drill", type="simple")
    await root.post("/cluster/sdn/vnets", vnet="drnet", zone="drill")
    path = "/cluster/sdn/vnets/drnet/subnets"
    assert (
        await root.post(path, subnet="10.0.0.0/24", type="subnet", gateway="10.0.0.1", snat=1)
    ).status == 200
    await root.task(await root.put("/cluster/sdn"))
    [subnet] = (await root.get(path)).data
    assert (subnet["cidr"], subnet["gateway"], subnet["snat"]) == ("10.0.0.0/24", "10.0.0.1", 1)
    assert cluster.world.fabric.bridges("pve1")[0].address == "10.0.0.1/24"


async def test_containers_are_changed_like_guests(drill: Api, container: str) -> None:
    net = "name=eth0,bridge=drill0,hwaddr=BC:24:11:00:00:65"
    how = {
        "vmid": 9300,
        "ostemplate": container,
        "restore": 1,
        "storage": "drills",
        "pool": "drverify",
        "net0": net,
    }
    await drill.task(await drill.post(LXC, **how))
    digest = (await drill.get(f"{LXC}/9300/config")).data["digest"]
    assert (await drill.put(f"{LXC}/9300/config", onboot=0, description="x", digest=digest)).status == 200
    assert "checksum mismatch" in (await drill.put(f"{LXC}/9300/config", onboot=1, digest=digest)).reason
    config = (await drill.get(f"{LXC}/9300/config")).data
    assert (config["onboot"], config["description"]) == (0, "x\n")
    assert (
        await drill.put(f"{LXC}/9300/config", features="nesting=1", hookscript="local:snippets/x")
    ).status == 500
    assert (await drill.get(f"{LXC}/9300/pending")).data
    await drill.task(await drill.post(f"{LXC}/9300/status/start"))
    assert (await drill.task(await drill.post(f"{LXC}/9300/status/shutdown")))["exitstatus"] == "OK"


async def test_a_node_says_what_time_it_is(make, session_of) -> None:
    async with make(zone=ZoneInfo("Europe/Berlin")) as cluster:
        api = await by_password(session_of(cluster), cluster, "root@pam", cluster.root_password)
        said = (await api.get("/nodes/pve1/time")).data
        assert said["timezone"] == "Europe/Berlin"
        assert said["localtime"] - said["time"] in {3600, 7200}
