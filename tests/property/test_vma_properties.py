"""VMA archives: whatever is written comes back, and whatever is mutated is refused or read, never anything else."""

import hashlib
import io
import os
import time
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drverify.adapters.vma.archive import Extracted, extract, verify
from drverify.adapters.vma.defects import ArchiveDefect
from drverify.adapters.vma.header import MAX_TOTAL, parse_header
from drverify.errors import HostError
from lab.vma.writer import CLUSTER
from tests.support.vma import (
    CONFIG,
    HEAD,
    clusters,
    disk,
    extents,
    header_size,
    packed,
    repaired_header,
    sha256,
    with_extent,
)

SCRATCH = Path("/dev/shm")
"""For clusters out of order: fast, and there on every Linux."""
PATIENCE = timedelta(seconds=20)
BOUND = 24 << 20
"""Bytes that reading may allocate: four extents, and little more."""
DISKS = {
    "drive-scsi0": disk(5 * CLUSTER + 700, 1, filled=0.9),
    "drive-scsi1": disk(2 * CLUSTER, 2, filled=0.9),
}
GOOD = packed(DISKS, configs={"qemu-server.conf": CONFIG}, slots=4)
DIGESTS = {name: sha256(data) for name, data in DISKS.items()}
HEADS = list(extents(GOOD))
BEHIND = GOOD.index(DISKS["drive-scsi0"][5 * CLUSTER :]) + 700
"""Where the last block of scsi0 is filled up with zeros."""
FAST = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def outcome(archive: bytes) -> Extracted | ArchiveDefect:
    """What becomes of an archive: nothing but these two may."""
    try:
        return verify(io.BytesIO(archive), stall=PATIENCE, scratch=SCRATCH)
    except ArchiveDefect as defect:
        return defect


def claimed(archive: bytes) -> int:
    """Bytes of the devices that a header speaks of."""
    return sum(int.from_bytes(archive[at : at + 8], "big") for at in range(4096 + 8, 12288, 32))


def refused_or_whole(archive: bytes, *, same: bool = False) -> None:
    began = time.monotonic()
    found = outcome(archive)
    assert time.monotonic() - began < PATIENCE.total_seconds()
    if isinstance(found, ArchiveDefect):
        assert found.offset is None or 0 <= found.offset <= len(archive)
        return
    assert found.read_bytes == len(archive)
    if same:
        assert {one.name: one.sha256 for one in found.disks} == DIGESTS


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Flips, cuts, insertions and repetitions, a few of them."""
    data = bytearray(GOOD)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.one_of(st.integers(0, len(data)), st.sampled_from(HEADS), st.integers(12288, 13500)))
        at = min(at, len(data) - 1)
        match draw(st.sampled_from(["flip", "cut", "insert", "repeat", "zero", "drop"])):
            case "flip":
                data[at] ^= draw(st.integers(1, 255))
            case "cut":
                del data[max(at, 1) :]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=600))
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 5000))]
            case "zero":
                data[at : at + 64] = bytes(len(data[at : at + 64]))
            case _:
                del data[at : at + draw(st.integers(1, 5000))]
        data = data or bytearray(b"V")
    return bytes(data)


@given(mutated())
@FAST
def test_mutations_are_refused_or_read(archive: bytes) -> None:
    refused_or_whole(archive)


@given(st.integers(0, header_size(GOOD) - 1), st.binary(min_size=1, max_size=8))
@FAST
def test_header_fields_with_the_checksum_put_right(at: int, change: bytes) -> None:
    data = bytearray(GOOD)
    data[at : at + len(change)] = change
    size = int.from_bytes(data[56:60], "big")
    archive = repaired_header(bytes(data)) if size <= len(data) else bytes(data)
    if claimed(archive) > MAX_TOTAL:
        with pytest.raises((HostError, ArchiveDefect)):  # a limit of ours is no damage
            verify(io.BytesIO(archive), stall=PATIENCE, scratch=SCRATCH)
    else:
        refused_or_whole(archive)


@given(st.sampled_from([0, 4096, 2044, 3068, 12288]), st.data())
@FAST
def test_tables_of_the_header_with_anything_in_them(table: int, data: st.DataObject) -> None:
    at = table + data.draw(st.integers(0, 160))
    header = bytearray(GOOD[: header_size(GOOD)])
    change = data.draw(st.binary(min_size=1, max_size=40))
    header[at : at + len(change)] = change
    header[56:60] = len(header).to_bytes(4, "big")
    header[32:48] = bytes(16)
    header[32:48] = hashlib.md5(header, usedforsecurity=False).digest()
    try:
        found = parse_header(bytes(header))
    except (ArchiveDefect, HostError):
        return
    assert all(0 < one.id < 255 and one.name.isprintable() for one in found.devices.values())


@given(st.integers(0, len(HEADS) - 1), st.integers(0, HEAD - 9), st.binary(min_size=1, max_size=8))
@FAST
def test_heads_of_extents_with_the_checksum_put_right(number: int, at: int, change: bytes) -> None:
    refused_or_whole(with_extent(GOOD, number, at, change))


@given(st.integers(HEADS[0], len(GOOD) - 1), st.integers(1, 255))
@FAST
def test_a_flipped_byte_never_gives_other_contents_unseen(at: int, flip: int) -> None:
    archive = bytearray(GOOD)
    archive[at] ^= flip
    try:
        verify(io.BytesIO(bytes(archive)), expected=DIGESTS, stall=PATIENCE, scratch=SCRATCH)
    except ArchiveDefect:
        return
    # only what fills up the last cluster, behind the disk's end, belongs to nobody
    descriptor = os.memfd_create("scsi0")
    try:
        extract(io.BytesIO(bytes(archive)), {"drive-scsi0": descriptor}, scratch=SCRATCH)
        assert os.pread(descriptor, 6 * CLUSTER, 0) == DISKS["drive-scsi0"]
        assert BEHIND <= at < BEHIND + 4096
    finally:
        os.close(descriptor)


@given(st.integers(0, len(GOOD) - 1))
@FAST
def test_every_truncation_is_damage(length: int) -> None:
    assert isinstance(outcome(GOOD[:length]), ArchiveDefect)


@given(
    st.lists(st.integers(0, 5 * CLUSTER), min_size=1, max_size=3),
    st.floats(0, 1),
    st.randoms(use_true_random=False),
    st.integers(1, 59),
)
@settings(max_examples=40, deadline=None)
def test_what_is_written_comes_back(sizes: list[int], filled: float, rng, slots: int) -> None:
    disks = {f"drive-scsi{n}": disk(size, n, filled=filled) for n, size in enumerate(sizes)}
    order = clusters(disks)
    rng.shuffle(order)
    targets = {name: os.memfd_create(name) for name in disks}
    try:
        found = extract(io.BytesIO(packed(disks, order=order, slots=slots)), targets)
        for name, data in disks.items():
            assert os.pread(targets[name], len(data) + 1, 0) == data
            assert found.disk(name).sha256 == sha256(data)
    finally:
        for descriptor in targets.values():
            os.close(descriptor)


@pytest.mark.parametrize("size", [1 << 30, 60 << 40])
def test_memory_is_bounded_whatever_the_header_claims(size: int) -> None:
    data = bytearray(GOOD)
    data[4096 + 40 : 4096 + 48] = size.to_bytes(8, "big")
    archive = repaired_header(bytes(data))
    tracemalloc.start()
    try:
        assert isinstance(outcome(archive), ArchiveDefect)
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
