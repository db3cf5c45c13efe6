"""Zero blocks become holes and nothing else does."""

import itertools
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.restic.abilities import parse_version
from drverify.adapters.restic.files import literal
from drverify.adapters.restic.sparse import BLOCK, PIECE, SparseCopy, data_runs, pipe
from drverify.adapters.restic.watch import Patience
from drverify.errors import HostError


@given(st.lists(st.tuples(st.booleans(), st.integers(0, PIECE - 1)), max_size=16), st.integers(0, PIECE))
def test_runs_cover_exactly_the_pieces_with_data(pieces: list[tuple[bool, int]], cut: int) -> None:
    length = max(0, len(pieces) * PIECE - cut) if pieces else 0
    block = bytearray(BLOCK)
    for number, (data, at) in enumerate(pieces):
        if data:
            block[number * PIECE + at] = 1
    runs = list(data_runs(block, length))
    covered = {piece for start, end in runs for piece in range(start // PIECE, (end + PIECE - 1) // PIECE)}
    wanted = {at // PIECE for at in range(0, length, PIECE) if any(block[at : min(at + PIECE, length)])}
    assert covered == wanted
    assert all(start % PIECE == 0 and start < end <= length for start, end in runs)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(runs)), "neighbours are joined"


def copied(content: bytes, tmp_path: Path) -> Path:
    reading, writing = pipe()
    path = tmp_path / "out"
    target = os.open(path, os.O_RDWR | os.O_CREAT)
    feeder = threading.Thread(target=feed, args=(writing, content))
    feeder.start()
    copy = SparseCopy(reading, target, os.getpid())
    copy.run()
    feeder.join()
    os.close(reading)
    os.close(target)
    assert copy.done == len(content)
    assert (copy.read_bytes is not None) == bool(content)
    return path


def feed(writing: int, content: bytes) -> None:
    with os.fdopen(writing, "wb") as file:
        file.write(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        bytes(BLOCK),
        bytes(3 * BLOCK + 77),
        bytes(BLOCK - 1) + b"x" + bytes(BLOCK),
        b"x" * (2 * BLOCK) + bytes(5 * PIECE),
        bytes(PIECE) + b"y" * 10 + bytes(PIECE),
    ],
    ids=lambda content: f"{len(content)}-{content.count(0)}",
)
def test_a_copy_is_the_same_bytes(content: bytes, tmp_path: Path) -> None:
    assert copied(content, tmp_path).read_bytes() == content


def test_zeros_take_no_room(tmp_path: Path) -> None:
    path = copied(bytes(20 * BLOCK) + b"end", tmp_path)
    assert path.stat().st_blocks * 512 <= PIECE


def test_a_full_disk_is_an_os_error() -> None:
    reading, writing = pipe()
    os.write(writing, b"x" * 10)
    os.close(writing)
    target = os.open("/dev/full", os.O_RDWR)
    try:
        with pytest.raises(OSError, match="No space"):
            SparseCopy(reading, target, os.getpid()).run()
    finally:
        os.close(reading)
        os.close(target)


def test_a_stopped_copy_ends_without_its_writer(tmp_path: Path) -> None:
    reading, writing = pipe()
    target = os.open(tmp_path / "out", os.O_RDWR | os.O_CREAT)
    copy = SparseCopy(reading, target, os.getpid())
    thread = threading.Thread(target=copy.run)
    thread.start()
    copy.stop()
    thread.join(5)
    assert not thread.is_alive()
    for descriptor in (reading, writing, target):
        os.close(descriptor)


def test_patience_starts_again_with_every_change() -> None:
    now = [0.0]
    patience = Patience(10, lambda: now[0])
    answers = []
    for now[0], progress in ((1, 1), (10, 1), (11, 1), (11.5, 1), (12, 2), (22, 2), (22.5, 2)):
        answers.append(patience.ran_out(progress))
    assert answers == [False, False, False, True, False, False, True]


@pytest.mark.parametrize(
    ("path", "pattern"),
    [("/srv/a b", "/srv/a b"), ("/srv/[x]*?", "/srv/\\[x]\\*\\?"), ("/a\\b", "/a\\\\b")],
)
def test_a_path_means_itself(path: str, pattern: str) -> None:
    assert literal(path) == pattern


def test_abilities_follow_the_version() -> None:
    old = parse_version("restic 0.14.0 compiled with go1.19.8 on linux/amd64\n")
    assert (old.sparse_restore, old.exit_codes, old.text) == (False, False, "0.14.0")
    assert parse_version("restic 0.15.2 (v0.15.2-0-g1) compiled").sparse_restore
    assert not parse_version("restic 0.16.4 compiled").exit_codes
    assert parse_version("restic 0.17.0-dev (compiled manually)").exit_codes
    assert parse_version("restic 1.0.0").exit_codes


@pytest.mark.parametrize("said", ["restic 0.13.1 compiled", "borg 1.2.3", ""])
def test_what_is_too_old_or_no_restic_is_refused(said: str) -> None:
    with pytest.raises(HostError):
        parse_version(said)
