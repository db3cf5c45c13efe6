"""What a cluster knows about its guests and their backups, as facts that agreements are held against."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from drverify.adapters.proxmox.calendar import longest_gap
from drverify.adapters.proxmox.errors import ApiError, NotPermitted, for_source
from drverify.adapters.proxmox.points import Place, matching, tag_value
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.proxmox.values import BackupJob, GuestEntry
from drverify.errors import SourceError
from drverify.model.quantity import Quantity
from drverify.model.recovery import PointFilter, RecoveryPoint
from drverify.model.rule import SystemFact

KEPT_FOR = {
    "keep-hourly": timedelta(hours=1),
    "keep-daily": timedelta(days=1),
    "keep-weekly": timedelta(days=7),
    "keep-monthly": timedelta(days=28),
    "keep-yearly": timedelta(days=365),
}
"""What one kept backup of each kind reaches back, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One guest and its backups."""

    guest: GuestEntry
    jobs: tuple[BackupJob, ...] | None
    """Enabled jobs that include it; None: the account may not see jobs."""
    newest: RecoveryPoint | None
    """Newest backup that nobody found damaged."""
    bad: int
    """Backups that a verification found damaged."""
    unknown: str = ""
    """Why its backups could not be looked at; empty when they were."""


async def survey(source: ProxmoxSource) -> tuple[Coverage, ...]:
    """Look at every guest that the account may see, templates left out, by VMID.

    SourceError when the cluster or one of its storages cannot be asked.
    """
    with for_source():
        guests = [guest for guest in await source.client.cluster.guests() if not guest.template]
        jobs = await _jobs(source)
        uncovered = await _without_job(source) if jobs is not None else frozenset()
        places = await source.places()
        await source.may_see(places, None)
        points = matching(await source.listed(places), PointFilter())
    found: list[Coverage] = []
    for guest in guests:
        own = [point for point in points if point.host == str(guest.vmid)]
        good = [point for point in own if tag_value(point, "verification") != "failed"]
        covering = None if jobs is None else tuple(job for job in jobs if covers(job, guest))
        found.append(
            Coverage(
                guest=guest,
                jobs=() if guest.vmid in uncovered else covering,
                newest=good[0] if good else None,
                bad=len(own) - len(good),
                unknown="" if own else await _hidden(source, places, guest),
            )
        )
    return tuple(found)


async def facts(source: ProxmoxSource) -> tuple[SystemFact, ...]:
    """What agreements can be held against: one fact for each guest. SourceError as `survey`."""
    return tuple(fact_of(one) for one in await survey(source))


def fact_of(coverage: Coverage) -> SystemFact:
    """Write one guest down as a fact; what is not known stays empty."""
    guest, jobs = coverage.guest, coverage.jobs or ()
    gaps = {job.id: longest_gap(job.schedule) for job in jobs}
    runs = [gap for gap in gaps.values() if gap is not None]
    every = min(runs, default=None)
    return SystemFact(
        name=guest.name or str(guest.vmid),
        kind="vm",
        description=_described(coverage),
        aliases=_aliases(guest),
        backed_up=_is_backed_up(coverage),
        schedule="; ".join(dict.fromkeys(job.schedule for job in jobs if job.schedule)),
        interval=_quantity(every),
        retention=_quantity(_kept(jobs, gaps)),
    )


def covers(job: BackupJob, guest: GuestEntry) -> bool:
    """Whether an enabled job includes a guest."""
    if not job.enabled or job.node not in {"", guest.node} or guest.vmid in job.excluded:
        return False
    return job.everything or guest.vmid in job.vmids or bool(job.pool and job.pool == guest.pool)


async def _jobs(source: ProxmoxSource) -> tuple[BackupJob, ...] | None:
    try:
        return await source.client.cluster.backup_jobs()
    except NotPermitted:  # needs Sys.Audit on /
        return None


async def _without_job(source: ProxmoxSource) -> frozenset[int]:
    """What the cluster itself says no job covers."""
    try:
        return frozenset(guest.vmid for guest in await source.client.cluster.not_backed_up())
    except ApiError:
        return frozenset()


async def _hidden(source: ProxmoxSource, places: Sequence[Place], guest: GuestEntry) -> str:
    """Why no backup of a guest is seen, if that is not because there is none."""
    try:
        await source.may_see(places, guest.vmid)
    except (SourceError, ApiError) as error:
        return str(error)
    return ""


def _is_backed_up(coverage: Coverage) -> bool | None:
    if coverage.newest is not None:
        return True
    return None if coverage.unknown else False


def _described(coverage: Coverage) -> str:
    guest, newest = coverage.guest, coverage.newest
    parts = [f"{'container' if guest.kind == 'lxc' else 'virtual machine'} {guest.vmid} on node {guest.node}"]
    if newest is not None:
        parts.append(f"newest backup of {newest.consistent_as_of:%Y-%m-%d %H:%M} UTC")
    else:
        parts.append("backups could not be looked at" if coverage.unknown else "no usable backup")
    if coverage.bad:
        parts.append(f"{coverage.bad} found damaged by verification")
    if coverage.jobs is None:
        parts.append("backup jobs could not be looked at")
    elif not coverage.jobs:
        parts.append("in no backup job")
    return "; ".join(parts)


def _aliases(guest: GuestEntry) -> tuple[str, ...]:
    short = guest.name.partition(".")[0]
    return tuple(name for name in (short, f"VM {guest.vmid}") if name and name != guest.name)


def _kept(jobs: Sequence[BackupJob], gaps: dict[str, timedelta | None]) -> timedelta | None:
    """How far back the jobs' own rules reach; None when one keeps all or leaves it to the storage."""
    reach = [kept_for(job.keep, gaps[job.id]) for job in jobs]
    known = [one for one in reach if one is not None]
    return max(known, default=None) if len(known) == len(reach) else None


def kept_for(keep: str, every: timedelta | None) -> timedelta | None:
    """How far back `keep-daily=7,keep-weekly=4` reaches; None when that cannot be told."""
    rules = dict(re.findall(r"(keep-[a-z]+)=(\d{1,6})", keep))
    if not rules or int(rules.get("keep-all", 0)):
        return None
    reaches: Iterable[timedelta] = [
        int(count) * KEPT_FOR[name] for name, count in rules.items() if name in KEPT_FOR and int(count)
    ]
    last = int(rules.get("keep-last", 0))
    reaches = [*reaches, *([last * every] if last and every is not None else ())]
    return max(reaches, default=None)


def _quantity(time: timedelta | None) -> Quantity | None:
    if time is None:
        return None
    if not time % timedelta(days=1):
        return Quantity(value=Decimal(time.days), unit="day")
    minutes = time // timedelta(minutes=1)
    if minutes % 60:
        return Quantity(value=Decimal(minutes), unit="minute")
    return Quantity(value=Decimal(minutes // 60), unit="hour")
