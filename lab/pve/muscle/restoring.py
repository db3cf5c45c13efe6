"""Restores: drverify's own reader writes the volumes of an archive, and the log says what a node's would."""

import asyncio
import errno
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from drverify.adapters.vma import archive as reader
from drverify.adapters.vma import asynchronous
from drverify.adapters.vma.archive import ArchiveInfo, Extracted
from drverify.adapters.vma.defects import ArchiveDefect
from drverify.adapters.vma.images import NoRoom
from drverify.adapters.vma.stopping import Stop
from drverify.errors import DrverifyError
from lab.pve.muscle import snapshots, tooltexts
from lab.pve.muscle.chunks import DamagedError
from lab.pve.muscle.pacing import Pace
from lab.pve.muscle.telling import in_thread, telling
from lab.pve.seam import ArchiveHead, Log, RestoreError, RestoreOrder

SECTOR = 512


async def head(archive: Path) -> ArchiveHead:
    """Read the beginning of an archive. RestoreError with the tool's text when it is none."""
    try:
        if (place := snapshots.snapshot_at(archive)) is not None:
            return await asyncio.to_thread(snapshots.head, place)
        return head_of(await asynchronous.inspect(archive))
    except DamagedError as error:
        raise RestoreError(f"restore failed: {error}") from error
    except ArchiveDefect as defect:
        raise RestoreError(tooltexts.complaint(defect)[-1]) from defect
    except DrverifyError as error:
        raise RestoreError(str(error)) from error


def head_of(info: ArchiveInfo) -> ArchiveHead:
    """Say what stands at the beginning of an archive."""
    configs = {name: data.decode("utf-8", "replace") for name, data in info.header.configs.items()}
    return ArchiveHead(
        config=configs.get("qemu-server.conf", ""),
        firewall=configs.get("qemu-server.fw"),
        devices={disk.name: disk.size for disk in info.header.disks},
        ctime=int(info.header.created_at.timestamp()),
    )


async def restore(order: RestoreOrder, log: Log, stop: asyncio.Event) -> None:
    """Write the volumes. RestoreError with the tool's words; what was written so far stays.

    Returns early when `stop` is set.
    """
    tell = telling(log)
    with ExitStack() as stack:
        volumes = {name: _made(stack, path) for name, path in order.volumes.items()}
        place = snapshots.snapshot_at(order.archive)
        try:
            if place is None:
                await in_thread(lambda flag: _extract(order, volumes, tell, flag), stop)
            else:
                await in_thread(lambda flag: _fetch(place, order, volumes, tell, flag), stop)
        except (DamagedError, OSError) as error:
            raise RestoreError(f"restore failed: {error}") from error
        except ArchiveDefect as defect:
            raise RestoreError("\n".join(tooltexts.complaint(defect))) from defect
        except NoRoom as error:
            words = f"vma: restore failed - blk_pwrite to {_fullest(order)} failed (-{errno.ENOSPC})"
            raise RestoreError(words) from error
        except DrverifyError as error:
            raise RestoreError(str(error)) from error


def _made(stack: ExitStack, path: Path) -> int:
    """Make a volume's file, as root's own, and open it for as long as the restore lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise RestoreError(f"unable to create image: {error.strerror}") from error
    stack.callback(os.close, descriptor)
    return descriptor


def _extract(order: RestoreOrder, volumes: Mapping[str, int], tell: Log, stop: Stop) -> None:
    """Read the archive, in a thread."""

    def say(percent: int, done: int, seconds: float) -> None:
        tell(f"progress {percent}% (read {done} bytes, duration {seconds:.0f} sec)")

    pace = Pace(say, stop, order.bwlimit)

    def step(done: int, total: int) -> None:
        _has_room(order, volumes)
        pace(done, total)

    done = reader.extract(order.archive, dict(volumes), hashing=False, sync=False, progress=step, stop=stop)
    _has_room(order, volumes)  # the last of it is written after the last progress
    _sum_up(done, tell)


def _fetch(place: Path, order: RestoreOrder, volumes: Mapping[str, int], tell: Log, stop: Stop) -> None:
    """Read a snapshot of a backup server, image after image, in a thread."""

    def say(percent: int, done: int, seconds: float) -> None:
        tell(f"progress {percent}% (read {done} bytes, duration {seconds:.0f} sec)")

    for device, descriptor in volumes.items():
        pace = Pace(say, stop, order.bwlimit)

        def step(done: int, size: int, pace: Pace = pace) -> None:
            _has_room(order, volumes)
            pace(done, size)

        read = snapshots.restore(place, device, descriptor, step)
        seconds = max(pace.seconds, 0.001)
        rate = f"bytes={read.size}, duration={seconds:.2f}s, speed={read.size / seconds / 1e6:.2f}MB/s"
        tell(f"restore image complete ({rate})")


def _sum_up(done: Extracted, tell: Log) -> None:
    total = sum(disk.logical_bytes for disk in done.disks)
    sparse = total - sum(disk.stored_bytes for disk in done.disks)
    percent = sparse * 100 / total if total else 0.0
    tell(f"total bytes read {total}, sparse bytes {sparse} ({percent:.3g}%)")
    if sparse:
        tell(f"space reduction due to 4K zero blocks {percent:.3g}%")


def _has_room(order: RestoreOrder, volumes: Mapping[str, int]) -> None:
    """Raise NoRoom once more is allocated than the storage is said to hold."""
    taken = sum(os.fstat(descriptor).st_blocks * SECTOR for descriptor in volumes.values())
    if order.space is not None and taken > order.space:
        raise NoRoom("the storage is full")


def _fullest(order: RestoreOrder) -> str:
    """Name the volume that was written when there was no room: the one that has got most."""
    return max(order.volumes, key=lambda name: order.volumes[name].stat().st_blocks, default="drive")
