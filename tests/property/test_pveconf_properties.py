"""Hostile configurations: read and written without loss, and never restored onto anything but a drill bridge."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.errors import DefectError, DrverifyError
from drverify.pveconf.lxc import container
from drverify.pveconf.policy import Policy
from drverify.pveconf.preflight import preflight
from drverify.pveconf.qemu import DRIVE_KEY, qemu
from drverify.pveconf.restored import check_restored
from drverify.pveconf.shape import shape
from drverify.pveconf.text import Comment, Entry, GuestConfig, LeftOut, Section, parse, render

POLICY = Policy(bridge="drill0", storage="drills", mark="drverify:0a1b2c3d")
values = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40).map(
    lambda text: text.strip(" ")
)
numbers = st.integers(0, 31)
keys = st.sampled_from(["name", "memory", "boot", "agent", "onboot", "tags", "warp"]) | st.builds(
    "{}{}".format,
    st.sampled_from(["net", "scsi", "ide", "usb", "hostpci", "serial", "virtiofs", "mp", "unused"]),
    numbers,
)
entries = st.builds(Entry, key=keys, value=values)
comments = st.builds(Comment, text=values).filter(lambda one: not parse(f"#{one.text}").left_out)
left_out = st.builds(LeftOut, key=st.just("scsi7"), value=st.text("abc:,=%41-", min_size=1, max_size=20))
lines = st.lists(entries | comments | left_out, max_size=12).map(tuple)
sections = st.lists(st.builds(Section, name=st.sampled_from(["old", "PENDING"]), lines=lines), max_size=2)
configs = st.builds(
    GuestConfig, kind=st.sampled_from(["qemu", "lxc"]), lines=lines, sections=sections.map(tuple)
)

macs = st.integers(0, 2**40 - 1).map(
    lambda number: "BC:" + ":".join(f"{number >> shift & 255:02X}" for shift in (32, 24, 16, 8, 0))
)
cards = st.builds(
    "net{}: {}={},bridge={}{}".format,
    numbers,
    st.sampled_from(["virtio", "e1000", "vmxnet3"]),
    macs,
    st.sampled_from(["vmbr0", "vmbr1", "drill0"]),
    st.sampled_from(["", ",tag=5", ",trunks=1;2", ",firewall=0", ",link_down=1", ",mtu=9000,queues=2"]),
)
dangers = st.sampled_from([
    "args: -S", "hookscript: local:snippets/x", "hostpci0: 01:00.0", "hostpci1: mapping=gpu", "usb0: host=1:2",
    "usb1: 1234:5678", "serial0: /dev/ttyS0", "parallel0: /dev/parport0", "virtiofs0: share", "onboot: 1",
    "protection: 1", "template: 1", "ide2: local:iso/x.iso,media=cdrom", "ivshmem: size=1", "lock: backup",
    "[PENDING]\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0", "NET0: virtio=BC:24:11:00:00:01,bridge=vmbr0",
    "scsi3: a:b,backup=0", "unheard-of: 1", "bios: ovmf", "cpu: host",
])  # fmt: skip
harmless = st.sampled_from(["memory: 512", "name: web", "scsi0: a:vm-1-disk-0", "agent: 1", "ostype: l26"])


@settings(max_examples=150, deadline=None)
@given(configs)
def test_what_is_written_is_read_back(config):
    assert parse(render(config), kind=config.kind) == config


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300) | st.text("abc019:=#[]%, \n\r-_.", max_size=300) | st.binary(max_size=300))
def test_any_text_is_read_or_refused_and_then_keeps_its_meaning(text):
    try:
        config = parse(text)
    except DefectError:
        return
    assert parse(render(config), kind=config.kind) == config
    preflight(config, POLICY)


@settings(max_examples=150, deadline=None)
@given(configs)
def test_no_configuration_raises_anything_but_an_error_with_words(config):
    done = preflight(config, POLICY)
    assert check_restored(config, POLICY, done) is not None
    with contextlib.suppress(DrverifyError):
        (qemu if config.kind == "qemu" else container)(config)
    with contextlib.suppress(DrverifyError):
        shape(config, ())


@settings(max_examples=200, deadline=None)
@given(st.lists(cards | dangers | harmless, max_size=10), configs)
def test_every_card_goes_on_the_drill_bridge_and_no_override_is_a_drive(written, noise):
    text = "\n".join(written).replace("[PENDING]\n", "")
    config = GuestConfig(kind="qemu", lines=(*noise.lines, *parse(text).lines))
    done = preflight(config, POLICY)
    overrides = dict(done.overrides)
    present = {one.key for one in config.entries if one.key.startswith("net")}
    refused = {one.key for one in done.refusals}
    assert present <= overrides.keys() | refused
    for key, value in overrides.items():
        assert not DRIVE_KEY.fullmatch(key)
        assert key not in {"unique", "force", "start", "storage", "archive", "pool", "vmid"}
        if key.startswith("net"):
            parts = value.split(",")
            assert [part for part in parts if part.startswith("bridge=")] == ["bridge=drill0"]
            assert "firewall=1" in parts
            assert not any(part.startswith(("tag=", "trunks=", "mtu=")) for part in parts)


@settings(max_examples=150, deadline=None)
@given(st.lists(harmless, max_size=5, unique=True), dangers, st.randoms())
def test_a_configuration_with_any_danger_is_never_clean(written, danger, random):
    without = preflight(parse("\n".join(written), kind="qemu"), POLICY)
    assert without.is_clean
    whole = [*written, danger]
    if "[" not in danger:
        random.shuffle(whole)
    assert not preflight(parse("\n".join(whole), kind="qemu"), POLICY).is_clean


@settings(max_examples=100, deadline=None)
@given(st.lists(cards, min_size=1, max_size=4), st.sampled_from(["vmbr0", "vmbr1", ""]))
def test_a_copy_with_a_card_elsewhere_is_never_let_start(written, bridge):
    config = parse("\n".join(written))
    done = preflight(config, POLICY)
    moved = tuple(
        Entry(key=key, value=value.replace("bridge=drill0", f"bridge={bridge}"))
        for key, value in done.overrides
        if key.startswith("net")
    )
    marked = (
        Comment(text=POLICY.mark),
        Entry(key="tags", value="drverify"),
        Entry(key="agent", value="1"),
    )
    found = check_restored(GuestConfig(kind="qemu", lines=(*moved, *marked)), POLICY, done)
    assert {one.key for one in found} == {one.key for one in moved}
    assert all(one.is_open for one in found)
