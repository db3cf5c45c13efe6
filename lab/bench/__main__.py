"""``make bench``: drverify against the same work done by hand. Prints one table and asserts nothing."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from drverify.errors import DrverifyError, HostError
from drverify.model.recovery import Workload
from lab.bench import (
    annex_pages,
    appends,
    archives,
    audits,
    disks,
    drills,
    fleets,
    modes,
    nightly,
    restores,
    starting,
)
from lab.bench.facts import facts
from lab.bench.rows import GIB, MIB, Row, show
from lab.bench.subject import Subject, subject
from lab.estate.layout import Estate
from lab.estate.life import estate_of
from lab.estate.tiny import tiny_estate
from lab.settings import lab

PLACE = Path("/var/lib")
"""QEMU's own user must get there, and the file system is the one that drills use."""
WIDTH = 128
DATA = 400 * MIB
"""Incompressible bytes on each big disk: enough for a restore of seconds, little enough to make."""

YEARS = (2_000, 20_000, 100_000)
"""Drills of the years that are audited."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"    {text}", file=sys.stderr, flush=True)


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend a directory that QEMU's user can traverse; it is removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="drverify-bench-", dir=PLACE))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the tiny guest only; a few minutes")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each side; medians count (default: 3)")
    args = parser.parse_args(argv)
    if args.rounds < 1:
        parser.error("--rounds must be at least 1")
    return args


def measure(place: Path, *, quick: bool, rounds: int) -> tuple[list[str], list[Row]]:
    """Measure everything below `place`; returns the table's head and rows."""
    load = os.getloadavg()[0]
    estate = asyncio.run(tiny_estate(place / "estate", cache=lab().images, say=say))
    chosen = _subject(estate, place, quick=quick)
    sizes = ((1, DATA // 4),) if quick else ((8, DATA), (32, DATA))
    workloads: list[Workload] = []
    for gib, data in sizes:
        say(f"making and backing up a disk of {gib} GiB with {data // MIB} MiB of data")
        asyncio.run(disks.add(estate, workloads, f"disk-{gib}", gib * GIB, data))
    dense = (DATA if quick else GIB) // MIB
    say(f"making and backing up a disk of {dense} MiB without holes")
    asyncio.run(disks.add(estate, workloads, "dense", dense * MIB, (dense - 64) * MIB))
    rows = drills.rows(chosen, rounds, say)
    if chosen.estate is not estate:
        title = f"{chosen.workload.name}'s disk"
        rows += restores.rows(chosen, title, place, rounds, say)
    full = _there(asyncio.run(subject(estate, "dense", place)))
    rows += restores.rows(full, f"{dense} MiB without holes", place, rounds, say)
    for gib, data in sizes:
        title = f"{gib} GiB with {data // MIB} MiB"
        rows += asyncio.run(
            modes.rows(estate, f"disk-{gib}", title, place, rounds=1 if quick else min(rounds, 2), say=say)
        )
    rows += archives.rows(place, 1 if quick else rounds, say)
    rows += evidence(place, quick=quick, rounds=rounds)
    rows += nightly.rows(place, say)
    rows += fleets.rows(say, workloads=500, drills=5_000) if quick else fleets.rows(say)
    rows += starting.rows()
    return asyncio.run(facts(chosen, load)), rows


def evidence(place: Path, *, quick: bool, rounds: int) -> list[Row]:
    """Measure the log, the audit of a year, and the annex."""
    rows = appends.rows(place, 1 if quick else rounds, say)
    rows += audits.rows(place, YEARS[:1] if quick else YEARS, 1, say)
    return rows + annex_pages.rows(place, 1, say)


def _subject(estate: Estate, place: Path, *, quick: bool) -> Subject:
    """Choose the lab's shop when there is a point of it, and say so when there is none."""
    shop = None if quick else asyncio.run(subject(estate_of(lab()), "shop", place))
    if shop is None and not quick:
        say(f"{lab().root} holds no point of shop: tiny is drilled instead (`drverify lab up` makes one)")
    return shop or _there(asyncio.run(subject(estate, "tiny", place)))


def _there(one: Subject | None) -> Subject:
    if one is None:
        raise HostError("the bench's own estate has no point")
    return one


def main(argv: Sequence[str]) -> int:
    """Measure and print the table."""
    args = arguments(argv)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that all is taken back
    with scratch() as place:
        head, rows = measure(place, quick=args.quick, rounds=args.rounds)
    show(Console(width=WIDTH), head, rows)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
