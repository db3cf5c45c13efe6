"""A sandbox directory is removed when it is ours and nothing is mounted in it, and not touched otherwise."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import MARKER, DirectoryReclaimer, RoomDirectory
from drverify.errors import HostError, TeardownError
from drverify.model.drill import DrillId

TAG = "drverify:0123abcd"
DRILL = DrillId("20260914T120000Z-abcdef")


@pytest.fixture
def box(tmp_path: Path) -> Path:
    box = tmp_path / "boxes" / "0123abcd"
    (box / "deep" / "inside").mkdir(parents=True)
    (box / MARKER).write_text(TAG)
    (box / "disk.raw").write_bytes(b"x")
    return box


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "precious").write_text("x")
    return foreign


@pytest.fixture
def bound(box: Path, foreign: Path) -> Iterator[Path]:
    """Somebody's directory, mounted two levels below the sandbox's; same file system, so no stat shows it."""
    point = box / "deep" / "inside"
    subprocess.run(["mount", "--bind", str(foreign), str(point)], check=True)
    yield point
    subprocess.run(["umount", str(point)], check=True)


async def remove(box: Path) -> None:
    await DirectoryReclaimer().reclaim(str(box), TAG, {})


@pytest.mark.needs_root
async def test_what_is_mounted_from_elsewhere_is_not_deleted(box: Path, foreign: Path, bound: Path) -> None:
    with pytest.raises(TeardownError, match=f"{bound} is still mounted"):
        await remove(box)
    assert (foreign / "precious").read_text() == "x"
    assert (box / "disk.raw").exists(), "nothing was touched"


@pytest.mark.needs_root
async def test_a_mount_on_the_directory_itself_is_not_entered(box: Path, foreign: Path) -> None:
    (foreign / MARKER).write_text(TAG)
    subprocess.run(["mount", "--bind", str(foreign), str(box)], check=True)
    try:
        with pytest.raises(TeardownError, match="still mounted"):
            await remove(box)
        assert (foreign / "precious").exists()
    finally:
        subprocess.run(["umount", str(box)], check=True)


@pytest.mark.needs_root
async def test_a_dead_file_system_is_reported_and_not_asked(box: Path) -> None:
    """A FUSE mount whose server is gone answers every look with ENOTCONN."""
    point = box / "deep"
    shutil.rmtree(point)
    point.mkdir()
    server = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0"
    mount = f'import ctypes,os; libc = ctypes.CDLL(None, use_errno=True); \
r = libc.mount(b"dead", {os.fsencode(point)!r}, b"fuse", 0, {options.encode()!r}); os._exit(0 if r == 0 else 1)'
    try:
        subprocess.run(["python3", "-c", mount], pass_fds=[server], check=True)
    finally:
        os.close(server)
    try:
        with pytest.raises(OSError):
            point.stat()
        with pytest.raises(TeardownError, match="still mounted"):
            await remove(box)
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)
    await remove(box)
    assert not box.exists()


@pytest.mark.parametrize("written", ["", "drverify:01"])
async def test_a_mark_that_was_being_written_is_ours_while_nothing_else_is_there(
    tmp_path: Path, written: str
) -> None:
    box = tmp_path / "box"
    box.mkdir()
    (box / MARKER).write_text(written)
    (box / "file").write_text("x")
    with pytest.raises(TeardownError, match="does not carry the mark"):
        await remove(box)
    (box / "file").unlink()
    await remove(box)
    assert not box.exists()


async def test_what_cannot_be_read_is_left_and_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(TeardownError, match="cannot remove"):
        await remove(file)
    assert file.exists()


async def test_no_room_where_the_state_directory_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file is in the way")
    rooms = RoomDirectory(tmp_path / "state" / "sandboxes", LedgerDirectory(tmp_path / "ledger"))
    with pytest.raises(HostError, match="sandbox directory") as told:
        async with rooms.lend(DRILL):
            pass
    assert "state_dir" in told.value.hint


async def test_what_still_stands_is_said_with_the_reason_for_it(tmp_path: Path) -> None:
    rooms = RoomDirectory(tmp_path / "sandboxes", LedgerDirectory(tmp_path / "ledger"))
    with pytest.raises(TeardownError, match="still there: domain one: its log stays"):  # noqa: PT012
        async with rooms.lend(DRILL) as room:
            room.scope.opening("domain", "one")
            raise TeardownError("its log stays")


async def test_qemu_passes_through_the_state_directory_and_sees_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    before = os.umask(0o077)
    try:
        async with RoomDirectory(state / "sandboxes", LedgerDirectory(state / "ledger")).lend(DRILL) as room:
            modes = [path.stat().st_mode & 0o777 for path in (state, state / "sandboxes", room.directory)]
    finally:
        os.umask(before)
    assert modes == [0o711, 0o711, 0o700]
    assert (state / "ledger").stat().st_mode & 0o777 == 0o700
