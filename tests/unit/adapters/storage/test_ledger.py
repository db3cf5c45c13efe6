"""The ledger survives its writer: intent before effect, torn lines, locks that die with their owner."""

import signal
import subprocess
import sys
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
    assert (tmp_path / "ledger" / f"{ID}.jsonl").stat().st_mode & 0o077 == 0
