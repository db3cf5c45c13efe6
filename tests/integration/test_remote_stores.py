"""Disk images on other machines: OpenSSH's own SFTP server and a real S3 server, both on the loopback."""

import asyncio
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from drverify.adapters import stored_options
from drverify.adapters.images.source import ImagesSource
from drverify.adapters.remote import s3, sftp
from drverify.adapters.remote.errors import Changed, CutOff, NotThere, Refused, Stranger, Unreachable
from drverify.adapters.stored import Bytes, FileStore
from drverify.errors import DeadlineError, DefectError, InputError
from drverify.model.recovery import PointFilter, SecretRef
from tests.support.disk_images import NEWER, OLDER, content, formatted, packed, record, settle, split
from tests.support.object_store import ObjectStore, object_store
from tests.support.probing import LOOPBACK, free_port
from tests.support.sshd import Sshd, sshd

STALL = timedelta(seconds=20)
BUCKET = "disk-images"
NEW, OLD = content(2), content(1)
LONG = NEW + os.urandom(24 << 20)
"""More than is asked for at once, of either store."""


class Unheard:
    def phase(self, name, state) -> None: ...
    def bytes(self, done, total) -> None: ...
    def note(self, text) -> None: ...


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """A directory as a backup writes it: two states, one packed and split, one long."""
    root = tmp_path_factory.mktemp("images")
    record(formatted(root, f"web01-{OLDER}.qcow2", OLD, "qcow2"))
    split(packed(formatted(root, f"web01-{NEWER}.vmdk", NEW, "vmdk"), "zst"), 1 << 19)
    (root / f"big-{NEWER}.raw").write_bytes(LONG)
    record(root / f"big-{NEWER}.raw")
    (root / "below").mkdir()
    (root / "below" / "web02.raw").write_bytes(OLD)
    (root / "link.raw").symlink_to("/etc/passwd")
    for path in root.iterdir():
        if not path.is_symlink():
            settle(path)
    return root


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Sshd]:
    with sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture(scope="module")
def bucket(tmp_path_factory, images: Path) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("s3")) as running:
        client = client_of(running)
        client.create_bucket(Bucket=BUCKET)
        for path in sorted(images.rglob("*")):
            if path.is_file() and not path.is_symlink():
                client.upload_file(str(path), BUCKET, f"nightly/{path.relative_to(images)}")
        yield running


def client_of(running: ObjectStore):
    return boto3.client(
        "s3",
        endpoint_url=f"http://{LOOPBACK}:{running.port}",
        region_name="us-east-1",
        aws_access_key_id=running.key_id,
        aws_secret_access_key=running.secret,
    )


def over_sftp(server: Sshd, **other):
    return {
        "kind": "sftp",
        "host": LOOPBACK,
        "port": server.port,
        "user": server.user,
        "key": f"file:{server.key}",
        "host_keys": f"file:{server.known_hosts}",
    } | other


def in_bucket(running: ObjectStore, **other):
    return {
        "kind": "s3",
        "bucket": BUCKET,
        "endpoint": f"http://{LOOPBACK}:{running.port}",
        "key_id": f"env:{running.key_id}",
        "secret_key": f"env:{running.secret}",
    } | other


def resolve(ref: SecretRef) -> bytes:
    kind, _, rest = ref.partition(":")
    return Path(rest).read_bytes() if kind == "file" else rest.encode()


def images_of(store, directory: str) -> ImagesSource:
    """An hour later: what was written just now may still be being written."""
    lent = stored_options.read("main", {"directory": directory, "store": store}, resolve, what="images").store
    return ImagesSource("main", lent, None, now=lambda: datetime.now(UTC) + timedelta(hours=1))


@pytest.fixture(params=["sftp", "s3"])
def remote(request, images: Path) -> ImagesSource:
    if request.param == "sftp":
        return images_of(over_sftp(request.getfixturevalue("server")), str(images))
    return images_of(in_bucket(request.getfixturevalue("bucket")), "/nightly")


async def restored(remote: ImagesSource, host: str, into: Path, at: int = 0) -> bytes:
    point = (await remote.points(PointFilter(host=host)))[at]
    await remote.restore_image(point, f"{host}-*", into=into, stall=STALL, progress=Unheard())
    return into.read_bytes()


async def test_images_are_listed_and_restored_whole(remote: ImagesSource, tmp_path: Path):
    points = await remote.points(PointFilter())
    assert [point.host for point in points].count("web01") == 2
    assert not {point.host for point in points} & {"web02", "link"}, "only files of the directory itself"
    assert await restored(remote, "web01", tmp_path / "new.raw") == NEW
    assert await restored(remote, "web01", tmp_path / "old.raw", 1) == OLD
    assert await restored(remote, "big", tmp_path / "long.raw") == LONG
    assert {path.name for path in tmp_path.iterdir()} == {"new.raw", "old.raw", "long.raw"}
    assert (await remote.tool()).name == "qemu-img"


async def test_what_was_recorded_beside_an_image_is_held_against_it(
    server: Sshd, images: Path, tmp_path: Path
):
    there = tmp_path / "there"
    shutil.copytree(images, there, symlinks=True)
    path = there / f"big-{NEWER}.raw"
    with path.open("r+b") as file:
        file.seek(9 << 20)
        file.write(b"another byte")
    settle(path)
    with pytest.raises(DefectError, match="not what was recorded"):
        await restored(images_of(over_sftp(server), str(there)), "big", tmp_path / "disk.raw")
    assert not (tmp_path / "disk.raw").exists()


# --- what can go wrong, each a type of its own ---------------------------------------------------


def sftp_store(server: Sshd, directory: str, **other) -> FileStore:
    return sftp.store("main.store", over_sftp(server, **other), directory, resolve)


def s3_store(running: ObjectStore, directory: str = "/nightly", **other) -> FileStore:
    return s3.store("main.store", in_bucket(running, **other), directory, resolve)


async def test_sftp_tells_its_failures_apart(server: Sshd, images: Path, tmp_path: Path):
    with pytest.raises(Unreachable, match="cannot be reached"):
        await sftp_store(server, str(images), port=free_port()).files()
    with pytest.raises(NotThere, match="there is none"):
        await sftp_store(server, str(images / "nowhere")).files()
    stranger = tmp_path / "known_hosts"
    other = (server.key.with_suffix(".pub")).read_text().split()
    stranger.write_text(f"[{LOOPBACK}]:{server.port} {other[0]} {other[1]}\n")
    with pytest.raises(Stranger, match="host keys that the settings name"):
        await sftp_store(server, str(images), host_keys=f"file:{stranger}").files()
    stranger.write_text("")
    with pytest.raises(Stranger):
        await sftp_store(server, str(images), host_keys=f"file:{stranger}").files()
    key = server.known_hosts.with_name("host")
    with pytest.raises(Refused, match=f"does not let {server.user} in"):
        await sftp_store(server, str(images), key=f"file:{key}").files()
    with pytest.raises(InputError, match="sftp store on"):
        await sftp_store(server, str(images), key=f"file:{server.known_hosts}").files()


async def test_s3_tells_its_failures_apart(bucket: ObjectStore):
    with pytest.raises(Unreachable):
        await s3_store(bucket, endpoint=f"http://{LOOPBACK}:{free_port()}").files()
    with pytest.raises(NotThere):
        await s3_store(bucket, bucket="another-bucket").files()
    with pytest.raises(Refused) as refused:
        await s3_store(bucket, secret_key="env:wrong-secret-key").files()
    assert "wrong-secret-key" not in str(refused.value)
    assert await s3_store(bucket, "/nothing/here").files() == []


async def held(lent: Bytes) -> int:
    assert isinstance(lent, int)
    return await asyncio.to_thread(_drained, lent)


def _drained(descriptor: int) -> int:
    done = 0
    while chunk := os.read(descriptor, 1 << 20):
        done += len(chunk)
    return done


async def test_a_file_that_changed_since_it_was_listed_is_not_read(
    server: Sshd, bucket: ObjectStore, tmp_path: Path
):
    path = tmp_path / "web01.raw"
    path.write_bytes(NEW)
    store = sftp_store(server, str(tmp_path))
    (file,) = await store.files()
    path.write_bytes(NEW + OLD)
    with pytest.raises(Changed, match="written to since"):
        await store.read(file, held, stall=STALL)
    path.unlink()
    with pytest.raises(NotThere):
        await store.read(file, held, stall=STALL)
    client = client_of(bucket)
    client.put_object(Bucket=BUCKET, Key="moving/web01.raw", Body=NEW)
    objects = s3_store(bucket, "/moving")
    (file,) = await objects.files()
    client.put_object(Bucket=BUCKET, Key="moving/web01.raw", Body=NEW[:-512] + OLD[:512])
    with pytest.raises(Changed):
        await objects.read(file, held, stall=STALL)
    client.delete_object(Bucket=BUCKET, Key="moving/web01.raw")
    with pytest.raises(NotThere):
        await objects.read(file, held, stall=STALL)


class Cutting:
    """Stands before a server, and cuts its answer off, or falls silent, after so many bytes."""

    def __init__(self, port: int, after: int, *, silent: bool) -> None:
        self._target, self._left, self._silent = port, after, silent
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((LOOPBACK, self._target))
            self._open += [client, server]
            for one, other, counted in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._carry, args=(one, other, counted), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, counted: bool) -> None:
        try:
            while data := one.recv(1 << 16):
                if counted:
                    self._left -= len(data)
                    if self._left < 0:
                        if not self._silent:
                            self.close()
                        return
                other.sendall(data)
        except OSError:
            return

    def close(self) -> None:
        for one in (self._listener, *self._open):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                one.close()


@pytest.mark.parametrize("kind", ["sftp", "s3"])
async def test_a_store_that_is_lost_on_the_way_is_no_defect(request, images: Path, kind: str, tmp_path: Path):
    port = request.getfixturevalue("server" if kind == "sftp" else "bucket").port
    cutting = Cutting(port, 12 << 20, silent=False)
    if kind == "sftp":
        server = request.getfixturevalue("server")
        known = tmp_path / "known_hosts"
        known.write_text(server.known_hosts.read_text().replace(str(port), str(cutting.port)))
        options = over_sftp(server, port=cutting.port, host_keys=f"file:{known}")
        remote = images_of(options, str(images))
    else:
        bucket = request.getfixturevalue("bucket")
        remote = images_of(in_bucket(bucket, endpoint=f"http://{LOOPBACK}:{cutting.port}"), "/nightly")
    try:
        with pytest.raises((CutOff, Unreachable)):
            await restored(remote, "big", tmp_path / "disk.raw")
    finally:
        cutting.close()
    assert not (tmp_path / "disk.raw").exists()


async def test_a_store_that_falls_silent_is_given_up(server: Sshd, images: Path, tmp_path: Path):
    cutting = Cutting(server.port, 12 << 20, silent=True)
    known = tmp_path / "known_hosts"
    known.write_text(server.known_hosts.read_text().replace(str(server.port), str(cutting.port)))
    store = sftp_store(server, str(images), port=cutting.port, host_keys=f"file:{known}")
    big = next(
        file for file in await store.files() if file.name.startswith("big") and file.name.endswith("raw")
    )
    try:
        with pytest.raises(DeadlineError, match=r"no byte of .* came for 1 s"):
            await store.read(big, held, stall=timedelta(seconds=1))
    finally:
        cutting.close()


async def test_a_reader_that_leaves_early_ends_the_reading(server: Sshd, bucket: ObjectStore, images: Path):
    async def only_the_head(lent: Bytes) -> bytes:
        assert isinstance(lent, int)
        return await asyncio.to_thread(os.read, lent, 16)

    for store in (sftp_store(server, str(images)), s3_store(bucket)):
        big = next(file for file in await store.files() if file.size == len(LONG))
        assert (await store.read(big, only_the_head, stall=STALL)).startswith(LONG[:1])
        assert await store.read(big, held, stall=STALL) == len(LONG)


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match=r"main\.store: expected a key or a password, and not both"):
        images_of({"kind": "sftp", "host": "vault", "user": "backup", "host_keys": "file:known"}, "/srv")
    with pytest.raises(InputError, match=r"main\.store\.host_keys"):
        images_of({"kind": "sftp", "host": "vault", "user": "backup", "key": "file:id"}, "/srv")
    with pytest.raises(InputError, match="anonymous = true"):
        images_of({"kind": "s3", "bucket": "images"}, "/srv")
    with pytest.raises(InputError, match="secret_key"):
        images_of({"kind": "s3", "bucket": "images", "key_id": "env:ID", "secret_key": "plain"}, "/srv")
