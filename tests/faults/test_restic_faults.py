"""Real repositories, broken on purpose: each failure has its own type, and nothing is left behind."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.restic.errors import (
    CutOff,
    DamagedData,
    Killed,
    NoRepository,
    NoSpace,
    NotInPoint,
    WrongPassword,
)
from drverify.errors import DeadlineError, DefectError, DrverifyError, SourceError
from drverify.model.recovery import PointFilter
from tests.support.restic import (
    BINARY,
    PASSWORD,
    STALL,
    Repository,
    Watched,
    flip,
    make_repository,
    names,
    newest,
    restic_children,
    signal_restic,
)

pytestmark = pytest.mark.needs_restic
SLOW = 1500
"""KiB/s: the restore of a test image lasts some five seconds."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def repository(whole: Repository, tmp_path: Path) -> Repository:
    return whole.copy(tmp_path / "repo")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "room"
    path.mkdir()
    return path


async def restore(repository: Repository, room: Path, **settings: object) -> None:
    source = repository.source(**settings)
    point = await newest(source)
    await source.restore_image(
        point, str(repository.image), into=room / "disk", stall=STALL, progress=Watched()
    )


async def refused(repository: Repository, room: Path, kind: type[DrverifyError]) -> DrverifyError:
    """Restore, expect exactly this kind of error, and nothing left."""
    with pytest.raises(DrverifyError) as caught:
        await restore(repository, room)
    assert type(caught.value) is kind, f"{type(caught.value).__name__}: {caught.value}"
    assert names(room) == []
    assert restic_children("dump") + restic_children("restore") == []
    return caught.value


# --- damage: counts against the backup, and names what is damaged ------------------------------


@pytest.mark.parametrize("where", [0.02, *(pytest.param(at, marks=pytest.mark.soak) for at in (0.5, 0.97))])
async def test_a_flipped_bit_names_file_pack_and_blob(
    repository: Repository, room: Path, where: float
) -> None:
    pack, blobs = image_pack(repository)
    blob = blobs[min(int(where * len(blobs)), len(blobs) - 1)]
    flip(pack, blob["offset"] + int(blob["length"] * where))
    error = await refused(repository, room, DamagedData)
    assert isinstance(error, DamagedData)
    assert error.file == str(repository.image)
    assert error.pack
    assert pack.name.startswith(error.pack)
    assert error.blob
    assert blob["id"].startswith(error.blob)
    assert str(repository.image) in str(error)


def image_pack(repository: Repository) -> tuple[Path, list[dict[str, Any]]]:
    """The pack with most of the newest image's data, and the blobs in it that only that image has."""
    packs = sorted(repository.packs(), key=lambda path: path.stat().st_mtime_ns)
    data = [pack for pack in packs if pack.stat().st_size > 1_000_000]
    return data[-1], [blob for blob in repository.blobs(data[-1]) if blob["type"] == "data"]


async def test_a_deleted_pack_names_it(repository: Repository, room: Path) -> None:
    pack, _ = image_pack(repository)
    pack.unlink()
    began = time.monotonic()
    error = await refused(repository, room, DamagedData)
    assert isinstance(error, DamagedData)
    assert error.pack
    assert pack.name.startswith(error.pack)
    assert time.monotonic() - began < 30, "a local pack that is gone stays gone: no long retries"


@pytest.mark.parametrize("left", [100_000, pytest.param(0, marks=pytest.mark.soak)])
async def test_a_truncated_pack_names_it(repository: Repository, room: Path, left: int) -> None:
    pack, _ = image_pack(repository)
    pack.chmod(0o600)
    os.truncate(pack, left)
    began = time.monotonic()
    error = await refused(repository, room, DamagedData)
    assert isinstance(error, DamagedData)
    assert error.pack
    assert pack.name.startswith(error.pack)
    assert time.monotonic() - began < 30


def flip_trees(repository: Repository) -> None:
    for pack in repository.tree_packs():
        flip(pack, 40)


def delete_trees(repository: Repository) -> None:
    for pack in repository.tree_packs():
        pack.unlink()


def each(folder: str, change: Callable[[Path], object]) -> Callable[[Repository], None]:
    def apply(repository: Repository) -> None:
        for path in (repository.path / folder).iterdir():
            path.chmod(0o600)
            change(path)

    return apply


DAMAGE: dict[str, Callable[[Repository], object]] = {
    "trees flipped": flip_trees,
    "trees deleted": delete_trees,
    "index truncated": each("index", lambda path: os.truncate(path, 50)),
    "index emptied": each("index", lambda path: os.truncate(path, 0)),
    "index flipped": each("index", lambda path: flip(path, 60)),
    "index deleted": each("index", lambda path: path.unlink()),
    "config flipped": lambda repository: flip(repository.path / "config", 40),
}


AGAIN = frozenset({"trees deleted", "index emptied", "index truncated"})
"""Other ways to leave the same thing unreadable; `make soak` only."""


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.soak if kind in AGAIN else ()) for kind in DAMAGE]
)
async def test_damaged_metadata_is_damage_too(repository: Repository, room: Path, kind: str) -> None:
    source = repository.source()
    point = await newest(source)
    DAMAGE[kind](repository)
    with pytest.raises(DamagedData):
        await source.restore_image(
            point, str(repository.image), into=room / "disk", stall=STALL, progress=Watched()
        )
    assert names(room) == []


async def test_a_point_whose_own_file_is_damaged(repository: Repository, room: Path) -> None:
    source = repository.source()
    point = await newest(source)
    flip(repository.path / "snapshots" / point.id, 40)
    with pytest.raises(DamagedData):
        await source.restore_image(
            point, str(repository.image), into=room / "disk", stall=STALL, progress=Watched()
        )
    assert [found.id for found in await source.points(PointFilter(host="shop"))] != [point.id]


async def test_a_warm_cache_would_have_hidden_it(repository: Repository, room: Path, tmp_path: Path) -> None:
    """Why there is no cache by default: restic does not look whether the repository still has it."""
    cache = tmp_path / "cache"
    assert await repository.source(cache_directory=cache).cache_state() == "cold"
    await restore(repository, room, cache_directory=cache)
    (room / "disk").unlink()
    assert await repository.source(cache_directory=cache).cache_state() == "warm"
    each("index", lambda path: flip(path, 60))(repository)
    await restore(repository, room, cache_directory=cache)
    (room / "disk").unlink()
    await refused(repository, room, DamagedData)


async def test_files_with_a_damaged_blob_name_the_file(repository: Repository, room: Path) -> None:
    source = repository.source()
    point = await newest(source, "docs")
    victim = "deep/one"
    content = str(repository.files / victim)
    for pack in repository.packs():
        for blob in repository.blobs(pack):
            if blob["type"] == "data" and 290_000 < blob["length"] < 310_000:
                flip(pack, blob["offset"] + 1000)
    with pytest.raises(DamagedData) as caught:
        await source.restore_files(point, str(repository.files), into=room, stall=STALL, progress=Watched())
    assert caught.value.file in {content, str(repository.files / "hard")}
    assert names(room) == []


async def test_unneeded_damage_is_no_false_alarm(repository: Repository, room: Path) -> None:
    """The newest point does not need the first image's data."""
    source = repository.source()
    point = await newest(source)
    oldest = (await source.points(PointFilter(host="shop")))[-1]
    packs = sorted(repository.packs(), key=lambda path: path.stat().st_mtime_ns)
    flip(next(pack for pack in packs if pack.stat().st_size > 1_000_000), 500_000)
    await source.restore_image(
        point, str(repository.image), into=room / "disk", stall=STALL, progress=Watched()
    )
    assert (room / "disk").read_bytes() == repository.image.read_bytes()
    with pytest.raises(DamagedData):
        await source.restore_image(
            oldest, str(repository.image), into=room / "old", stall=STALL, progress=Watched()
        )


async def test_a_directory_is_not_an_image(repository: Repository, room: Path) -> None:
    source = repository.source()
    with pytest.raises(NotInPoint):
        await source.restore_image(
            await newest(source),
            str(repository.image.parent),
            into=room / "disk",
            stall=STALL,
            progress=Watched(),
        )
    assert names(room) == []


# --- our side: says nothing about the backup ---------------------------------------------------


async def test_a_wrong_password(repository: Repository) -> None:
    other = Repository(**{**vars(repository), "password": "not this one"})
    with pytest.raises(WrongPassword) as caught:
        await other.source().points(PointFilter())
    assert "not this one" not in str(caught.value) + caught.value.hint


async def test_no_repository(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(NoRepository):
        await repository.source(repository=str(tmp_path / "nothing")).points(PointFilter())


async def test_an_empty_repository_has_no_points(tmp_path: Path) -> None:
    empty = Repository(path=tmp_path / "new", image=tmp_path, files=tmp_path)
    empty.restic("init")
    assert list(await empty.source().points(PointFilter())) == []


async def test_reading_leaves_the_repository_as_it_was(repository: Repository, room: Path) -> None:
    before = repository.everything()
    await restore(repository, room)
    assert repository.everything() == before


async def test_a_foreign_exclusive_lock_keeps_nobody_out(repository: Repository, room: Path) -> None:
    never = repository.path.parent / "never"
    os.mkfifo(never)
    holder = subprocess.Popen(
        [BINARY, "--no-cache", "key", "passwd", "--new-password-file", str(never)],
        env={**os.environ, "RESTIC_REPOSITORY": str(repository.path), "RESTIC_PASSWORD": PASSWORD},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        locks = repository.path / "locks"
        while not names(locks) or any("-tmp-" in name for name in names(locks)):
            assert holder.poll() is None, "restic took no lock"
            await asyncio.sleep(0.05)
        held = names(locks)
        await restore(repository, room)
        assert names(locks) == held
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.needs_root
async def test_no_room(repository: Repository, room: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "drverify-test", room], check=True)
    try:
        await refused(repository, room, NoSpace)
        source = repository.source()
        small = Path(room / "files")
        small.mkdir()
        (room / "ballast").write_bytes(bytes(1_900_000))
        with pytest.raises(NoSpace):
            await source.restore_files(
                await newest(source, "docs"),
                str(repository.files),
                into=small,
                stall=STALL,
                progress=Watched(),
            )
        assert names(small) == []
    finally:
        subprocess.run(["umount", room], check=True)


async def test_the_repository_vanishes_on_the_way(repository: Repository, room: Path) -> None:
    """A disk that is pulled out is not a damaged backup."""

    async def pull() -> None:
        repository.path.rename(repository.path.with_name("pulled"))

    error = await interrupted(repository, room, pull)
    assert isinstance(error, CutOff), repr(error)


async def test_restic_killed_on_the_way(repository: Repository, room: Path) -> None:
    async def kill() -> None:
        signal_restic(verb(), signal.SIGKILL)

    assert isinstance(await interrupted(repository, room, kill), Killed)


async def test_restic_stands_still(repository: Repository, room: Path) -> None:
    async def stop() -> None:
        signal_restic(verb(), signal.SIGSTOP)

    error = await interrupted(repository, room, stop, stall=timedelta(seconds=2))
    assert isinstance(error, DeadlineError)


async def test_cancelled_on_the_way(repository: Repository, room: Path) -> None:
    task = asyncio.create_task(restore(repository, room, limit_download_kib=SLOW))
    await running()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert restic_children(verb()) == []
    assert names(room) == []


def verb() -> str:
    version = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout
    return "dump" if version.startswith("restic 0.14") else "restore"


async def running() -> None:
    """Wait until restic restores data."""
    for _ in range(600):
        for pid in restic_children(verb()):
            with contextlib.suppress(OSError):
                counters = Path(f"/proc/{pid}/io").read_text()
                if int(counters.split()[1]) > 1_000_000:
                    return
        await asyncio.sleep(0.02)
    pytest.fail("restic did not begin")


async def interrupted(
    repository: Repository,
    room: Path,
    disturb: Callable[[], Awaitable[None]],
    stall: timedelta = STALL,
) -> DrverifyError:
    source = repository.source(limit_download_kib=SLOW)
    point = await newest(source)
    task = asyncio.create_task(
        source.restore_image(
            point, str(repository.image), into=room / "disk", stall=stall, progress=Watched()
        )
    )
    await running()
    await disturb()
    with pytest.raises(DrverifyError) as caught:
        await task
    assert not isinstance(caught.value, DefectError), repr(caught.value)
    assert names(room) == []
    assert restic_children(verb()) == []
    return caught.value


# --- the network ---------------------------------------------------------------------------------


@pytest.fixture
def dead_end() -> Iterator[int]:
    """A server on loopback that hangs up on everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


async def test_an_unreachable_server_is_cut_off_and_its_password_stays_secret(
    repository: Repository, dead_end: int
) -> None:
    source = repository.source(
        repository=f"rest:http://backup:S3cr%40t-x@127.0.0.1:{dead_end}/shop",
        answer_within=timedelta(seconds=4),
    )
    with pytest.raises(SourceError) as caught:
        await source.points(PointFilter())
    said = f"{caught.value} {caught.value.hint} {caught.value!r}"
    assert "S3cr" not in said
    assert "backup" in said, "the rest of the address helps"
    assert isinstance(caught.value, CutOff), said


async def test_no_secret_in_arguments_or_environment_of_restic(repository: Repository, room: Path) -> None:
    task = asyncio.create_task(restore(repository, room, limit_download_kib=SLOW))
    await running()
    pids = restic_children(verb())
    shown = b"".join(
        Path(f"/proc/{pid}/{what}").read_bytes() for pid in pids for what in ("cmdline", "environ")
    )
    pipes = [path for pid in pids for path in Path(f"/proc/{pid}/fd").iterdir()]
    left = b"".join([drained(path) for path in pipes if is_handover(path)])
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert b"restic" in shown
    assert PASSWORD.encode() not in shown
    assert str(repository.path).encode() not in shown
    assert left == b""


def is_handover(descriptor: Path) -> bool:
    return int(descriptor.name) > 2 and str(descriptor.readlink()).startswith("pipe:")


def drained(descriptor: Path) -> bytes:
    opened = os.open(descriptor, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(opened, 4096)
    except BlockingIOError:
        return b""
    finally:
        os.close(opened)
