import pytest

from drverify.pveconf.policy import Policy
from drverify.pveconf.preflight import preflight
from drverify.pveconf.restored import check_restored
from drverify.pveconf.text import from_api, parse

MARK = "drverify:0a1b2c3d"
POLICY = Policy(bridge="drill0", storage="drills", mark=MARK, tags=("drverify", "run-0a1b2c3d"))
BACKUP = """\
agent: 1
boot: order=scsi0
ide2: local:iso/x.iso,media=cdrom
memory: 512
net0: virtio=bc:24:11:00:00:64,bridge=vmbr0,tag=5
onboot: 1
scsi0: local-lvm:vm-100-disk-0,size=1G
usb0: mapping=dongle
"""
EXPECTED = preflight(parse(BACKUP), POLICY)
SOUND = {
    "agent": "1",
    "boot": "order=scsi0",
    "description": f"{MARK}\n#scsi1: local-lvm:vm-100-disk-1,backup=0",
    "digest": "d" * 40,
    "ide2": "none,media=cdrom",
    "memory": "512",
    "meta": "creation-qemu=9.2.0,ctime=1",
    "net0": "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1",
    "onboot": 0,
    "protection": 0,
    "scsi0": "drills:vm-9100-disk-0,size=1G",
    "tags": "drverify;run-0a1b2c3d",
    "vmgenid": "3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11",
}


def problems(change=(), drop=(), **how):
    values = {key: value for key, value in (SOUND | dict(change)).items() if key not in drop}
    return check_restored(from_api(values, kind="qemu"), POLICY, EXPECTED, **how)


def test_a_copy_as_planned_has_no_problem():
    assert problems() == ()


@pytest.mark.parametrize(
    ("key", "value", "why", "is_open"),
    [
        ("net0", "virtio=BC:24:11:00:00:64,bridge=vmbr0,firewall=1", "none of the drill's", True),
        ("net0", "virtio=BC:24:11:00:00:64,firewall=1", "none of the drill's", True),
        ("net0", "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1,tag=5", "the plan was", True),
        ("net0", "virtio=BC:24:11:00:00:64,bridge=drill0", "the plan was", True),
        ("net0", "virtio=BC:24:11:00:00:99,bridge=drill0,firewall=1", "the plan was", False),
        ("net0", "e1000=BC:24:11:00:00:64,bridge=drill0,firewall=1", "the plan was", False),
        ("net0", "gibberish", "no model", True),
        ("net1", "virtio=BC:24:11:00:00:65,bridge=drill0,firewall=1", "no such card", True),
        ("args", "-S", "emulator", False),
        ("hookscript", "local:snippets/x", "root", False),
        ("hostpci0", "01:00.0", "root's own login", False),
        ("usb0", "mapping=dongle", "the original is using", False),
        ("usb1", "host=1234:5678", "device of the node", False),
        ("serial0", "/dev/ttyS0", "serial line", False),
        ("ide2", "local:iso/x.iso,media=cdrom", "not on the drill storage", False),
        ("scsi1", "local-lvm:vm-100-disk-1", "not on the drill storage drills", False),
        ("scsi1", "drills2:vm-9100-disk-1", "not on the drill storage drills", False),
        ("scsi1", "/dev/sdb", "not on the drill storage", False),
        ("efidisk0", "local-lvm:vm-100-disk-2", "not on the drill storage", False),
        ("tpmstate0", "local-lvm:vm-100-disk-3", "not on the drill storage", False),
        ("unused0", "local-lvm:vm-100-disk-4", "not on the drill storage", False),
        ("scsi2", "size=3", "names no volume", False),
        ("onboot", 1, "starts with the node", False),
        ("protection", "1", "cannot be destroyed", False),
        ("lock", "create", "a task was killed", False),
        ("description", "someone else's", "our mark", False),
        ("description", f"not {MARK}", "our mark", False),
        ("tags", "drverify", "our tags", False),
    ],
)
def test_whatever_deviates_is_a_problem(key, value, why, is_open):
    found = [one for one in problems({key: value}) if one.key == key]
    assert found
    assert why in " ".join(map(str, found))
    assert any(one.is_open for one in found) == is_open


def test_a_card_that_is_gone_is_a_problem():
    assert [str(one) for one in problems(drop=("net0",))] == [
        "net0: not set (the plan was virtio=bc:24:11:00:00:64,bridge=drill0,firewall=1)"
    ]


def test_a_pending_change_is_a_way_out():
    found = problems(pending=("net0",))
    assert [(one.key, one.is_open) for one in found] == [("net0", True)]


def test_hardware_that_was_not_taken_over_would_be_a_lie_in_the_evidence():
    done = preflight(
        parse(BACKUP),
        Policy(bridge="drill0", storage="drills", mark=MARK, tags=POLICY.tags, hardware=(("memory", "256"),)),
    )
    config = from_api(SOUND, kind="qemu")
    assert [one.key for one in check_restored(config, POLICY, done)] == ["memory"]


def test_a_container():
    backup = "rootfs: a:subvol-9-disk-0\nunprivileged: 1\nnet0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:AA:00:01,ip=dhcp\n"
    expected = preflight(parse(backup), POLICY)
    values = {
        "description": f"{MARK}\n",
        "net0": "name=eth0,bridge=drill0,firewall=1,hwaddr=BC:24:11:AA:00:01,ip=dhcp,type=veth",
        "rootfs": "drills:subvol-9100-disk-0,size=1G",
        "tags": "drverify;run-0a1b2c3d",
        "unprivileged": 1,
    }

    def keys(**change):
        config = from_api(values | change, kind="lxc")
        return [one.key for one in check_restored(config, POLICY, expected)]

    assert keys() == []
    assert keys(net0=values["net0"].replace("drill0", "vmbr0")) == ["net0"]
    assert keys(rootfs="a:subvol-9-disk-0") == ["rootfs"]
    assert keys(mp0="/srv,mp=/srv") == ["mp0", "mp0"]
    assert keys(unprivileged=0) == ["unprivileged"]
    assert keys(lxc=[["lxc.cap.drop", "x"]]) == ["lxc.cap.drop"]
