"""Why an image that is read in place could not be read: restic is asked, and the repository."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux.mounts import mount_at
from drverify.adapters.restic import examination
from drverify.adapters.restic.errors import CutOff, DamagedData, Killed
from drverify.engine.sources import OpenedImage
from drverify.errors import DrverifyError, SourceError
from tests.support.restic import (
    Ledger,
    Repository,
    flip,
    make_repository,
    newest,
    restic_children,
    signal_restic,
)

pytestmark = [pytest.mark.needs_restic, pytest.mark.needs_root]
STALL = timedelta(seconds=60)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("examination"))


@pytest.fixture
def repository(whole: Repository, tmp_path: Path) -> Repository:
    return whole.copy(tmp_path / "repo")


@asynccontextmanager
async def opened(repository: Repository, tmp_path: Path) -> AsyncIterator[OpenedImage]:
    at = tmp_path / "mnt"
    at.mkdir()
    ledger = Ledger()
    source = repository.source()
    point = await newest(source)
    async with source.opened_image(point, str(repository.image), at=at, scope=ledger) as image:
        yield image
    assert ledger.left() == set()
    assert mount_at(at) is None
    assert restic_children("dump") == []


async def test_nothing_is_wrong(repository: Repository, tmp_path: Path) -> None:
    async with opened(repository, tmp_path) as image:
        assert await image.examine(stall=STALL) is None


@pytest.mark.parametrize("way", ["flipped", "gone"])
async def test_damage_is_named(repository: Repository, tmp_path: Path, way: str) -> None:
    async with opened(repository, tmp_path) as image:
        packs = sorted(repository.packs(), key=lambda path: path.stat().st_mtime_ns)
        pack = [path for path in packs if path.stat().st_size > 1_000_000][-1]
        if way == "flipped":
            flip(pack, 400_000)
        else:
            pack.unlink()
        found = await image.examine(stall=STALL)
    assert isinstance(found, DamagedData), repr(found)
    assert found.file == str(repository.image)
    assert found.pack
    assert pack.name.startswith(found.pack)


async def test_a_killed_restic_is_the_source(repository: Repository, tmp_path: Path) -> None:
    async with opened(repository, tmp_path) as image:
        signal_restic("mount", signal.SIGKILL)
        await asyncio.sleep(0.2)
        found = await image.examine(stall=STALL)
    assert isinstance(found, Killed), repr(found)
    assert isinstance(found, SourceError)
    assert "SIGKILL" in str(found)


async def test_a_restic_that_stands_still_is_the_source(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "ANSWER", timedelta(seconds=1))
    async with opened(repository, tmp_path) as image:
        signal_restic("mount", signal.SIGSTOP)
        found = await image.examine(stall=STALL)
    assert isinstance(found, CutOff), repr(found)


async def test_a_repository_that_is_gone_is_the_source(repository: Repository, tmp_path: Path) -> None:
    async with opened(repository, tmp_path) as image:
        repository.path.rename(repository.path.with_name("pulled"))
        found: DrverifyError | None = await image.examine(stall=STALL)
    assert isinstance(found, SourceError), repr(found)
