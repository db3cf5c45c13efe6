"""What a drill tells while it runs: bounded, printable, for any thread."""

import json
from datetime import UTC, datetime
from pathlib import Path

import structlog

from drverify.model.booking import BookingId
from drverify.model.drill import DrillId, PhaseName
from drverify.operation.telling import LINE_AT_MOST, LINES, BoundedFile, LiveProgress, printable

NOW = datetime(2026, 11, 23, 22, 5, tzinfo=UTC)


def progress(path: Path, at_most: int = 1 << 20) -> LiveProgress:
    return LiveProgress(BookingId("a/b/c/drill"), 1, BoundedFile(path, at_most))


def test_phases_bytes_and_newest_lines(tmp_path: Path) -> None:
    told = progress(tmp_path / "log")
    try:
        told.begun(DrillId("d"))
        told.phase(PhaseName.SELECT, "started")
        told.phase(PhaseName.SELECT, "ended")
        told.phase(PhaseName.RESTORE, "started")
        told.bytes(5, 10)
        for number in range(LINES + 5):
            told.note(f"line {number}")
    finally:
        structlog.reset_defaults()
    live = told.live(NOW)
    assert (live.drill, live.at, live.bytes_done, live.bytes_total) == ("d", NOW, 5, 10)
    assert [(one.name, one.ended is None) for one in live.phases] == [("select", False), ("restore", True)]
    assert (len(live.lines), live.lines[0], live.lines[-1]) == (LINES, "line 5", f"line {LINES + 4}")
    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert events[:4] == ["phase.started", "phase.ended", "phase.started", "restore.progress"]


def test_the_members_of_a_group_tell_apart(tmp_path: Path) -> None:
    told = progress(tmp_path / "log")
    database, app = told.member("database"), told.member("app")
    try:
        told.begun(DrillId("d"))
        told.begun(DrillId("a"))
        for one in (database, app):
            one.phase(PhaseName.RESTORE, "started")
        database.phase(PhaseName.RESTORE, "ended")
        app.bytes(5, 10)
        app.note("waits for database")
    finally:
        structlog.reset_defaults()
    live = told.live(NOW)
    assert (live.drills, live.others, live.bytes_done) == (("d", "a"), ("a",), 0)
    assert [(one.member, one.ended is None) for one in live.phases] == [("database", False), ("app", True)]
    assert live.lines == ("app: waits for database",)


def test_lines_move_no_cursor_and_are_cut() -> None:
    assert printable("a\x1b[2Jb\r\n\u202ec") == "a [2Jb   c"
    assert len(printable("x" * 5000)) == LINE_AT_MOST
    assert printable("x" * LINE_AT_MOST) == "x" * LINE_AT_MOST


def test_a_flood_does_not_fill_the_disk(tmp_path: Path) -> None:
    told = progress(tmp_path / "log", at_most=10_000)
    try:
        for number in range(2000):
            told.note(f"{number} " + "flood" * 100)
    finally:
        structlog.reset_defaults()
    content = (tmp_path / "log").read_bytes()
    assert len(content) < 10_100
    assert content.count(b"the log is full") == 1
    assert all(json.loads(line) for line in content.splitlines())
    assert told.live(NOW).lines[-1].startswith("1999 ")
