"""One test for each row of the table, and what holds for all of them."""

import pytest

from drverify.errors import InputError
from drverify.pveconf.policy import Policy, redacted
from drverify.pveconf.preflight import RULES, preflight
from drverify.pveconf.text import parse

MARK = "drverify:0a1b2c3d"


def policy(**changed):
    return Policy(**({"bridge": "drill0", "storage": "drills", "mark": MARK} | changed))


def asked(text, kind="qemu", **changed):
    return preflight(parse(text, kind=kind), policy(**changed))


def of(rule, text, kind="qemu", **changed):
    """What one rule says: key, action, value to come."""
    found = asked(text, kind, **changed).findings
    return [(one.key, one.action, one.after) for one in found if one.rule == rule]


CASES = {
    "net": (
        "net0: virtio=BC:24:11:00:00:64,bridge=vmbr0,firewall=0,tag=5,trunks=1;2,mtu=9000,queues=4,rate=3",
        [("net0", "override", "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1,queues=4")],
    ),
    "args": ("args: -device vfio-pci,host=01:00.0", [("args", "refuse", "")]),
    "hookscript": ("hookscript: local:snippets/x.pl", [("hookscript", "refuse", "")]),
    "hostpci": ("hostpci0: 0000:01:00.0,pcie=1", [("hostpci0", "refuse", "")]),
    "mapping": (
        "hostpci0: mapping=gpu,pcie=1\nusb1: mapping=dongle,usb3=1\nvirtiofs0: share,cache=auto",
        [("hostpci0", "delete", ""), ("usb1", "delete", ""), ("virtiofs0", "delete", "")],
    ),
    "usb": (
        "usb0: host=1234:5678\nusb1: spice\nusb2: host=spice,usb3=1\nusb3: 1-2,usb3=1",
        [("usb0", "override", "host=spice"), ("usb3", "override", "host=spice")],
    ),
    "serial": ("serial0: socket\nserial1: /dev/ttyS0", [("serial1", "override", "socket")]),
    "parallel": ("parallel0: /dev/parport0", [("parallel0", "refuse", "")]),
    "ivshmem": ("ivshmem: size=32,name=shared", [("ivshmem", "refuse", "")]),
    "disc": (
        (
            "ide2: local:iso/debian.iso,media=cdrom\nsata0: cdrom\nide0: none,media=cdrom\n"
            "scsi5: local-lvm:vm-100-cloudinit,media=cdrom\nsata1: nfs:100/vm-100-cloudinit.qcow2,media=cdrom"
        ),
        [("ide2", "set", "none,media=cdrom"), ("sata0", "set", "none,media=cdrom")],
    ),
    "autostart": (
        "onboot: 1\nprotection: 1\ntemplate: 1",
        [("onboot", "override", "0"), ("protection", "override", "0"), ("template", "override", "0")],
    ),
    "startup": ("startup: order=1,up=30", [("startup", "note", "")]),
    "hardware": ("cores: 8", []),
    "bound": (
        "cpu: host\nhugepages: 1024\naffinity: 0-3\nnuma0: cpus=0-1,hostnodes=0\namd-sev: type=std",
        [(key, "note", "") for key in ("cpu", "hugepages", "affinity", "numa0", "amd-sev")],
    ),
    "agent": ("agent: 0,type=isa", [("agent", "override", "1,type=isa")]),
    "smbios1": ("smbios1: uuid=3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11", []),
    "left-out": (
        (
            "scsi0: a:vm-100-disk-0\nscsi1: a:vm-100-disk-1,backup=0\nscsi2: a:vm-100-disk-2\n#scsi3: a:vm-100-disk-3\n"
            "#qmdump#map:scsi0:drive-scsi0:a:raw:"
        ),
        [("scsi3", "note", ""), ("scsi1", "note", ""), ("scsi2", "note", "")],
    ),
    "node-disk": ("scsi0: /dev/disk/by-id/x,size=8G", [("scsi0", "note", "")]),
    "no-efidisk": ("bios: ovmf", [("bios", "note", "")]),
    "cicustom": ("cicustom: user=local:snippets/user.yaml", [("cicustom", "note", "")]),
    "freeze": ("freeze: 1", [("freeze", "note", "")]),
    "vmgenid": ("vmgenid: 3a2f0f7e-1c55-4b1c-8a63-5f7e2f7b9a11", [("vmgenid", "note", "")]),
    "locked": ("lock: suspended\nvmstate: a:vm-100-state", [("lock", "note", ""), ("vmstate", "note", "")]),
    "sections": (
        "[PENDING]\nnet0: virtio=BC:24:11:00:00:64,bridge=vmbr0\n[old]\nmemory: 1",
        [("[PENDING]", "refuse", ""), ("[old]", "note", "")],
    ),
    "twice": ("memory: 1\nmemory: 2", [("memory", "note", "")]),
    "unknown": (
        "warp: 9\nNET0: virtio=BC:24:11:00:00:64,bridge=vmbr0\nnet00: virtio\nArgs: -S",
        [("warp", "note", ""), ("NET0", "refuse", ""), ("net00", "refuse", ""), ("Args", "refuse", "")],
    ),
    "mark": (
        "#the shop\ntags: prod;web",
        [("description", "override", MARK), ("tags", "override", "drverify")],
    ),
    "ct-net": (
        "net0: name=eth0,bridge=vmbr0,gw=10.0.0.1,hwaddr=BC:24:11:AA:00:01,ip=10.0.0.5/24,tag=7,mtu=9000,type=veth",
        [
            (
                "net0",
                "override",
                "name=eth0,hwaddr=BC:24:11:AA:00:01,bridge=drill0,firewall=1,ip=10.0.0.5/24,gw=10.0.0.1,type=veth",
            )
        ],
    ),
    "ct-raw": (
        "lxc.cap.drop: x\nlxc.mount.entry: /etc etc none bind",
        [("lxc.cap.drop", "refuse", ""), ("lxc.mount.entry", "refuse", "")],
    ),
    "privileged": ("unprivileged: 0", [("unprivileged", "refuse", "")]),
    "ct-mount": (
        "rootfs: a:b\nmp0: /srv,mp=/srv\nmp1: /dev/sdb,mp=/raw\nmp2: a:c,mp=/ok",
        [("mp0", "refuse", ""), ("mp1", "refuse", "")],
    ),
    "ct-device": ("dev0: /dev/net/tun", [("dev0", "refuse", "")]),
    "ct-left-out": ("mp0: a:b,mp=/srv,backup=1\nmp1: a:c,mp=/cache", [("mp1", "note", "")]),
    "ct-features": ("features: nesting=1,mount=nfs", [("features", "note", "")]),
}
CONTAINERS = {rule.id for rule in RULES if rule.kinds == frozenset({"lxc"})}


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_rule(rule):
    text, said = CASES[rule]
    kind = "lxc" if rule in CONTAINERS else "qemu"
    assert of(rule, text, kind) == said
    quiet = {"autostart", "mark", "agent"}  # these also act where nothing is written
    if rule not in quiet | {"privileged"}:
        assert of(rule, "memory: 512", kind) == []


def test_every_row_says_what_why_and_what_is_done():
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.looks_at
        assert rule.danger
        assert rule.action
        assert rule.kinds


SAFE = """\
agent: 1
boot: order=scsi0
memory: 512
name: web
ostype: l26
scsi0: local-lvm:vm-100-disk-0,size=1G
smbios1: uuid=9f3c2c5e-6f0e-4a36-9d8e-0a5f6f3d1b10
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:
"""


def test_a_machine_without_anything_of_its_node_is_clean_and_marked_all_the_same():
    done = asked(SAFE)
    assert done.is_clean
    assert done.refusals == ()
    assert dict(done.overrides) == {
        "onboot": "0",
        "protection": "0",
        "description": MARK,
        "tags": "drverify",
    }


def test_a_card_makes_it_unclean_since_it_would_be_plugged_in():
    assert not asked(f"{SAFE}net0: virtio=BC:24:11:00:00:64,bridge=vmbr0").is_clean


@pytest.mark.parametrize(
    "card", ["virtio,bridge=vmbr0", "virtio=BC:24:11:00:00:64,model=e1000", "warp=BC:24:11:00:00:64", ""]
)
def test_a_card_that_cannot_be_kept_as_it_is_is_refused(card):
    assert of("net", f"net0: {card}") == [("net0", "refuse", "")]


def test_a_containers_card_without_an_address_is_refused():
    assert of("ct-net", "net0: name=eth0,bridge=vmbr0", "lxc") == [("net0", "refuse", "")]
    assert of("ct-net", "net0: bridge=vmbr0;x", "lxc") == [("net0", "refuse", "")]


def test_cards_may_go_on_several_drill_bridges_and_a_pulled_cable_stays_pulled():
    text = "net0: virtio=BC:24:11:00:00:64,bridge=a\nnet1: e1000=BC:24:11:00:00:65,bridge=b,link_down=1"
    assert of("net", text, cards=(("net1", "drill1"),)) == [
        ("net0", "override", "virtio=BC:24:11:00:00:64,bridge=drill0,firewall=1"),
        ("net1", "override", "e1000=BC:24:11:00:00:65,bridge=drill1,firewall=1,link_down=1"),
    ]
    assert ",link_down=1" in of("net", text, links_down=True)[0][2]


@pytest.mark.parametrize(
    ("rule", "text", "name"),
    [
        ("args", "args: -S", "args"),
        ("hookscript", "hookscript: local:snippets/x", "hookscript"),
        ("hostpci", "hostpci0: 01:00.0", "hostpci0"),
        ("hostpci", "hostpci0: 01:00.0", "hostpci"),
        ("mapping", "usb0: mapping=dongle", "usb0"),
        ("usb", "usb0: host=1234:5678", "usb0"),
        ("serial", "serial0: /dev/ttyS0", "serial0"),
        ("ct-raw", "lxc.cap.drop: x", "lxc.cap.drop"),
        ("privileged", "unprivileged: 0", "privileged"),
        ("ct-mount", "mp0: /srv,mp=/srv", "mp0"),
    ],
)
def test_what_the_policy_names_is_allowed_said_and_still_no_clean_machine(rule, text, name):
    kind = "lxc" if rule in CONTAINERS else "qemu"
    done = asked(text, kind, allow=frozenset({name}))
    assert [one.action for one in done.findings if one.rule == rule] == ["allow"]
    assert not done.is_clean
    assert any(one.rule == rule for one in done.notes)
    other = asked(text, kind, allow=frozenset({"something-else"}))
    assert [one.action for one in other.findings if one.rule == rule] != ["allow"]


def test_a_device_by_mapping_and_by_host_at_once_is_the_hosts():
    assert of("hostpci", "hostpci0: host=01:00.0,mapping=gpu") == [("hostpci0", "refuse", "")]
    assert of("mapping", "hostpci0: host=01:00.0,mapping=gpu") == []


def test_every_occurrence_of_a_dangerous_key_is_looked_at():
    assert len(of("args", "args: -S\nargs: -M none")) == 2
    assert of("autostart", "onboot: 1\nonboot: 0")[0] == ("onboot", "override", "0")
    assert not asked("onboot: 1\nonboot: 0").is_clean
    assert of("privileged", "unprivileged: 0\nunprivileged: 1", "lxc") == [("unprivileged", "refuse", "")]


def test_other_hardware_is_an_override_or_is_taken_away_and_nothing_else_is_hardware():
    done = asked(
        "cores: 8\nhugepages: 1024", hardware=(("cores", "2"), ("hugepages", ""), ("machine", "q35"))
    )
    assert ("cores", "2") in done.overrides
    assert ("machine", "q35") in done.overrides
    assert done.deletions == ("hugepages",)
    assert not [one for one in done.notes if one.key == "hugepages"]
    assert "swap" not in dict(asked("cores: 8", hardware=(("swap", "0"),)).overrides)
    with pytest.raises(InputError, match="no setting of the hardware"):
        policy(hardware=(("scsi0", "drills:1"),))


@pytest.mark.parametrize("wrong", [{"bridge": "drill0,tag=5"}, {"storage": ""}, {"mark": "two\nlines"}])
def test_a_policy_of_names_that_are_none_is_refused(wrong):
    with pytest.raises(InputError):
        policy(**wrong)


def test_lines_for_the_evidence_are_single_short_and_without_secrets():
    done = asked("warp: " + "x" * 5000 + "\ncipassword: $5$secret\ncipassword: $5$secret\n#a%0Ab")
    lines = [str(one) for one in done.findings]
    assert all("\n" not in line and len(line) < 600 for line in lines)
    assert not any("secret" in line for line in lines)
    assert any(line.startswith("cipassword: (not shown)") for line in lines)


def test_what_is_kept_of_a_configuration_has_no_secret_in_it():
    config = parse(
        "cipassword: $5$a\nrootfs: a:b\nenv: PASSWORD=b\nlxc.environment: K=c\n[old]\ncipassword: $5$d"
    )
    text = repr(redacted(config))
    assert not any(secret in text for secret in ("$5$a", "PASSWORD", "K=c", "$5$d"))
    assert redacted(config).value("rootfs") == "a:b"


def test_evidence_has_to_end_and_a_guest_of_a_thousand_devices_is_refused():
    text = "".join(f"serial{number}: /dev/ttyS0\n" for number in range(1000))
    done = asked(text)
    said = [one for one in done.findings if one.rule == "serial"]
    assert len(said) == 101
    assert [str(one) for one in done.refusals] == [
        "serial: not set is refused (more than 100 of these in one guest)"
    ]
    exactly = asked("".join(f"serial{number}: /dev/ttyS0\n" for number in range(100)))
    assert exactly.refusals == ()


def test_the_old_name_of_a_drive_for_discs():
    assert of("disc", "cdrom: local:iso/x.iso") == [("ide2", "set", "none,media=cdrom")]
    assert of("disc", "cdrom: none") == []


def test_a_container_that_does_not_say_is_privileged():
    assert of("privileged", "memory: 512", "lxc") == [("unprivileged", "refuse", "")]
    allowed = asked("memory: 512", "lxc", allow=frozenset({"privileged"}))
    assert [(one.key, one.before) for one in allowed.notes if one.rule == "privileged"] == [
        ("unprivileged", "")
    ]


def test_a_processor_of_the_node_with_flags_and_one_of_a_model():
    assert of("bound", "cpu: host,flags=+aes") == [("cpu", "note", "")]
    assert of("bound", "cpu: cputype=host,hidden=1") == [("cpu", "note", "")]
    assert of("bound", "cpu: x86-64-v2-AES,flags=+aes") == []
    assert of("bound", "cpu: host", hardware=(("cpu", "x86-64-v2-AES"),)) == []


@pytest.mark.parametrize("features", ["nesting=1", "nesting=1,keyctl=0", "fuse=0"])
def test_features_that_every_account_may_give_are_not_worth_a_word(features):
    assert of("ct-features", f"features: {features}", "lxc") == []
