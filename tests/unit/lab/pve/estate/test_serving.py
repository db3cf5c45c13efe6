"""One process serves a cluster, and says who it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drverify.adapters.linux.processes import ProcessIdentity, lives
from lab.pve.estate.layout import PROCESS
from lab.pve.estate.serving import alone
from tests.support import estates

SECOND = """
import sys
from pathlib import Path
from lab.pve.estate.serving import alone
with alone(Path(sys.argv[1])):
    print("alone")
"""


def second(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SECOND, str(root)],
        cwd=estates.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_second_process_ends_and_leaves_the_first_its_name(tmp_path: Path) -> None:
    root = tmp_path / "cluster"
    with alone(root):
        other = second(root)
        assert (other.returncode, "another process serves the cluster" in other.stderr) == (1, True)
        found = ProcessIdentity(**json.loads((root / PROCESS).read_text()))
        assert (found.pid, lives(found)) == (os.getpid(), True)
    assert second(root).stdout == "alone\n"
    assert not lives(ProcessIdentity(**json.loads((root / PROCESS).read_text())))


def test_whoever_is_killed_is_followed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), alone(tmp_path):
        raise KeyboardInterrupt
    assert second(tmp_path).stdout == "alone\n"
