"""Backups: a guest's disks as they are at one instant, written as a VMA archive.

A guest that runs is copied by QEMU: one transaction begins a backup job for every disk, each job copies a
block before the guest may overwrite it, so all copies are of the instant at which the transaction began,
whatever the guest writes meanwhile, and it never stands still. Nobody asks it to flush: the copy is what a
power cut would have left (see lab/estate/snapshot.py). The archive is then written from the copies.
"""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from drverify.adapters.vma.stopping import Stop
from lab.pve.muscle.pacing import Pace
from lab.pve.muscle.qmp import monitor
from lab.pve.muscle.running import Guests
from lab.pve.muscle.telling import in_thread, telling
from lab.pve.seam import BackupError, BackupOrder, Log, MonitorError
from lab.vma.writer import Packing, write

PACKINGS: Mapping[str, Packing] = {".vma": None, ".zst": "zstd", ".gz": "gzip", ".lzo": "lzop"}
COPY_WITHIN = 600.0
_POLL = 0.05
_MIB = 1024 * 1024


async def backup(order: BackupOrder, guests: Guests, scratch: Path, log: Log, stop: asyncio.Event) -> None:
    """Write the archive under a temporary name and rename it when whole. BackupError; nothing is left then.

    Returns early, with nothing left, when `stop` is set.
    """
    order.target.parent.mkdir(parents=True, exist_ok=True)
    draft = order.target.with_name(f".{order.target.name}.dat")
    draft.unlink(missing_ok=True)
    tell = telling(log)
    try:
        async with _at_one_instant(order, guests, scratch) as images:
            whole = await in_thread(lambda flag: _write(order, images, draft, tell, flag), stop)
        if whole is not None:
            draft.rename(order.target)
    except (OSError, MonitorError, ValueError) as error:
        raise BackupError(str(error)) from error
    finally:
        draft.unlink(missing_ok=True)


def _write(order: BackupOrder, images: Mapping[str, Path], draft: Path, tell: Log, stop: Stop) -> bool:
    """Write the archive, in a thread; true when it is whole."""

    def say(percent: int, done: int, seconds: float) -> None:
        rate = done / _MIB / max(seconds, 0.001)
        tell(f"INFO: {percent:3d}% ({done / _MIB:.1f} MiB) in {seconds:.0f}s, read: {rate:.1f} MiB/s")

    configs = {"qemu-server.conf": order.config.encode()}
    if order.firewall is not None:
        configs["qemu-server.fw"] = order.firewall.encode()
    pace = Pace(say, stop, order.bwlimit, step=10)
    written = write(
        draft,
        configs=configs,
        devices=images,
        ctime=datetime.fromtimestamp(order.ctime, UTC),
        uuid=uuid.uuid4(),
        compression=PACKINGS[order.target.suffix],
        progress=pace,
    )
    seconds = max(pace.seconds, 0.001)
    size = written.logical_bytes / _MIB
    sparse = 100 - 100 * written.stored_bytes / max(written.logical_bytes, 1)
    tell(f"INFO: backup is sparse: {sparse:.0f}% total zero data")
    tell(f"INFO: transferred {size:.2f} MiB in {seconds:.0f} seconds ({size / seconds:.1f} MiB/s)")
    return True


@asynccontextmanager
async def _at_one_instant(
    order: BackupOrder, guests: Guests, scratch: Path
) -> AsyncIterator[Mapping[str, Path]]:
    """Lend the disks of one instant: themselves when the guest is off, copies when it runs."""
    if not order.running:
        yield order.volumes
        return
    place = scratch / f"backup-{order.vmid}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        copies = {name: place / f"{name}.raw" for name in order.volumes}
        await _copy(order, guests, copies)
        yield copies
    finally:
        shutil.rmtree(place)


async def _copy(order: BackupOrder, guests: Guests, copies: Mapping[str, Path]) -> None:
    """Copy the disks of a running guest. MonitorError; no job and no node of it is left in QEMU."""
    nodes = await _nodes(order.vmid, guests)
    live = [name for name in copies if name in nodes]
    for name in copies.keys() - set(live):  # a firmware store: small, and hardly ever written
        shutil.copyfile(order.volumes[name], copies[name])
    if not live:
        return
    try:
        for name in live:
            await _add_target(order.vmid, guests, name, copies[name], order.volumes[name].stat().st_size)
        await guests.ask(order.vmid, "transaction", {"actions": [_action(name) for name in live]})
        async with asyncio.timeout(COPY_WITHIN):
            for name in live:
                await _concluded(order.vmid, guests, name)
    except TimeoutError as error:
        raise MonitorError("the copy of the guest's disks took too long") from error
    finally:
        await _tidy(order.vmid, guests, live)


async def _nodes(vmid: int, guests: Guests) -> frozenset[str]:
    found = await guests.ask(vmid, "query-named-block-nodes", {"flat": True})
    return frozenset(str(node["node-name"]) for node in found)


async def _add_target(vmid: int, guests: Guests, name: str, copy: Path, size: int) -> None:
    """Hand QEMU, which may open nothing itself, the file that a disk is copied into."""
    descriptor = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(descriptor, size)
        async with guests.talking(vmid) as run, monitor(run / "qmp") as talk:
            added = await talk.ask("add-fd", descriptor=descriptor)
            file = {"driver": "file", "filename": f"/dev/fdset/{added['fdset-id']}"}
            await talk.ask("blockdev-add", {"driver": "raw", "node-name": _target(name), "file": file})
    finally:
        os.close(descriptor)


def _target(name: str) -> str:
    return f"copy-{name}"


def _action(name: str) -> dict[str, Any]:
    data = {"job-id": _target(name), "device": name, "target": _target(name), "sync": "full"}
    return {"type": "blockdev-backup", "data": {**data, "auto-dismiss": False}}


async def _concluded(vmid: int, guests: Guests, name: str) -> None:
    """Wait for a job. MonitorError when it failed."""
    while True:
        jobs = {job["id"]: job for job in await guests.ask(vmid, "query-jobs")}
        job = jobs[_target(name)]
        if job["status"] == "concluded":
            if "error" in job:
                raise MonitorError(f"job failed with err {job['error']}")
            return
        await asyncio.sleep(_POLL)


async def _tidy(vmid: int, guests: Guests, live: list[str]) -> None:
    """End jobs and drop targets, as far as there are any and QEMU still runs."""
    if guests.pid(vmid) is None:
        return
    jobs = {job["id"]: job["status"] for job in await guests.ask(vmid, "query-jobs")}
    for name in (_target(one) for one in live):
        while jobs.get(name, "concluded") != "concluded":
            await guests.ask(vmid, "job-cancel", {"id": name})
            await asyncio.sleep(_POLL)
            jobs = {job["id"]: job["status"] for job in await guests.ask(vmid, "query-jobs")}
        if name in jobs:
            await guests.ask(vmid, "job-dismiss", {"id": name})
    present = await _nodes(vmid, guests)
    for name in (_target(one) for one in live):
        if name in present:
            await guests.ask(vmid, "blockdev-del", {"node-name": name})
