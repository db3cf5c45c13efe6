"""freshness and checksum on files that lie on the restore host."""

import asyncio
import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.model.drill import ProbeStatus
from drverify.model.playbook import ChecksumProbe, FreshnessProbe, NewestFile
from tests.support.probing import ask

MOMENT = datetime(2025, 11, 23, 0, 15, 30, tzinfo=UTC)
CHECK = ChecksumProbe(id="c", manifest="MANIFEST", min_files=2)
NEWEST = FreshnessProbe(id="f", newest=NewestFile())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lines = []
    for number in range(3):
        path = tmp_path / "sub" / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"%d" % number)
        lines.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  sub/{number}.txt\n")
    (tmp_path / "MANIFEST").write_text("".join(lines))
    for path in (*tmp_path.rglob("*"),):
        os.utime(path, (MOMENT.timestamp() - 100, MOMENT.timestamp() - 100))
    os.utime(tmp_path / "sub" / "1.txt", (MOMENT.timestamp(), MOMENT.timestamp()))
    return tmp_path


async def test_checksum_passes(root: Path) -> None:
    found = await ask(CHECK, files=root)
    assert (found.status, found.observed) == (ProbeStatus.PASSED, "3 files agree")


async def test_checksum_fails(root: Path) -> None:
    (root / "sub" / "1.txt").write_bytes(b"changed")
    (root / "sub" / "2.txt").unlink()
    found = await ask(CHECK, files=root)
    assert (found.status, found.observed) == (
        ProbeStatus.FAILED,
        "1 of 3 files agree; sub/1.txt: differs and 1 more",
    )
    assert b"< sub/2.txt: missing" in found.transcript


async def test_too_few_files_fail(root: Path) -> None:
    found = await ask(ChecksumProbe(id="c", manifest="MANIFEST", min_files=4), files=root)
    assert (found.status, found.observed) == (ProbeStatus.FAILED, "only 3 files agree")


async def test_an_empty_restore_passes_nothing(tmp_path: Path) -> None:
    assert (await ask(CHECK, files=tmp_path)).status is ProbeStatus.FAILED
    (tmp_path / "MANIFEST").write_text("")
    assert (await ask(CHECK, files=tmp_path)).status is ProbeStatus.FAILED
    (tmp_path / "MANIFEST").unlink()
    assert (await ask(NEWEST, files=tmp_path)).status is ProbeStatus.FAILED


async def test_file_probes_without_files_are_our_fault() -> None:
    assert (await ask(CHECK)).status is ProbeStatus.ERRORED
    assert (await ask(NEWEST)).status is ProbeStatus.ERRORED


async def test_newest_file(root: Path) -> None:
    (root / "link").symlink_to("/proc/self/stat")  # younger than all, and not ours
    (root / "out").symlink_to("/proc/self")
    found = await ask(NEWEST, files=root)
    assert found.status is ProbeStatus.PASSED
    assert found.newest == MOMENT
    assert found.observed == "newest 2025-11-23 00:15:30 UTC: sub/1.txt, of 4 files"
    found = await ask(FreshnessProbe(id="f", newest=NewestFile(pattern="*.none")), files=root)
    assert found.status is ProbeStatus.FAILED


async def test_hostile_times_and_names(root: Path) -> None:
    os.utime(root / "sub" / "0.txt", (2**34, 2**34))
    found = await ask(NEWEST, files=root)
    assert found.status is ProbeStatus.FAILED
    assert found.newest is None
    os.utime(root / "sub" / "0.txt", (0, 0))
    name = os.fsencode(root) + b"/\xff\x1b[2J\n"
    Path(os.fsdecode(name)).write_bytes(b"")
    os.utime(name, (MOMENT.timestamp() + 5, MOMENT.timestamp() + 5))
    found = await ask(NEWEST, files=root)
    assert found.newest == MOMENT + timedelta(seconds=5)


async def test_a_big_tree_ends_in_time_and_its_thread_too(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "MANIFEST").write_text(f"{'0' * 64}  big\n")
    spec = ChecksumProbe(id="c", manifest="MANIFEST", within=timedelta(seconds=0.5))
    found = await ask(spec, files=tmp_path)
    assert found.status is ProbeStatus.ERRORED
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 2)
