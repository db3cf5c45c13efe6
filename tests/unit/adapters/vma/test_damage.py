"""Every kind of damage is found, named, and placed; the checksums of most of these archives are right."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from drverify.adapters.vma.archive import inspect, verify
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.extents import EMPTY
from drverify.errors import Exit
from lab.vma.writer import CLUSTER, ExtentWriter, header_bytes
from tests.support.vma import (
    ARCHIVE,
    BLOCK,
    CONFIG,
    HEAD,
    MADE,
    clusters,
    disk,
    extents,
    header_size,
    packed,
    sha256,
    slot,
    with_extent,
    with_header,
)

DISKS = {"drive-scsi0": disk(70 * CLUSTER + 4608, 1), "drive-scsi1": disk(3 * CLUSTER, 2, filled=1)}
GOOD = packed(DISKS, configs={"qemu-server.conf": CONFIG})
BEGIN = header_size(GOOD)
FIRST, SECOND = list(extents(GOOD))
PATIENCE = timedelta(seconds=20)


@dataclass(frozen=True)
class Damage:
    what: str
    archive: bytes
    kind: DefectKind
    offset: int | None
    device: str | None = None
    cluster: int | None = None


def without(*lost: tuple[str, int]) -> bytes:
    order = [place for place in clusters(DISKS) if place not in lost]
    return packed(DISKS, configs={"qemu-server.conf": CONFIG}, order=order)


def twice() -> bytes:
    return packed(DISKS, order=[*clusters(DISKS), ("drive-scsi0", 5)])


def ahead_twice() -> bytes:
    order = [("drive-scsi1", 2), ("drive-scsi1", 2), *clusters(DISKS)]
    return packed(DISKS, order=order)


def empties(count: int) -> bytes:
    head = GOOD[FIRST : FIRST + HEAD]
    blank = with_extent(GOOD[:FIRST] + head, 0, 40, bytes(59 * 8))
    blank = with_extent(blank[: FIRST + HEAD], 0, 6, b"\0\0")
    return GOOD + blank[FIRST:] * count


def foreign() -> bytes:
    out = io.BytesIO()
    strange = ExtentWriter(out, MADE_ELSEWHERE)
    strange.cluster(1, 0, b"x")
    strange.flush()
    return GOOD[:FIRST] + out.getvalue()


def undeclared() -> bytes:
    config = CONFIG + b"#qmdump#map:efidisk0:drive-efidisk0:local-lvm:raw:\n"
    return packed(DISKS, configs={"qemu-server.conf": config})


def named_twice() -> bytes:
    header = bytearray(header_bytes({}, {"drive-scsi0": 4096, "drive-scsi1": 4096}, MADE, ARCHIVE))
    header[4096 + 64 : 4096 + 68] = header[4096 + 32 : 4096 + 36]
    return with_header(bytes(header), 0, b"VMA\0")


MADE_ELSEWHERE = ARCHIVE.__class__(int=ARCHIVE.int ^ 1)
DEVICE1 = 4096 + 32

DAMAGES = [
    Damage("nothing at all", b"", DefectKind.TRUNCATED, 0),
    Damage("not an archive", b"PK\x03\x04" + bytes(20000), DefectKind.MAGIC, 0),
    Damage("not an archive, and short", b"hello\n", DefectKind.MAGIC, 0),
    Damage("ends in the fixed header", GOOD[:5000], DefectKind.TRUNCATED, 5000),
    Damage("ends in the blobs", GOOD[: BEGIN - 1], DefectKind.TRUNCATED, BEGIN - 1),
    Damage("version 2", with_header(GOOD, 4, struct.pack(">I", 2)), DefectKind.VERSION, 4),
    Damage("a huge header", with_header(GOOD, 56, b"\xff" * 4, repaired=False), DefectKind.HEADER_FIELD, 56),
    Damage("a tiny header", with_header(GOOD, 56, bytes(4), repaired=False), DefectKind.HEADER_FIELD, 56),
    Damage("one bit of the header", with_header(GOOD, 30, b"\x55", repaired=False), DefectKind.HEADER_CHECKSUM, 32),
    Damage("reserved bytes", with_header(GOOD, 100, b"\1"), DefectKind.RESERVED, 100),
    Damage("reserved bytes before the devices", with_header(GOOD, 4092, b"\1"), DefectKind.RESERVED, 4092),
    Damage("reserved bytes of a device", with_header(GOOD, DEVICE1 + 4, b"\1"), DefectKind.RESERVED, DEVICE1),
    Damage("blobs inside the fixed header", with_header(GOOD, 48, bytes(4)), DefectKind.HEADER_FIELD, 48),
    Damage("blobs behind the header", with_header(GOOD, 52, b"\0\xff\0\0"), DefectKind.HEADER_FIELD, 48),
    Damage("a year far away", with_header(GOOD, 24, b"\x7f" * 8), DefectKind.HEADER_FIELD, 24),
    Damage("a name that points nowhere", with_header(GOOD, DEVICE1, b"\0\1\0\0"), DefectKind.HEADER_FIELD, DEVICE1),
    Damage("a device without a name", with_header(GOOD, DEVICE1, bytes(4)), DefectKind.HEADER_FIELD, DEVICE1),
    Damage("a device 0", with_header(GOOD, 4096 + 8, b"\1"), DefectKind.HEADER_FIELD, 4096),
    Damage("a device 255", with_header(GOOD, 12288 - 24, b"\1"), DefectKind.HEADER_FIELD, 12288 - 32),
    Damage("a config without contents", with_header(GOOD, 3068, bytes(4)), DefectKind.HEADER_FIELD, 2044),
    Damage("two names at one place", named_twice(), DefectKind.HEADER_FIELD, 4096 + 64),
    Damage("a device beyond 256 TiB", with_header(GOOD, DEVICE1 + 8, b"\1"), DefectKind.HEADER_FIELD, DEVICE1),
    Damage("a disk that the config names", undeclared(), DefectKind.MISSING_DEVICE, BEGIN, "drive-efidisk0"),
    Damage("no extent", GOOD[:FIRST], DefectKind.MISSING_CLUSTERS, FIRST, "drive-scsi0", 0),
    Damage("ends at an extent", GOOD[:SECOND], DefectKind.MISSING_CLUSTERS, SECOND, "drive-scsi0", 58),
    Damage("ends in a head", GOOD[: SECOND + 100], DefectKind.TRUNCATED, SECOND + 100),
    Damage("ends in a payload", GOOD[:-1], DefectKind.TRUNCATED, len(GOOD) - 1),
    Damage("one lost", without(("drive-scsi1", 1)), DefectKind.MISSING_CLUSTERS, None, "drive-scsi1", 1),
    Damage("two lost", without(("drive-scsi0", 9), ("drive-scsi0", 70)), DefectKind.MISSING_CLUSTERS, None, "drive-scsi0", 9),
    Damage("rubbish", GOOD + b"rubbish" * 100, DefectKind.TRAILING, len(GOOD)),
    Damage("a little rubbish", GOOD + b"\0", DefectKind.TRAILING, len(GOOD)),
    Damage("a second archive", GOOD + GOOD, DefectKind.TRAILING, len(GOOD)),
    Damage("an extent again", GOOD + GOOD[SECOND:], DefectKind.DUPLICATE_CLUSTER, len(GOOD), "drive-scsi0", 58),
    Damage("rubbish in between", GOOD[:SECOND] + b"rubbish" * 100, DefectKind.MAGIC, SECOND),
    Damage("a bit of a head", with_extent(GOOD, 1, 8 + 32, b"\x40", repaired=False), DefectKind.EXTENT_CHECKSUM, SECOND),
    Damage("an extent of another archive", foreign(), DefectKind.FOREIGN_EXTENT, FIRST),
    Damage("reserved bytes of an extent", with_extent(GOOD, 0, 4, b"\1"), DefectKind.RESERVED, FIRST + 4),
    Damage("a reserved byte of a slot", with_extent(GOOD, 0, 40, slot(1, 0, reserved=1)), DefectKind.RESERVED, FIRST + 40),
    Damage("a slot of device 0", with_extent(GOOD, 0, 48, slot(0, 7)), DefectKind.RESERVED, FIRST + 48),
    Damage("more blocks than slots say", with_extent(GOOD, 0, 6, b"\xff\xff"), DefectKind.BLOCK_COUNT, FIRST),
    Damage("a strange device", with_extent(GOOD, 0, 48, slot(9, 7)), DefectKind.UNKNOWN_DEVICE, FIRST + 48),
    Damage("beyond the end", with_extent(GOOD, 1, 40, slot(1, 71)), DefectKind.CLUSTER_RANGE, SECOND + 40, "drive-scsi0", 71),
    Damage("twice", twice(), DefectKind.DUPLICATE_CLUSTER, None, "drive-scsi0", 5),
    Damage("twice, ahead of its turn", ahead_twice(), DefectKind.DUPLICATE_CLUSTER, None, "drive-scsi1", 2),
    Damage("nothing but empty extents", empties(EMPTY + 1), DefectKind.EMPTY_EXTENTS, len(GOOD) + EMPTY * HEAD),
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.what)
def test_damage_is_named_with_its_place(damage: Damage) -> None:
    with pytest.raises(ArchiveDefect) as caught:
        verify(io.BytesIO(damage.archive), stall=PATIENCE)
    defect = caught.value
    assert defect.kind is damage.kind
    assert damage.offset is None or defect.offset == damage.offset
    assert (defect.device, defect.cluster) == (damage.device, damage.cluster)
    assert str(defect.offset) in str(defect)
    assert defect.exit_code is Exit.MISSED


def test_the_good_one_is_good() -> None:
    found = verify(io.BytesIO(GOOD))
    assert {one.name: one.sha256 for one in found.disks} == {
        name: sha256(data) for name, data in DISKS.items()
    }
    assert found.read_bytes == len(GOOD)


def test_missing_clusters_are_counted() -> None:
    with pytest.raises(
        ArchiveDefect, match="2 of 71 clusters of drive-scsi0 are missing, the first is cluster 9"
    ):
        verify(io.BytesIO(without(("drive-scsi0", 9), ("drive-scsi0", 70))))


def test_a_flipped_byte_of_a_disk_is_found_where_a_digest_is_recorded() -> None:
    flipped = bytearray(GOOD)
    flipped[-BLOCK] ^= 1
    recorded = {name: sha256(data) for name, data in DISKS.items()}
    assert verify(io.BytesIO(bytes(flipped))).disk("drive-scsi0").sha256 == recorded["drive-scsi0"]
    with pytest.raises(ArchiveDefect, match="content of drive-scsi1 is not what was recorded") as caught:
        verify(io.BytesIO(bytes(flipped)), expected=recorded, hashing=False)
    assert (caught.value.kind, caught.value.device) == (DefectKind.PAYLOAD, "drive-scsi1")


def test_a_recorded_disk_that_is_not_there_is_damage() -> None:
    with pytest.raises(ArchiveDefect) as caught:
        verify(io.BytesIO(GOOD), expected={"drive-scsi7": "00" * 32})
    assert (caught.value.kind, caught.value.device) == (DefectKind.MISSING_DEVICE, "drive-scsi7")


@pytest.mark.parametrize("shape", [sorted, lambda order: order[::-1], lambda order: order[1::2] + order[::2]])
@pytest.mark.parametrize("slots", [1, 58, 59])
def test_any_order_gives_the_same_digests(shape: Callable[..., list[tuple[str, int]]], slots: int) -> None:
    archive = packed(DISKS, order=shape(clusters(DISKS)), slots=slots)
    found = verify(io.BytesIO(archive))
    assert [one.sha256 for one in found.disks] == [sha256(data) for data in DISKS.values()]


def test_empty_extents_are_borne() -> None:
    assert verify(io.BytesIO(empties(EMPTY))).disks


@pytest.mark.parametrize(
    "size", [1, 511, 512, 4095, 4097, CLUSTER - 1, CLUSTER, CLUSTER + 1, 160 * CLUSTER + 4608]
)
def test_disks_of_any_size(size: int) -> None:
    data = disk(size, size, filled=0.9)
    found = verify(io.BytesIO(packed({"drive-scsi0": data})))
    assert (found.disks[0].logical_bytes, found.disks[0].sha256) == (size, sha256(data))


def test_a_disk_without_bytes_and_an_archive_without_disks_are_complete() -> None:
    assert verify(io.BytesIO(packed({"drive-scsi0": b""}))).disks[0].sha256 == sha256(b"")
    assert verify(io.BytesIO(packed({}, configs={"qemu-server.conf": b"name: bare\n"}))).disks == ()


def test_memory_is_skipped_and_must_come_in_order() -> None:
    disks = {"drive-scsi0": disk(4 * CLUSTER, 3), "vmstate": disk(3 * CLUSTER, 4, filled=1)}
    found = verify(io.BytesIO(packed(disks)))
    assert [one.name for one in found.disks] == ["drive-scsi0"]
    assert found.info.header.logical_bytes == 4 * CLUSTER
    with pytest.raises(ArchiveDefect) as caught:
        verify(io.BytesIO(packed(disks, order=[("vmstate", 1), *clusters(disks)])))
    assert (caught.value.kind, caught.value.cluster) == (DefectKind.CLUSTER_ORDER, 1)


def test_what_lies_behind_the_end_of_a_disk_is_cut_off() -> None:
    longer, data = disk(2 * CLUSTER, 5, filled=1), disk(2 * CLUSTER, 5, filled=1)[: CLUSTER + 512]
    header = header_bytes({}, {"drive-scsi0": len(data)}, MADE, ARCHIVE)
    found = verify(io.BytesIO(packed({"drive-scsi0": longer}, header=header)))
    assert found.disks[0].sha256 == sha256(data)
    assert found.disks[0].stored_bytes == len(data)


def test_only_the_header_is_read_for_information() -> None:
    stream = io.BytesIO(GOOD[:BEGIN])
    info = inspect(stream)
    assert info.header.configs == {"qemu-server.conf": CONFIG}
    assert {one.name: one.size for one in info.header.devices.values()} == {
        name: len(data) for name, data in DISKS.items()
    }
    assert (info.header.created_at, info.header.uuid, info.header.size) == (MADE, ARCHIVE, BEGIN)
    assert (info.compression, info.packed_size) == (None, None)
