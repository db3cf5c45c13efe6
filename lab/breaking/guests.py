"""What can be wrong inside a guest: edits of a copy of its disk, which no machine runs from."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from drverify.adapters.linux.command import checked
from drverify.errors import InputError
from lab.estate import guests, tiny
from lab.images.variant import set_parameters

Edit = Callable[[Path, str, datetime], Awaitable[dict[str, str]]]
"""Disk, workload and instant of its data -> facts. Changes the disk in place."""
WITHIN = timedelta(minutes=2)


async def truncated(disk: Path, workload: str, _: datetime) -> dict[str, str]:
    """Cut the image off in the middle, as a copy that broke off leaves it."""
    size = disk.stat().st_size
    kept = size // 2 // 4096 * 4096
    with disk.open("r+b") as file:
        file.truncate(kept)
    return {"size": str(size), "kept": str(kept), "workload": workload}


async def emptied(disk: Path, workload: str, _: datetime) -> dict[str, str]:
    """Leave the machine as it is and take its data."""
    _tiny_only(workload)
    await checked(["debugfs", "-w", "-R", "rm /heartbeat", tiny.data_partition(disk)], within=WITHIN)
    return {"removed": "/data/heartbeat"}


async def disabled(_disk: Path, workload: str, _: datetime) -> dict[str, str]:
    """Leave machine and data and keep the application from starting."""
    _tiny_only(workload)
    raise InputError("no way to disable tiny's application yet")


async def other(disk: Path, workload: str, _: datetime) -> dict[str, str]:
    """Make it another machine: other name, other address."""
    _tiny_only(workload)
    with guests.translated():
        await set_parameters(disk, ["tiny.name=other", "tiny.address=10.30.0.77/24"])
    return {"name": "other", "address": "10.30.0.77"}


async def age(disk: Path, workload: str, instant: datetime) -> dict[str, str]:
    """Make the data itself as old as `instant`, where the guest lets us; a database stays as it is."""
    if workload == tiny.WORKLOAD:
        await tiny.stamp(disk, instant, sequence=1)
    return {}


def _tiny_only(workload: str) -> None:
    if workload != tiny.WORKLOAD:
        raise InputError(f"no editor for {workload}")
