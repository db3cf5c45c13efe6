"""What it costs to start: `drverify --help`, and the verifiers, over an interpreter that does nothing."""

import os
import subprocess
import sys
from collections.abc import Sequence

from lab.bench.rows import Row
from lab.settings import ROOT

TIMES = 15
STARTED: tuple[tuple[list[str], str], ...] = (([], "< 100 ms"), (["verify"], ""), (["audit"], ""))
"""Words before `--help`, and the goal."""


def rows() -> list[Row]:
    """Measure CPU (user and system, of the waited-for child), the least of 15, alternating."""
    return [_row(words, goal) for words, goal in STARTED]


def _row(words: Sequence[str], goal: str) -> Row:
    helping = [sys.executable, "-m", "drverify", *words, "--help"]
    bare = [sys.executable, "-c", "pass"]
    pairs = [(_cpu(helping), _cpu(bare)) for _ in range(TIMES)]
    ours, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    return Row(
        what=f"{' '.join(['drverify', *words])} --help, CPU over a bare interpreter",
        ours=f"{1000 * ours:.0f} ms",
        reference=f"{1000 * theirs:.0f} ms",
        ratio=f"+{1000 * (ours - theirs):.0f} ms",
        goal=goal,
    )


def _cpu(argv: Sequence[str]) -> float:
    """Run and return its CPU seconds."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, argv)
    return usage.ru_utime + usage.ru_stime
