"""Repositories behind REST, SFTP and S3: read, lost on the way, damaged; and their secrets."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import secrets
from drverify.adapters.restic import factory
from drverify.adapters.restic.errors import CutOff, DamagedData, NoRepository
from drverify.adapters.restic.source import ResticSource
from drverify.errors import SourceError
from drverify.model.recovery import PointFilter
from tests.support.descendants import Arguments
from tests.support.object_store import ObjectStore, object_store
from tests.support.probing import LOOPBACK
from tests.support.rest_server import RestServer, served
from tests.support.restic import BINARY, STALL, Repository, Watched, make_repository, names, newest
from tests.support.sshd import SSHD, Sshd, sshd

pytestmark = pytest.mark.needs_restic
needs_sshd = pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")
BUCKET = "vault/shop"


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


# --- SFTP through a real sshd ------------------------------------------------------------------


@pytest.fixture(scope="module")
def server_of_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as server:
        yield server


def over_sftp(whole: Repository, server: Sshd, **ssh: Path) -> ResticSource:
    """`sftp.command` is what every version knows; `sftp.args` came later."""
    command = f"ssh {server.ssh(**ssh)} -l {server.user} {LOOPBACK} -s sftp"
    return whole.source(
        repository=f"sftp:{server.user}@{LOOPBACK}:{whole.path}", options={"sftp.command": command}
    )


@needs_sshd
async def test_points_and_an_image_over_sftp(
    whole: Repository, server_of_files: Sshd, tmp_path: Path
) -> None:
    source = over_sftp(whole, server_of_files)
    before = whole.everything()
    assert len(await source.points(PointFilter(host="shop"))) == 2
    restored = await source.restore_image(
        await newest(source), str(whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    assert (tmp_path / "disk").read_bytes() == whole.image.read_bytes()
    assert restored.read_bytes is not None
    assert restored.read_bytes > 1_000_000, "what comes through ssh is counted too"
    assert whole.everything() == before, "reading over SFTP left something in the repository"
    assert "Accepted publickey" in server_of_files.log.read_text()


@needs_sshd
async def test_arguments_for_ssh_where_restic_takes_them(
    whole: Repository, server_of_files: Sshd, tmp_path: Path
) -> None:
    options = subprocess.run([BINARY, "options"], capture_output=True, text=True, check=True).stdout
    source = whole.source(
        repository=f"sftp://{server_of_files.user}@{LOOPBACK}/{whole.path}",
        options={"sftp.args": server_of_files.ssh()},
    )
    if "sftp.args" in options:
        assert len(await source.points(PointFilter(host="shop"))) == 2
    else:
        with pytest.raises(SourceError, match=r"sftp\.args"):
            await source.points(PointFilter())


@needs_sshd
async def test_another_host_key_is_refused(whole: Repository, server_of_files: Sshd, tmp_path: Path) -> None:
    other = tmp_path / "known_hosts"
    kind, key = server_of_files.key.with_suffix(".pub").read_text().split()[:2]
    other.write_text(f"[{LOOPBACK}]:{server_of_files.port} {kind} {key}\n")
    words = "Host key verification failed|unable to start the sftp session"  # restic loses ssh's now and then
    with pytest.raises(CutOff, match=words):
        await over_sftp(whole, server_of_files, known_hosts=other).points(PointFilter())


# --- S3 on a real server, credentials by reference ---------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A copy of a repository in an object store."""

    store: ObjectStore
    whole: Repository

    def source(self, **environment: str) -> ResticSource:
        """The source as the settings file makes it, its secrets by reference."""
        table = {
            "repository": f"{self.store.url}/{BUCKET}",
            "password": "env:DRILL_PW",
            "environment": {"AWS_ACCESS_KEY_ID": "env:DRILL_ID", "AWS_SECRET_ACCESS_KEY": "env:DRILL_KEY"},
            "binary": BINARY,
        }
        given = {
            "DRILL_PW": self.whole.password,
            "DRILL_ID": self.store.key_id,
            "DRILL_KEY": self.store.secret,
        }
        resolve = partial(secrets.resolve, environ=given | environment, credentials_dir=None)
        return factory.source("vault", table, resolve)

    def impatient(self, **environment: str) -> ResticSource:
        """The same with a short limit: restic 0.17 and newer ask again for a long time."""
        made = self.source(**environment)
        return ResticSource(replace(made._settings, answer_within=timedelta(seconds=15)), made._cli._resolve)


@pytest.fixture(scope="module")
def bucket(whole: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    """The repository's newest image and its files, written to S3 by restic itself."""
    with object_store(tmp_path_factory.mktemp("s3")) as store:
        told = {
            "RESTIC_REPOSITORY": f"{store.url}/{BUCKET}",
            "RESTIC_PASSWORD": whole.password,
            "AWS_ACCESS_KEY_ID": store.key_id,
            "AWS_SECRET_ACCESS_KEY": store.secret,
        }
        for words in (
            ["init"],
            ["backup", "--host", "shop", whole.image],
            ["backup", "--host", "docs", whole.files],
        ):
            done = subprocess.run(
                [BINARY, "--no-cache", *words], env={**os.environ, **told}, capture_output=True, check=False
            )
            assert done.returncode == 0, done.stderr
        yield Bucket(store=store, whole=whole)


async def test_an_image_and_files_over_s3(bucket: Bucket, tmp_path: Path) -> None:
    source, whole = bucket.source(), bucket.whole
    assert {point.host for point in await source.points(PointFilter())} == {"shop", "docs"}
    restored = await source.restore_image(
        await newest(source), str(whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    assert (tmp_path / "disk").read_bytes() == whole.image.read_bytes()
    assert restored.read_bytes is not None
    assert restored.read_bytes > 1_000_000
    into = tmp_path / "docs"
    into.mkdir()
    docs = await newest(source, "docs")
    await source.restore_files(docs, str(whole.files), into=into, stall=STALL, progress=Watched())
    assert (into / "deep" / "one").read_bytes() == (whole.files / "deep" / "one").read_bytes()


async def test_reading_writes_nothing_to_the_bucket(bucket: Bucket, tmp_path: Path) -> None:
    before = len(bucket.store.requests())
    source = bucket.source()
    point = await newest(source)
    await source.restore_image(
        point, str(bucket.whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
    )
    asked = bucket.store.requests()[before:]
    assert "GET /vault/" in asked
    assert not [line for line in asked.splitlines() if "PUT " in line or "DELETE " in line or "POST " in line]


async def test_no_argument_list_shows_a_secret(bucket: Bucket, tmp_path: Path) -> None:
    source = bucket.source()
    with Arguments() as arguments:
        point = await newest(source)
        await source.restore_image(
            point, str(bucket.whole.image), into=tmp_path / "disk", stall=STALL, progress=Watched()
        )
    assert any("snapshots" in words for words in arguments.of("restic")), arguments.seen
    assert any("dump" in words or "restore" in words for words in arguments.of("restic")), arguments.seen
    for secret in (bucket.store.secret, bucket.store.key_id, bucket.whole.password):
        assert not [words for words in arguments.seen if secret in words]


@pytest.mark.parametrize(
    "wrong",
    [
        {"DRILL_KEY": "Wr0ngSecretAccessKey/4711"},
        pytest.param({"DRILL_ID": "AKIAWRONGWRONGWRONG1"}, marks=pytest.mark.soak),
    ],
    ids=["secret", "key-id"],
)
async def test_credentials_that_s3_refuses_are_our_fault_and_not_shown(
    bucket: Bucket, wrong: dict[str, str]
) -> None:
    with pytest.raises(SourceError) as caught:
        await bucket.impatient(**wrong).points(PointFilter())
    assert not isinstance(caught.value, NoRepository), "the repository is there: the credentials are wrong"
    for secret in (*wrong.values(), bucket.store.secret):
        assert secret not in f"{caught.value!r} {caught.value.hint}"


async def test_a_bucket_that_is_not_there_is_no_repository(bucket: Bucket) -> None:
    settings = bucket.source()._settings
    elsewhere: dict[str, Any] = {"repository": f"{bucket.store.url}/vault/elsewhere"}
    source = ResticSource(replace(settings, **elsewhere), bucket.source()._cli._resolve)
    with pytest.raises(NoRepository):
        await source.points(PointFilter())
