"""Our restore of a disk image against what people do by hand: `restic dump` and `restic restore`.

All of them write to the same file system and read the same point without a cache directory. The page
cache holds the repository (it is read once before), none of them syncs what it wrote, and what was
written before is synced before each run begins. Ours and `dump | cp` leave zeros out; `dump > file` and
`restore` write them (`restore --sparse` exists from restic 0.15 on and is used then); `dump > null`
writes nothing at all: no restore can be faster than what it reads.
"""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Literal

from drverify.adapters.restic.abilities import parse_version
from drverify.adapters.restic.factory import source
from drverify.engine.sources import ImageSource, RecoverySource
from drverify.errors import HostError
from drverify.model.drill import PhaseName
from drverify.model.recovery import RecoveryPoint
from lab.bench.rows import MIB, Row, Say, ratio
from lab.bench.subject import Subject

STALL = timedelta(minutes=5)


class Silent:
    """A progress that tells nobody."""

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Ignore."""

    def bytes(self, done: int, total: int | None) -> None:
        """Ignore."""

    def note(self, text: str) -> None:
        """Ignore."""


def rows(one: Subject, title: str, scratch: Path, rounds: int, say: Say) -> list[Row]:
    """Restore in three ways in turn; medians of `rounds` each. Everything that is written is removed."""
    password = one.estate.password.read_bytes()
    options = {"repository": str(one.estate.repository), "password": f"file:{one.estate.password}"}
    ours = source("bench", options, lambda _: password)
    point = asyncio.run(_point(ours, one))
    version = subprocess.run(["restic", "version"], capture_output=True, text=True, check=True).stdout
    sparse = ["--sparse"] if parse_version(version).sparse_restore else []
    ways: dict[str, Callable[[Path], int]] = {
        "ours": lambda into: _ours(ours, point, one.payload.path, into),
        "dump > null": lambda _: _dump(one, Path(os.devnull)),
        "dump > file": lambda into: _dump(one, into / "disk"),
        "dump | cp": lambda into: _dump_into_cp(one, into / "disk"),
        "restore": lambda into: _restore(one, sparse, into),
    }
    size = _timed(ways["dump > file"], scratch)[1]  # warms the page cache
    took: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1, rounds + 1):
        for name, way in ways.items():
            took[name].append(_timed(way, scratch)[0])
        say(f"{title} {number}/{rounds}: " + ", ".join(f"{name} {took[name][-1]:.2f} s" for name in took))
    rate = {name: size / median(values) / MIB for name, values in took.items()}
    return [
        Row(
            what=f"{title}: restore against restic {name}",
            ours=f"{rate['ours']:.0f} MiB/s",
            reference=f"{rate[name]:.0f} MiB/s",
            ratio=ratio(rate["ours"], rate[name]),
            goal=">= 0.97",
        )
        for name in rate
        if name != "ours"
    ]


def _timed(way: Callable[[Path], int], scratch: Path) -> tuple[float, int]:
    into = scratch / "restored"
    into.mkdir()
    try:
        os.sync()
        began = time.monotonic()
        size = way(into)
        return time.monotonic() - began, size
    finally:
        shutil.rmtree(into)


async def _point(ours: RecoverySource, one: Subject) -> RecoveryPoint:
    points = await ours.points(one.workload.points)
    return next(point for point in points if point.id == one.point)


def _ours(ours: ImageSource, point: RecoveryPoint, path: str, into: Path) -> int:
    async def restored() -> int:
        found = await ours.restore_image(point, path, into=into / "disk", stall=STALL, progress=Silent())
        return found.logical_bytes

    return asyncio.run(restored())


def _dump(one: Subject, into: Path) -> int:
    with into.open("wb") as file:
        _restic(one, "dump", one.point, one.payload.path, stdout=file.fileno())
    return into.stat().st_size


def _dump_into_cp(one: Subject, into: Path) -> int:
    argv = ["cp", "--sparse=always", "/dev/stdin", str(into)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as writer:
        if writer.stdin is None:
            raise TypeError("a pipe was asked for")
        _restic(one, "dump", one.point, one.payload.path, stdout=writer.stdin.fileno())
        writer.stdin.close()
    if writer.returncode != 0:
        raise HostError(f"cp ended with {writer.returncode}")
    return into.stat().st_size


def _restore(one: Subject, sparse: Sequence[str], into: Path) -> int:
    _restic(one, "restore", one.point, "--target", str(into), "--include", one.payload.path, *sparse)
    return Path(f"{into}{one.payload.path}").stat().st_size


def _restic(one: Subject, *words: str, stdout: int = subprocess.DEVNULL) -> None:
    where = ["-r", str(one.estate.repository), "--password-file", str(one.estate.password)]
    argv = ["restic", "-q", *where, "--no-lock", "--no-cache", *words]
    done = subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise HostError(f"restic {words[0]} ended with {done.returncode}: {done.stderr[-500:]}")
