"""Headers of disk images: what they are, what they declare, and what is refused."""

import struct

import pytest

from drverify.adapters.images.formats import (
    LARGEST,
    OutsideError,
    check_descriptor,
    check_end,
    check_raw,
    declared,
    form_of,
)
from drverify.errors import DefectError, HostError
from tests.support.image_headers import DESCRIPTOR, qcow2, reader, vhdx, vmdk

MBR = bytes(510) + b"\x55\xaa"


@pytest.mark.parametrize(
    ("head", "claimed", "form"),
    [
        (qcow2(), "qcow2", "qcow2"),
        (qcow2(), "", "qcow2"),
        (vmdk(), "vmdk", "vmdk"),
        (vhdx(), "vhdx", "vhdx"),
        (MBR, "raw", "raw"),
        (bytes(512), "", "raw"),
        (b"PK\x03\x04" + MBR[4:], "raw", "raw"),  # boot code may begin with anything
    ],
)
def test_the_format_is_told_by_content(head, claimed, form):
    assert form_of(head, claimed, "x") == form


@pytest.mark.parametrize(
    ("head", "claimed", "error", "says"),
    [
        (bytes(512), "qcow2", DefectError, "is no qcow2"),
        (b"", "vmdk", DefectError, "nothing"),
        (qcow2(), "raw", HostError, "neither is believed"),
        (qcow2(), "vmdk", HostError, "neither is believed"),
        (b"conectix", "", HostError, "VHD"),
        (b"# Disk DescriptorFile", "vmdk", HostError, "descriptor"),
        (b"PK\x03\x04" + bytes(600), "", HostError, "ZIP"),
    ],
)
def test_what_is_not_read_and_what_is_not_what_it_claims(head, claimed, error, says):
    with pytest.raises(error, match=says):
        form_of(head, claimed, "x")


@pytest.mark.parametrize(("form", "made"), [("qcow2", qcow2), ("vmdk", vmdk), ("vhdx", vhdx)])
def test_a_header_declares_the_size_and_bounds_the_file(form, made):
    said = declared(form, reader(made(size=3 << 30)), "x")
    assert said.size == 3 << 30
    assert 3 << 30 < said.largest <= 4 << 30


@pytest.mark.parametrize(("form", "made"), [("qcow2", qcow2), ("vmdk", vmdk), ("vhdx", vhdx)])
def test_more_than_we_write_is_our_limit(form, made):
    with pytest.raises(HostError, match="at most"):
        declared(form, reader(made(size=LARGEST + 512)), "x")


@pytest.mark.parametrize(("form", "made"), [("qcow2", qcow2), ("vmdk", vmdk), ("vhdx", vhdx)])
def test_a_header_that_is_cut_off_is_damage(form, made):
    with pytest.raises(DefectError, match="truncated"):
        declared(form, reader(made()[:60]), "x")


@pytest.mark.parametrize(
    ("form", "head", "error"),
    [
        ("qcow2", qcow2(backing=4096), OutsideError),
        ("qcow2", qcow2(flags=4), OutsideError),
        ("qcow2", qcow2(flags=2), DefectError),
        ("qcow2", qcow2(flags=1), HostError),
        ("qcow2", qcow2(flags=1 << 40), HostError),
        ("qcow2", qcow2(crypt=2), HostError),
        ("qcow2", qcow2(bits=30), DefectError),
        ("qcow2", qcow2(size=0), DefectError),
        ("qcow2", qcow2(version=7), HostError),
        ("vmdk", vmdk(size=0), OutsideError),
        ("vmdk", vmdk(at=0), OutsideError),
        (
            "vmdk",
            vmdk(descriptor=DESCRIPTOR.replace(b"parentCID=ffffffff", b"parentCID=12ab12ab")),
            OutsideError,
        ),
        ("vhdx", vhdx(flags=2), OutsideError),
        ("vhdx", vhdx(parent=True), OutsideError),
        ("vhdx", vhdx(size=0), DefectError),
    ],
)
def test_what_refers_outside_and_what_is_damaged(form, head, error):
    with pytest.raises(error) as caught:
        declared(form, reader(head), "x")
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "text",
    [
        DESCRIPTOR.replace(b"SPARSE", b"FLAT"),
        DESCRIPTOR + b'RW 20 SPARSE "/etc/shadow"\n',
        DESCRIPTOR.replace(b"monolithicSparse", b"vmfsRawDeviceMap"),
        DESCRIPTOR + b'\0parentFileNameHint="/etc/shadow"\n',
        DESCRIPTOR + b"parentCID = 00000001\n",
        b"",
    ],
)
def test_a_descriptor_speaks_of_its_own_file_alone(text):
    check_descriptor(DESCRIPTOR, "x")
    with pytest.raises(OutsideError):
        check_descriptor(text, "x")


def test_a_footer_that_is_missing_or_lies():
    head = bytearray(vmdk())
    struct.pack_into("<Q", head, 56, (1 << 64) - 1)
    with pytest.raises(DefectError, match="footer is missing"):
        check_end("vmdk", reader(bytes(head)), len(head), "x")
    other = bytearray(head[:512])
    struct.pack_into("<Q", other, 12, 0)
    lying = bytes(head) + bytes(other) + bytes(512)
    with pytest.raises(DefectError, match="contradict"):
        check_end("vmdk", reader(lying), len(lying), "x")
    whole = bytes(head) + bytes(head[:512]) + bytes(512)
    check_end("vmdk", reader(whole), len(whole), "x")


def test_a_raw_image_reaches_as_far_as_its_partition_table():
    table = bytearray(MBR)
    struct.pack_into("<8BII", table, 446, 0x80, 0, 0, 0, 0x83, 0, 0, 0, 2048, 4096)
    check_raw(bytes(table), 6144 * 512, "x")
    with pytest.raises(DefectError, match="truncated"):
        check_raw(bytes(table), 6144 * 512 - 1, "x")
    gpt = MBR + b"EFI PART" + bytes(24) + struct.pack("<Q", 99) + bytes(500)
    check_raw(gpt, 100 * 512, "x")
    with pytest.raises(DefectError, match="byte 51200"):
        check_raw(gpt, 99 * 512, "x")
    with pytest.raises(DefectError, match="empty"):
        check_raw(b"", 0, "x")
