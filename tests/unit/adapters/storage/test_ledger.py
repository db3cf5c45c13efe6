"""The ledger survives its writer: intent before effect, torn lines, locks that die with their owner."""

import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import MARKER, DirectoryReclaimer, RoomDirectory
from drverify.engine.ports import SandboxId
from drverify.engine.reaping import reap
from drverify.errors import HostError, TeardownError
from drverify.model.drill import DrillId

DRILL = DrillId("20260914T120000Z-abcdef")
ID = SandboxId("0123abcd")


@pytest.fixture
def ledgers(tmp_path: Path) -> LedgerDirectory:
    return LedgerDirectory(tmp_path / "ledger")


def test_what_was_opened_and_not_closed_is_still_there_for_another_process(ledgers, tmp_path) -> None:
    ledger = ledgers.begin(ID, DRILL, tmp_path / "box")
    ledger.opening("netns", "drv-1")
    ledger.opening("process", "dnsmasq", pid="7")
    ledger.opening("process", "dnsmasq", started="99")
    ledger.closed("netns", "drv-1")
    ledger.release()
    adopted = ledgers.adopt(ID)
    assert adopted is not None
    assert [(r.kind, r.name, r.facts) for r in adopted.resources()] == [
        ("process", "dnsmasq", {"pid": "7", "started": "99"})
    ]
    assert (adopted.drill_id, adopted.directory) == (DRILL, tmp_path / "box")


def test_a_living_owner_keeps_others_out(ledgers, tmp_path) -> None:
    ledger = ledgers.begin(ID, DRILL, tmp_path)
    assert ledgers.adopt(ID) is None
    assert ledgers.state(ID) == "in use"
    ledger.release()
    assert ledgers.state(ID) == "ownerless"
    assert ledgers.adopt(ID) is not None


@pytest.mark.parametrize("kind", ["domain", "mount", "netns", "process", "tap"])
async def test_what_only_its_own_machine_sees_waits_for_that_one(tmp_path, kind) -> None:
    """Seen with two machines on one state directory: the other one struck out a guest that it could not see."""
    here, there = (LedgerDirectory(tmp_path / "ledger", machine=name) for name in ("a1", "b2"))
    ledger = there.begin(ID, DRILL, tmp_path / "box")
    ledger.opening(kind, "x")
    assert here.state(ID) == "in use"
    ledger.release()
    assert here.adopt(ID) is None
    assert [one.state for one in await reap(here, {})] == ["elsewhere"]
    assert (here.state(ID), there.state(ID)) == ("elsewhere", "ownerless")
    assert [view.state for view in here.views()] == ["elsewhere"]
    for own in (there, LedgerDirectory(tmp_path / "ledger", machine="")):
        adopted = own.adopt(ID)
        assert adopted is not None
        assert [found.kind for found in adopted.resources()] == [kind]
        adopted.release()


def test_what_every_machine_sees_is_taken_back_by_any(tmp_path) -> None:
    here, there = (LedgerDirectory(tmp_path / "ledger", machine=name) for name in ("a1", "b2"))
    ledger = there.begin(ID, DRILL, tmp_path / "box")
    ledger.opening("directory", "/x")
    ledger.opening("tap", "tap0")
    ledger.closed("tap", "tap0")
    ledger.release()
    assert here.state(ID) == "ownerless"
    assert here.adopt(ID) is not None


def test_a_killed_owner_leaves_a_ledger_that_can_be_adopted(ledgers, tmp_path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from drverify.adapters.storage.ledger import LedgerDirectory\n"
        f"ledger = LedgerDirectory(Path({str(tmp_path / 'ledger')!r})).begin({ID!r}, 'd', Path('x'))\n"
        "ledger.opening('tap', 'tap0'); print('ready', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert ledgers.adopt(ID) is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    adopted = ledgers.adopt(ID)
    assert adopted is not None
    assert [r.name for r in adopted.resources()] == ["tap0"]


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_torn_last_line_announces_nothing(ledgers, tmp_path, cut: int) -> None:
    ledger = ledgers.begin(ID, DRILL, tmp_path)
    ledger.opening("netns", "drv-1")
    ledger.opening("tap", "tap0")
    ledger.release()
    path = tmp_path / "ledger" / f"{ID}.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    adopted = ledgers.adopt(ID)
    assert adopted is not None
    assert [r.kind for r in adopted.resources()] == ["netns"]
    adopted.opening("tap", "tap1")
    adopted.release()
    again = ledgers.adopt(ID)
    assert again is not None
    assert [r.name for r in again.resources()] == ["drv-1", "tap1"]


def test_a_ledger_with_open_resources_cannot_be_ended(ledgers, tmp_path) -> None:
    ledger = ledgers.begin(ID, DRILL, tmp_path)
    ledger.opening("netns", "drv-1")
    with pytest.raises(HostError, match="netns drv-1"):
        ledger.end()
    ledger.closed("netns", "drv-1")
    ledger.end()
    assert ledgers.ids() == ()


async def test_a_room_is_made_marked_and_taken_back(ledgers, tmp_path) -> None:
    rooms = RoomDirectory(tmp_path / "boxes", ledgers)
    async with rooms.lend(DRILL) as room:
        assert (room.directory / MARKER).read_text() == room.scope.tag
        (room.directory / "disk.raw").write_bytes(b"x")
        directory = room.directory
    assert not directory.exists()
    assert ledgers.ids() == ()


async def test_a_room_with_something_open_stays_and_says_so(ledgers, tmp_path) -> None:
    rooms = RoomDirectory(tmp_path / "boxes", ledgers)
    with pytest.raises(TeardownError, match="domain d1"):
        async with rooms.lend(DRILL) as room:
            room.scope.opening("domain", "d1")
    assert len(ledgers.ids()) == 1


async def test_a_directory_without_our_mark_is_never_removed(tmp_path) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "precious").write_text("x")
    with pytest.raises(TeardownError, match="does not carry the mark"):
        await DirectoryReclaimer().reclaim(str(foreign), "drverify:0123abcd", {})
    (foreign / MARKER).write_text("drverify:ffffffff")
    with pytest.raises(TeardownError, match="does not carry the mark"):
        await DirectoryReclaimer().reclaim(str(foreign), "drverify:0123abcd", {})
    assert (foreign / "precious").exists()


class Removing:
    """A reclaimer that remembers."""

    def __init__(self) -> None:
        self.removed: list[str] = []
        self.fails: set[str] = set()

    async def reclaim(self, name: str, tag: str, facts) -> None:
        if name in self.fails:
            raise TeardownError("busy")
        self.removed.append(name)


async def test_reap_goes_backwards_reports_what_stays_and_ends_what_is_empty(ledgers, tmp_path) -> None:
    ledger = ledgers.begin(ID, DRILL, tmp_path)
    for name in ("first", "second", "third"):
        ledger.opening("thing", name)
    ledger.release()
    things = Removing()
    things.fails = {"second"}
    (result,) = await reap(ledgers, {"thing": things})
    assert things.removed == ["third", "first"]
    assert result.state == "left"
    assert result.problems == ("thing second: busy",)
    things.fails = set()
    (result,) = await reap(ledgers, {"thing": things})
    assert result.state == "removed"
    assert ledgers.ids() == ()


async def test_reap_leaves_living_and_kept_sandboxes_alone(ledgers, tmp_path) -> None:
    living = ledgers.begin(SandboxId("aaaaaaaa"), DRILL, tmp_path)
    living.opening("thing", "mine")
    kept = ledgers.begin(SandboxId("bbbbbbbb"), DRILL, tmp_path)
    kept.opening("thing", "kept")
    kept.keep()
    kept.release()
    things = Removing()
    results = await reap(ledgers, {"thing": things})
    assert [(r.sandbox_id, r.state) for r in results] == [("aaaaaaaa", "in use"), ("bbbbbbbb", "kept")]
    assert things.removed == []
    await reap(ledgers, {"thing": things}, only=SandboxId("bbbbbbbb"))
    assert things.removed == ["kept"]
    living.release()


def test_ledger_files_are_private(ledgers, tmp_path) -> None:
    ledgers.begin(ID, DRILL, tmp_path).release()
    assert (tmp_path / "ledger").stat().st_mode & 0o077 == 0
    assert (tmp_path / "ledger" / f"{ID}.jsonl").stat().st_mode & 0o077 == 0


def test_a_reap_between_making_and_locking_a_ledger_costs_nothing(ledgers, tmp_path, monkeypatch) -> None:
    """The other one sees a file that is empty and not locked, and ends it; that must not be ours."""
    lock, other, ended = fcntl.flock, LedgerDirectory(tmp_path / "ledger"), []

    def locking(handle: int, how: int) -> None:
        if how == fcntl.LOCK_EX and not ended:
            adopted = other.adopt(ID)
            assert adopted is not None
            ended.append(ID)
            adopted.end()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", locking)
    ledger = ledgers.begin(ID, DRILL, tmp_path)
    ledger.opening("netns", "drv-1")
    assert ended == [ID]
    assert ledgers.state(ID) == "in use"
    ledger.release()
    adopted = ledgers.adopt(ID)
    assert adopted is not None
    assert [found.name for found in adopted.resources()] == ["drv-1"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 pages."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], check=True)
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(place: Path) -> Path:
    filler = place / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


@pytest.mark.needs_root
def test_a_full_disk_tears_no_line_and_is_the_hosts_failure(small: Path) -> None:
    ledgers = LedgerDirectory(small / "ledger")
    ledger = ledgers.begin(ID, DRILL, small)
    path = small / "ledger" / f"{ID}.jsonl"
    ledger.opening("file", "x" * (4096 - path.stat().st_size - 70))
    filler = fill(small)
    with pytest.raises(HostError, match="cannot write to the ledger") as told:
        ledger.opening("netns", "y" * 200)  # the page has room for a part of it
    assert "state_dir" in told.value.hint
    assert [found.kind for found in ledger.resources()] == ["file"]
    filler.unlink()
    ledger.opening("tap", "tap0")
    ledger.release()
    adopted = ledgers.adopt(ID)
    assert adopted is not None
    assert [found.kind for found in adopted.resources()] == ["file", "tap"]
    adopted.release()


@pytest.mark.needs_root
def test_no_ledger_begins_where_nothing_can_be_written(small: Path) -> None:
    ledgers = LedgerDirectory(small / "ledger")
    ledgers.begin(SandboxId("aaaaaaaa"), DRILL, small).end()
    filler = fill(small)
    with pytest.raises(HostError, match="cannot"):
        ledgers.begin(ID, DRILL, small)
    filler.unlink()
    assert ledgers.ids() == ()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(HostError, match="Read-only file system") as told:
        ledgers.begin(ID, DRILL, small)
    assert "state_dir" in told.value.hint


@pytest.mark.parametrize(
    "line", [b'{"do":"op{"do":"close"}', b"\xff\xfe", b'"begin"', b"[]", b'{"kind":"x"}', b'{"do":"begin"}']
)
async def test_a_damaged_ledger_is_left_and_told_and_stops_no_other(ledgers, tmp_path, line: bytes) -> None:
    bad, good = SandboxId("aaaaaaaa"), SandboxId("bbbbbbbb")
    for one in (bad, good):
        ledger = ledgers.begin(one, DRILL, tmp_path)
        ledger.opening("thing", one)
        ledger.release()
    path = tmp_path / "ledger" / f"{bad}.jsonl"
    path.write_bytes(damaged := path.read_bytes() + line + b"\n")
    things = Removing()
    left, removed = await reap(ledgers, {"thing": things})
    assert (left.sandbox_id, left.state, removed.state) == (bad, "left", "removed")
    assert left.problems == (f"line 3 of the ledger {path} is damaged",)
    assert things.removed == [good]
    assert path.read_bytes() == damaged, "it is kept for whoever looks"
    (view,) = ledgers.views()
    assert (view.sandbox_id, view.state, view.problem) == (bad, "unreadable", left.problems[0])


def test_a_list_tells_what_there_is_and_not_what_has_ended_meanwhile(ledgers, tmp_path, monkeypatch) -> None:
    living = ledgers.begin(SandboxId("aaaaaaaa"), DRILL, tmp_path)
    kept = ledgers.begin(SandboxId("bbbbbbbb"), DRILL, tmp_path)
    kept.opening("domain", "d1")
    kept.keep()
    kept.release()
    ledgers.begin(SandboxId("cccccccc"), DRILL, tmp_path).release()
    ids = (*ledgers.ids(), SandboxId("dddddddd"))
    monkeypatch.setattr(ledgers, "ids", lambda: ids)
    assert [(view.sandbox_id, view.state) for view in ledgers.views()] == [
        ("aaaaaaaa", "in use"),
        ("bbbbbbbb", "kept"),
        ("cccccccc", "ownerless"),
    ]
    assert [found.name for found in ledgers.views()[1].resources] == ["d1"]
    living.release()


def test_ledgers_that_nobody_may_list_are_not_none(tmp_path) -> None:
    (tmp_path / "ledger").write_text("a file is in the way")
    with pytest.raises(HostError, match="cannot list the ledgers"):
        LedgerDirectory(tmp_path / "ledger").ids()
