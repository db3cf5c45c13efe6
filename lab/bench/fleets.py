"""A plan of many workloads, and the pages over many drills; each in a process of its own."""

import json
import statistics
import subprocess
import sys
from typing import Any

from drverify.errors import HostError
from lab.bench.rows import Row, Say

WORKLOADS, NIGHTS, DRILLS = 10_000, 90, 1_000_000


def rows(say: Say, *, workloads: int = WORKLOADS, drills: int = DRILLS) -> list[Row]:
    """Plan, and ask every page. HostError when one of the processes fails."""
    planned = _asked("planning", "--workloads", workloads, "--nights", NIGHTS)
    say(f"a plan of {planned['drills']} drills: {planned['seconds']:.1f} s")
    pages = _asked("board", "--workloads", workloads, "--drills", drills)
    medians = [statistics.median(took) for took in pages.values()]
    slowest, first = max(((name, took[0]) for name, took in pages.items()), key=lambda one: one[1])
    say(f"{len(pages)} pages, the slowest at first {slowest}: {first:.0f} ms")
    return [
        Row(
            what=f"plan of {planned['drills']:,} drills of {workloads:,} workloads over {NIGHTS} nights, CPU",
            ours=f"{planned['seconds']:.1f} s, {planned['mib']:.0f} MiB",
            reference="",
            goal="5 s, 500 MiB",
        ),
        Row(
            what=f"a page of {workloads:,} workloads, {drills:,} drills: medians; slowest first ({slowest})",
            ours=f"{min(medians):.1f} to {max(medians):.0f} ms; {first:.0f} ms",
            reference="",
            goal="300 ms",
        ),
    ]


def _asked(module: str, *words: object) -> Any:
    command = [sys.executable, "-m", f"lab.bench.{module}", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HostError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout.splitlines()[-1])
