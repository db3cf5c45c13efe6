"""The head of an extent: which clusters follow, and which 4-KiB blocks of them are stored.

Layout, big-endian: "VMAE", u16 reserved, u16 number of blocks that follow, uuid[16] of the archive, MD5
of these 512 bytes with this field zeroed, then 59 slots of a u64: mask (16 bits), reserved (8), device
(8), cluster (32). Bit i of a mask stands for block i of the cluster; a block whose bit is not set is
zero and not stored. A slot that is 0 is unused. Blocks follow in the order of slots and bits.

Nothing here does I/O.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.header import CLUSTER, Device, Header

HEAD = 512
SLOTS = 59
BLOCK = 4096
BLOCKS = CLUSTER // BLOCK
LARGEST = SLOTS * CLUSTER
"""Bytes that follow a head at most."""
MAGIC = b"VMAE"
FULL = 0xFFFF
_HEAD = struct.Struct(f">4sHH16s16s{SLOTS}Q")
_AT_CHECKSUM, _AFTER_CHECKSUM, _AT_SLOTS = 24, 40, 40
_SLOT_DEVICE, _SLOT_RESERVED, _SLOT_MASK = 32, 40, 48


@dataclass(slots=True)
class Span:
    """Neighbouring clusters of one device in one extent.

    `pieces` follow one another in the device: their lengths in bytes, and where their data begins in the
    extent's payload; None for a run of zeros.
    """

    device: Device
    first: int
    count: int = 0
    pieces: list[tuple[int, int | None]] = field(default_factory=list)

    def add(self, length: int, at: int | None) -> None:
        """Add a piece, or lengthen the last one."""
        if self.pieces and (self.pieces[-1][1] is None) == (at is None):
            self.pieces[-1] = (self.pieces[-1][0] + length, self.pieces[-1][1])
        else:
            self.pieces.append((length, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtentHead:
    """What an extent holds, in the order of its slots."""

    offset: int
    payload: int
    """Bytes that follow the head."""
    spans: tuple[Span, ...]


def parse_extent(raw: bytes, offset: int, header: Header) -> ExtentHead:
    """Read the 512 bytes at `offset` of the archive. ArchiveDefect for what is wrong with them."""
    magic, reserved, blocks, uuid, checksum, *slots = _HEAD.unpack(raw)
    if magic != MAGIC:
        raise ArchiveDefect(DefectKind.MAGIC, "no extent begins here", offset=offset)
    body = hashlib.md5(raw[:_AT_CHECKSUM], usedforsecurity=False)
    body.update(bytes(16))
    body.update(raw[_AFTER_CHECKSUM:])
    if body.digest() != checksum:
        raise ArchiveDefect(
            DefectKind.EXTENT_CHECKSUM, "the head of an extent does not match its checksum", offset=offset
        )
    if uuid != header.uuid.bytes:
        raise ArchiveDefect(DefectKind.FOREIGN_EXTENT, "an extent belongs to another archive", offset=offset)
    if reserved:
        raise _reserved(offset + 4)
    spans, stored = _spans(slots, offset, header.devices)
    if stored != blocks * BLOCK:
        raise ArchiveDefect(
            DefectKind.BLOCK_COUNT,
            f"an extent says that {blocks} blocks follow, its slots say {stored // BLOCK}",
            offset=offset,
        )
    return ExtentHead(offset=offset, payload=stored, spans=tuple(spans))


def _spans(slots: list[int], offset: int, devices: Mapping[int, Device]) -> tuple[list[Span], int]:
    spans: list[Span] = []
    span: Span | None = None
    stored = 0
    for number, slot in enumerate(slots):
        if not slot:
            continue
        device = devices.get(slot >> _SLOT_DEVICE & 0xFF)
        if device is None or slot >> _SLOT_RESERVED & 0xFF:
            raise _wrong_slot(slot, offset + _AT_SLOTS + 8 * number)
        mask, cluster = slot >> _SLOT_MASK, slot & 0xFFFFFFFF
        if cluster >= device.clusters and not device.is_memory:
            raise ArchiveDefect(
                DefectKind.CLUSTER_RANGE,
                f"{device.name} has {device.clusters} clusters, and cluster {cluster} is stored",
                offset=offset + _AT_SLOTS + 8 * number,
                device=device.name,
                cluster=cluster,
            )
        if span is None or span.device is not device or cluster != span.first + span.count:
            span = Span(device, cluster)
            spans.append(span)
        span.count += 1
        for length, has_data in runs(mask):
            span.add(length, stored if has_data else None)
            stored += length if has_data else 0
    return spans, stored


@lru_cache(maxsize=4096)
def runs(mask: int) -> tuple[tuple[int, bool], ...]:
    """Split a cluster into runs of (length in bytes, whether it is stored)."""
    found: list[tuple[int, bool]] = []
    for block in range(BLOCKS):
        has_data = bool(mask >> block & 1)
        if found and found[-1][1] is has_data:
            found[-1] = (found[-1][0] + BLOCK, has_data)
        else:
            found.append((BLOCK, has_data))
    return tuple(found)


def _wrong_slot(slot: int, at: int) -> ArchiveDefect:
    device = slot >> _SLOT_DEVICE & 0xFF
    if slot >> _SLOT_RESERVED & 0xFF or not device:
        return _reserved(at)
    return ArchiveDefect(
        DefectKind.UNKNOWN_DEVICE, f"a cluster belongs to device {device}, which is not listed", offset=at
    )


def _reserved(at: int) -> ArchiveDefect:
    return ArchiveDefect(DefectKind.RESERVED, "extent: a reserved field is not zero", offset=at)
