"""Repositories behind REST and SFTP: read, lost on the way, damaged; and their passwords."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.errors import CutOff, DamagedData
from drverify.errors import SourceError
from drverify.model.recovery import PointFilter
from tests.support.rest_server import RestServer, served
from tests.support.restic import STALL, Repository, Watched, make_repository, names, newest

pytestmark = pytest.mark.needs_restic
SFTP_SERVER = Path("/usr/lib/openssh/sftp-server")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("remote"))


@pytest.fixture
def server(whole: Repository) -> Iterator[RestServer]:
    with served(whole.path) as server:
        yield server


def address(server: RestServer, password: str = "S3cr%40t-x") -> str:
    return f"rest:http://backup:{password}@127.0.0.1:{server.port}/"


async def test_an_image_over_rest(whole: Repository, server: RestServer, tmp_path: Path) -> None:
    source = whole.source(repository=address(server))
    restored = await source.restore_image(
        await newest(source), str(whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    assert (tmp_path / "disk").read_bytes() == whole.image.read_bytes()
    assert restored.read_bytes is not None
    assert restored.read_bytes > 1_000_000, "what comes through a socket is counted too"


async def test_an_image_over_sftp(whole: Repository, tmp_path: Path) -> None:
    if not SFTP_SERVER.exists():
        pytest.skip("openssh-sftp-server is not installed")
    source = whole.source(
        repository=f"sftp:nobody@nowhere:{whole.path}", options={"sftp.command": str(SFTP_SERVER)}
    )
    await source.restore_image(
        await newest(source), str(whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    assert (tmp_path / "disk").read_bytes() == whole.image.read_bytes()


async def test_a_wrong_password_of_the_server_is_never_shown(whole: Repository, server: RestServer) -> None:
    source = whole.source(repository=address(server, "not-this-1"), answer_within=timedelta(seconds=5))
    with pytest.raises(SourceError) as caught:
        await source.points(PointFilter())
    assert "not-this-1" not in f"{caught.value!r} {caught.value.hint}"


async def test_the_server_dies_on_the_way(whole: Repository, server: RestServer, tmp_path: Path) -> None:
    source = whole.source(repository=address(server))
    point = await newest(source)
    server.left = 2_000_000
    with pytest.raises(CutOff) as caught:
        await source.restore_image(
            point,
            str(whole.image),
            into=tmp_path / "disk",
            stall=timedelta(seconds=4),
            progress=Watched(),
        )
    assert "S3cr" not in f"{caught.value!r} {caught.value.hint}"
    assert names(tmp_path) == []


async def test_a_pack_that_the_server_lost_is_damage(whole: Repository, tmp_path: Path) -> None:
    broken = whole.copy(tmp_path / "repo")
    room = tmp_path / "room"
    room.mkdir()
    pack = max(broken.packs(), key=lambda path: (path.stat().st_size > 1_000_000, path.stat().st_mtime_ns))
    with served(broken.path) as server:
        source = broken.source(repository=address(server))
        point = await newest(source)
        pack.unlink()
        with pytest.raises(DamagedData) as caught:
            await source.restore_image(
                point,
                str(broken.image),
                into=room / "disk",
                stall=timedelta(seconds=4),
                progress=Watched(),
            )
    assert caught.value.pack
    assert pack.name.startswith(caught.value.pack)
    assert names(room) == []
