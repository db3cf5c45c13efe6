"""How a copy is planned, and what a restore's log says of its bytes."""

from pathlib import Path

import pytest

from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.restoring_log import KEPT, Logbook, figures
from drverify.adapters.proxmox.restoring_plan import plan_of
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.adapters.proxmox.tasks import Following, Upid
from drverify.errors import HostError
from drverify.pveconf.restored import check_restored
from drverify.pveconf.text import from_api

SETTINGS = HostSettings(
    name="pve",
    access=Access(endpoint=endpoint("127.0.0.1:8006"), token="a@pve!b"),
    run_on=("pve1",),
    first_vmid=9000,
    last_vmid=9001,
    pool="drverify",
    storage="drill",
    bridges=(DrillBridge(bridge="drill0", tap=0), DrillBridge(bridge="drill1", tap=1)),
    restores_from=frozenset({"pve"}),
    state=Path("/state"),
)
CONFIG = b"""\
name: web
memory: 512
scsi0: local-lvm:vm-100-disk-0,size=1G
net0: virtio=BC:24:11:00:00:10,bridge=vmbr0,tag=7
net1: virtio=BC:24:11:00:00:11,bridge=vmbr1
onboot: 1
"""
MARK = "drverify:0123abcd 00112233"


def overrides(config: bytes = CONFIG, *, plugged: int = 2) -> dict[str, str]:
    return dict(plan_of(config, SETTINGS, SETTINGS.bridges, plugged=plugged, mark=MARK).expected.overrides)


def test_every_card_gets_a_bridge_of_its_own():
    found = overrides()
    assert found["net0"] == "virtio=BC:24:11:00:00:10,bridge=drill0,firewall=1"
    assert found["net1"] == "virtio=BC:24:11:00:00:11,bridge=drill1,firewall=1"
    assert found["onboot"] == "0"
    assert found["description"] == MARK
    assert "name" not in found


def test_a_card_without_a_network_gets_no_cable():
    found = overrides(plugged=1)
    assert "link_down=1" not in found["net0"]
    assert found["net1"] == "virtio=BC:24:11:00:00:11,bridge=drill1,firewall=1,link_down=1"
    assert "link_down=1" in overrides(plugged=0)["net0"]
    down = overrides(CONFIG.replace(b"bridge=vmbr1", b"bridge=vmbr1,link_down=1"), plugged=1)
    assert down["net1"].count("link_down=1") == 1


def test_the_cards_of_a_copy_are_known():
    plan = plan_of(CONFIG, SETTINGS, SETTINGS.bridges, plugged=2, mark=MARK)
    assert plan.cards == ("bc:24:11:00:00:10", "bc:24:11:00:00:11")


@pytest.mark.parametrize(
    "line", [b"args: -device x\n", b"hookscript: local:snippets/x\n", b"hostpci0: 01:00\n"]
)
def test_what_must_not_be_restored_is_refused_by_name(line: bytes):
    with pytest.raises(HostError, match=line.partition(b":")[0].decode()) as caught:
        overrides(CONFIG + line)
    assert "[hosts.pve]" in caught.value.hint


def test_a_copy_as_planned_has_no_problems_and_another_has():
    plan = plan_of(CONFIG, SETTINGS, SETTINGS.bridges, plugged=2, mark=MARK)
    values = {
        "name": "web",
        "memory": "512",
        "scsi0": "drill:9000/vm-9000-disk-0.raw,size=1G",
        **dict(plan.expected.overrides),
    }
    assert check_restored(from_api(values, kind="qemu"), plan.policy, plan.expected) == ()
    values["net0"] = "virtio=BC:24:11:00:00:10,bridge=vmbr0,firewall=1"
    (problem,) = check_restored(from_api(values, kind="qemu"), plan.policy, plan.expected)
    assert problem.is_open
    assert problem.key == "net0"


def test_figures_of_a_restore_from_its_log():
    found = figures(
        [
            "DEV: dev_id=1 size: 67108864 devname: drive-scsi0",
            "DEV: dev_id=2 size: 540672 devname: drive-efidisk0",
            "progress 100% (read 67108864 bytes, duration 1 sec)",
            "total bytes read 67649536, sparse bytes 60000000 (88.7%)",
        ]
    )
    assert (found.logical, found.allocated, found.disks) == (67649536, 7649536, 2)
    backup_server = figures(["restore image complete (bytes=4294967296, duration=3.00s, speed=1365.33MB/s)"])
    assert (backup_server.logical, backup_server.allocated, backup_server.disks) == (4294967296, None, 1)
    assert figures([]).logical is None


def test_logs_of_our_tasks_are_kept_bounded_and_told():
    book = Logbook()
    told: list[tuple[str, str]] = []
    heard: list[str] = []
    book.tell(lambda doing, upid: told.append((doing, upid)))
    following = book.following("restore", Following(on_lines=heard.extend))
    following.announce(Upid("UPID:pve1:1"))
    following.on_lines(["one", "x" * 5000])
    for _ in range(300):
        following.on_lines(["y" * 2000])
    assert told == [("restore", "UPID:pve1:1")]
    assert heard[0] == "one"
    assert book.text().startswith("== restore UPID:pve1:1\none\nxxx")
    assert len(book.text()) < KEPT + 5000
