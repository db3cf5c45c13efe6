"""Crash-consistent backups of the running guest: libvirt's own push backup, begun while it is paused.

Which way, and why. The guest is suspended, QEMU begins a backup job that copies every block before
the guest may overwrite it, and the guest runs on at once: it stands still for some hundredths of a
second, and the copy is the disk at that one instant, whatever the guest writes meanwhile. Copying the
disk during the pause would stop the heartbeat for seconds; an external snapshot needs a merge
afterwards, and a run that is killed leaves production on an overlay. Here it leaves a job and at worst
a paused guest, which the next `up`, `backup` or `down` ends. The instant is read between suspend and
the start of the job, when nothing can be written. Nobody asks the guest to flush: the copy is what a
power cut would have left, and the database recovers as it would then.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from drverify.adapters.libvirt.calls import Calls
from drverify.engine.pacing import finish
from drverify.errors import DeadlineError, HostError
from lab.estate.layout import Estate
from lab.estate.machine import Machine, backup_xml
from lab.estate.production import settle

WITHIN = timedelta(minutes=15)
_COMPLETED = 1
"""VIR_DOMAIN_JOB_STATS_COMPLETED of libvirt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy of the disk: the instant it stands for, how long the guest stood still, how long it took."""

    as_of: datetime
    paused: timedelta
    took: timedelta


async def copy_disk(estate: Estate, machine: Machine) -> Copy:
    """Copy the running machine's disk to `machine.copy(estate)`; the caller removes it with `discard`.

    HostError when libvirt cannot, DeadlineError when it takes longer than WITHIN. The guest runs
    afterwards in any case, and no job is left.
    """
    discard(estate, machine)
    target = machine.copy(estate)
    target.parent.mkdir(mode=0o755, exist_ok=True)
    calls = Calls()
    await settle(calls, machine)
    began = time.monotonic()
    try:
        as_of, paused = await calls.domain(
            machine.domain, _begin(backup_xml(machine, estate)), what="copying"
        )
        await _ended(calls, machine)
    except BaseException:
        await finish(settle(calls, machine), within=timedelta(seconds=30), what="ending the copy")
        raise
    size, wanted = target.stat().st_size, machine.disk(estate).stat().st_size
    if size != wanted:
        raise HostError(f"the copy of {machine.name} has {size} bytes, its disk {wanted}")
    return Copy(as_of=as_of, paused=paused, took=timedelta(seconds=time.monotonic() - began))


def discard(estate: Estate, machine: Machine) -> None:
    """Remove the copy. Idempotent. Its directory stays: breakers lay theirs over it."""
    machine.copy(estate).unlink(missing_ok=True)


def _begin(xml: str) -> Callable[[Any], tuple[datetime, timedelta]]:
    def work(domain: Any) -> tuple[datetime, timedelta]:
        before = time.monotonic()
        domain.suspend()
        try:
            as_of = datetime.now(UTC)
            domain.backupBegin(xml, None, 0)
        finally:
            domain.resume()
        return as_of, timedelta(seconds=time.monotonic() - before)

    return work


async def _ended(calls: Calls, machine: Machine) -> None:
    """Wait for the job; HostError when it failed."""
    try:
        async with asyncio.timeout(WITHIN.total_seconds()):
            while int((await calls.domain(machine.domain, lambda d: d.jobInfo(), what="watching"))[0]) != 0:
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise DeadlineError(f"the copy of {machine.name} took longer than {WITHIN}") from error
    stats = await calls.domain(machine.domain, lambda d: d.jobStats(_COMPLETED), what="watching")
    if not stats.get("success", 1):
        raise HostError(f"the copy of {machine.name} failed: {stats.get('errmsg', stats)}")
