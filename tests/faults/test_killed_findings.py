"""Writers of the journal of findings, killed: every event that was told as written is there, whole and once."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from drverify.adapters.storage.findings import FindingJournal

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from drverify.adapters.storage.findings import FindingJournal
from drverify.model.finding import Cause, Opened, Sighting, Subject

journal, at = FindingJournal(Path(sys.argv[1])), datetime(2026, 11, 23, tzinfo=UTC)
number = int(sys.argv[2])
while True:
    subject = Subject(agreement="A-1", cause=Cause.AUDIT, code=str(number), workload="x" * 3000)
    journal.append([Opened(at=at, sighting=Sighting(subject=subject, at=at, reason="killed"))])
    print(number, flush=True)
    number += 1
"""


def test_nothing_that_was_written_is_lost_or_doubled(tmp_path: Path) -> None:
    told: list[int] = []
    for turn in range(6):
        first = 10_000 * turn
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(first)],
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert writer.stdout is not None
        told.append(int(writer.stdout.readline()))
        time.sleep(0.003 * turn)
        writer.send_signal(signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
        writer.wait()
        writer.stdout.close()
    written = [int(one.sighting.subject.code) for one in FindingJournal(tmp_path).events()]
    assert len(written) == len(set(written))
    assert set(told) <= set(written)
    assert len(written) <= len(told) + 6
