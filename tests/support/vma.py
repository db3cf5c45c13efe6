"""VMA archives in memory, and ways to break them with their checksums put right again."""

import hashlib
import io
import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from lab.vma.writer import CLUSTER, ExtentWriter, header_bytes

ARCHIVE = UUID("0f9f4d8e-2f53-4c5b-9a3c-6a1d2b3c4d5e")
MADE = datetime(2026, 10, 19, 2, tzinfo=UTC)
CONFIG = b"name: shop\n#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:\n"
BLOCK = 4096
HEAD = 512


def disk(size: int, seed: int = 1, *, filled: float = 0.5) -> bytes:
    """Bytes of a disk, of whose 4-KiB blocks about that part is not zero."""
    rng = random.Random(seed)
    blocks = (
        rng.randbytes(BLOCK) if rng.random() < filled else bytes(BLOCK) for _ in range(-(-size // BLOCK))
    )
    return b"".join(blocks)[:size]


def packed(
    disks: Mapping[str, bytes],
    *,
    configs: Mapping[str, bytes] | None = None,
    order: Sequence[tuple[str, int]] | None = None,
    uuid: UUID = ARCHIVE,
    slots: int = 58,
    header: bytes | None = None,
) -> bytes:
    """Build a plain archive; `order` says which clusters are stored, and in which order."""
    out = io.BytesIO()
    sizes = {name: len(data) for name, data in disks.items()}
    out.write(header or header_bytes({} if configs is None else configs, sizes, MADE, uuid))
    numbers = {name: number for number, name in enumerate(disks, start=1)}
    extents = ExtentWriter(out, uuid, slots)
    for name, cluster in clusters(disks) if order is None else order:
        extents.cluster(numbers[name], cluster, disks[name][cluster * CLUSTER : (cluster + 1) * CLUSTER])
    extents.flush()
    return out.getvalue()


def clusters(disks: Mapping[str, bytes]) -> list[tuple[str, int]]:
    """All clusters, disk after disk."""
    return [(name, number) for name, data in disks.items() for number in range(-(-len(data) // CLUSTER))]


def header_size(archive: bytes) -> int:
    """Where the first extent begins."""
    return int(struct.unpack_from(">I", archive, 56)[0])


def extents(archive: bytes) -> Iterator[int]:
    """Where the extents begin."""
    offset = header_size(archive)
    while offset < len(archive):
        yield offset
        offset += HEAD + BLOCK * int(struct.unpack_from(">H", archive, offset + 6)[0])


def with_header(archive: bytes, offset: int, change: bytes, *, repaired: bool = True) -> bytes:
    """Put bytes into the header, its checksum put right."""
    data = bytearray(archive)
    data[offset : offset + len(change)] = change
    return repaired_header(bytes(data)) if repaired else bytes(data)


def repaired_header(archive: bytes) -> bytes:
    """Put the header's checksum right."""
    data = bytearray(archive)
    size = header_size(archive)
    data[32:48] = bytes(16)
    data[32:48] = hashlib.md5(data[:size], usedforsecurity=False).digest()
    return bytes(data)


def with_extent(archive: bytes, number: int, offset: int, change: bytes, *, repaired: bool = True) -> bytes:
    """Put bytes into the head of an extent, its checksum put right."""
    data = bytearray(archive)
    begin = list(extents(archive))[number]
    data[begin + offset : begin + offset + len(change)] = change
    if repaired:
        head = data[begin : begin + HEAD]
        head[24:40] = bytes(16)
        data[begin + 24 : begin + 40] = hashlib.md5(head, usedforsecurity=False).digest()
    return bytes(data)


def slot(device: int, cluster: int, mask: int = 0, reserved: int = 0) -> bytes:
    """A slot of an extent's head."""
    return struct.pack(">Q", mask << 48 | reserved << 40 | device << 32 | cluster)


def sha256(data: bytes) -> str:
    """What a disk's digest is."""
    return hashlib.sha256(data).hexdigest()
