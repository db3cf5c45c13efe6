"""What listed points say about the backups of an estate, and what changed since the last look. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from drverify.judging.measure import largest_gap
from drverify.model.duration import human
from drverify.model.obligation import BackupFrequency, Register, Retention, Rpo, in_scope
from drverify.model.recovery import RecoveryPoint, Workload
from drverify.model.standing import BackupStanding, EstateSurvey, FailedBackup, UnknownBackup


def standing_of(
    workload: Workload, points: Sequence[RecoveryPoint], register: Register, now: datetime
) -> BackupStanding:
    """How a workload's points stand against what is promised for it."""
    newest = max(points, key=lambda point: point.consistent_as_of, default=None)
    owed = [one.objective for one in in_scope(register, workload.name)]
    allowed = [one.limit for one in owed if isinstance(one, Rpo)]
    allowed += [one.every for one in owed if isinstance(one, BackupFrequency)]
    return BackupStanding(
        workload=workload.name,
        source=workload.source,
        points=len(points),
        newest=newest.consistent_as_of if newest else None,
        oldest=min((point.consistent_as_of for point in points), default=None),
        largest_gap=largest_gap(
            points, look_back=register.look_back, incident_at=now, since=workload.protected_since
        ),
        size_bytes=newest.size_bytes if newest else None,
        allowed_gap=min(allowed, default=None),
        kept_for=max((one.at_least for one in owed if isinstance(one, Retention)), default=None),
    )


def unknown_backups(points: Iterable[RecoveryPoint], known: set[str]) -> Iterator[UnknownBackup]:
    """Points whose ids are not `known` to belong to a workload, by whose they are."""
    strange = sorted(
        (point for point in points if point.id not in known),
        key=lambda point: (point.source, point.host, point.paths),
    )
    for (source, host, paths), own in groupby(strange, key=lambda one: (one.source, one.host, one.paths)):
        instants = [point.consistent_as_of for point in own]
        yield UnknownBackup(source=source, host=host, paths=paths, points=len(instants), newest=max(instants))


def matched(
    one: FailedBackup, workloads: Iterable[Workload], points: Iterable[RecoveryPoint]
) -> FailedBackup:
    """A failed backup with the workload that it was of, and the first point that was made after it.

    Where several workloads are told apart by more than their host, nobody knows whose it was: as it came.
    """
    owners = [each.name for each in workloads if each.points.host == one.host]
    if not one.host or len(owners) > 1:
        return one
    workload = owners[0] if owners else ""
    after = (each.consistent_as_of for each in points if each.host == one.host)
    return replace(
        one, workload=workload, made_good_at=min((at for at in after if at > one.at), default=None)
    )


def troubles(one: BackupStanding, since: datetime, now: datetime) -> Iterator[str]:
    """What a person has to know about a workload's points; nothing when they are as promised.

    `since` is when backups were first owed: a retention cannot be older than that.
    """
    if one.newest is None or one.oldest is None:
        yield "there is no point"
        return
    if one.newest > now:
        yield "the newest point is from the future: whose clock is wrong?"
    late = now - one.newest
    if one.allowed_gap is not None and late > one.allowed_gap:
        yield f"late: the newest is {human(late)} old, and {human(one.allowed_gap)} is allowed"
    elif one.allowed_gap is not None and one.largest_gap is not None and one.largest_gap > one.allowed_gap:
        yield f"a gap of {human(one.largest_gap)}, and {human(one.allowed_gap)} is allowed"
    if (
        one.kept_for is not None
        and now - one.kept_for > since
        and one.oldest > now - one.kept_for + (one.allowed_gap or timedelta())
    ):
        yield f"the oldest is {human(now - one.oldest)} old, and {human(one.kept_for)} are promised"


def changes(before: EstateSurvey | None, now: EstateSurvey) -> Iterator[str]:
    """What is there now and was not, or the other way round. What could not be read changed nothing."""
    if before is None:
        return
    silent = {one.place for one in (*before.unread, *now.unread)}
    for word, old, new in (("new", before, now), ("gone", now, before)):
        for place, what in sorted(_seen(new) - _seen(old)):
            if place not in silent:
                yield f"{word}: {what}"
    earlier = {one.workload: one for one in before.standings}
    for one in now.standings:
        was = earlier.get(one.workload)
        if was is not None and one.source not in silent:
            yield from _fewer(was, one)


def failures(survey: EstateSurvey) -> Iterator[str]:
    """Backups that failed and that no later one made good, one line each."""
    for one in survey.failed:
        if one.made_good_at is None:
            whose = one.workload or one.host or "several"
            yield f"{whose} in {one.place}, {one.at:%Y-%m-%d %H:%M} UTC: {one.what}: {one.why}"


def _seen(survey: EstateSurvey) -> set[tuple[str, str]]:
    """Where it was seen, and what."""
    backups = {
        (one.source, f"backups of {one.host} in {one.source}, of no workload") for one in survey.unknown
    }
    guests = {(one.place, f"guest {one.name} on {one.place}") for one in survey.guests}
    return backups | guests | {(one.source, f"workload {one.workload}") for one in survey.standings}


def _fewer(was: BackupStanding, one: BackupStanding) -> Iterator[str]:
    if was.newest is not None and one.newest is None:
        yield f"{one.workload}: its points are gone"
    elif one.newest == was.newest and one.points < was.points:
        yield f"{one.workload}: fewer points ({was.points}, now {one.points}), and no new one"
