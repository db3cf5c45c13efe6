"""Disk images that are damaged, hostile, or too much, and the programs that read them."""

import asyncio
import os
import struct
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.directory import DirectoryStore
from drverify.adapters.images import programs
from drverify.adapters.images.formats import Declared, OutsideError
from drverify.adapters.images.programs import shut_in
from drverify.adapters.images.qemu import QemuImage
from drverify.adapters.images.source import ImagesSource
from drverify.adapters.linux.programs import require
from drverify.errors import DeadlineError, DefectError, HostError, InputError, SourceError
from drverify.model.recovery import PointFilter
from tests.support.descendants import own_children
from tests.support.disk_images import (
    NEWER,
    SIZE,
    content,
    formatted,
    packed,
    record,
    restored,
    settle,
    source_of,
    split,
)
from tests.support.restic import STALL, Ledger, Watched, flip, names

DATA = content(7)


def made(directory: Path, form: str, packing: str = "") -> Path:
    path = formatted(directory, f"web01-{NEWER}.{form.rpartition('.')[2]}", DATA, form)
    return packed(path, packing) if packing else path


def cut(path: Path, keep: float) -> None:
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * keep))
    settle(path)


def flipped(path: Path, at: float) -> None:
    flip(path, int(path.stat().st_size * at))
    settle(path)


def swapped(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    settle(one)
    settle(other)


def overwritten(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)
    settle(path)


def two_parts_swapped(at: Path) -> None:
    parts = split(made(at, "raw", "zst"))
    swapped(parts[0], parts[1])


def two_parts_swapped_within(at: Path) -> None:
    parts = split(made(at, "raw", "zst"), size=256 << 10)
    swapped(parts[1], parts[2])


def a_part_missing(at: Path) -> None:
    split(made(at, "raw"))[2].unlink()


def a_part_shorter(at: Path) -> None:
    cut(split(made(at, "raw"))[2], 0.5)


def the_last_part_missing(at: Path) -> None:
    split(made(at, "raw"), prefix=".part", first=1)[-1].unlink()


def zeros_named_qcow2(at: Path) -> None:
    (at / "web01.qcow2").write_bytes(bytes(1 << 20))
    settle(at / "web01.qcow2")


def recorded_otherwise(at: Path, form: str, packing: str = "") -> None:
    path = made(at, form, packing)
    sidecar = record(path)
    sidecar.write_text("ab" * 32 + "  " + path.name + "\n")
    settle(sidecar)


def a_part_recorded_otherwise(at: Path) -> None:
    parts = split(made(at, "raw"))
    sidecar = record(parts[0], *parts[1:])
    sidecar.rename(at / f"web01-{NEWER}.raw.sha256")
    swapped(parts[1], parts[4])


def a_bomb(at: Path) -> None:
    """A disk of 6 MiB that unpacks to 160 MiB."""
    path = made(at, "qcow2")
    with path.open("r+b") as file:
        file.truncate(160 << 20)
    packed(path, "zst")


def refcounts_wiped(at: Path) -> None:
    overwritten(made(at, "qcow2"), 2 * 65536, bytes(65536))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda at: cut(made(at, "raw"), 0.9), "truncated"),
        (lambda at: cut(made(at, "qcow2"), 0.6), "corruptions"),
        (lambda at: cut(made(at, "vmdk"), 0.6), "damaged|cannot be read"),
        (lambda at: cut(made(at, "stream.vmdk"), 0.6), "damaged|cannot be read"),
        (lambda at: cut(made(at, "vhdx"), 0.2), "damaged|cannot be read|truncated"),
        (lambda at: cut(made(at, "qcow2"), 0.00001), "truncated"),
        (lambda at: cut(made(at, "raw", "zst"), 0.7), r"cannot be unpacked.*zstd.*at byte \d+"),
        (lambda at: cut(made(at, "raw", "gz"), 0.7), "cannot be unpacked.*gzip"),
        (lambda at: cut(made(at, "raw", "xz"), 0.7), "cannot be unpacked.*xz"),
        (lambda at: flipped(made(at, "qcow2", "zst"), 0.99), "cannot be unpacked"),
        (lambda at: flipped(made(at, "qcow2", "gz"), 0.5), "cannot be unpacked"),
        (lambda at: flipped(made(at, "qcow2", "xz"), 0.5), "cannot be unpacked"),
        (lambda at: flipped(made(at, "stream.vmdk"), 0.5), "cannot be read"),
        (refcounts_wiped, "corruptions"),
        (a_part_missing, "part 002 is missing"),
        (a_part_shorter, r"raw\.002 has 524288 bytes"),
        (the_last_part_missing, "truncated"),
        (two_parts_swapped, "is not packed"),
        (two_parts_swapped_within, "cannot be unpacked"),
        (a_part_recorded_otherwise, r"raw\.001 is not what was recorded"),
        (zeros_named_qcow2, "is no qcow2"),
        (lambda at: recorded_otherwise(at, "raw"), "not what was recorded"),
        (lambda at: recorded_otherwise(at, "qcow2"), "not what was recorded"),
        (lambda at: recorded_otherwise(at, "vmdk", "zst"), "not what was recorded"),
        (a_bomb, "more than the"),
    ],
)
async def test_damage_is_named_and_leaves_nothing(
    damage: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    disks, into = tmp_path / "disks", tmp_path / "into"
    disks.mkdir()
    into.mkdir()
    damage(disks)
    with pytest.raises(DefectError, match=says):
        await restored(disks, into / "disk.raw")
    assert names(into) == []


def with_backing(at: Path) -> None:
    base = made(at, "raw")
    overlay = at / "web01.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, overlay], check=True)
    base.unlink()
    settle(overlay)


def with_data_file(at: Path) -> None:
    elsewhere = at.parent / "elsewhere"
    option = f"data_file={elsewhere},data_file_raw=on"
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-o", option, at / "web01.qcow2", "1M"]
    subprocess.run(words, check=True)
    settle(at / "web01.qcow2")


def with_flat_extent(at: Path) -> None:
    words = ["qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat"]
    subprocess.run([*words, at / "web01.vmdk", "1M"], check=True)
    settle(at / "web01.vmdk")


def with_descriptor_inside(at: Path) -> None:
    """A sparse header without a capacity: QEMU would read the descriptor behind it and follow its extents."""
    path = made(at, "vmdk")
    overwritten(path, 12, struct.pack("<Q", 0))
    overwritten(path, 512, b'createType="monolithicFlat"\nRW 2048 FLAT "/etc/passwd" 0\n')


def with_parent(at: Path) -> None:
    overwritten(made(at, "vmdk"), 512 + 300, b'\nparentFileNameHint="/etc/passwd"\n')


def a_link(at: Path) -> None:
    secret = made(at.parent, "raw")
    (at / f"web01-{NEWER}.raw").symlink_to(secret)


@pytest.mark.parametrize(
    ("hostile", "error"),
    [
        (with_backing, OutsideError),
        (with_data_file, OutsideError),
        (with_flat_extent, HostError),
        (with_descriptor_inside, OutsideError),
        (with_parent, OutsideError),
        (a_link, HostError),
    ],
)
@pytest.mark.parametrize("packing", ["", "zst"])
async def test_what_refers_outside_is_refused(
    hostile: Callable[[Path], None], error: type[HostError], packing: str, tmp_path: Path
) -> None:
    disks, into = tmp_path / "disks", tmp_path / "into"
    disks.mkdir()
    into.mkdir()
    hostile(disks)
    for path in [*disks.iterdir()] if packing and hostile is not a_link else []:
        if "-flat" not in path.name:
            packed(path, packing)
    with pytest.raises(error) as caught:
        await restored(disks, into / "disk.raw")
    assert caught.value.hint
    assert names(into) == []


@pytest.mark.parametrize(("form", "packing"), [("raw", "zst"), ("qcow2", "")])
async def test_recorded_digests_that_hold(form: str, packing: str, tmp_path: Path) -> None:
    disks = tmp_path / "disks"
    disks.mkdir()
    parts = split(made(disks, form, packing))
    record(parts[0], *parts[1:]).rename(disks / f"{parts[0].name.rpartition('.')[0]}.sha256")
    done = await restored(disks, tmp_path / "disk.raw")
    assert (tmp_path / "disk.raw").read_bytes() == DATA
    assert done.read_bytes == sum(part.stat().st_size for part in parts)


async def test_a_digest_of_something_else_proves_nothing(tmp_path: Path) -> None:
    path = made(tmp_path, "raw")
    path.with_name(f"{path.name}.sha256").write_text("ab" * 32 + "  another.raw\n")
    with pytest.raises(SourceError, match="records nothing of it"):
        await restored(tmp_path, tmp_path / "disk")


async def test_a_missing_program_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    made(tmp_path, "raw", "xz")
    monkeypatch.setattr(programs, "require", lambda name: require(name, "/nonexistent"))
    with pytest.raises(HostError) as caught:
        await restored(tmp_path, tmp_path / "disk")
    assert caught.value.hint == "apt-get install xz-utils"


@pytest.mark.needs_root
@pytest.mark.parametrize(
    ("form", "packing", "mib"),
    [("raw", "zst", 3), ("qcow2", "", 3), ("qcow2", "", 7), ("qcow2", "zst", 3), ("vhdx", "gz", 11)],
)
async def test_no_room_is_our_fault(form: str, packing: str, mib: int, tmp_path: Path) -> None:
    """For what is stored, for the unpacked image, or for the disk: 8 MiB of it."""
    disks, small = tmp_path / "disks", tmp_path / "small"
    disks.mkdir()
    small.mkdir()
    path = formatted(disks, f"web01.{form}", b"full" * (2 << 20), form)
    if packing:
        packed(path, packing)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", small], check=True)
    try:
        with pytest.raises(HostError, match="no room for"):
            await restored(disks, small / "disk.raw")
        assert names(small) == []
    finally:
        subprocess.run(["umount", small], check=True)


async def test_cancelling_ends_every_child(tmp_path: Path) -> None:
    disks, into = tmp_path / "disks", tmp_path / "into"
    disks.mkdir()
    into.mkdir()
    made(disks, "qcow2", "xz")
    before = set(own_children())
    task = asyncio.create_task(restored(disks, into / "disk.raw"))
    while not set(own_children()) - before:
        assert not task.done()
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(own_children()) == before
    assert names(into) == []


async def test_the_filter_and_the_payload_must_mean_the_same(tmp_path: Path) -> None:
    made(tmp_path, "raw")
    old = formatted(tmp_path, "db01-20250101T000000Z.raw", DATA)
    with pytest.raises(InputError, match="does not mean"):
        await restored(tmp_path, tmp_path / "disk", "db01-*.raw")
    points = await source_of(tmp_path).points(PointFilter(path="db01-*.raw"))
    assert [point.paths for point in points] == [(str(old),)]


@pytest.mark.parametrize(("form", "packing"), [("qcow2", ""), ("raw", "zst")])
async def test_only_a_raw_image_in_one_piece_boots_where_it_lies(
    form: str, packing: str, tmp_path: Path
) -> None:
    disks, at = tmp_path / "disks", tmp_path / "at"
    disks.mkdir()
    at.mkdir()
    made(disks, form, packing)
    source, ledger = source_of(disks), Ledger()
    (point,) = await source.points(PointFilter())
    with pytest.raises(InputError, match="cannot be booted where it lies"):
        async with source.opened_image(point, "*", at=at, scope=ledger):
            pytest.fail("it was opened")
    assert ledger.left() == set()


@pytest.mark.needs_root
async def test_damage_that_shows_later_is_found_out(tmp_path: Path) -> None:
    disks, at = tmp_path / "disks", tmp_path / "at"
    disks.mkdir()
    at.mkdir()
    path = made(disks, "raw")
    record(path)
    source, ledger = source_of(disks), Ledger()
    (point,) = await source.points(PointFilter())
    async with source.opened_image(point, "*", at=at, scope=ledger) as opened:
        assert await opened.examine(stall=STALL) is None
        overwritten(path, SIZE - 9, b"x")
        assert isinstance(await opened.examine(stall=STALL), DefectError)
        cut(path, 0.5)
        assert isinstance(await opened.examine(stall=STALL), SourceError)


async def test_nothing_says_when_is_no_point_and_no_silence(tmp_path: Path) -> None:
    formatted(tmp_path, "web01-2026-11-22_03-15.raw", DATA)
    with pytest.raises(SourceError, match="in which zone"):
        await source_of(tmp_path).points(PointFilter())
    assert await source_of(tmp_path).points(PointFilter(host="db01")) == []


def test_a_confined_program_sees_its_own_file_and_no_network(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.write_text("mine")
    other.write_text("other")

    def ran(*argv: str) -> subprocess.CompletedProcess[str]:
        words = shut_in(argv, read=[mine], write=[mine], file=1 << 16)
        return subprocess.run(words, capture_output=True, text=True, check=False)

    assert ran("cat", str(mine)).stdout == "mine"
    assert "Permission denied" in ran("cat", str(other)).stderr
    assert "Permission denied" in ran("cat", "/etc/passwd").stderr
    assert "ermission denied" in ran("dd", "if=/dev/null", f"of={other}").stderr
    assert "File too large" in ran("dd", f"if={Path('/usr/bin/dd')}", f"of={mine}", "bs=1M").stderr
    assert ran("setpriv", "--dump").stdout.count("dac_read_search") <= 2
    assert "no_new_privs: 1" in ran("setpriv", "--dump").stdout


async def test_a_program_that_does_nothing_is_ended(tmp_path: Path) -> None:
    image = QemuImage(
        name="x",
        path=tmp_path,
        declared=Declared(form="qcow2", size=1, largest=1),
        stall=timedelta(seconds=0.6),
    )
    before = set(own_children())
    with pytest.raises(DeadlineError, match="did nothing for"):
        await image._run(shut_in(["sleep", "60"]))
    assert set(own_children()) == before


async def test_a_program_that_could_not_begin_says_nothing_about_the_image(tmp_path: Path) -> None:
    said = Declared(form="qcow2", size=512, largest=512)
    image = QemuImage(name="x", path=tmp_path / "gone.qcow2", declared=said, stall=STALL)
    with pytest.raises(HostError, match=r"exited with 125: .*gone\.qcow2"):
        await image.convert(tmp_path / "disk", lambda _: None)


async def test_bytes_that_do_not_come_are_not_waited_for(tmp_path: Path) -> None:
    made(tmp_path, "raw")

    class Silent(DirectoryStore):
        heads_are_cheap = False

        async def read(self, file, work, *, stall):
            reading, writing = os.pipe()
            try:
                os.write(writing, b"only this")
                return await work(reading)
            finally:
                os.close(reading)
                os.close(writing)

    source = ImagesSource("disks", Silent(tmp_path), None)
    (point,) = await source.points(PointFilter())
    short = timedelta(seconds=0.2)
    with pytest.raises(DeadlineError, match="no byte came"):
        await source.restore_image(point, "*", into=tmp_path / "disk", stall=short, progress=Watched())
    assert names(tmp_path) == [f"web01-{NEWER}.raw"]


@pytest.mark.parametrize(("layer", "says"), [("_look", "refers to other files"), ("convert", "")])
async def test_a_reference_that_we_overlooked_leads_nowhere(layer: str, says: str, tmp_path: Path) -> None:
    """As if our reading of the header had let it pass: qemu-img tells it, and would not open it either."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret" * 20000)
    overlay, into = tmp_path / "x.qcow2", tmp_path / "disk"
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, overlay]
    subprocess.run(words, check=True)
    size = -(-secret.stat().st_size // 512) * 512
    said = Declared(form="qcow2", size=size, largest=size)
    image = QemuImage(name="x", path=overlay, declared=said, stall=STALL)
    if layer == "_look":
        with pytest.raises(OutsideError, match=says):
            await image._look()
        return
    into.write_bytes(b"")
    os.truncate(into, size)
    argv = ["qemu-img", "convert", "-n", "--target-is-zero", "-O", "raw", image._node(), str(into)]
    done = await image._run(shut_in(argv, read=[overlay], write=[into], file=size))
    assert done.exit_code == 0
    assert into.read_bytes() == bytes(size)


async def test_a_hidden_descriptor_that_we_overlooked_leads_nowhere(tmp_path: Path) -> None:
    with_descriptor_inside(tmp_path)
    (path,) = tmp_path.glob("*.vmdk")
    said = Declared(form="vmdk", size=2048 * 512, largest=SIZE)
    image = QemuImage(name="x", path=path, declared=said, stall=STALL)
    with pytest.raises(DefectError, match="Permission denied"):
        await image._look()
