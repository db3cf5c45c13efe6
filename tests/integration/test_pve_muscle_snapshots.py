"""Snapshots of a backup server: written, restored to the byte, and each damage named by a restore."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.pve.muscle import snapshots
from lab.pve.muscle.chunks import CHUNK, blob, chunk_path, put, read_blob, read_index
from lab.pve.muscle.node import Node
from lab.pve.seam import RestoreError, RestoreOrder
from tests.support.pve_nodes import plan_of, unheard

CONFIG = "name: web\nscsi0: local:vm-100-disk-0,size=9M\n"
DATA = (b"begin" + bytes(CHUNK - 5)) + bytes(CHUNK) + b"end".ljust(1024 * 1024 + 512, b"\0")
"""Three chunks: the second holds nothing, the third is short."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A snapshot of two disks."""
    (tmp_path / "a.raw").write_bytes(DATA)
    (tmp_path / "b.raw").write_bytes(bytes(CHUNK))
    where = tmp_path / "store" / "snapshots" / "vm" / "100" / "2026-10-19T02:00:00Z"
    disks = {"drive-scsi0": tmp_path / "a.raw", "drive-scsi1": tmp_path / "b.raw"}
    snapshots.write(where, chunks_of(tmp_path), config=CONFIG, firewall="[OPTIONS]\n", disks=disks)
    return where


def chunks_of(tmp_path: Path) -> Path:
    return tmp_path / "store" / ".chunks"


async def restored(tmp_path: Path, archive: Path, said: list[str] | None = None) -> Path:
    volumes = {"drive-scsi0": tmp_path / "new.raw", "drive-scsi1": tmp_path / "new1.raw"}
    order = RestoreOrder(vmid=9100, archive=archive, volumes=volumes)
    log = unheard if said is None else said.append
    await Node(plan_of(tmp_path, "none")).restore(order, log, asyncio.Event())
    return tmp_path / "new.raw"


@pytest.mark.parametrize("name", ["", "archive.vma.zst"])
async def test_a_snapshot_is_restored_to_the_byte(tmp_path: Path, place: Path, name: str) -> None:
    said: list[str] = []
    head = await Node(plan_of(tmp_path, "none")).head(place / name)
    assert (head.config, head.firewall, head.ctime) == (CONFIG, "[OPTIONS]\n", 1792375200)
    assert head.devices == {"drive-scsi0": len(DATA), "drive-scsi1": CHUNK}
    disk = await restored(tmp_path, place / name, said)
    assert disk.read_bytes() == DATA
    assert disk.stat().st_blocks * 512 < 2 * CHUNK, "a chunk of zeros is a hole"
    assert "progress 100% (read 9437696 bytes, duration 0 sec)" in said
    assert sum(line.startswith("restore image complete (bytes=") for line in said) == 2


def test_equal_chunks_are_kept_once(tmp_path: Path, place: Path) -> None:
    index = read_index(place / "drive-scsi0.img.fidx")
    other = read_index(place / "drive-scsi1.img.fidx")
    assert index.digests[1] == other.digests[0]
    assert len(list(chunks_of(tmp_path).glob("*/*"))) == 3


def first(place: Path) -> Path:
    """File of the first chunk."""
    index = read_index(place / "drive-scsi0.img.fidx")
    return chunk_path(snapshots.store_of(place), index.digests[0])


def flip(path: Path, at: int) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])


def other_index(place: Path) -> None:
    """An index that is sound, but not the one that the manifest lists."""
    (place / "drive-scsi0.img.fidx").write_bytes((place / "drive-scsi1.img.fidx").read_bytes())


def unlisted_form(place: Path) -> None:
    found = json.loads(read_blob(place / "index.json.blob"))
    del found["files"]
    (place / "index.json.blob").write_bytes(blob(json.dumps(found).encode()))


DAMAGE: dict[str, Callable[[Path], object]] = {
    r"file '[0-9a-f]{64}' not found": lambda place: first(place).unlink(),
    r"blob '[0-9a-f]{64}': wrong crc checksum": lambda place: flip(first(place), CHUNK // 2),
    r"blob '[0-9a-f]{64}': wrong magic number": lambda place: flip(first(place), 0),
    r"chunk '[0-9a-f]{64}': wrong digest": lambda place: first(place).write_bytes(
        blob(bytes(CHUNK - 1) + b"x")
    ),
    r"index 'drive-scsi0.img.fidx': wrong checksum": lambda p: flip(p / "drive-scsi0.img.fidx", 4097),
    r"index 'drive-scsi0.img.fidx': unexpected length": lambda p: (p / "drive-scsi0.img.fidx").write_bytes(
        (p / "drive-scsi0.img.fidx").read_bytes()[:-32]
    ),
    r"index 'drive-scsi0.img.fidx': not the one of the manifest": other_index,
    r"file 'index.json.blob' not found": lambda place: (place / "index.json.blob").unlink(),
    r"manifest of '2026-10-19T02:00:00Z': wrong form": unlisted_form,
}


@pytest.mark.parametrize("words", DAMAGE)
async def test_each_damage_is_named_by_a_restore(tmp_path: Path, place: Path, words: str) -> None:
    DAMAGE[words](place)
    with pytest.raises(RestoreError, match=f"^restore failed: {words}$"):
        await restored(tmp_path, place)


def test_a_chunk_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    store = tmp_path / ".chunks"
    digest = put(store, b"data")
    written = chunk_path(store, digest).stat().st_mtime_ns
    assert put(store, b"data") == digest
    assert chunk_path(store, digest).stat().st_mtime_ns == written
