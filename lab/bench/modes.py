"""Booting straight from the backup against restoring it first."""

from pathlib import Path
from statistics import median

from drverify.errors import HostError
from lab.bench.rows import Row, Say, mib, ratio, seconds
from lab.bench.subject import Drilled, drill, subject
from lab.estate.layout import Estate


async def rows(estate: Estate, name: str, title: str, scratch: Path, *, rounds: int, say: Say) -> list[Row]:
    """Drill one disk in both modes alternately."""
    one = await subject(estate, name, scratch)
    if one is None:
        raise HostError(f"{name} has no point")
    instant: list[Drilled] = []
    full: list[Drilled] = []
    for number in range(1, rounds + 1):
        instant.append(drill(one, "instant"))
        full.append(drill(one, "full"))
        say(
            f"{title} {number}/{rounds}: instant healthy after {instant[-1].healthy:.1f} s, "
            f"full after {full[-1].healthy:.1f} s"
        )
    healthy = median(run.healthy for run in instant), median(run.healthy for run in full)
    read = median(run.read for run in instant), median(run.read for run in full)
    return [
        Row(
            what=f"{title}: instant, time to healthy",
            ours=seconds(healthy[0]),
            reference=f"full {seconds(healthy[1])}",
            ratio=ratio(*healthy),
        ),
        Row(
            what=f"{title}: instant, read from repository",
            ours=mib(read[0]),
            reference=f"full {mib(read[1])}",
            ratio=ratio(*read),
        ),
    ]
