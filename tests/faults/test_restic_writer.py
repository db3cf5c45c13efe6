"""The dd that writes a streamed image (restic 0.14): what comes out of it, and what becomes of its faults."""

import asyncio
import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import NoSpace
from drverify.adapters.restic.order import RestoreOrder
from drverify.adapters.restic.streamed import WRITER, streamed
from drverify.engine.sources import Restored
from drverify.errors import DeadlineError, DefectError, HostError
from tests.support.descendants import own_children
from tests.support.restic import (
    PASSWORD,
    STALL,
    Repository,
    Watched,
    make_repository,
    names,
    newest,
    restic_children,
)

pytestmark = pytest.mark.needs_restic
SLOW = 1500
"""KiB/s: the restore of a test image lasts some five seconds."""
BLOCK = 1 << 16
EDGES = {
    "empty": b"",
    "zeros": bytes(50 * BLOCK),
    "zeros-last": b"x" * BLOCK + bytes(40 * BLOCK + 1),
    "middle": bytes(BLOCK) + b"y" * 10 + bytes(5 * BLOCK) + b"z",
    "dense": random.Random(3).randbytes(3 * BLOCK + 5),
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("writer"))


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "room"
    path.mkdir()
    return path


async def pour(
    repository: Repository,
    path: Path,
    into: Path,
    *,
    host: str = "shop",
    stall: timedelta = STALL,
    progress: Watched | None = None,
    **settings: object,
) -> Restored:
    """Restore in the way of restic 0.14, whatever restic there is."""
    cli = ResticCli(repository.settings(**settings), lambda _: PASSWORD.encode())
    point = await newest(repository.source(), host)
    return await streamed(
        RestoreOrder(
            cli=cli,
            point=point.id,
            path=str(path),
            into=into,
            stall=stall,
            progress=progress or Watched(),
        )
    )


def writers() -> list[int]:
    """Pids of the dd that this process started."""
    return [pid for pid, words in own_children().items() if words[0] == WRITER[0]]


async def test_every_end_of_an_image_comes_back(repository: Repository, tmp_path: Path, room: Path) -> None:
    source = tmp_path / "edges"
    source.mkdir()
    for name, content in EDGES.items():
        (source / name).write_bytes(content)
    edges = repository.copy(tmp_path / "repo")
    edges.restic("backup", "--host", "edges", str(source))
    for name, content in EDGES.items():
        watched = Watched()
        restored = await pour(edges, source / name, room / name, host="edges", progress=watched)
        assert (room / name).read_bytes() == content
        assert restored.logical_bytes == len(content)
        blocks = [content[at : at + BLOCK] for at in range(0, len(content), BLOCK)]
        assert restored.allocated_bytes <= sum(BLOCK for block in blocks if any(block))
        assert (room / name).stat().st_mode & 0o777 == 0o600
        assert watched.seen[-1] == (len(content), len(content))
    assert names(room) == sorted(EDGES)


async def test_its_progress_is_seen_while_it_works(repository: Repository, room: Path) -> None:
    watched = Watched()
    size = repository.image.stat().st_size
    restored = await pour(
        repository, repository.image, room / "disk", progress=watched, limit_download_kib=SLOW
    )
    done = [count for count, _ in watched.seen]
    assert done == sorted(done)
    assert len({count for count in done if 0 < count < size}) >= 2
    assert {total for _, total in watched.seen} <= {None, size}
    assert restored.read_bytes is not None
    assert restored.read_bytes > 5 << 20, "the image holds 6 MiB of noise"


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


def confine(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


@pytest.mark.parametrize(
    ("disturb", "kind", "stall"),
    [
        (kill, HostError, STALL),
        (confine, NoSpace, STALL),
        (stop, DeadlineError, timedelta(seconds=2)),
    ],
    ids=["killed", "file too large", "stands still"],
)
async def test_its_fault_is_ours(
    repository: Repository,
    room: Path,
    disturb: Callable[[int], None],
    kind: type[Exception],
    stall: timedelta,
) -> None:
    pouring = asyncio.create_task(
        pour(repository, repository.image, room / "disk", stall=stall, limit_download_kib=SLOW)
    )
    disturb(await writing(room))
    with pytest.raises((HostError, DeadlineError)) as caught:
        await pouring
    assert type(caught.value) is kind, repr(caught.value)
    assert not isinstance(caught.value, DefectError)
    assert names(room) == []
    assert writers() + restic_children("dump") == []


async def test_cancelled_it_leaves_nothing(repository: Repository, room: Path) -> None:
    pouring = asyncio.create_task(pour(repository, repository.image, room / "disk", limit_download_kib=SLOW))
    await writing(room)
    pouring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pouring
    assert names(room) == []
    assert writers() + restic_children("dump") == []


async def test_without_the_program_nothing_is_begun(
    repository: Repository, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drverify.adapters.restic.streamed.WRITER", ("no-such-writer",))
    with pytest.raises(HostError, match="no-such-writer is not installed"):
        await pour(repository, repository.image, room / "disk")
    assert names(room) == []


async def writing(room: Path) -> int:
    """Wait until dd has written data; return its pid."""
    for _ in range(1000):
        for pid in writers():
            if any(path.stat().st_blocks for path in room.iterdir()):
                return pid
        await asyncio.sleep(0.01)
    pytest.fail("dd did not begin")


def test_dd_is_the_one_whose_messages_are_known() -> None:
    said = subprocess.run(["dd", "--version"], capture_output=True, text=True, check=True).stdout
    assert "coreutils" in said.splitlines()[0]
