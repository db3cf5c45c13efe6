"""A set of files comes back with what belongs to it, and settings reach restic."""

import gc
from pathlib import Path

import pytest

from drverify.adapters.restic.source import ResticSource
from drverify.errors import InputError
from drverify.model.recovery import PointFilter, SecretRef
from tests.support.restic import STALL, Repository, Watched, make_repository, names, newest

pytestmark = pytest.mark.needs_restic


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("files"))


async def test_modes_times_and_links_come_back(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    point = await newest(source, "docs")
    await source.restore_files(point, str(repository.files), into=tmp_path, stall=STALL, progress=Watched())
    assert names(tmp_path) == names(repository.files)
    assert (tmp_path / "deep").stat().st_mode == (repository.files / "deep").stat().st_mode
    assert (tmp_path / "empty").stat().st_mtime == 1_600_000_000
    assert (tmp_path / "deep/link").readlink() == Path("/etc/passwd")
    assert (tmp_path / "hard").stat().st_ino == (tmp_path / "deep/one").stat().st_ino


async def test_a_part_of_the_point_with_an_odd_name(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    point = await newest(source, "docs")
    odd = repository.files / "a [x]*?.txt"
    restored = await source.restore_files(point, str(odd), into=tmp_path, stall=STALL, progress=Watched())
    assert (tmp_path / odd.name).read_text() == "odd name"
    assert names(tmp_path) == [odd.name]
    assert (restored.files, restored.logical_bytes) == (1, 8)


async def test_the_whole_point(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    point = await newest(source, "docs")
    restored = await source.restore_files(point, "/", into=tmp_path, stall=STALL, progress=Watched())
    assert (tmp_path / str(repository.files / "deep/one").lstrip("/")).stat().st_size == 300_000
    assert restored.files == 5


async def test_secrets_and_address_come_by_reference(repository: Repository) -> None:
    asked: list[str] = []
    secrets = {"env:PW": repository.password.encode(), "file:/address": str(repository.path).encode() + b"\n"}

    def resolve(reference: SecretRef) -> bytes:
        asked.append(reference)
        return secrets[reference]

    source = ResticSource(repository.settings(repository="file:/address"), resolve)
    assert len(await source.points(PointFilter(host="shop"))) == 2
    assert set(asked) == set(secrets)


@pytest.mark.parametrize("secret", [b"", b" \n", b"x" * 5000])
async def test_a_secret_that_cannot_be_one_is_wrong_input(repository: Repository, secret: bytes) -> None:
    with pytest.raises(InputError):
        await ResticSource(repository.settings(), lambda _: secret).points(PointFilter())


async def test_no_descriptor_and_no_process_is_left(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    point = await newest(source)
    gc.collect()  # or what an earlier test left to the collector is closed in between
    before = names(Path("/proc/self/fd"))
    await source.restore_image(
        point, str(repository.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    assert set(names(Path("/proc/self/fd"))) <= set(before)
    assert (tmp_path / "disk").stat().st_mode & 0o777 == 0o600
