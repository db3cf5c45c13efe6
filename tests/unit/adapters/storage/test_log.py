"""The log as files: what was appended is there, what was killed is not, what was changed is noticed."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.storage import log as module
from drverify.adapters.storage.log import CHECKPOINT, LogDirectory
from drverify.adapters.storage.log_check import check_whole
from drverify.errors import EvidenceError, HostError, InputError
from drverify.transparency import note, proof, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, NoteKey
from tests.support import estates

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=PRIVATE.public_key().public_bytes_raw())


def log_at(path: Path) -> LogDirectory:
    return LogDirectory(path, KEY)


def numbered(low: int, high: int) -> list[bytes]:
    return [f"entry {n}".encode() for n in range(low, high)]


def whole(log: LogDirectory) -> Checkpoint:
    """Everything in it checked against the signed root, from the entries alone."""
    head = log.head()
    assert head is not None
    stated = head[0]
    row = [tree.leaf_hash(entry) for entry in log.entries(0, stated.size)]

    def node(height: int, index: int) -> bytes:
        part = row[index << height : (index + 1) << height]
        while len(part) > 1:
            part = [tree.node_hash(part[n], part[n + 1]) for n in range(0, len(part), 2)]
        return part[0]

    assert tree.root(stated.size, node) == stated.root
    return stated


@pytest.mark.parametrize(
    "steps", [[1, 1, 1], [255, 1, 1], [256, 256], [300, 300], [1, 65535, 1, 300], [70000]]
)
def test_what_was_appended_is_in_the_signed_tree(tmp_path: Path, steps: list[int]) -> None:
    log, size, seen = log_at(tmp_path / "log"), 0, []
    for step in steps:
        assert log.append(numbered(size, size + step), PRIVATE.sign) == range(size, size + step)
        size += step
        seen.append(whole(log))
    assert list(log.entries(0, size)) == numbered(0, size)
    for old in seen:
        tree.check_consistency(old.size, old.root, size, seen[-1].root, log.consistency(old.size))
    for index in {0, size // 2, size - 1}:
        made = proof.parse(proof.render(log.proof(index)), what="proof")
        assert proof.check(made, b"entry %d" % index, [KEY], what="proof").index == index


def test_partial_files_go_when_the_whole_one_is_there(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    for n in range(260):
        log.append([b"%d" % n], PRIVATE.sign)
    partials = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.glob("tile/**/*.p/*"))
    assert partials == [
        *(f"tile/0/001.p/{n}" for n in range(1, 5)),
        "tile/1/000.p/1",
        *(f"tile/entries/001.p/{n}" for n in range(1, 5)),
    ]
    assert log.node(3)(0, 2) == tree.leaf_hash(b"2")  # the tree of 3, out of the whole tile


def test_an_empty_log_holds_nothing(tmp_path: Path) -> None:
    log = log_at(tmp_path / "none")
    assert (log.head(), log.size, list(log.entries(0, 0)), log.consistency(0)) == (None, 0, [], ())
    assert not (tmp_path / "none").exists()
    assert log.append([], PRIVATE.sign) == range(0)
    with pytest.raises(EvidenceError, match="no entry 0"):
        log.proof(0)
    with pytest.raises(EvidenceError, match="there are 0 entries"):
        list(log.entries(0, 1))


@pytest.mark.parametrize("call", range(8))
def test_a_write_that_fails_leaves_the_log_as_it_was(tmp_path, monkeypatch, call) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 255), PRIVATE.sign)
    before, calls, real = whole(log), [], module.write_durably

    def failing(path, content, *, mode):
        calls.append(path)
        if len(calls) == call + 1:
            raise HostError("no space")
        real(path, content, mode=mode)

    monkeypatch.setattr(module, "write_durably", failing)
    adding = numbered(255, 258)
    if call < 6:  # two bundles, two tiles, one above, the checkpoint
        with pytest.raises(HostError):
            log.append(adding, PRIVATE.sign)
        assert whole(log) == before
        monkeypatch.undo()
        adding = [b"another", b"instead"]
    log.append(adding, PRIVATE.sign)
    monkeypatch.undo()
    assert whole(log).size == 255 + len(adding)
    assert list(log.entries(255, 255 + len(adding))) == adding


APPENDER = """
import sys
from pathlib import Path
from tests.unit.adapters.storage.test_log import PRIVATE, log_at
log = log_at(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    size = log.size
    log.append([b"entry %d" % n for n in range(size, size + 3)], PRIVATE.sign)
"""


def test_killed_while_appending_it_goes_on_without_losing_or_doubling(tmp_path: Path) -> None:
    log, sizes = log_at(tmp_path), [0]
    for pause in (0.02, 0.05, 0.11, 0.17, 0.23):
        process = subprocess.Popen(
            [sys.executable, "-c", APPENDER, str(tmp_path)], cwd=estates.ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        size = log.size
        assert size % 3 == 0
        assert list(log.entries(0, size)) == numbered(0, size)
        if size:
            whole(log)
        sizes.append(size)
    assert sizes == sorted(sizes)
    assert sizes[-1] > 0
    assert log.append([b"the next"], PRIVATE.sign) == range(sizes[-1], sizes[-1] + 1)


def test_two_writers_take_turns(tmp_path: Path) -> None:
    code = APPENDER.replace("while True", "for _ in range(15)")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], cwd=estates.ROOT, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    assert [one.wait(60) for one in both] == [0, 0]
    assert whole(log_at(tmp_path)).size == 90


@pytest.mark.parametrize("name", ["tile/0/000.p/9", "tile/entries/000.p/9"])
@pytest.mark.parametrize("change", ["flip", "cut", "gone"])
def test_a_changed_file_is_noticed_before_anything_is_added(tmp_path, name, change) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 9), PRIVATE.sign)
    path = tmp_path / name
    content = path.read_bytes()
    match change:
        case "flip":
            path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "cut":
            path.write_bytes(content[:-1])
        case "gone":
            path.unlink()
    with pytest.raises(EvidenceError):
        log.append([b"more"], PRIVATE.sign)


def test_a_checkpoint_of_another_log_or_key_is_refused(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append([b"one"], PRIVATE.sign)
    content = (tmp_path / CHECKPOINT).read_bytes()
    stranger = Ed25519PrivateKey.generate()
    forged = Checkpoint(origin=KEY.name, size=1, root=bytes(32)).text
    other = Checkpoint(origin="another.example", size=1, root=bytes(32)).text
    for text, by, why in ((forged, stranger, "does not hold"), (other, PRIVATE, "of another log")):
        line = note.sign(text, KEY, by.sign)
        (tmp_path / CHECKPOINT).write_bytes(note.render(note.Note(text=text, signatures=(line,))))
        with pytest.raises(EvidenceError, match=why):
            log.head()
    (tmp_path / CHECKPOINT).write_bytes(content)
    assert log.size == 1


def test_cosignatures_stay_with_the_checkpoint_that_they_are_of(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append([b"one"], PRIVATE.sign)
    stated = whole(log)
    witness = Ed25519PrivateKey.generate()
    key = NoteKey(name="w.example", type=KeyType.LOG, material=witness.public_key().public_bytes_raw())
    line = note.sign(stated.text, key, witness.sign)
    log.cosign(stated, [line])
    log.cosign(stated, [line])
    head = log.head()
    assert head is not None
    assert head[1].signatures[1:] == (line,)
    log.append([b"two"], PRIVATE.sign)
    with pytest.raises(InputError, match="has grown beyond 1"):
        log.cosign(stated, [line])


def test_only_a_logs_key_makes_a_log(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="log's key"):
        LogDirectory(tmp_path, NoteKey(name="x", type=KeyType.COSIGNER, material=KEY.material))


def test_of_writers_that_mean_the_same_entry_one_adds_it(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.unit.adapters.storage.test_log import PRIVATE, log_at
log = log_at(Path(sys.argv[1]))
for n in range(20):
    log.append_once(b"entry %d" % n, PRIVATE.sign)
"""
    three = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=estates.ROOT) for _ in range(3)
    ]
    assert [one.wait(60) for one in three] == [0, 0, 0]
    log = log_at(tmp_path)
    assert sorted(log.entries(0, log.size)) == sorted(numbered(0, 20))
    assert log.append_once(b"entry 0", PRIVATE.sign, since=1) == 20  # the one before does not count
    assert log.append_once(b"entry 0", PRIVATE.sign, since=20) == 20
    assert log.append_once(b"entry 0", PRIVATE.sign, since=21) == 21


def test_a_writer_that_does_not_end_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch) -> None:
    log = log_at(tmp_path)
    log.append([b"one"], PRIVATE.sign)
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=0))
    with (tmp_path / ".lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(HostError, match="another process has been writing"):
            log.append([b"two"], PRIVATE.sign)
    assert log.append([b"two"], PRIVATE.sign) == range(1, 2)


def test_a_checkpoint_may_be_signed_again_every_day(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append([b"one"], PRIVATE.sign)
    stated = whole(log)
    seal = Ed25519PrivateKey.generate()
    key = NoteKey(name="w.example", type=KeyType.COSIGNER, material=seal.public_key().public_bytes_raw())
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(70)]
    for day in days:
        log.cosign(stated, [note.sign(stated.text, key, seal.sign, at=day)])
    head = log.head()
    assert head is not None
    own, seen = note.signers(head[1], [KEY, key], what="it")
    assert (own.key, seen.at, len(head[1].signatures)) == (KEY, days[-1], 2)
    strangers = [NoteKey(name=f"w{n}.example", type=KeyType.COSIGNER, material=bytes(32)) for n in range(63)]
    lines = [note.sign(stated.text, one, seal.sign, at=days[0]) for one in strangers]
    with pytest.raises(InputError, match="room for 64"):
        log.cosign(stated, lines)
    log.cosign(stated, lines[:62])
    assert log.append([b"two"], PRIVATE.sign) == range(1, 2)


def test_directories_that_a_killed_writer_made_are_made_durable_before_they_count(
    tmp_path: Path, monkeypatch
) -> None:
    """Killed between mkdir and fsync: the directory is there, and its name may not be on disk."""
    done: list[Path] = []
    real = module.write_durably
    monkeypatch.setattr(module, "sync_directory", done.append)

    def writing(path: Path, content: bytes, *, mode: int) -> None:
        done.append(path)
        real(path, content, mode=mode)

    monkeypatch.setattr(module, "write_durably", writing)
    root = tmp_path / "log"
    for folder in ("tile/entries/000.p", "tile/0/000.p"):
        (root / folder).mkdir(parents=True)
    log_at(root).append([b"one"], PRIVATE.sign)
    counts = done.index(root / CHECKPOINT)
    for folder in (root, root / "tile", root / "tile/entries", root / "tile/0"):
        assert folder in done[:counts]
    assert tmp_path in done[:counts]


def test_what_was_appended_counts_even_if_nothing_can_be_tidied_up(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 255), PRIVATE.sign)
    (tmp_path / "tile/0/000.p/odd").mkdir()
    assert log.append([b"entry 255"], PRIVATE.sign) == range(255, 256)
    assert whole(log).size == 256


@pytest.mark.parametrize("name", [CHECKPOINT, "tile/entries/000.p/3"])
@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/dev/zero"),
        os.mkfifo,
        Path.mkdir,
        lambda path: (path.touch(), os.truncate(path, 40 << 30)),
    ],
    ids=["endless", "pipe", "directory", "huge"],
)
def test_a_strangers_directory_cannot_make_a_reader_wait_or_swell(
    tmp_path: Path, name: str, make: Callable[[Path], object]
) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 3), PRIVATE.sign)
    (tmp_path / name).unlink()
    make(tmp_path / name)
    with pytest.raises(EvidenceError, match=r"not a plain file|larger than"):
        list(log.entries(0, 3))


def test_what_is_no_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    with pytest.raises(HostError, match="cannot be read: Not a directory"):
        log_at(tmp_path / "log").head()


def test_no_proof_is_given_out_that_does_not_hold(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 300), PRIVATE.sign)
    path = tmp_path / "tile/0/000"
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    with pytest.raises(EvidenceError, match="not shown to be in"):
        log.proof(1)
    assert log.proof(299).index == 299


SIZES = (1, 255, 256, 257, 600, 65536, 65537)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_log_is_whole(tmp_path: Path, size: int) -> None:
    log = log_at(tmp_path)
    assert check_whole(log) is None
    log.append(numbered(0, size), PRIVATE.sign)
    assert check_whole(log) == whole(log)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"])
@pytest.mark.parametrize("change", ["flip", "cut", "longer", "gone"])
def test_every_file_that_counts_is_checked(tmp_path: Path, name: str, change: str) -> None:
    log = log_at(tmp_path)
    log.append(numbered(0, 600), PRIVATE.sign)
    path = tmp_path / name
    content = path.read_bytes()
    match change:
        case "flip":
            path.write_bytes(bytes([*content[:40], content[40] ^ 1]) + content[41:])
        case "cut":
            path.write_bytes(content[:-32])
        case "longer":
            path.write_bytes(content + content[:32])
        case "gone":
            path.unlink()
    with pytest.raises(EvidenceError, match=r"tile/"):
        check_whole(log)


@pytest.mark.parametrize("size", [2, 255, 257])
def test_a_log_whose_checkpoint_was_removed_does_not_begin_anew(tmp_path: Path, size: int) -> None:
    log = log_at(tmp_path)
    for n in range(2):
        log.append([b"entry %d" % n], PRIVATE.sign)
    log.append(numbered(2, size), PRIVATE.sign)
    (tmp_path / CHECKPOINT).unlink()
    for look in (lambda: log.append([b"first"], PRIVATE.sign), lambda: check_whole(log)):
        with pytest.raises(EvidenceError, match="the checkpoint that signs them is gone"):
            look()


def test_a_log_of_which_only_the_first_append_was_killed_begins(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    log.append([b"killed"], PRIVATE.sign)
    (tmp_path / CHECKPOINT).unlink()
    assert check_whole(log) is None
    assert log.append([b"first"], PRIVATE.sign) == range(1)
    assert list(log.entries(0, 1)) == [b"first"]
