"""Big disks with a small system: the tiny guest's image, grown, with data where the guest never looks."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from drverify.model.recovery import DiskImage, PointFilter, Workload
from lab.bench.rows import MIB
from lab.estate import restic, tiny
from lab.estate.layout import Estate, write_inventory
from lab.images.variant import sparse_copy

EXTENT = 4 * MIB


async def add(estate: Estate, workloads: list[Workload], name: str, size: int, data: int) -> None:
    """Back up a copy of the tiny guest on a disk of `size` bytes, `data` of them incompressible.

    The data lies in extents of 4 MiB evenly behind the guest's partitions; everything else is a hole.
    The copy is removed afterwards: only the repository is needed.
    """
    disk = tiny.disk_of(estate, name)
    await sparse_copy(tiny.disk_of(estate), disk)
    scatter(disk, size, data)
    now = datetime.now(UTC)
    await restic.backup(tiny.repository_of(estate), disk, workload=name, as_of=now)
    disk.unlink()
    plain = tiny.workload(estate, protected_since=now)
    guest = plain.payload.guest if isinstance(plain.payload, DiskImage) else None
    if guest is None:
        raise TypeError("the tiny workload is a disk image")
    points = PointFilter(host=name, tags=(f"workload={name}",), path=str(disk))
    payload = DiskImage(path=str(disk), guest=guest)
    workloads.append(replace(plain, name=name, points=points, payload=payload))
    write_inventory(estate, [plain, *workloads])


def scatter(disk: Path, size: int, data: int) -> None:
    """Grow a disk to `size` bytes and write random data evenly into what was added."""
    with disk.open("r+b", buffering=0) as file:
        begin = file.seek(0, os.SEEK_END)
        file.truncate(size)
        extents = data // EXTENT
        step = (size - begin) // extents
        for number in range(extents):
            at = begin + number * step
            file.seek(at - at % 4096)
            file.write(os.urandom(min(EXTENT, step)))
