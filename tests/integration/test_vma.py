"""VMA archives as files: packed by the real programs, read by us and by others, broken, cut off, taken away."""

import asyncio
import fcntl
import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from dissect.archive.vma import VMA

from drverify.adapters.vma import asynchronous
from drverify.adapters.vma.archive import Extracted, extract, inspect, verify
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.images import NoRoom
from drverify.adapters.vma.program import running
from drverify.adapters.vma.qcow2 import Qcow2
from drverify.errors import DeadlineError, Exit, HostError, InputError, SourceError
from lab.bench.archives import rows
from lab.vma.writer import CLUSTER, SUFFIXES, Packing, write
from tests.support.descendants import own_children
from tests.support.vma import ARCHIVE, CONFIG, MADE, clusters, disk, packed, sha256

DISKS = {
    "drive-scsi0": disk(160 * CLUSTER + 4608, 1),
    "drive-efidisk0": disk(540_672, 2),
    "drive-tpmstate0-backup": disk(4 << 20, 3, filled=0.02),
}
STORED = next(
    DISKS["drive-efidisk0"][at : at + 4096]
    for at in range(0, 540_672, 4096)
    if any(DISKS["drive-efidisk0"][at : at + 4096])
)
"""A block of the EFI disk that is not zero."""
CONFIGS = {"qemu-server.conf": CONFIG, "qemu-server.fw": b"[OPTIONS]\nenable: 1\n"}
PACKINGS: tuple[Packing, ...] = (None, "zstd", "gzip", "lzop")
SAMPLES = {
    "vzdump-qemu-100-2026_10_19-02_00_00.vma.zst": (
        "drive-scsi0",
        67_108_864,
        "eebe5efaba5a75a51982137b1e65d12bba2fa75380d9303b2f47567e045a55a9",
    ),
    "vzdump-qemu-100-2026_10_19-03_00_00.vma.zst": (
        "drive-virtio0",
        50_331_648,
        "eff2e721dab39b8509c04851a1755eb173a29a8ac321f46ae409a6adb7210b50",
    ),
}
SHORT = timedelta(seconds=0.3)
PATIENT = timedelta(seconds=60)
quickly = partial(extract, sync=False)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the same guest packed in every way."""
    place = tmp_path_factory.mktemp("dump")
    images = {name: place / f"{name}.img" for name in DISKS}
    for name, path in images.items():
        with path.open("wb") as file:
            for begin in range(0, len(DISKS[name]), 4096):
                block = DISKS[name][begin : begin + 4096]
                file.seek(begin)
                if any(block):
                    file.write(block)
            file.truncate(len(DISKS[name]))
    for packing in PACKINGS:
        path = archive(place, packing)
        write(path, configs=CONFIGS, devices=images, ctime=MADE, uuid=ARCHIVE, compression=packing)
    return place


def archive(dump: Path, packing: Packing) -> Path:
    return dump / f"vzdump-qemu-100-2026_10_19-02_00_00.{SUFFIXES[packing]}"


def right(found: Extracted) -> bool:
    return {one.name: one.sha256 for one in found.disks} == {n: sha256(data) for n, data in DISKS.items()}


@pytest.fixture
def nothing_left(tmp_path: Path) -> Iterator[Path]:
    """A directory that is as empty afterwards as before; no descriptor and no program is left either."""
    gc.collect()
    place = tmp_path / "restored"
    place.mkdir()
    before = set(Path("/proc/self/fd").iterdir())
    yield place
    assert list(place.iterdir()) == []
    assert [
        words[0] for words in own_children().values() if words[0] in {"zstd", "gzip", "lzop", "qemu-img"}
    ] == []
    assert set(Path("/proc/self/fd").iterdir()) <= before


# --- what is written comes back ------------------------------------------------------------------


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_every_way_in(dump: Path, packing: Packing) -> None:
    path = archive(dump, packing)
    assert right(verify(path))
    with path.open("rb", buffering=0) as file:
        assert right(verify(file.fileno()))
    with path.open("rb") as stream:
        assert right(verify(stream))
    with subprocess.Popen(["cat", str(path)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout
        found = verify(cat.stdout.fileno())
    assert right(found)
    assert (found.info.compression, found.info.packed_size) == (packing, None)
    assert inspect(path).packed_size == path.stat().st_size


def test_the_name_of_an_archive_says_nothing(dump: Path, tmp_path: Path) -> None:
    liar = tmp_path / "archive.vma.gz"
    liar.write_bytes(archive(dump, "zstd").read_bytes())
    assert inspect(liar).compression == "zstd"


def test_images_are_exact_sparse_and_private(dump: Path, tmp_path: Path) -> None:
    targets = {name: tmp_path / f"{name}.raw" for name in DISKS}
    found = extract(archive(dump, "zstd"), targets)
    assert right(found)
    for name, path in targets.items():
        one = found.disk(name)
        assert path.read_bytes() == DISKS[name]
        assert path.stat().st_mode & 0o777 == 0o600
        assert one.stored_bytes <= path.stat().st_blocks * 512 <= one.stored_bytes + 64 * 1024
        assert one.allocated_bytes == path.stat().st_blocks * 512
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.raw" for name in DISKS)


def test_clusters_out_of_order_land_where_they_belong(tmp_path: Path) -> None:
    order = clusters(DISKS)[::-1]
    into = tmp_path / "disk"
    found = quickly(io.BytesIO(packed(DISKS, order=order)), {"drive-scsi0": into})
    assert right(found)
    assert into.read_bytes() == DISKS["drive-scsi0"]


def test_targets_may_be_chosen_once_the_header_is_known_and_be_open_files(dump: Path, tmp_path: Path) -> None:
    with (tmp_path / "volume").open("w+b") as volume:
        volume.write(b"what was there before" * 1000)
        volume.flush()
        quickly(archive(dump, None), lambda header: {header.disks[1].name: volume.fileno()})
        assert (tmp_path / "volume").read_bytes() == DISKS["drive-efidisk0"]


def test_progress_is_bytes_of_disks(dump: Path) -> None:
    seen: list[tuple[int, int]] = []
    verify(archive(dump, "zstd"), progress=lambda done, total: seen.append((done, total)))
    total = sum(map(len, DISKS.values()))
    assert seen[0] == (0, total)
    assert seen[-1] == (total, total)
    assert seen == sorted(seen)


def test_a_qcow2_file_holds_the_same(dump: Path, tmp_path: Path) -> None:
    into = tmp_path / "disk.qcow2"
    assert right(extract(archive(dump, "zstd"), {"drive-scsi0": Qcow2(path=into)}))
    assert into.read_bytes()[:4] == b"QFI\xfb"
    subprocess.run(["qemu-img", "check", "-q", into], check=True)
    back = tmp_path / "back"
    subprocess.run(["qemu-img", "convert", "-O", "raw", into, back], check=True)
    assert back.read_bytes() == DISKS["drive-scsi0"].ljust(back.stat().st_size, b"\0")
    assert {path.name for path in tmp_path.iterdir()} == {"disk.qcow2", "back"}


def test_an_independent_reader_agrees_with_the_writer(dump: Path) -> None:
    with archive(dump, None).open("rb") as file:
        other = VMA(file)
        assert {one.name: one.open().read(one.size) for one in other.devices()} == DISKS
        assert other.configs() == CONFIGS
        assert (other.creation_time, other.uuid) == (MADE, ARCHIVE)


@pytest.mark.parametrize("name", SAMPLES)
def test_archives_of_the_original_tool(checkout: Path, name: str, tmp_path: Path) -> None:
    path = checkout.parent / "shared" / "data" / "vma" / name
    if not path.is_file():
        pytest.skip("the shared corpus is not beside this checkout")
    device, size, digest = SAMPLES[name]
    found = quickly(path, {device: tmp_path / "disk"}, expected={device: digest})
    assert [(one.name, one.logical_bytes, one.sha256) for one in found.disks] == [(device, size, digest)]
    assert sha256((tmp_path / "disk").read_bytes()) == digest
    plain = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout
    again = tmp_path / "again.vma"
    header = found.info.header
    write(
        again,
        configs=header.configs,
        devices={device: tmp_path / "disk"},
        ctime=header.created_at,
        uuid=header.uuid,
    )
    assert again.read_bytes() == plain  # our writer makes, byte for byte, what the original tool made


def test_the_writer_writes_what_it_always_wrote() -> None:
    """A digest of what was, byte for byte, the original tool's way when this was written."""
    assert (
        sha256(packed(DISKS, configs=CONFIGS))
        == "e2d56a9ed5344930a56b5333fc212c43c5d9fb6847b1f60a24b6c9ca1c10aeed"
    )


def test_the_bench_reads_an_archive(tmp_path: Path) -> None:
    found = rows(tmp_path, 1, lambda _: None, size=16 << 20)
    assert [row.goal for row in found] == [">= 0.90", ">= 0.90", ""]
    assert all(float(row.ratio) > 0 for row in found)
    assert list(tmp_path.iterdir()) == []


# --- damage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["zstd", "gzip", "lzop"])
@pytest.mark.parametrize("part", [0.0001, 0.3, 0.999])
def test_a_packed_archive_that_was_cut_off(
    dump: Path, nothing_left: Path, packing: Packing, part: float
) -> None:
    whole = archive(dump, packing).read_bytes()
    cut = nothing_left.parent / "cut"
    cut.write_bytes(whole[: max(20, int(len(whole) * part))])
    with pytest.raises(ArchiveDefect) as caught:
        quickly(cut, {"drive-scsi0": nothing_left / "disk"})
    assert caught.value.kind is DefectKind.COMPRESSION
    assert f"{packing} exited with" in str(caught.value)


@pytest.mark.parametrize("packing", ["zstd", "gzip", "lzop"])
def test_a_packed_archive_with_a_changed_byte(dump: Path, nothing_left: Path, packing: Packing) -> None:
    data = bytearray(archive(dump, packing).read_bytes())
    data[len(data) // 2] ^= 0x10
    broken = nothing_left.parent / "broken"
    broken.write_bytes(data)
    with pytest.raises(ArchiveDefect):
        quickly(broken, {"drive-scsi0": nothing_left / "disk"})


@pytest.mark.parametrize("packing", PACKINGS)
def test_rubbish_behind_an_archive(dump: Path, tmp_path: Path, packing: Packing) -> None:
    longer = tmp_path / "longer"
    longer.write_bytes(archive(dump, packing).read_bytes() + b"rubbish" * 99)
    with pytest.raises(ArchiveDefect) as caught:
        verify(longer)
    assert caught.value.kind in {DefectKind.TRAILING, DefectKind.COMPRESSION}


def test_a_recorded_digest_keeps_a_changed_disk_from_its_name(nothing_left: Path) -> None:
    changed = bytearray(packed(DISKS))
    changed[changed.index(STORED)] ^= 1
    with pytest.raises(ArchiveDefect) as caught:
        quickly(
            io.BytesIO(bytes(changed)),
            {name: nothing_left / name for name in DISKS},
            expected={"drive-efidisk0": sha256(DISKS["drive-efidisk0"])},
        )
    assert caught.value.kind is DefectKind.PAYLOAD


# --- faults of ours are no damage -----------------------------------------------------------------


@pytest.mark.parametrize("packing", ["zstd", "gzip", "lzop"])
def test_an_unpacking_program_that_is_killed_is_no_damage(
    dump: Path, nothing_left: Path, packing: str
) -> None:
    def kill(done: int, total: int) -> None:
        for pid, words in own_children().items():
            if words[0] == packing:
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(HostError, match="killed by SIGKILL"):
        quickly(archive(dump, packing), {"drive-scsi0": nothing_left / "disk"}, progress=kill)  # type: ignore[arg-type]


def test_a_program_that_is_not_there_is_named_with_its_package() -> None:
    with (
        pytest.raises(HostError, match="no-such-program is not installed"),
        running(["no-such-program"], stdin=0, stdout=1),
    ):
        pass


def test_what_cannot_be_read_is_no_damage(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path, Path("/proc/self/mem")):  # the last one: an I/O error
        with pytest.raises(SourceError, match="cannot read"):
            verify(path)


@pytest.mark.needs_root
def test_a_full_disk_is_no_damage(dump: Path, nothing_left: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "small", nothing_left], check=True)
    try:
        with pytest.raises(
            NoRoom, match=r"no room for .*disk: No space left on device; \d+ bytes are written, \d+ are free"
        ):
            quickly(archive(dump, "zstd"), {"drive-scsi0": nothing_left / "disk"})
        assert list(nothing_left.iterdir()) == []
    finally:
        subprocess.run(["umount", nothing_left], check=True)


@pytest.mark.parametrize("first", [b"", b"VMA\0", bytes.fromhex("28b52ffd00")])
def test_no_byte_for_too_long(nothing_left: Path, first: bytes) -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, first)
        began = time.monotonic()
        with pytest.raises(DeadlineError, match=r"no byte came for 0\.3 s"):
            quickly(reading, {"drive-scsi0": nothing_left / "disk"}, stall=SHORT)
        assert time.monotonic() - began < 5
    finally:
        os.close(reading)
        os.close(writing)


def test_an_unpacking_program_that_hangs(dump: Path, nothing_left: Path) -> None:
    def freeze(done: int, total: int) -> None:
        for pid, words in own_children().items():
            if words[0] == "zstd":
                os.kill(pid, signal.SIGSTOP)

    with pytest.raises(DeadlineError):
        quickly(archive(dump, "zstd"), {"drive-scsi0": nothing_left / "disk"}, progress=freeze, stall=SHORT)


def test_a_descriptor_that_does_not_block(dump: Path) -> None:
    with subprocess.Popen(["cat", archive(dump, None)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout
        os.set_blocking(cat.stdout.fileno(), False)
        assert right(verify(cat.stdout.fileno()))


@pytest.mark.needs_root
def test_no_room_for_a_conversion_is_no_damage(dump: Path, nothing_left: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=7m", "small", nothing_left], check=True)
    try:
        with pytest.raises(NoRoom, match="qemu-img exited with 1"):
            quickly(archive(dump, "zstd"), {"drive-scsi0": Qcow2(path=nothing_left / "disk.qcow2")})
        assert list(nothing_left.iterdir()) == []
    finally:
        subprocess.run(["umount", nothing_left], check=True)


def test_what_a_progress_raises_is_passed_on(dump: Path, nothing_left: Path) -> None:
    def full(done: int, total: int) -> None:
        if done > total / 2:
            raise NoRoom("the storage of the lab is full")

    with pytest.raises(NoRoom, match="lab"):
        quickly(archive(dump, "zstd"), {name: nothing_left / name for name in DISKS}, progress=full)


def test_nothing_is_overwritten_and_no_disk_is_invented(dump: Path, tmp_path: Path) -> None:
    there = tmp_path / "disk"
    there.write_text("mine")
    with pytest.raises(HostError, match="already exists"):
        quickly(archive(dump, "zstd"), {"drive-efidisk0": tmp_path / "efi", "drive-scsi0": there})
    with pytest.raises(InputError, match="no disk drive-scsi1; its disks: drive-scsi0, drive-efidisk0"):
        quickly(archive(dump, "zstd"), {"drive-scsi1": tmp_path / "other"})
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]
    assert there.read_text() == "mine"


def test_two_restores_never_share_a_file(dump: Path, tmp_path: Path) -> None:
    partial = tmp_path / ".disk.partial"
    with partial.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(HostError, match="being written by another restore"):
            quickly(archive(dump, "zstd"), {"drive-scsi0": tmp_path / "disk"})
    assert partial.exists()
    quickly(archive(dump, "zstd"), {"drive-scsi0": tmp_path / "disk"})  # now it is a killed one's
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]


# --- in an event loop -----------------------------------------------------------------------------


async def test_the_loop_goes_on_and_hears_of_progress(dump: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    into = tmp_path / "disk"
    found = await asynchronous.extract(
        archive(dump, "zstd"), {"drive-scsi0": into}, progress=lambda done, total: seen.append((done, total))
    )
    assert right(found)
    assert seen[-1][0] == seen[-1][1] > 0
    assert (await asynchronous.inspect(archive(dump, "gzip"))).header.uuid == ARCHIVE
    assert right(await asynchronous.verify(archive(dump, "lzop")))


@pytest.mark.parametrize("packing", [None, "zstd"])
async def test_a_cancelled_extraction_leaves_nothing(
    dump: Path, nothing_left: Path, packing: Packing
) -> None:
    reading, writing = os.pipe()
    try:
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20)
        os.write(writing, archive(dump, packing).read_bytes()[: 1 << 20])
        work = asyncio.ensure_future(
            asynchronous.extract(reading, {name: nothing_left / name for name in DISKS}, stall=PATIENT)
        )
        async with asyncio.timeout(10):
            while not list(nothing_left.iterdir()):
                await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(work, 10)
        assert list(nothing_left.iterdir()) == []
    finally:
        os.close(reading)
        os.close(writing)


async def test_errors_come_out_of_the_thread(nothing_left: Path, dump: Path) -> None:
    with pytest.raises(ArchiveDefect):
        await asynchronous.extract(io.BytesIO(packed(DISKS)[:-1]), {"drive-scsi0": nothing_left / "disk"})
    with pytest.raises(InputError):
        await asynchronous.extract(archive(dump, None), {"sda": nothing_left / "disk"})


# --- the commands ---------------------------------------------------------------------------------


def drverify(*words: str | Path, stdin: int | None = None) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "drverify", "vma", *map(str, words)]
    return subprocess.run(argv, check=False, capture_output=True, text=True, stdin=stdin)


def test_info_verify_and_extract_as_a_user_sees_them(dump: Path, tmp_path: Path) -> None:
    path = archive(dump, "zstd")
    info = drverify("info", path)
    assert (info.returncode, info.stderr) == (Exit.OK, "")
    for words in (
        "drive-scsi0, 10.0 MiB (10490368 bytes)",
        "2026-10-19 02:00:00 UTC",
        "Only the header was read",
    ):
        assert words in info.stdout
    into = tmp_path / "out"
    done = drverify("extract", path, "--into", into, "--expect", f"scsi0={sha256(DISKS['drive-scsi0'])}")
    assert (done.returncode, done.stderr) == (Exit.OK, "")
    assert "COMPLETE and SOUND" in done.stdout
    assert {file.name: file.stat().st_mode & 0o777 for file in into.iterdir()} == dict.fromkeys(
        ("scsi0.raw", "efidisk0.raw", "tpmstate0-backup.raw", "qemu-server.conf", "qemu-server.fw"), 0o600
    )
    assert (into / "scsi0.raw").read_bytes() == DISKS["drive-scsi0"]
    assert (into / "qemu-server.conf").read_bytes() == CONFIG
    again = drverify("extract", path, "--into", into)
    assert again.returncode == Exit.WRONG_INPUT
    assert "already exists" in again.stderr


def test_verify_says_what_is_wrong_and_where(dump: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.vma"
    broken.write_bytes(packed(DISKS, order=clusters(DISKS)[:-1]))
    text = drverify("verify", broken)
    assert text.returncode == Exit.MISSED
    assert "is DEFECTIVE: 1 of 64 clusters of drive-tpmstate0-backup are missing" in text.stderr
    assert "Traceback" not in text.stderr
    machine = drverify("verify", broken, "--json")
    assert machine.returncode == Exit.MISSED
    said = json.loads(machine.stdout)
    assert (said["sound"], said["kind"], said["cluster"]) == (False, "missing-clusters", 63)
    assert said["offset"] == broken.stat().st_size
    into = tmp_path / "out"
    assert drverify("extract", broken, "--into", into).returncode == Exit.MISSED
    assert not into.exists()


def test_standard_input_json_and_one_disk_as_qcow2(dump: Path, tmp_path: Path) -> None:
    with archive(dump, "gzip").open("rb") as file:
        said = json.loads(drverify("verify", "-", "--json", stdin=file.fileno()).stdout)
    assert said["sound"] is True
    assert {one["name"]: one["sha256"] for one in said["disks"]} == {n: sha256(d) for n, d in DISKS.items()}
    done = drverify(
        "extract",
        archive(dump, "zstd"),
        "--into",
        tmp_path,
        "--disk",
        "efidisk0",
        "--format",
        "qcow2",
        "--no-digest",
    )
    assert done.returncode == Exit.OK
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "efidisk0.qcow2",
        "qemu-server.conf",
        "qemu-server.fw",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["verify", "/no/such/archive"], Exit.WRONG_INPUT, "/no/such/archive is not there"),
        (["info", "/"], Exit.WRONG_INPUT, "is a directory"),
        (["verify", "ARCHIVE", "--expect", "scsi0"], Exit.WRONG_INPUT, "64 hexadecimal digits"),
        (
            ["verify", "ARCHIVE", "--expect", f"scsi9={'0' * 64}"],
            Exit.WRONG_INPUT,
            "no disk scsi9; its disks: scsi0,",
        ),
        (["verify", "ARCHIVE", "--expect", f"scsi0={'0' * 64}"], Exit.MISSED, "is not what was recorded"),
        (["extract", "ARCHIVE", "--into", "/no/such/place"], Exit.WRONG_INPUT, "/no/such/place cannot be"),
        (["verify", "/proc/self/mem"], Exit.UNPROVEN, "Input/output error"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(
    dump: Path, words: list[str], code: Exit, said: str
) -> None:
    done = drverify(*(str(archive(dump, "zstd")) if word == "ARCHIVE" else word for word in words))
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_ended_leaves_no_image(dump: Path, tmp_path: Path, number: signal.Signals) -> None:
    into = tmp_path / "out"
    argv = [sys.executable, "-m", "drverify", "vma", "extract", "-", "--into", str(into)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(archive(dump, "zstd").read_bytes()[: 1 << 20])
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not (into / ".scsi0.raw.partial").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        said = process.stderr.read().decode()
    if number is signal.SIGKILL:
        assert {path.name[0] for path in into.iterdir()} == {"."}  # partial files, under no image's name
    else:
        assert (process.returncode, said) == (Exit.INTERRUPTED, "drverify: interrupted\n")
        assert not into.exists()
    assert drverify("extract", archive(dump, "zstd"), "--into", into).returncode == Exit.OK
    assert not [path for path in into.iterdir() if path.name.startswith(".")]
