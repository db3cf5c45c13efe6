"""An image that is opened in place: served to other users, taken back in every case."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drverify.adapters.linux.mounts import MARKER, MountReclaimer, mount_at
from drverify.adapters.linux.processes import ProcessReclaimer, identify
from drverify.errors import DrverifyError, TeardownError
from tests.support.descendants import own_children
from tests.support.restic import (
    BINARY,
    Ledger,
    Repository,
    flip,
    make_repository,
    names,
    newest,
    restic_children,
    signal_restic,
)

pytestmark = [pytest.mark.needs_restic, pytest.mark.needs_root]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("mount"))


@pytest.fixture
def at(tmp_path: Path) -> Path:
    path = tmp_path / "mnt"
    path.mkdir()
    return path


async def test_the_ledger_knows_before_anything_exists(repository: Repository, at: Path) -> None:
    ledger = Ledger()
    source = repository.source()
    point = await newest(source)
    async with source.opened_image(point, str(repository.image), at=at, scope=ledger) as opened:
        image = opened.path
        (pid,) = restic_children("mount")
        kinds = [(what, kind) for what, kind, _, _ in ledger.said]
        assert kinds == [("opening", "process"), ("opening", "mount"), ("opening", "process")]
        assert ledger.said[0][3] == {}, "the first word was said before there was a pid"
        assert ledger.said[2][3]["pid"] == str(pid)
        assert image == at / "ids" / point.id / str(repository.image).lstrip("/")
        assert image.stat().st_size == repository.image.stat().st_size
    assert restic_children("mount") == []
    assert mount_at(at) is None
    assert ledger.left() == set()
    assert not names(repository.path / "locks")


async def test_another_user_may_read_a_private_image(
    repository: Repository, at: Path, tmp_path: Path
) -> None:
    """As QEMU does under libvirt, which runs as a user of its own."""
    for parent in (at, *at.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o111)
    source = repository.source()
    async with source.opened_image(
        await newest(source), str(repository.image), at=at, scope=Ledger()
    ) as opened:
        image = opened.path
        done = await asyncio.create_subprocess_exec(
            "head", "-c", "2000000", str(image), user="nobody", stdout=subprocess.PIPE
        )
        output, _ = await done.communicate()
    assert output == repository.image.read_bytes()[:2_000_000]


async def test_cancelled_at_any_time_it_is_taken_back(repository: Repository, at: Path) -> None:
    source = repository.source()
    point = await newest(source)

    async def hold() -> None:
        async with source.opened_image(point, str(repository.image), at=at, scope=ledger):
            await asyncio.sleep(60)

    for delay in (0.0, 0.02, 0.3, 1.5):
        ledger = Ledger()
        task = asyncio.create_task(hold())
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ledger.left() == set()
        assert mount_at(at) is None
        assert restic_children("mount") == []


async def test_a_mount_made_while_its_process_is_being_ended_is_taken_back(
    repository: Repository, at: Path, tmp_path: Path
) -> None:
    """It comes late, when nothing was there to be unmounted, and is killed as it serves."""
    late = tmp_path / "late-restic"
    late.write_text(
        f'#!/bin/sh\ncase " $* " in *" mount "*) trap : INT TERM; sleep 1;; esac\nexec {BINARY} "$@"\n'
    )
    late.chmod(0o755)
    point = await newest(repository.source())
    ledger = Ledger()
    source = repository.source(binary=str(late))

    async def hold() -> None:
        async with source.opened_image(point, str(repository.image), at=at, scope=ledger):
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    while not any("mount" in words for words in own_children().values()):
        await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ledger.left() == set()
    assert mount_at(at) is None


async def test_restic_killed_while_it_serves(repository: Repository, at: Path) -> None:
    source = repository.source()
    ledger = Ledger()
    point = await newest(source)
    async with source.opened_image(point, str(repository.image), at=at, scope=ledger) as opened:
        image = opened.path
        signal_restic("mount", signal.SIGKILL)
        await asyncio.sleep(0.2)
        with pytest.raises(OSError):
            image.read_bytes()
    assert ledger.left() == set()
    assert mount_at(at) is None


async def test_a_busy_mount_is_detached_in_the_end(repository: Repository, at: Path) -> None:
    source = repository.source()
    ledger = Ledger()
    async with source.opened_image(
        await newest(source), str(repository.image), at=at, scope=ledger
    ) as opened:
        image = opened.path
        user = os.open(image, os.O_RDONLY)
    try:
        assert mount_at(at) is None
        assert restic_children("mount") == []
        assert ledger.left() == set()
    finally:
        with contextlib.suppress(OSError):  # its server is gone
            os.close(user)


async def test_damage_is_an_error_to_the_reader(repository: Repository, at: Path, tmp_path: Path) -> None:
    broken = repository.copy(tmp_path / "repo")
    source = broken.source()
    point = await newest(source)
    for pack in broken.packs():
        if pack.stat().st_size > 1_000_000:
            flip(pack, 400_000)
    async with source.opened_image(point, str(broken.image), at=at, scope=Ledger()) as opened:
        image = opened.path
        with pytest.raises(OSError, match="Input/output error"):
            image.read_bytes()


async def test_a_directory_that_is_not_there_is_our_fault(repository: Repository, tmp_path: Path) -> None:
    source = repository.source()
    ledger = Ledger()
    point = await newest(source)
    with pytest.raises(DrverifyError):
        async with source.opened_image(point, str(repository.image), at=tmp_path / "absent", scope=ledger):
            pytest.fail("it was opened")
    assert ledger.left() == set()


HOLDER = """
import asyncio, pathlib, sys
from tests.support.restic import Ledger, Repository, newest
root, image, at, note, index = map(pathlib.Path, sys.argv[1:])
class Noted(Ledger):
    pass
async def main():
    source = Repository(path=root, image=image, files=image).source()
    async with source.opened_image(await newest(source), str(image), at=at, scope=Noted()):
        note.write_text("up")
        await asyncio.sleep(300)
asyncio.run(main())
"""


async def test_drverify_killed_the_reclaimers_take_it_back(
    repository: Repository, at: Path, tmp_path: Path, checkout: Path
) -> None:
    note = tmp_path / "note"
    tag = Ledger().tag
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, repository.path, repository.image, at, note, tmp_path], cwd=checkout
    )
    try:
        while not note.exists():
            assert holder.poll() is None
            await asyncio.sleep(0.05)
    finally:
        holder.kill()
        holder.wait()
    assert mount_at(at) is not None, "a killed drverify leaves its mount: this is what the reaper is for"
    with pytest.raises(TeardownError, match="not touched"):
        await MountReclaimer().reclaim(str(at), tag, {})
    assert mount_at(at) is not None
    (tmp_path / MARKER).write_text(tag)
    await MountReclaimer().reclaim(str(at), tag, {})
    await ProcessReclaimer().reclaim(f"restic mount {at}", tag, {})
    assert mount_at(at) is None
    await MountReclaimer().reclaim(str(at), tag, {})


async def test_a_restic_that_outlived_its_ledger_entry_is_found_by_its_marks(
    repository: Repository, at: Path, tmp_path: Path
) -> None:
    """Killed between start and ledger entry: no pid is known, and restic was told nothing of our death."""
    tag, name = Ledger().tag, f"restic mount {at}"
    environment = {
        **os.environ,
        "RESTIC_REPOSITORY": str(repository.path),
        "RESTIC_PASSWORD": repository.password,
        "DRVERIFY_TAG": tag,
        "DRVERIFY_PROCESS": name,
    }
    orphan = subprocess.Popen(
        ["restic", "--no-lock", "--no-cache", "mount", str(at)], env=environment, stdout=subprocess.DEVNULL
    )
    while mount_at(at) is None:
        assert orphan.poll() is None
        await asyncio.sleep(0.05)
    (tmp_path / MARKER).write_text(tag)
    await ProcessReclaimer().reclaim(name, "drverify:another0", {})
    assert identify(orphan.pid) is not None, "another sandbox's tag touches nothing"
    reaping = asyncio.create_task(asyncio.to_thread(orphan.wait))
    await MountReclaimer().reclaim(str(at), tag, {})
    await ProcessReclaimer().reclaim(name, tag, {})
    await reaping
    assert identify(orphan.pid) is None
    assert mount_at(at) is None
