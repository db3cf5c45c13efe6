"""A manifest of a tree that does not hold still, and the command that makes one."""

import io
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.filesets import making
from drverify.adapters.filesets.facts import Changed
from drverify.adapters.filesets.making import make
from drverify.adapters.filesets.mtree import Head, entries
from drverify.cli.main import main

MADE_AT = datetime(2026, 9, 14, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (Changed(), "it changed while it was read"),
        (FileNotFoundError(2, "No such file or directory"), "it was removed meanwhile"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception, why: str
) -> None:
    for name in ("bad", "good"):
        (tmp_path / name).write_text(name)
    real = making.digest

    def digest(place: bytes, stop: threading.Event) -> str:
        if place.endswith(b"bad"):
            raise problem
        return real(place, stop)

    monkeypatch.setattr(making, "digest", digest)
    content, told = io.BytesIO(), []
    made = make(
        os.fsencode(tmp_path),
        content,
        made_at=MADE_AT,
        complain=lambda *one: told.append(one),
        stop=threading.Event(),
    )
    assert told == [("bad", why)]
    assert (made.entries, made.unread, made.size) == (2, 1, 4)
    head = Head()
    assert [one.path for one in entries(io.BytesIO(content.getvalue()), head)] == [b"", b"good"]
    assert head.unread == [b"bad"]


def test_a_manifest_that_cannot_be_written_is_nothing_of_the_trees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").write_text("one")

    def full(*_: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "digest", full)
    with pytest.raises(OSError, match="No space"):
        make(os.fsencode(tmp_path), io.BytesIO(), made_at=MADE_AT, complain=print, stop=threading.Event())


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "file").write_text("content")
    (tree / "link").symlink_to("/etc")
    place = tree / "MANIFEST.mtree"
    for _ in range(2):  # made anew where the last one lies
        assert main(["manifest", "make", str(tree), "-o", str(place)]) == 0
    assert b"sub/file type=file size=7" in place.read_bytes()
    assert [path.name for path in tree.iterdir() if path.name.startswith(".")] == []
    assert main(["manifest", "show", str(place)]) == 0
    assert "2 dir, 2 file, 1 link" in capsys.readouterr().out
    place.write_bytes(place.read_bytes()[:-9])
    assert main(["manifest", "show", str(place)]) == 2
    assert main(["manifest", "make", str(place), "-o", "x"]) == 2
    assert main(["manifest", "make", str(tree), "-o", str(tmp_path / "no" / "x")]) == 2
