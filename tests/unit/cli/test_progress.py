"""What a person or a log collector reads while a drill runs."""

import io
import json

import pytest
from rich.console import Console

from drverify.cli.progress import MIB, LiveProgress, LogProgress, PlainProgress
from drverify.model.drill import PhaseName


def test_plain_lines_say_phase_amount_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.phase(PhaseName.RESTORE, "started")
    now[0] += 1
    progress.bytes(10 * MIB, 100 * MIB)
    now[0] += 9
    progress.bytes(50 * MIB, 100 * MIB)
    now[0] += 10
    progress.phase(PhaseName.RESTORE, "ended")
    lines = [line.split("] ", 1)[1] for line in stream.getvalue().splitlines()]
    assert lines == [
        "restore ...",
        "restored 50 MiB of 100 MiB (50 %), 5 MiB/s, 10 s left",
        "restore done in 20.0 s",
    ]


def test_a_total_that_is_not_known_is_not_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = io.StringIO()
    progress = PlainProgress(stream)
    now[0] = 10
    progress.bytes(20 * MIB, None)
    assert stream.getvalue().endswith("restored 20 MiB, 2 MiB/s\n")


def test_a_terminal_gets_a_moving_line_and_leaves_the_phases_behind() -> None:
    target = io.StringIO()
    progress = LiveProgress(Console(file=target, force_terminal=True, width=100))
    progress.phase(PhaseName.RESTORE, "started")
    progress.bytes(MIB, 2 * MIB)
    progress.note("a [bracket] is text")
    progress.phase(PhaseName.RESTORE, "ended")
    progress.close()
    assert "a [bracket] is text" in target.getvalue()
    assert "restore" in target.getvalue()


def test_log_events_are_json_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    progress = LogProgress()
    progress.phase(PhaseName.BOOT, "started")
    progress.note("said")
    progress.phase(PhaseName.BOOT, "ended")
    progress.close()
    captured = capsys.readouterr()
    events = [json.loads(line) for line in captured.err.splitlines()]
    assert [event["event"] for event in events] == ["phase.started", "drill.note", "phase.ended"]
    assert all(event["timestamp"].endswith("Z") for event in events)
    assert captured.out == ""
