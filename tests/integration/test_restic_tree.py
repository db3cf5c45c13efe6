"""The files of a point come as one tar stream, with what belongs to them, or with the right error."""

import asyncio
import io
import os
import tarfile
from pathlib import Path

import pytest

from drverify.adapters.restic.errors import DamagedData, NotInPoint
from drverify.engine.preparing import TreeSource
from drverify.engine.sources import Restored
from drverify.errors import HarnessError
from tests.support.restic import STALL, Repository, Watched, flip, make_repository, newest

pytestmark = pytest.mark.needs_restic


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("tree"))


async def poured(repository: Repository, path: str = "", *, most: int = -1) -> tuple[Restored, bytes]:
    """What was said of the stream, and the stream; `most`: the reader goes after that many bytes."""
    source = repository.source()
    assert isinstance(source, TreeSource)
    point = await newest(source, "docs")
    reading, writing = os.pipe()
    taking = asyncio.create_task(asyncio.to_thread(_taken, reading, most))
    try:
        said = await source.pour_tree(
            point, path or str(repository.files), into=writing, stall=STALL, progress=Watched()
        )
        os.fstat(writing)  # it is the caller's to close
    finally:
        os.close(writing)
        content = await taking
    return said, content


def _taken(reading: int, most: int) -> bytes:
    with os.fdopen(reading, "rb") as file:
        return file.read(most)


async def test_names_modes_and_content_are_in_the_stream(repository: Repository) -> None:
    said, content = await poured(repository)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {"/" + one.name.rstrip("/"): one for one in archive}
        one = archive.extractfile(found[str(repository.files / "deep/one")])
        assert one is not None
        assert one.read() == (repository.files / "deep/one").read_bytes()
    assert found[str(repository.files / "deep/link")].linkname == "/etc/passwd"
    assert found[str(repository.files / "deep")].mode == (repository.files / "deep").stat().st_mode & 0o7777
    files = [one for one in found.values() if one.isreg()]
    assert (said.files, said.logical_bytes) == (len(files), sum(one.size for one in files))
    assert said.read_bytes is None or said.read_bytes > 0  # None: restic was gone before it was asked


async def test_a_path_that_is_not_there(repository: Repository) -> None:
    with pytest.raises(NotInPoint, match="/nowhere"):
        await poured(repository, "/nowhere")


async def test_damage_is_the_backups(repository: Repository, tmp_path: Path) -> None:
    broken = repository.copy(tmp_path / "broken")
    for pack in broken.packs():
        flip(pack, 100)
    with pytest.raises(DamagedData):
        await poured(broken)


async def test_what_is_missing_twice_is_damage(repository: Repository, tmp_path: Path) -> None:
    broken = repository.copy(tmp_path / "missing")
    for pack in broken.packs():
        pack.unlink()
    with pytest.raises(DamagedData):
        await poured(broken)


async def test_a_reader_that_goes_is_no_defect(repository: Repository) -> None:
    with pytest.raises(HarnessError):
        await poured(repository, most=1000)
