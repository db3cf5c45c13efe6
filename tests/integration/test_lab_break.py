"""Each way to break does exactly what it says, as restic and the disk themselves show; the good stays good.

What a drill makes of it is told by the end-to-end tests.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.linux.command import CompletedCommand, checked, run
from drverify.errors import InputError
from drverify.settings import load_settings
from lab.breaking.broken import Broken
from lab.breaking.kinds import STALE, break_, mend
from lab.breaking.packs import pack_file
from lab.estate import restic
from lab.estate.layout import Estate
from lab.estate.tiny import data_partition, repository_of, tiny_estate
from lab.images.disk import FIRST_PARTITION
from tests.support import estates
from tests.support.restic_init import initialise_in

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_restic, pytest.mark.timeout(180)]
WITHIN = timedelta(minutes=2)
SHOWN_BY_ITS_DRILL = pytest.mark.soak
"""`test_broken` breaks the same and drills it: a breaker that broke nothing would give another verdict there."""


@pytest.fixture(scope="module")
def good() -> Iterator[Estate]:
    with estates.traversable_directory("break") as root:
        estate = asyncio.run(tiny_estate(initialise_in(root / "estate")))
        before = digest(estate)
        yield estate
        asyncio.run(mend(estate))
        assert not (estate.root / "broken").exists()
        assert digest(estate) == before, "a breaker harmed the good estate"


def digest(estate: Estate) -> str:
    """One digest over every file of the estate but the broken copies."""
    total = hashlib.sha256()
    for path in sorted(estate.root.rglob("*")):
        if path.is_file() and estate.root / "broken" not in path.parents:
            total.update(f"{path}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


async def broken(good: Estate, kind: str) -> Broken:
    return await break_(kind, estate=good, workload="tiny")


async def ask(one: Broken, *words: str) -> CompletedCommand:
    """Run restic as the broken estate's settings would have it."""
    source = load_settings(one.estate.config).sources["lab-restic"].options()
    env = {
        "RESTIC_REPOSITORY": source["repository"],
        "RESTIC_PASSWORD_FILE": source["password"].removeprefix("file:"),
    }
    return await run(["restic", "--no-cache", *words], within=WITHIN, env=env)


async def newest_disk(one: Broken) -> Path:
    (workload,) = load_inventory(one.estate.inventory)
    found = await restic.snapshots(repository_of(one.estate), "tiny")
    disk = one.estate.root / "restored.raw"
    await restic.restore_file(repository_of(one.estate), found[0].id, workload.payload.path, disk)
    return disk


async def debugfs(request: str, partition: str) -> bytes:
    return (await checked(["debugfs", "-R", request, partition], within=WITHIN)).stdout


async def test_a_good_estate_is_good(good: Estate) -> None:
    await restic.restic(repository_of(good), "--no-lock", "check", "--read-data")
    found = await restic.snapshots(repository_of(good), "tiny")
    assert len(found) == 2
    disk = good.root.parent / "good.raw"
    path = load_inventory(good.inventory)[0].payload.path
    await restic.restore_file(repository_of(good), found[0].id, path, disk)
    beat = (await debugfs("cat /heartbeat", data_partition(disk))).decode().split()[1]
    assert datetime.fromisoformat(beat) == found[0].as_of.replace(microsecond=0)


async def test_one_bit_of_one_needed_pack_is_flipped(good: Estate) -> None:
    one = await broken(good, "pack-bit-flip")
    pack, at = one.fact("pack"), int(one.fact("flipped_at"))
    bad = pack_file(repository_of(one.estate), pack).read_bytes()
    sound = pack_file(repository_of(good), pack).read_bytes()
    assert [(n, a ^ b) for n, (a, b) in enumerate(zip(bad, sound, strict=True)) if a != b] == [(at, 0x10)]
    assert int(one.fact("offset")) <= at < int(one.fact("offset")) + int(one.fact("length"))
    done = await ask(one, "--no-lock", "check", "--read-data")
    assert done.exit_code != 0
    assert pack[:8].encode() in done.stdout + done.stderr
    dumped = await ask(
        one, "--no-lock", "dump", "latest", load_inventory(one.estate.inventory)[0].payload.path
    )
    assert dumped.exit_code != 0, "the newest image can be had without the broken pack"


async def test_a_needed_pack_is_gone(good: Estate) -> None:
    one = await broken(good, "pack-deleted")
    assert not pack_file(repository_of(one.estate), one.fact("pack")).exists()
    assert pack_file(repository_of(good), one.fact("pack")).exists()
    done = await ask(one, "--no-lock", "check")  # a read would be retried for most of a minute
    assert done.exit_code != 0
    assert one.fact("pack")[:8].encode() in done.stdout + done.stderr


@SHOWN_BY_ITS_DRILL
async def test_the_newest_image_is_cut_off_and_the_older_is_not(good: Estate) -> None:
    one = await broken(good, "truncated-image")
    assert (await newest_disk(one)).stat().st_size == int(one.fact("kept")) < int(one.fact("size"))
    assert len(await restic.snapshots(repository_of(one.estate), "tiny")) == 2


@SHOWN_BY_ITS_DRILL
async def test_the_data_is_gone_and_the_machine_is_not(good: Estate) -> None:
    one = await broken(good, "database-emptied")
    disk = await newest_disk(one)
    assert b"heartbeat" not in await debugfs("ls /", data_partition(disk))
    assert b"lost+found" in await debugfs("ls /", data_partition(disk))


@SHOWN_BY_ITS_DRILL
async def test_the_application_is_not_started(good: Estate) -> None:
    one = await broken(good, "application-disabled")
    disk = await newest_disk(one)
    initrd = one.estate.root / "initrd"
    await debugfs(f"dump /boot/base.img {initrd}", f"{disk}?offset={FIRST_PARTITION}")
    archives = initrd.read_bytes().split(b"\x1f\x8b\x08")
    assert len(archives) >= 3, "no second archive was laid over the first"
    assert one.expected.missed == ("rto",)


@SHOWN_BY_ITS_DRILL
async def test_the_boot_code_is_gone_and_the_table_is_not(good: Estate) -> None:
    one = await broken(good, "missing-bootloader")
    first = (await newest_disk(one)).read_bytes()[:512]
    code = int(one.fact("bytes"))
    assert not first[:code].strip(b"\0")
    assert first[510:] == b"\x55\xaa"
    assert "inspect: true" in (one.estate.root / "playbooks/tiny.yaml").read_text()


async def test_another_machine_answers_to_the_name(good: Estate) -> None:
    one = await broken(good, "wrong-machine")
    disk = await newest_disk(one)
    variant = await debugfs("cat /boot/grub/variant.cfg", f"{disk}?offset={FIRST_PARTITION}")
    assert f"tiny.name={one.fact('name')}".encode() in variant


@SHOWN_BY_ITS_DRILL
async def test_the_only_point_is_old(good: Estate) -> None:
    one = await broken(good, "stale-point")
    (point,) = await restic.snapshots(repository_of(one.estate), "tiny")
    assert datetime.now(UTC) - point.as_of > STALE
    assert load_inventory(one.estate.inventory)[0].protected_since == point.as_of


async def test_the_settings_lead_to_a_wrong_password(good: Estate) -> None:
    one = await broken(good, "wrong-password")
    done = await ask(one, "--no-lock", "snapshots")
    assert done.exit_code != 0
    assert b"wrong password" in done.stderr
    assert len(await restic.snapshots(repository_of(one.estate), "tiny")) == 2


async def test_a_real_exclusive_lock_stops_writers_and_no_reader(good: Estate) -> None:
    one = await broken(good, "repository-locked")
    assert (one.estate.repository / "locks" / one.fact("lock")).is_file()
    done = await ask(one, "backup", "--json", "/etc/hostname")
    assert done.exit_code != 0
    assert b"locked exclusively" in done.stderr
    assert (await ask(one, "--no-lock", "snapshots")).exit_code == 0


async def test_the_state_directory_has_no_room_until_it_is_mended(good: Estate) -> None:
    one = await broken(good, "sandbox-disk-full")
    room = os.statvfs(one.estate.state)
    assert room.f_blocks * room.f_frsize == int(one.fact("room_mib")) << 20
    assert Path(one.fact("state_dir")).is_mount()
    again = await broken(good, "sandbox-disk-full")  # replaces the first, mount and all
    assert again.estate == one.estate
    await mend(good)
    assert not one.estate.root.exists()
    assert str(good.root) not in Path("/proc/self/mountinfo").read_text()


async def test_what_is_not_there_cannot_be_broken(good: Estate) -> None:
    with pytest.raises(InputError, match="no way to break"):
        await break_("everything", estate=good, workload="tiny")
    with pytest.raises(InputError, match="no workload"):
        await break_("pack-deleted", estate=good, workload="shop")
