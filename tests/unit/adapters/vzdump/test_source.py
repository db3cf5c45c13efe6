"""Points, machines and disks out of dump directories; what is damaged, unfinished, wrong or gone."""

import asyncio
import os
import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters import directory
from drverify.adapters.directory import DirectoryStore
from drverify.adapters.stored import StoredFile
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.engine.sources import MachineSource
from drverify.errors import DefectError, HostError, InputError, SourceError
from drverify.model.recovery import PointFilter, RecoveryPoint
from tests.support.dumps import (
    BERLIN,
    CONFIG,
    DISKS,
    NETWORK,
    NEWER,
    OLDER,
    dump,
    dump_directory,
    name_of,
    record_digest,
    settle,
    source_of,
)
from tests.support.restic import Watched, names
from tests.support.vma import header_size

STALL = timedelta(seconds=20)
ONE = {"scsi0": DISKS["scsi0"]}
ALL = PointFilter()


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dump_directory(tmp_path_factory.mktemp("vzdump") / "dump")


async def newest(source: VzdumpSource, host: str = "100") -> RecoveryPoint:
    return (await source.points(PointFilter(host=host)))[0]


async def restored(source: VzdumpSource, into: Path) -> None:
    point = await newest(source)
    disks = (await source.describe(point, [NETWORK])).machine.shape.disks
    into.mkdir()
    await source.restore_machine(point, disks, into=into, stall=STALL, progress=Watched())


async def test_finished_archives_of_machines_are_points(dumps: Path):
    source = source_of(dumps)
    assert isinstance(source, MachineSource)
    points = await source.points(ALL)
    assert [(point.host, point.consistent_as_of) for point in points] == [
        ("100", NEWER), ("100", OLDER), ("101", OLDER)
    ]  # fmt: skip
    assert points[0].paths == (str(dumps / name_of(NEWER)),)
    assert points[0].size_bytes == (dumps / name_of(NEWER)).stat().st_size
    assert points[0].tags == ("kind=qemu", "format=vma.zst")


async def test_a_point_keeps_its_id_wherever_its_archive_is_copied_to(dumps: Path, tmp_path: Path):
    shutil.copytree(dumps, tmp_path / "copy")
    for path in (tmp_path / "copy").iterdir():
        settle(path, timedelta(days=1))
    one, other = await source_of(dumps).points(ALL), await source_of(tmp_path / "copy").points(ALL)
    assert [point.id for point in one] == [point.id for point in other]


async def test_the_header_counts_for_more_than_the_name(tmp_path: Path):
    dump(tmp_path, NEWER, disks=ONE, header_time=OLDER)
    assert (await newest(source_of(tmp_path))).consistent_as_of == OLDER


async def test_a_damaged_header_leaves_the_name(tmp_path: Path):
    (tmp_path / name_of(NEWER)).write_bytes(b"nothing of the kind")
    settle(tmp_path / name_of(NEWER))
    source = source_of(tmp_path)
    point = await newest(source)
    assert point.consistent_as_of == NEWER - timedelta(seconds=0)
    with pytest.raises(ArchiveDefect):
        await source.describe(point, [NETWORK])


async def test_a_header_is_read_once(dumps: Path, monkeypatch: pytest.MonkeyPatch):
    source = source_of(dumps)
    first = await source.points(ALL)
    monkeypatch.setattr(source._archives, "inspect", None)
    assert await source.points(ALL) == first


async def test_notes_and_protection_are_tags(tmp_path: Path):
    archive = dump(tmp_path, NEWER, disks=ONE)
    archive.with_name(archive.name + ".notes").write_text("before the \x1b[31mupgrade\nsecond line")
    archive.with_name(archive.name + ".protected").touch()
    source = source_of(tmp_path)
    tags = (await newest(source)).tags
    assert tags[2:] == ("protected", "notes=before the [31mupgrade")
    assert await source.points(PointFilter(tags=("protected", "kind=qemu")))
    assert not await source.points(PointFilter(tags=("protected", "kind=lxc")))


async def test_a_path_narrows(dumps: Path):
    source = source_of(dumps)
    assert len(await source.points(PointFilter(path=str(dumps)))) == 3
    assert len(await source.points(PointFilter(path=str(dumps / name_of(NEWER))))) == 1
    assert not await source.points(PointFilter(path="/elsewhere"))


@pytest.mark.parametrize(
    ("log", "count"), [(None, 0), ("INFO: Starting Backup of VM 100", 0), ("Finished Backup of VM 100", 1)]
)
async def test_what_is_still_being_written_is_no_point(tmp_path: Path, log: str | None, count: int):
    archive = dump(tmp_path, NEWER, disks=ONE)
    settle(archive, timedelta(seconds=5))
    if log is not None:
        (tmp_path / archive.name.replace(".vma.zst", ".log")).write_text(log)
    assert len(await source_of(tmp_path).points(ALL)) == count


async def test_a_container_is_not_the_same_as_no_backup(dumps: Path):
    source = source_of(dumps)
    with pytest.raises(SourceError, match="guest 200 is a container"):
        await source.points(PointFilter(host="200"))
    assert not await source.points(PointFilter(host="201"))


async def test_a_directory_that_is_not_there_or_not_mounted_cannot_be_asked(tmp_path: Path):
    for store in (DirectoryStore(tmp_path / "none"), DirectoryStore(tmp_path, mount=tmp_path)):
        with pytest.raises(SourceError):
            await VzdumpSource("d", store, BERLIN).points(ALL)


async def test_a_link_that_leads_nowhere_hides_nothing_else(dumps: Path, tmp_path: Path):
    (tmp_path / name_of(NEWER)).symlink_to(dumps / name_of(NEWER))
    (tmp_path / name_of(OLDER)).symlink_to(tmp_path / "gone")
    assert len(await source_of(tmp_path).points(ALL)) == 1


async def test_a_file_system_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    over = threading.Event()
    monkeypatch.setattr(directory, "ANSWER", timedelta(seconds=0.05))
    monkeypatch.setattr(os, "scandir", lambda _: over.wait())
    try:
        with pytest.raises(SourceError, match=r"no answer for 0\.05 s"):
            await source_of(tmp_path).points(ALL)
    finally:
        over.set()


async def test_an_archive_that_may_not_be_read_is_a_point_and_no_defect(tmp_path: Path, monkeypatch):
    dump(tmp_path, NEWER, disks=ONE)

    async def refused(*_: object, **__: object) -> None:
        raise SourceError("cannot read it: Permission denied")

    monkeypatch.setattr("drverify.adapters.vma.asynchronous.inspect", refused)
    source = source_of(tmp_path)
    point = await newest(source)
    assert point.consistent_as_of == NEWER
    with pytest.raises(SourceError, match="Permission denied"):
        await source.describe(point, [NETWORK])


async def test_a_missing_unpacker_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dump(tmp_path, NEWER, disks=ONE)

    async def missing(*_: object, **__: object) -> None:
        raise HostError("zstd is not installed")

    monkeypatch.setattr("drverify.adapters.vma.asynchronous.inspect", missing)
    with pytest.raises(HostError, match="zstd"):
        await source_of(tmp_path).points(ALL)


async def test_what_is_dangerous_is_left_out_and_said_and_passwords_are_not_shown(dumps: Path):
    source = source_of(dumps)
    described = await source.describe(await newest(source), [NETWORK])
    gone = {one.what for one in described.machine.deviations if one.change == "left out"}
    assert {"args", "hookscript", "hostpci0", "ide2"} <= gone
    assert described.machine.shape.firmware == "uefi"
    assert [one.bus for one in described.machine.shape.disks] == ["scsi", "sata", "pflash"]
    assert b"$5$secret" not in described.statement.content
    assert b"hookscript" in described.statement.content


async def test_cards_are_in_the_slots_by_which_linux_named_them_under_proxmox(tmp_path: Path):
    """`net0` is in slot 18, so `ens18` or `enp6s18`: its addresses are configured under that name."""
    dump(tmp_path, NEWER, config=CONFIG + "net2: e1000=BC:24:11:00:00:66,bridge=vmbr1\n")
    source = source_of(tmp_path)
    two = [NETWORK, replace(NETWORK, name="second")]
    assert (await source.describe(await newest(source), two)).machine.shape.nic_slots == (18, 20)
    assert (await source.describe(await newest(source), [])).machine.shape.nic_slots == ()
    more = "".join(f"net{number}: virtio=BC:24:11:00:01:0{number},bridge=x\n" for number in range(1, 7))
    dump(tmp_path, NEWER, config=CONFIG + more)
    source = source_of(tmp_path)
    seven = [replace(NETWORK, name=f"n{number}") for number in range(7)]
    assert (await source.describe(await newest(source), seven)).machine.shape.nic_slots == ()


async def test_a_machine_whose_disk_is_not_stored_is_a_defect(tmp_path: Path):
    config = CONFIG + "#qmdump#map:scsi0:drive-scsi9:local-lvm:raw:\n"
    dump(tmp_path, NEWER, config=config)
    source = source_of(tmp_path)
    with pytest.raises(DefectError, match="drive-scsi9"):
        await source.describe(await newest(source), [NETWORK])


async def test_an_archive_without_a_configuration_states_no_machine(tmp_path: Path):
    dump(tmp_path, NEWER, disks=ONE, config=None)
    source = source_of(tmp_path)
    with pytest.raises(DefectError, match="states no machine"):
        await source.describe(await newest(source), [NETWORK])


@pytest.mark.parametrize("where", ["half", "extent"])
async def test_a_truncated_archive_is_a_defect_with_its_place(tmp_path: Path, where: str):
    archive = dump(tmp_path, NEWER, form="vma")
    data = archive.read_bytes()
    archive.write_bytes(data[: len(data) // 2 if where == "half" else header_size(data)])
    settle(archive)
    with pytest.raises(ArchiveDefect) as caught:
        await restored(source_of(tmp_path), tmp_path / "out")
    assert caught.value.kind in {DefectKind.TRUNCATED, DefectKind.MISSING_CLUSTERS}
    assert caught.value.offset is not None
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("form", ["vma", "vma.zst", "vma.gz", "vma.lzo"])
async def test_a_recorded_digest_is_held_against_the_archive(tmp_path: Path, form: str):
    archive = dump(tmp_path, NEWER, form=form)
    record_digest(archive)
    await restored(source_of(tmp_path), tmp_path / "out")
    assert names(tmp_path / "out") == sorted(f"{name}.raw" for name in DISKS)


async def test_a_flipped_bit_that_no_checksum_covers_is_found_by_the_recorded_digest(tmp_path: Path):
    archive = dump(tmp_path, NEWER, form="vma")
    good = archive.read_bytes()
    bad = bytearray(good)
    bad[-5000] ^= 1
    archive.write_bytes(bad)
    settle(archive)
    await restored(source_of(tmp_path), tmp_path / "unnoticed")
    record_digest(archive, good)
    with pytest.raises(ArchiveDefect, match="not what was recorded") as caught:
        await restored(source_of(tmp_path), tmp_path / "out")
    assert caught.value.kind is DefectKind.PAYLOAD
    assert names(tmp_path / "out") == []


async def test_recorded_digests_of_disks_are_held_against_them(tmp_path: Path):
    archive = dump(tmp_path, NEWER)
    sidecar = archive.with_name(archive.name + ".sha256")
    sidecar.write_text(f"{'ab' * 32}  sata1.raw\n")
    with pytest.raises(ArchiveDefect, match="drive-sata1") as caught:
        await restored(source_of(tmp_path), tmp_path / "out")
    assert caught.value.device == "drive-sata1"
    assert names(tmp_path / "out") == []


async def test_a_truncated_archive_with_a_recorded_digest_still_says_where(tmp_path: Path):
    archive = dump(tmp_path, NEWER, form="vma")
    good = archive.read_bytes()
    archive.write_bytes(good[:-4096])
    settle(archive)
    record_digest(archive, good)
    with pytest.raises(ArchiveDefect) as caught:
        await restored(source_of(tmp_path), tmp_path / "out")
    assert caught.value.kind is DefectKind.TRUNCATED


async def test_an_archive_that_was_pruned_is_no_defect(tmp_path: Path):
    archive = dump(tmp_path, NEWER, disks=ONE)
    source = source_of(tmp_path)
    point = await newest(source)
    archive.unlink()
    with pytest.raises(SourceError, match="is gone"):
        await source.describe(point, [NETWORK])
    with pytest.raises(SourceError, match="no longer holds"):
        await source_of(tmp_path).describe(point, [NETWORK])


class DearHeads(DirectoryStore):
    """A store of which only names are read to list it."""

    heads_are_cheap = False


async def test_a_wrong_zone_is_found_out_before_it_counts(tmp_path: Path):
    dump(tmp_path, NEWER, disks=ONE)
    utc = VzdumpSource("dumps", DearHeads(tmp_path), BERLIN.__class__("UTC"))
    point = await newest(utc)
    assert point.consistent_as_of == NEWER + timedelta(hours=2)
    with pytest.raises(SourceError, match=r"2026-10-19 00:00:01 UTC by its header") as caught:
        await utc.describe(point, [NETWORK])
    assert "sources.dumps.timezone" in caught.value.hint
    right = VzdumpSource("dumps", DearHeads(tmp_path), BERLIN)
    assert (await newest(right)).consistent_as_of == NEWER
    assert await right.describe(await newest(right), [NETWORK])


async def test_either_instant_of_the_hour_that_comes_twice_agrees_with_the_header(tmp_path: Path):
    for begun in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)):
        archive = dump(tmp_path, begun, disks=ONE)
        source = VzdumpSource("dumps", DearHeads(tmp_path), BERLIN)
        point = await newest(source)
        assert point.consistent_as_of == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        assert await source.describe(point, [NETWORK])
        archive.unlink()


async def test_more_networks_than_cards_are_wrong_input(dumps: Path):
    source = source_of(dumps)
    with pytest.raises(InputError):
        await source.describe(await newest(source), [NETWORK, replace(NETWORK, name="other")])


async def test_no_room_is_this_machines_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dump(tmp_path, NEWER)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    source = source_of(tmp_path)
    await source.describe(await newest(source), [NETWORK])
    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(HostError, match="no room"):
        await restored(source, tmp_path / "out")
    assert names(tmp_path / "out") == []


class Doubting(DirectoryStore):
    """A store that finds out at the end that its bytes were bad, and gives them again."""

    async def read(self, file: StoredFile, work, *, stall):  # type: ignore[no-untyped-def, override]
        await super().read(file, work, stall=stall)
        return await super().read(file, work, stall=stall)


async def test_a_store_may_give_its_bytes_again(dumps: Path, tmp_path: Path):
    await restored(VzdumpSource("dumps", Doubting(dumps), BERLIN), tmp_path / "out")
    assert names(tmp_path / "out") == sorted(f"{name}.raw" for name in DISKS)
    assert (tmp_path / "out" / "scsi0.raw").read_bytes() == DISKS["scsi0"]


async def test_archives_are_read_a_few_at_a_time(dumps: Path):
    class Counting(DirectoryStore):
        now = most = 0

        async def read(self, file: StoredFile, work, *, stall):  # type: ignore[no-untyped-def, override]
            Counting.now += 1
            Counting.most = max(Counting.most, Counting.now)
            await asyncio.sleep(0.01)
            try:
                return await super().read(file, work, stall=stall)
            finally:
                Counting.now -= 1

    assert len(await VzdumpSource("d", Counting(dumps), BERLIN).points(ALL)) == 3
    assert 0 < Counting.most <= 4
