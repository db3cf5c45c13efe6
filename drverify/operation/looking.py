"""What sources and hosts hold, matched with the inventory and the agreement."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drverify.adapters import table
from drverify.checkup import cluster
from drverify.compose import Workshop
from drverify.engine.sources import TellingSource
from drverify.errors import DrverifyError
from drverify.judging.standing import matched, standing_of, unknown_backups
from drverify.model.recovery import PointFilter, RecoveryPoint, Workload
from drverify.model.standing import EstateSurvey, FailedBackup, SeenGuest, ToldFailures, Unread

FAILURES = timedelta(days=31)
"""How far back failed backups are asked for."""


async def surveyed(workshop: Workshop, now: datetime) -> EstateSurvey:
    """Ask every source and host of the settings; who cannot be asked is noted, and hides no other."""
    register = workshop.agreed.register(now)
    standings, unknown, unread = [], [], []
    guests: list[SeenGuest] = []
    failed: list[FailedBackup] = []
    untold: list[Unread] = []
    for name in sorted(workshop.settings.sources):
        own = [one for one in workshop.workloads if one.source == name]
        try:
            everything, by_workload = await _points(workshop, name, own)
        except DrverifyError as error:
            unread.append(Unread(place=name, why=str(error)))
            continue
        standings += [standing_of(one, by_workload[one.name], register, now) for one in own]
        try:
            told = await _failures(workshop, name, own, everything, now)
            failed += told.failed
            untold += [Unread(place=name, why=why) for why in told.untold]
        except DrverifyError as error:
            untold.append(Unread(place=name, why=_in_full(error)))
        known = {point.id for points in by_workload.values() for point in points}
        unknown += list(unknown_backups(everything, {*known}))
        if workshop.settings.sources[name].kind == "proxmox":
            try:
                guests += await _of_cluster(workshop, name)
            except DrverifyError as error:
                unread.append(Unread(place=name, why=str(error)))
    for name, host in workshop.settings.hosts.items():
        if host.kind in table.GUESTS:
            try:
                guests += await _of_host(workshop, name, host.kind)
            except DrverifyError as error:
                unread.append(Unread(place=name, why=str(error)))
    return EstateSurvey(
        at=now.replace(microsecond=0),
        standings=tuple(sorted(standings, key=lambda one: one.workload)),
        unknown=tuple(unknown),
        guests=tuple(guests),
        unread=tuple(unread),
        failed=tuple(sorted(failed, key=lambda one: (one.at, one.place, one.host), reverse=True)),
        untold=tuple(untold),
    )


async def _failures(
    workshop: Workshop, name: str, own: Sequence[Workload], points: Sequence[RecoveryPoint], now: datetime
) -> ToldFailures:
    """Backups that failed lately, each with its workload and what came after it; not of a drill's guest."""
    source = workshop.source(name)
    if not isinstance(source, TellingSource):
        return ToldFailures()
    protected = {one.points.host for one in own}
    told = await source.failures(now - FAILURES, now)
    theirs = (one for one in told.failed if one.host in protected or not _of_a_drill(workshop, one.host))
    return replace(told, failed=tuple(matched(one, own, points) for one in theirs))


def _of_a_drill(workshop: Workshop, vmid: str) -> bool:
    """Whether a cluster has that VMID for drills: what is dumped of those goes home with a migration."""
    for host in workshop.settings.hosts.values():
        match host.options().get("vmids") if host.kind == "proxmox" else None:
            case [int(first), int(last)] if vmid.isascii() and vmid.isdigit():
                if first <= int(vmid) <= last:
                    return True
    return False


def _in_full(error: DrverifyError) -> str:
    return f"{error}: {error.hint}" if error.hint else str(error)


async def _points(
    workshop: Workshop, name: str, own: Sequence[Workload]
) -> tuple[Sequence[RecoveryPoint], dict[str, Sequence[RecoveryPoint]]]:
    source = workshop.source(name)
    everything = await source.points(PointFilter())
    return everything, {one.name: await source.points(one.points) for one in own}


async def _of_cluster(workshop: Workshop, name: str) -> list[SeenGuest]:
    facts = await cluster.facts(workshop, name)
    return [
        SeenGuest(place=name, name=one.name, running=None, backed_up=one.backed_up, detail=one.description)
        for one in facts
    ]


async def _of_host(workshop: Workshop, name: str, kind: str) -> list[SeenGuest]:
    asked = table.load(table.GUESTS, kind, "host")
    known = {one.name for one in workshop.workloads} | {one.points.host for one in workshop.workloads}
    return [
        SeenGuest(place=name, name=guest, running=running, backed_up=True if guest in known else None)
        for guest, running in await asked(workshop.settings.hosts[name].options())
    ]
