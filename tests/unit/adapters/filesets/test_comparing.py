"""What a file's time says: changed between manifest and point, during the backup, or wrong."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.filesets.comparing import Collated, Comparing, Task
from drverify.adapters.filesets.mtree import end_line, head_lines, unread_line
from drverify.model.files import AFTER, Aspect, FileDifference, is_defect

MADE = datetime(2026, 9, 14, 12, tzinfo=UTC)
AS_OF = MADE + timedelta(hours=1)
OLD, BETWEEN, LATER = (int((MADE + timedelta(minutes=m)).timestamp()) for m in (-60, 30, 120))
GOOD = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
"""SHA-256 of `secret`."""


def compared(root: Path, entries: list[str], *, beside: bool) -> Collated:
    manifest = root / "manifest"
    lines = [head_lines("2026-09-14T12:00:00Z"), *(f"./{one}\n".encode() for one in entries)]
    manifest.write_bytes(b"".join([*lines, unread_line(b"locked", "denied"), end_line(len(entries), 1)]))
    task = Task(root=root / "files", manifest=manifest, as_of=AS_OF, beside=beside)
    return Comparing(task, threading.Event()).run()


def place(root: Path, name: str, content: str, modified: int) -> None:
    (root / "files").mkdir(exist_ok=True)
    (root / "files" / name).write_text(content)
    os.utime(root / "files" / name, (modified, modified))


def entry(name: str, modified: int = OLD) -> str:
    return f"{name} type=file size=6 sha256digest={GOOD} time={modified}.000000000"


def proven(found: Collated, *, beside: bool) -> bool:
    return is_defect(found.differences, beside=beside, timed=True)


@pytest.mark.parametrize("beside", [False, True])
def test_what_was_modified_between_manifest_and_point_is_left_out(tmp_path: Path, beside: bool) -> None:
    place(tmp_path, "a", "edited", BETWEEN)
    found = compared(tmp_path, [entry("a")], beside=beside)
    assert (found.compared, found.changed_since, found.differing) == (0, 1, 0)


def test_a_file_that_the_manifest_could_not_read_is_counted_among_those_restored(tmp_path: Path) -> None:
    place(tmp_path, "locked", "gibber", OLD)
    found = compared(tmp_path, [], beside=False)
    assert (found.compared, found.unread, found.differing) == (0, 1, 0)


@pytest.mark.parametrize("beside", [False, True])
def test_garbage_of_after_the_point_is_no_change_since(tmp_path: Path, beside: bool) -> None:
    place(tmp_path, "a", "gibber", LATER)
    place(tmp_path, "new", "gibber", LATER)
    found = compared(tmp_path, [entry("a")], beside=beside)
    assert (found.compared, found.changed_since, found.differing) == (1, 0, 2)
    assert {one.aspect for one in found.differences} == {Aspect.MODIFIED, Aspect.CONTENT, Aspect.UNLISTED}
    assert sum(one.found.endswith(AFTER) for one in found.differences) == 2
    assert not proven(found, beside=beside)


@pytest.mark.parametrize("beside", [False, True])
def test_another_content_of_the_same_time_is_a_defect_and_comes_first(tmp_path: Path, beside: bool) -> None:
    place(tmp_path, "b", "gibber", OLD)
    found = compared(tmp_path, [entry("a"), entry("b")], beside=beside)
    first = [one for one in found.differences if one.path == "b"]
    assert is_defect(first, beside=beside, timed=True)
    assert (found.differences[0].path == "b") is beside
    assert found.differing == 2


def test_what_is_gone_or_added_is_a_defect_of_a_backup_that_holds_its_manifest(tmp_path: Path) -> None:
    place(tmp_path, "new", "moved", OLD)
    for beside in (False, True):
        found = compared(tmp_path, [entry("a")], beside=beside)
        assert {one.aspect for one in found.differences} == {Aspect.MISSING, Aspect.UNLISTED}
        assert all(is_defect([one], beside=beside, timed=True) is not beside for one in found.differences)


def test_another_time_or_none_proves_nothing_beside_the_backup() -> None:
    content = FileDifference(path="a", aspect=Aspect.CONTENT, expected="x", found="y")
    time = FileDifference(path="a", aspect=Aspect.MODIFIED, expected="1", found="2")
    assert is_defect([content], beside=True, timed=True)
    assert not is_defect([content], beside=True, timed=False)
    assert not is_defect([content, time], beside=True, timed=True)
    assert is_defect([content, time], beside=False, timed=True)
