"""A tiny archive written byte by byte from the description of the format, by nothing of ours."""

import hashlib
import io
import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest

from drverify.adapters.vma.archive import verify
from drverify.adapters.vma.configuration import drives, find_disk, plain_name
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind

UUID_BYTES = bytes(range(0x10, 0x20))
SECTOR = b"\xeb\x3c\x90" + b"drverify golden".ljust(507, b".") + b"\x55\xaa"
ONE, TWO = SECTOR.ljust(4096, b"\0"), b"\x5a" * 4096

BLOBS = (
    b"\0"
    b"\x11\0qemu-server.conf\0"  # at 1: 17 bytes with the NUL, the length little-endian
    b"\x07\0cores:1"  # at 20
    b"\x0c\0drive-scsi0\0"  # at 29
    b"\x10\0drive-efidisk0\0\0"  # at 43; a name may not hold a NUL: see below
)
GOOD_NAME = b"\x0f\0drive-efidisk0\0"


def golden(name: bytes = GOOD_NAME) -> bytes:
    """Two disks: scsi0 of 131 072 + 512 bytes (3 clusters), efidisk0 of 4096 bytes (1 cluster)."""
    blobs = BLOBS[:43] + name
    fixed = b"VMA\0" + bytes.fromhex("00000001") + UUID_BYTES + bytes.fromhex("0000000068f44d60")
    fixed += bytes(16) + struct.pack(">III", 12288, len(blobs), 12800)
    fixed = fixed.ljust(2044, b"\0")
    fixed += struct.pack(">I", 1).ljust(1024, b"\0") + struct.pack(">I", 20).ljust(1024, b"\0")
    fixed = fixed.ljust(4096, b"\0")
    fixed += bytes(32) + struct.pack(">IIQQQ", 29, 0, 131584, 0, 0) + struct.pack(">IIQQQ", 43, 0, 4096, 0, 0)
    header = (fixed.ljust(12288, b"\0") + blobs).ljust(12800, b"\0")
    header = header[:32] + hashlib.md5(header).digest() + header[48:]
    # cluster 1 of scsi0 is zero; of cluster 0 the first and last block are there, of the others the first
    first = [0x8001_00_01_00000000, 0x0000_00_01_00000001, 0, 0x0001_00_02_00000000]
    second = [0x0001_00_01_00000002]
    return header + extent(first, [ONE, TWO, TWO]) + extent(second, [ONE])


def extent(slots: list[int], blocks: list[bytes]) -> bytes:
    head = b"VMAE\0\0" + len(blocks).to_bytes(2, "big") + UUID_BYTES + bytes(16)
    head += b"".join(slot.to_bytes(8, "big") for slot in slots).ljust(59 * 8, b"\0")
    assert len(head) == 512
    return head[:24] + hashlib.md5(head).digest() + head[40:] + b"".join(blocks)


def test_the_golden_archive_is_read() -> None:
    found = verify(io.BytesIO(golden()))
    header = found.info.header
    assert header.uuid == UUID(bytes=UUID_BYTES)
    assert header.created_at == datetime.fromtimestamp(0x68F44D60, UTC)
    assert dict(header.configs) == {"qemu-server.conf": b"cores:1"}
    assert {number: (one.name, one.size) for number, one in header.devices.items()} == {
        1: ("drive-scsi0", 131584),
        2: ("drive-efidisk0", 4096),
    }
    scsi0 = ONE + bytes(14 * 4096) + TWO + bytes(65536) + ONE[:512]
    assert found.disk("drive-scsi0").sha256 == hashlib.sha256(scsi0).hexdigest()
    assert found.disk("drive-scsi0").stored_bytes == 8192 + 512
    assert found.disk("drive-efidisk0").sha256 == hashlib.sha256(TWO).hexdigest()
    assert found.read_bytes == 12800 + 512 + 3 * 4096 + 512 + 4096


@pytest.mark.parametrize(
    "name",
    [
        b"\x10\0drive-efidisk0\0\0",
        b"\x06\0../x\0\0",
        b"\x05\0a/bc\0",
        b"\x01\0\0",
        b"\x03\0ab\n",
        b"\x03\0..\0",
    ],
)
def test_a_name_that_could_lead_astray_is_damage(name: bytes) -> None:
    with pytest.raises(ArchiveDefect, match="is no name") as caught:
        verify(io.BytesIO(golden(name)))
    assert caught.value.kind is DefectKind.HEADER_FIELD


def test_blobs_that_overlap_are_damage() -> None:
    data = bytearray(golden())
    data[3068:3072] = (2).to_bytes(4, "big")  # the contents begin inside the name: "q" says 113 bytes
    data[32:48] = bytes(16)
    data[32:48] = hashlib.md5(data[:12800]).digest()
    with pytest.raises(ArchiveDefect) as caught:
        verify(io.BytesIO(bytes(data)))
    assert caught.value.kind is DefectKind.HEADER_FIELD


def test_disks_have_the_names_that_people_use() -> None:
    header = verify(io.BytesIO(golden())).info.header
    assert find_disk(header, "scsi0") is find_disk(header, "drive-scsi0") is not None
    assert find_disk(header, "scsi1") is None
    assert [plain_name(name) for name in ("drive-tpmstate0-backup", "other")] == ["tpmstate0-backup", "other"]
    assert drives(header) == {}
