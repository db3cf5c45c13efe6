"""The shell lines in the playbooks that ship with drverify do what they are there for."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import yaml

from drverify.adapters.probes.freshness import last_time

JOURNAL = """#!/bin/sh
echo "1763856930.500000 web app[1]: wrote 734003200 bytes, licence ends 2031-01-01T00:00:00Z"
echo "    next run 2031-01-02T00:00:00Z"
"""


def test_the_newest_line_of_the_journal_is_its_stamp_alone(tmp_path: Path, checkout: Path) -> None:
    """There is no journal here: a program of that name prints an entry that holds other times."""
    (tmp_path / "journalctl").write_text(JOURNAL)
    (tmp_path / "journalctl").chmod(0o755)
    playbook = yaml.safe_load((checkout / "playbooks" / "linux-server.yaml").read_text())
    (probe,) = (one for one in playbook["probes"] if one["kind"] == "freshness")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        probe["newest"]["command"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1763856930.500000\n"
    assert last_time(done.stdout) == datetime(2025, 11, 23, 0, 15, 30, 500_000, tzinfo=UTC)
