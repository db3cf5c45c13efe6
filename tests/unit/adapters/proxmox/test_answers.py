"""Answers in the forms that versions of the API give them."""

from datetime import UTC, datetime

import pytest

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import Malformed, NodeUnreachable, StorageOffline
from drverify.adapters.proxmox.values import Bridge
from tests.support.pve_script import ACCESS, client, lost, no_secret, refused, said, scripted


@pytest.mark.parametrize(
    ("value", "whole", "flag", "text"),
    [
        (1, 1, True, "1"),
        (0, 0, False, "0"),
        ("1", 1, True, "1"),
        ("0", 0, False, "0"),
        (True, 1, True, "1"),
        (False, 0, False, "0"),
        ("on", None, True, "on"),
        ("512", 512, False, "512"),
        (" 7 ", 7, False, " 7 "),
        ("-3", -3, False, "-3"),
        (2.0, 2, True, "2.0"),
        (2.5, None, True, "2.5"),
        ("٣", None, False, "٣"),
        ("9" * 30, None, False, "9" * 30),
        (None, None, False, ""),
        ([1], None, False, ""),
        ({"a": 1}, None, False, ""),
    ],
)
def test_values_come_in_many_forms(value: object, whole: int | None, flag: bool, text: str) -> None:
    row = {"key": value}
    assert reading.whole(row, "key") == whole
    assert reading.flag(row, "key") is flag
    assert reading.text(row, "key") == text
    assert reading.whole({}, "key") is None
    assert reading.flag({}, "key", default=True) is True


def test_sizes_times_and_lists() -> None:
    assert reading.size({"s": -1}, "s") is None
    assert reading.size({"s": "10"}, "s") == 10
    assert reading.instant({"t": 0}, "t") == datetime(1970, 1, 1, tzinfo=UTC)
    assert reading.instant({"t": 10**18}, "t") is None
    assert reading.split({"c": "images, rootdir;backup iso"}, "c") == ("images", "rootdir", "backup", "iso")
    assert reading.split({"c": ["a", 1, None]}, "c") == ("a", "1")
    assert reading.numbers(("100", "x", "101")) == frozenset({100, 101})
    assert reading.number({"c": "0.25"}, "c") == 0.25
    assert reading.number({"c": "x"}, "c") == 0


async def test_backup_jobs_say_what_they_keep_in_two_forms() -> None:
    rows = [
        {
            "id": "a",
            "all": 1,
            "exclude": "103,104",
            "prune-backups": "keep-daily=7",
            "next-run": 1_700_000_000,
        },
        {
            "id": "b",
            "vmid": "100,101",
            "enabled": "0",
            "prune-backups": {"keep-weekly": "4", "keep-daily": 7},
        },
        {"id": "c", "pool": "prod", "schedule": "mon..fri 21:00", "storage": "nas", "mode": "snapshot"},
    ]
    first, second, third = await client(said("/cluster/backup", rows)).cluster.backup_jobs()
    assert (first.enabled, first.everything, first.excluded) == (True, True, frozenset({103, 104}))
    assert first.next_run == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (second.enabled, second.vmids) == (False, frozenset({100, 101}))
    assert (first.keep, second.keep, third.keep) == ("keep-daily=7", "keep-daily=7,keep-weekly=4", "")
    assert (third.pool, third.schedule, third.storage) == ("prod", "mon..fri 21:00", "nas")


async def test_guests_are_those_with_a_vmid() -> None:
    rows = [
        {
            "type": "qemu",
            "vmid": 101,
            "name": "b",
            "node": "pve1",
            "status": "stopped",
            "tags": "a;b",
            "lock": "backup",
        },
        {
            "type": "lxc",
            "vmid": "100",
            "name": "a",
            "node": "pve2",
            "status": "running",
            "template": 1,
            "pool": "p",
        },
        {"type": "node", "node": "pve1"},
        {"type": "qemu"},
    ]
    container, machine = await client(said("/cluster/resources", rows, type="vm")).cluster.guests()
    assert (container.kind, container.vmid, container.template, container.pool) == ("lxc", 100, True, "p")
    assert (machine.kind, machine.tags, machine.lock) == ("qemu", ("a", "b"), "backup")


async def test_a_single_node_has_no_cluster_and_is_quorate() -> None:
    alone = [{"type": "node", "name": "pve1", "ip": "10.0.0.1", "online": 1, "local": 1}]
    status = await client(said("/cluster/status", alone)).cluster.status()
    assert (status.quorate, status.name, status.addresses) == (True, "", {"pve1": "10.0.0.1"})
    several = [{"type": "cluster", "name": "c", "quorate": 0}, *alone]
    assert not (await client(said("/cluster/status", several)).cluster.status()).quorate


async def test_bridges_tell_everything_that_could_lead_out() -> None:
    rows = [
        {
            "iface": "drill0",
            "type": "bridge",
            "bridge_ports": "none",
            "active": 1,
            "comments": "for drills\n",
        },
        {
            "iface": "vmbr0",
            "type": "bridge",
            "bridge_ports": "eno1 eno2",
            "cidr": "10.0.0.1/24",
            "gateway": "10.0.0.254",
        },
        {
            "iface": "vmbr1",
            "type": "OVSBridge",
            "ovs_ports": "tap0",
            "address6": "fd00::1",
            "gateway6": "fd00::2",
        },
    ]
    closed, open_, ovs = await client(said("/nodes/pve1/network", rows)).nodes.bridges("pve1")
    assert closed == Bridge(name="drill0", kind="bridge", active=True, comment="for drills")
    assert (open_.ports, open_.addresses, open_.gateways) == (
        ("eno1", "eno2"),
        ("10.0.0.1/24",),
        ("10.0.0.254",),
    )
    assert (ovs.ports, ovs.addresses, ovs.gateways) == (("tap0",), ("fd00::1",), ("fd00::2",))


async def test_a_vnet_is_what_it_will_be_when_changes_are_applied() -> None:
    rows = [
        {"vnet": "drill", "zone": "iso", "isolate-ports": 1},
        {"vnet": "new", "zone": "iso", "state": "changed", "pending": {"zone": "evil", "vlanaware": 1}},
    ]
    ready, waiting = await client(said("/cluster/sdn/vnets", rows, pending=1)).cluster.vnets()
    assert (ready.zone, ready.isolated_ports, ready.pending) == ("iso", True, False)
    assert (waiting.zone, waiting.vlan_aware, waiting.pending) == ("evil", True, True)


async def test_memory_that_the_page_cache_would_give_back_is_free() -> None:
    def of(memory: object) -> object:
        return {"memory": memory, "cpuinfo": {"cpus": 8}, "cpu": 0.25, "pveversion": "pve-manager/9.1.4"}

    newer = client(said("/nodes/pve1/status", of({"total": 100, "free": 10, "available": 60})))
    assert (await newer.nodes.load("pve1")).memory_free == 60
    older = client(said("/nodes/pve1/status", of({"total": 100, "free": 10, "used": 90})))
    found = await older.nodes.load("pve1")
    assert (found.memory_free, found.memory_total, found.cpus) == (10, 100, 8)
    with pytest.raises(Malformed):
        await client(said("/nodes/pve1/status", of({"total": 100}))).nodes.load("pve1")


@pytest.mark.parametrize(
    ("verification", "expected"),
    [
        (None, ""),
        ({"state": "ok", "upid": "x"}, "ok"),
        ({"state": "failed"}, "failed"),
        ({"state": "something-new"}, "failed"),
        ({}, ""),
        ("ok", ""),
    ],
)
async def test_content_items(verification: object, expected: str) -> None:
    row = {
        "volid": "pbs:backup/vm/100/2026-10-19T02:00:00Z", "content": "backup", "format": "pbs-vm", "size": 5,
        "ctime": 1_700_000_000, "vmid": 100, "subtype": "qemu", "notes": "first\nsecond", "protected": 1,
        "encrypted": "ab:cd", "verification": verification,
    }  # fmt: skip
    pve = client(
        said("/nodes/pve1/storage/pbs/content", [row, {"content": "backup"}], content="backup", vmid=100)
    )
    (found,) = await pve.storages.content("pve1", "pbs", content="backup", vmid=100)
    assert (found.notes, found.protected, found.encrypted, found.verification) == (
        "first",
        True,
        "ab:cd",
        expected,
    )


async def test_a_volume_is_gone_when_its_task_is() -> None:
    upid = "UPID:pve1:00000001:00000001:6553F100:imgdel::drill@pve!one:"
    volume = "/nodes/pve1/storage/drill/content/drill%3Avm-9100-disk-0"
    task = "/nodes/pve1/tasks/" + upid.replace(":", "%3A").replace("@", "%40").replace("!", "%21")
    pve = client(
        said(volume, upid, method="DELETE"),
        said(f"{task}/status", {"status": "stopped", "exitstatus": "OK"}),
        said(f"{task}/log", [{"n": 1, "t": "TASK OK"}], start=0, limit=500),
        said(f"{task}/log", [], start=1, limit=500),
    )
    await pve.storages.remove("pve1", "drill:vm-9100-disk-0")
    failing = client(
        said(volume, upid, method="DELETE"),
        said(f"{task}/status", {"status": "stopped", "exitstatus": "storage 'drill' is not online"}),
        said(f"{task}/log", [], start=0, limit=500),
    )
    with pytest.raises(StorageOffline):
        await failing.storages.remove("pve1", "drill:vm-9100-disk-0")
    await client(said(volume, None, method="DELETE")).storages.remove("pve1", "drill:vm-9100-disk-0")


async def test_configuration_and_what_waits_for_the_next_start() -> None:
    rows = [
        {"key": "memory", "value": "512", "pending": "1024"},
        {"key": "net0", "value": "virtio=BC:24:11:00:00:01,bridge=vmbr0", "delete": 1},
        {"key": "cores", "value": 2},
    ]
    pve = client(
        said("/nodes/pve1/qemu/9100/pending", rows),
        said(
            "/nodes/pve1/qemu/9100/config",
            {"memory": 512, "name": "shop", "digest": "abc", "lxc": [["a", "b"]]},
        ),
    )
    memory, net, cores = await pve.qemu.pending("pve1", 9100)
    assert (memory.current, memory.pending, memory.deleted) == ("512", "1024", False)
    assert (net.deleted, net.pending) == (True, None)
    assert (cores.current, cores.pending) == ("2", None)
    config = await pve.qemu.config("pve1", 9100)
    assert (config.values["memory"], config.digest) == ("512", "abc")
    assert "digest" not in config.values
    assert config.answer["lxc"] == [["a", "b"]]


async def test_a_screen_is_opened_with_the_password_or_the_ticket() -> None:
    path, asked = "/nodes/pve1/qemu/9100/vncproxy", {"websocket": 1, "generate_password": 1}
    newer = client(said(path, {"port": "5900", "ticket": "T", "password": "P"}, method="POST", **asked))
    older = client(said(path, {"port": 5900, "ticket": "T"}, method="POST", **asked))
    assert (await newer.qemu.vncproxy("pve1", 9100)).password == "P"
    found = await older.qemu.vncproxy("pve1", 9100)
    assert (found.port, found.password) == (5900, "T")
    assert "'T'" not in repr(found)


async def test_what_the_first_answer_consumes_is_asked_once() -> None:
    path = "/nodes/pve1/qemu/9100/agent"
    wire = scripted(lost(f"{path}/exec-status", pid=7), lost(f"{path}/get-time"))
    async with ProxmoxClient(ACCESS, no_secret, wire=wire) as pve:
        with pytest.raises(NodeUnreachable):
            await pve.agent.exec_status("pve1", 9100, 7)
        assert len(wire.asked) == 1
        with pytest.raises(NodeUnreachable):
            await pve.agent.time("pve1", 9100)
        assert len(wire.asked) == 4


@pytest.mark.parametrize(("status", "asked"), [(595, 3), (596, 1), (599, 1)])
async def test_a_slow_storage_is_not_asked_again_while_it_may_be_at_work(status: int, asked: int) -> None:
    wire = scripted(refused("/nodes/pve1/storage/nas/content", status, "Connection timed out"))
    async with ProxmoxClient(ACCESS, no_secret, wire=wire) as pve:
        with pytest.raises(NodeUnreachable) as caught:
            await pve.storages.content("pve1", "nas")
    assert len(wire.asked) == asked
    assert ("`nodes`" in caught.value.hint) == (asked == 1)


@pytest.mark.parametrize(("kind", "asked"), [("NoAnswer", 1), ("OutcomeUnknown", 3), ("NodeUnreachable", 3)])
async def test_a_storage_that_gave_no_answer_in_time_is_not_asked_again(kind: str, asked: int) -> None:
    wire = scripted(lost("/nodes/pve1/storage/nas/content", kind=kind))
    async with ProxmoxClient(ACCESS, no_secret, wire=wire) as pve:
        with pytest.raises(NodeUnreachable):
            await pve.storages.content("pve1", "nas")
    assert len(wire.asked) == asked
