"""Restores and backups of a node: to the byte, with the tool's words, and ended whenever somebody says so."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from lab.pve.muscle.breaking import KINDS, break_archive
from lab.pve.muscle.node import Node
from lab.pve.seam import BackupError, BackupOrder, RestoreError, RestoreOrder
from lab.vma.writer import SUFFIXES, Packing, write
from tests.support.pve_nodes import plan_of, unheard

CONFIG = "name: web\nscsi0: local:vm-100-disk-0,size=9M\n#qmdump#map:scsi0:drive-scsi0:local:raw:\n"


def content(size: int) -> bytes:
    """Half noise, half holes, no multiple of a cluster."""
    noise = hashlib.shake_256(b"noise").digest(size // 2)
    return (noise + bytes(size // 4) + b"end").ljust(size, b"\0")


def archive_of(place: Path, disks: Mapping[str, bytes], packing: Packing = "zstd") -> Path:
    place.mkdir(exist_ok=True)
    for name, data in disks.items():
        (place / f"{name}.raw").write_bytes(data)
    path = place / f"vzdump-qemu-100-2026_11_23-02_00_00.{SUFFIXES[packing]}"
    write(
        path,
        configs={"qemu-server.conf": CONFIG.encode()},
        devices={name: place / f"{name}.raw" for name in disks},
        ctime=datetime(2026, 11, 23, 2, tzinfo=UTC),
        uuid=UUID(int=7),
        compression=packing,
    )
    return path


async def restored(node: Node, archive: Path, into: Path, said: list[str] | None = None, **more: int) -> Path:
    volume = into / "images" / "9100" / "vm-9100-disk-0.raw"
    order = RestoreOrder(vmid=9100, archive=archive, volumes={"drive-scsi0": volume}, **more)
    await node.restore(order, unheard if said is None else said.append, asyncio.Event())
    return volume


@pytest.mark.parametrize("packing", ["zstd", "gzip", "lzop", None])
async def test_an_archive_is_restored_to_the_byte(tmp_path: Path, packing: Packing) -> None:
    node, data, said = Node(plan_of(tmp_path, "none")), content(9 * 1024 * 1024 + 512), []
    archive = archive_of(tmp_path / "dump", {"drive-scsi0": data}, packing)
    head = await node.head(archive)
    assert (head.config, head.devices) == (CONFIG, {"drive-scsi0": len(data)})
    assert datetime.fromtimestamp(head.ctime, UTC) == datetime(2026, 11, 23, 2, tzinfo=UTC)
    volume = await restored(node, archive, tmp_path, said)
    assert volume.read_bytes() == data
    assert volume.stat().st_blocks * 512 < len(data) * 0.6, "it is sparse"
    assert said[0].startswith("progress ")
    assert "progress 100% (read 9437696 bytes, duration 0 sec)" in said
    assert said[-2].startswith(f"total bytes read {len(data)}, sparse bytes ")


async def test_damage_ends_a_restore_in_the_tools_own_words(tmp_path: Path) -> None:
    node = Node(plan_of(tmp_path, "none"))
    whole = archive_of(tmp_path / "dump", {"drive-scsi0": content(9 << 20)}, None)
    boundary = whole.read_bytes().index(b"VMAE", 20_000)
    cases = {
        "short vma extent": whole.read_bytes()[:-5000],
        "detected missing cluster 58 for stream drive-scsi0": whole.read_bytes()[:boundary],
        "wrong vma header chechsum": whole.read_bytes().replace(b"name: web", b"name: bad"),
        "wrong vma extent header chechsum": _flipped(whole.read_bytes(), boundary + 48),
    }
    for words, damaged in cases.items():
        broken = tmp_path / "broken.vma"
        broken.write_bytes(damaged)
        with pytest.raises(RestoreError) as caught:
            await restored(node, broken, tmp_path)
        assert str(caught.value) == f"vma: restore failed - {words}"


async def test_a_flipped_bit_in_a_packed_archive_is_the_unpackers_complaint(tmp_path: Path) -> None:
    node = Node(plan_of(tmp_path, "none"))
    archive = archive_of(tmp_path / "dump", {"drive-scsi0": content(9 << 20)})
    archive.write_bytes(_flipped(archive.read_bytes(), archive.stat().st_size // 2))
    with pytest.raises(RestoreError, match=r"zstd .*\nvma: restore failed - short vma extent$"):
        await restored(node, archive, tmp_path)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


async def test_a_storage_that_is_full_ends_the_restore(tmp_path: Path) -> None:
    node = Node(plan_of(tmp_path, "none"))
    archive = archive_of(tmp_path / "dump", {"drive-scsi0": content(16 << 20)})
    with pytest.raises(
        RestoreError, match=r"^vma: restore failed - blk_pwrite to drive-scsi0 failed \(-28\)$"
    ):
        await restored(node, archive, tmp_path, space=3 << 20)
    await restored(node, archive, tmp_path, space=9 << 20)


async def test_a_restore_keeps_to_its_limit_and_ends_when_told(tmp_path: Path) -> None:
    node = Node(plan_of(tmp_path, "none"))
    archive = archive_of(tmp_path / "dump", {"drive-scsi0": content(9 << 20)})
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    volumes = {"drive-scsi0": tmp_path / "slow.raw"}
    order = RestoreOrder(vmid=9100, archive=archive, volumes=volumes, bwlimit=1024)
    loop.call_later(0.3, stop.set)
    began, said = loop.time(), []
    await node.restore(order, said.append, stop)
    assert 0.3 <= loop.time() - began < 5
    assert not any("progress" in line for line in said)
    began = loop.time()
    await restored(node, archive, tmp_path, bwlimit=16 * 1024)
    assert loop.time() - began >= 9 / 16


async def test_what_a_log_raises_ends_the_work_and_comes_out(tmp_path: Path) -> None:
    class Fault(BaseException):
        pass

    def strike(line: str) -> None:
        if "progress" in line:
            raise Fault

    archive = archive_of(tmp_path / "dump", {"drive-scsi0": content(9 << 20)})
    order = RestoreOrder(vmid=9100, archive=archive, volumes={"drive-scsi0": tmp_path / "x.raw"})
    with pytest.raises(Fault):
        await Node(plan_of(tmp_path, "none")).restore(order, strike, asyncio.Event())


async def test_a_backup_is_whole_or_not_there(tmp_path: Path) -> None:
    node, data = Node(plan_of(tmp_path, "none")), content(9 << 20)
    (tmp_path / "d.raw").write_bytes(data)
    target = tmp_path / "dump" / "vzdump-qemu-100-2026_11_23-03_00_00.vma.gz"

    def order(disk: Path) -> BackupOrder:
        volumes = {"drive-scsi0": disk}
        return BackupOrder(
            vmid=100,
            config=CONFIG,
            firewall="[OPTIONS]\n",
            volumes=volumes,
            target=target,
            running=False,
            ctime=7,
        )

    stopped = asyncio.Event()
    stopped.set()
    await node.backup(order(tmp_path / "d.raw"), unheard, stopped)
    with pytest.raises(BackupError, match="No such file"):
        await node.backup(order(tmp_path / "absent.raw"), unheard, asyncio.Event())
    assert list(target.parent.iterdir()) == []
    said: list[str] = []
    await node.backup(order(tmp_path / "d.raw"), said.append, asyncio.Event())
    assert [one.name for one in target.parent.iterdir()] == [target.name]
    head = await node.head(target)
    assert (head.firewall, head.ctime) == ("[OPTIONS]\n", 7)
    assert (await restored(node, target, tmp_path)).read_bytes() == data
    assert any("transferred 9.00 MiB" in line for line in said)


WORDS = {
    "cut-download": "vma: restore failed - short vma extent",
    "packed-bit-flip": "vma: restore failed - short vma extent",
    "truncated": "vma: restore failed - short vma extent",
    "truncated-at-extent": "vma: restore failed - detected missing cluster",
    "header-only": "vma: restore failed - detected missing cluster 0 for stream drive-scsi0",
    "payload-bit-flip": "",
    "header-checksum": "vma: restore failed - wrong vma header chechsum",
    "extent-checksum": "vma: restore failed - wrong vma extent header chechsum",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("packing", ["zstd", "lzop"])
async def test_each_damage_is_made_on_a_copy_and_ends_a_restore_as_it_would(
    tmp_path: Path, kind: str, packing: Packing
) -> None:
    node, data = Node(plan_of(tmp_path, "none")), content(9 << 20)
    archive = archive_of(tmp_path / "dump", {"drive-scsi0": data}, packing)
    before = archive.read_bytes()
    broken = tmp_path / archive.name
    assert break_archive(kind, archive, broken)
    assert archive.read_bytes() == before != broken.read_bytes()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["dump", archive.name]
    if WORDS[kind]:
        with pytest.raises(RestoreError) as caught:
            await restored(node, broken, tmp_path)
        assert WORDS[kind] in str(caught.value)
    else:  # nothing in the archive says so: only who knows the digest sees it
        found = (await restored(node, broken, tmp_path)).read_bytes()
        assert sum(one != two for one, two in zip(found, data, strict=True)) == 1
