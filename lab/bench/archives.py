"""Reading VMA archives against the least that it can cost: unpacking them, and writing the same bytes.

The reference is `zstd -dc ARCHIVE | cat > /dev/null`, and after it a program that does nothing but write
the same bytes, from memory, to the same places of a file; where ours makes digests, `openssl dgst` of the
image besides. Ours does all of it at the same time. Nothing is synced on either side. A ratio is the median
of the ratios of single rounds, for the kernel's pages make writing ten times slower in one round than in
the next. Processor time counts all programs.

Alone: `python -m lab.bench.archives`.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from uuid import uuid4

from rich.console import Console

from drverify.adapters.vma.archive import extract, verify
from lab.bench.rows import GIB, MIB, Row, Say, ratio, show
from lab.vma.writer import write

DEVICE = "drive-scsi0"
STRETCH = 4 * MIB
"""Data and holes take turns of this length."""
TIMES = 3
"""Rounds of this for each that is asked for: they are short, and vary."""
COMPARED = (
    ("extract", ("unpack", "write"), ">= 0.90"),
    ("extract and hash", ("unpack", "write", "openssl dgst"), ">= 0.90"),
    ("verify and hash", ("unpack", "openssl dgst"), ""),
)
"""What ours does, the same by hand, and the goal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something took, in seconds."""

    clock: float
    cpu: float


def rows(scratch: Path, rounds: int, say: Say, *, size: int = GIB) -> list[Row]:
    """Make an image of `size` bytes, half of it random and half zero, and read its archive in three ways."""
    place = Path(tempfile.mkdtemp(prefix="archive-", dir=scratch))
    packed, image, written = place / "dump.vma.zst", place / "image", place / "written"
    say(f"making an archive of {size // MIB} MiB, half of it zero")
    _make(image, size)
    write(
        packed,
        configs={},
        devices={DEVICE: image},
        ctime=datetime.now(UTC),
        uuid=uuid4(),
        compression="zstd",
    )
    ways: Mapping[str, Callable[[], object]] = {
        "unpack": lambda: _unpack(packed),
        "write": lambda: _write(written, size),
        "openssl dgst": lambda: _hash(image),
        "extract and hash": lambda: extract(packed, {DEVICE: written}, sync=False),
        "extract": lambda: extract(packed, {DEVICE: written}, hashing=False, sync=False),
        "verify and hash": lambda: verify(packed),
    }
    took: dict[str, list[Cost]] = {name: [] for name in ways}
    for number in range(1, TIMES * rounds + 1):
        for name, way in ways.items():
            took[name].append(_timed(way, written))
        say(
            f"archive {number}/{TIMES * rounds}: " + ", ".join(f"{n} {took[n][-1].clock:.2f} s" for n in ways)
        )
    image.unlink()
    packed.unlink()
    place.rmdir()
    return _compared(took, size)


def _compared(took: Mapping[str, list[Cost]], size: int) -> list[Row]:
    return [
        Row(
            what=f"VMA archive of {size // MIB} MiB, half zero: {name} against {' + '.join(by_hand)}",
            ours=_cell(_median(took[name]), size),
            reference=_cell(_sum([_median(took[part]) for part in by_hand]), size),
            ratio=ratio(
                median(
                    sum(took[part][number].clock for part in by_hand) / ours.clock
                    for number, ours in enumerate(took[name])
                ),
                1,
            ),
            goal=goal,
        )
        for name, by_hand, goal in COMPARED
    ]


def _cell(cost: Cost, size: int) -> str:
    return f"{size / cost.clock / MIB:.0f} MiB/s, {cost.cpu:.2f} s of CPU"


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(clock=median(cost.clock for cost in costs), cpu=median(cost.cpu for cost in costs))


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(clock=sum(cost.clock for cost in costs), cpu=sum(cost.cpu for cost in costs))


def _make(image: Path, size: int) -> None:
    with image.open("wb") as file:
        file.truncate(size)
        for offset in range(0, size, 2 * STRETCH):
            file.seek(offset)
            file.write(os.urandom(STRETCH))


def _unpack(packed: Path) -> None:
    with (
        Path(os.devnull).open("wb") as null,
        subprocess.Popen(["zstd", "-dcq", packed], stdout=subprocess.PIPE) as unpacking,
    ):
        subprocess.run(["cat"], stdin=unpacking.stdout, stdout=null, check=True)


def _write(into: Path, size: int) -> None:
    data = os.urandom(STRETCH)
    with into.open("xb", buffering=0) as file:
        file.truncate(size)
        for offset in range(0, size, 2 * STRETCH):
            os.pwrite(file.fileno(), data, offset)


def _hash(image: Path) -> None:
    subprocess.run(["openssl", "dgst", "-sha256", image], stdout=subprocess.DEVNULL, check=True)


def _timed(way: Callable[[], object], written: Path) -> Cost:
    os.sync()
    cpu, began = _used(), time.monotonic()
    way()
    cost = Cost(clock=time.monotonic() - began, cpu=_used() - cpu)
    written.unlink(missing_ok=True)
    return cost


def _used() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def main() -> None:
    """Measure only this, three rounds, and print the table."""
    with tempfile.TemporaryDirectory(prefix="drverify-bench-", dir="/var/lib") as place:
        found = rows(Path(place), 3, lambda text: print(f"    {text}", file=sys.stderr, flush=True))
    show(Console(width=128), [], found)


if __name__ == "__main__":
    main()
