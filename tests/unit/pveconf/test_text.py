import contextlib
import time

import pytest

from drverify.errors import DefectError, HostError
from drverify.pveconf.text import Comment, Entry, LeftOut, Mapped, from_api, parse, render

WEB = """\
#the shop's web server%3A ask Ada
#
agent: 1
boot: order=scsi0;net0
net0: virtio=BC:24:11:00:00:64,bridge=vmbr0,firewall=1,tag=5
scsi0: local-lvm:vm-100-disk-0,iothread=1,size=64M
scsi1: local-lvm:vm-100-disk-1,backup=0,size=1G
#scsi2: local-lvm:vm-100-disk-2,backup=0,size=2G
something-new: 7
#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:

[before-update]
#taken by hand
net0: virtio=BC:24:11:00:00:64,bridge=vmbr9
snaptime: 1760000000
"""


def test_every_kind_of_line_is_told_apart():
    config = parse(WEB)
    assert config.kind == "qemu"
    assert config.description == "the shop's web server: ask Ada\n"
    assert config.entry("something-new") == Entry(key="something-new", value="7")
    assert config.entry("something-new").line == 9
    assert config.mapped == (Mapped(drive="scsi0", device="drive-scsi0", storage="local-lvm", format="raw"),)
    assert config.left_out == (LeftOut(key="scsi2", value="local-lvm:vm-100-disk-2,backup=0,size=2G"),)


def test_sections_are_kept_apart():
    config = parse(WEB)
    assert config.value("net0").startswith("virtio=BC:24:11:00:00:64,bridge=vmbr0")
    assert config.value("snaptime") == ""
    assert [one.name for one in config.sections] == ["before-update"]
    assert config.sections[0].lines[0] == Comment(text="taken by hand")


def test_what_is_written_is_read_back():
    assert parse(render(parse(WEB))) == parse(WEB)
    assert render(parse(WEB)) == WEB


def test_a_container_is_known_by_its_root_and_keeps_raw_lines_in_order():
    config = parse(
        "rootfs: local:subvol-9-disk-0,size=8G\nlxc.cap.drop: sys_time\nlxc.cap.drop = mac_admin\nlxc.apparmor.profile=unconfined\n"
    )
    assert config.kind == "lxc"
    assert [(one.key, one.value) for one in config.entries[1:]] == [
        ("lxc.cap.drop", "sys_time"),
        ("lxc.cap.drop", "mac_admin"),
        ("lxc.apparmor.profile", "unconfined"),
    ]
    assert parse(render(config)) == config


def test_the_last_of_two_counts_and_both_are_kept():
    config = parse("memory: 1\nmemory: 2\n")
    assert config.value("memory") == "2"
    assert len(config.entries) == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("memory 512\n", "line 1 .* is no `key: value`"),
        ("name: a\nargs = -S\n", "line 2 .* is no `key: value`"),
        ("name: a\x00b\n", "line 1 .* control character"),
        ("name: a\rnet0: x\n", "line 1 .* control character"),
        ("name: \ud800\n", "line 1 .* half a character"),
        ("\n\n[../etc]\n", "line 3"),
        ("name: " + "x" * 70_000 + "\n", "line 1 .* 70006 characters"),
        ("a: 1\n" * 30_000, "more than 5000 lines"),
        ("#" * (1 << 20) + "x", "1048577 characters"),
    ],
)
def test_a_text_that_is_no_configuration_is_a_defect_and_says_where(text, why):
    with pytest.raises(DefectError, match=why):
        parse(text)


def test_bytes_that_are_no_text_do_not_matter_in_a_description():
    assert parse(b"#caf\xe9\nmemory: 512\r\n").value("memory") == "512"


def test_a_description_cannot_pretend_to_be_a_map():
    config = parse("#qmdump#map%3Ascsi0%3Adrive-scsi0%3Alocal%3Araw%3A\n")
    assert config.mapped == ()
    assert parse(render(config)) == config


@pytest.mark.parametrize("piece", ["a", "#", "[", "a:", "%", " ", ",", "a=", "\u2028", "#scsi1:"])
def test_hostile_repetition_ends_at_once(piece):
    text = "\n".join([piece * (60_000 // len(piece))] * 16)
    began = time.process_time()
    with contextlib.suppress(DefectError):
        parse(text)
    assert time.process_time() - began < 1.0


def test_the_nodes_answer_reads_like_the_text():
    config = from_api(
        {
            "digest": "0" * 40,
            "memory": 512,
            "onboot": 0,
            "cpulimit": 1.5,
            "description": "drverify:1a2b\nnotes\n#scsi1\nscsi1: local:vm-1-disk-1,backup=0\n",
        },
        kind="qemu",
    )
    assert config.value("memory") == "512"
    assert config.value("cpulimit") == "1.5"
    assert config.description == "drverify:1a2b\nnotes\n#scsi1"
    assert [one.key for one in config.left_out] == ["scsi1"]
    assert config.entry("digest") is None
    assert parse(render(config)) == config


def test_raw_settings_of_a_containers_answer_are_lines():
    config = from_api({"rootfs": "a:b", "lxc": [["lxc.cap.drop", "x"], ["lxc.cap.drop", "y"]]}, kind="lxc")
    assert [one.value for one in config.entries] == ["a:b", "x", "y"]


@pytest.mark.parametrize(
    "wrong", [{"net0": {"a": 1}}, {"lxc": [["a"]]}, {"memory": None}, {"net0": [["a", "b"]]}]
)
def test_an_answer_that_is_no_flat_table_is_the_nodes_fault(wrong):
    with pytest.raises(HostError):
        from_api(wrong, kind="lxc")
