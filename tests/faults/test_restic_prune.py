"""`restic forget` and `prune` beside a restore: we hold no lock, so data may move while it is read."""

import asyncio
import contextlib
import random
import subprocess
from pathlib import Path

import pytest

from drverify.adapters.restic.errors import DamagedData, NoSuchPoint
from drverify.model.recovery import RecoveryPoint
from tests.support.restic import BINARY, STALL, Repository, Watched, names, newest, restic_children

pytestmark = pytest.mark.needs_restic
SLOW = 1500
"""KiB/s: the restore lasts some five seconds, longer than the pruning."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Two points that share a pack: prune repacks it when the first one is forgotten."""
    made = Repository(path=tmp_path / "repo", image=tmp_path / "data" / "disk.raw", files=tmp_path)
    made.image.parent.mkdir()
    made.image.write_bytes(random.Random(1).randbytes(7 << 20))
    ballast = made.image.with_name("ballast")
    ballast.write_bytes(random.Random(2).randbytes(3 << 20))
    made.initialise()
    made.restic("backup", "--host", "old", str(made.image.parent))
    ballast.unlink()
    made.restic("backup", "--host", "shop", str(made.image))
    return made


def pruned(repository: Repository, *points: RecoveryPoint) -> None:
    before = {pack for pack in repository.packs() if pack.stat().st_size > 1_000_000}
    repository.restic("forget", *(point.id for point in points), "--prune", "--max-unused", "0")
    assert before - set(repository.packs()), "no pack moved: this test shows nothing"


async def begun(task: "asyncio.Task[object]") -> None:
    """Wait until restic has read some data."""
    version = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout
    verb = "dump" if version.startswith("restic 0.14") else "restore"
    while not task.done():
        for pid in restic_children(verb):
            with contextlib.suppress(OSError):
                if int(Path(f"/proc/{pid}/io").read_text().split()[1]) > 1_000_000:
                    return
        await asyncio.sleep(0.02)
    pytest.fail("restic was too fast")


async def test_a_prune_on_the_way_is_not_damage(repository: Repository, tmp_path: Path) -> None:
    source = repository.source(limit_download_kib=SLOW)
    point, old = await newest(source), await newest(source, "old")
    into = tmp_path / "disk"
    task: asyncio.Task[object] = asyncio.create_task(
        source.restore_image(point, str(repository.image), into=into, stall=STALL, progress=Watched())
    )
    await begun(task)
    await asyncio.to_thread(pruned, repository, old)
    assert not task.done(), "pruning was too slow"
    await task
    assert into.read_bytes() == repository.image.read_bytes()


async def test_a_point_that_is_pruned_on_the_way_is_not_damage(
    repository: Repository, tmp_path: Path
) -> None:
    source = repository.source(limit_download_kib=SLOW)
    point, old = await newest(source), await newest(source, "old")
    room = tmp_path / "room"
    room.mkdir()
    task: asyncio.Task[object] = asyncio.create_task(
        source.restore_image(
            point, str(repository.image), into=room / "disk", stall=STALL, progress=Watched()
        )
    )
    await begun(task)
    await asyncio.to_thread(pruned, repository, point, old)
    with pytest.raises(NoSuchPoint):
        await task
    assert names(room) == []


async def test_a_pack_that_is_gone_stays_damage(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    point = await newest(source)
    max(repository.packs(), key=lambda path: path.stat().st_size).unlink()
    with pytest.raises(DamagedData):
        await source.restore_image(
            point, str(repository.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
        )
