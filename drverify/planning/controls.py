"""Which negative controls there are for a workload, and when the next is due. Pure.

Each kind is tried every so many days by itself: a gate that sees flipped bits may have stopped to see old
points. One that could not be run is owed again the next night; one that was not caught, too.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.model.controls import CONTROL_KINDS, Catch, ControlKind
from drverify.model.obligation import BackupFrequency, Register, Rpo, in_scope
from drverify.model.recovery import DiskImage, FileSet, Payload, SystemFiles, WholeMachine, sampled

AGAIN = timedelta(hours=20)
"""After which one that came to nothing, or to the wrong thing, is tried again: the next night."""
OLDER = timedelta(days=1)
"""By which a stale point is older than the longest promise allows."""

IN_STORE: Mapping[str, tuple[ControlKind, ...]] = {
    "restic": ("flipped-bit", "missing-part"),
    "vzdump": ("flipped-bit", "truncated"),
}
"""What can be done to a copy where a kind of source keeps its points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueControl:
    """One control that is owed."""

    workload: str
    kind: ControlKind
    due: datetime
    """UTC: from then on it is late."""
    why: str


def kinds_for(payload: Payload, source: str, register: Register, workload: str) -> tuple[ControlKind, ...]:
    """The kinds that can be made of such a workload; `source` is its source's kind in the settings."""
    found: set[ControlKind] = set() if isinstance(payload, SystemFiles) else set(IN_STORE.get(source, ()))
    match payload:
        case FileSet():
            found |= {"emptied", "other-content"}
        case DiskImage(guest=guest):
            found |= {"truncated"}
            found |= {"no-boot-code"} if guest.firmware == "bios" else set()
        case WholeMachine() | SystemFiles():
            pass
    if any(isinstance(one.objective, Rpo | BackupFrequency) for one in in_scope(register, workload)):
        found |= {"stale"}
    if sampled(payload):  # what is damaged need not be drawn
        found -= {"missing-part"}
    return tuple(kind for kind in CONTROL_KINDS if kind in found)


def stale_age(register: Register, workload: str) -> timedelta:
    """How old a point must be to break every promise of how new points are."""
    limits = [
        one.objective.limit if isinstance(one.objective, Rpo) else one.objective.every
        for one in in_scope(register, workload)
        if isinstance(one.objective, Rpo | BackupFrequency)
    ]
    return max(limits, default=timedelta(0)) + OLDER


def due_controls(
    kinds: Mapping[str, Sequence[ControlKind]],
    catches: Iterable[Catch],
    since: Mapping[str, datetime],
    *,
    every: timedelta,
) -> Iterator[DueControl]:
    """When each kind is owed next, the most overdue first.

    `kinds` by workload; `since` is when the workload was first recovered in a drill: without that a control
    of it would show nothing, and none is owed.
    """
    known = {(one.workload, one.kind): one for one in catches}
    found = [
        _due(workload, kind, known.get((workload, kind)), since[workload], every)
        for workload, named in kinds.items()
        if workload in since
        for kind in named
    ]
    yield from sorted(found, key=lambda one: (one.due, one.workload, CONTROL_KINDS.index(one.kind)))


def due_probe(
    decided: datetime | None, tried: datetime | None, since: datetime, *, every: timedelta
) -> datetime:
    """When a source's immutability is to be tried next; `since` when it never was.

    `decided` is the end of the newest probe that showed something, `tried` that of the newest one at all: one
    that showed nothing is tried again the next night.
    """
    if tried is None:
        return since
    if decided is None:
        return tried + AGAIN
    return decided + every if decided >= tried else max(decided + every, tried + AGAIN)


def _due(
    workload: str, kind: ControlKind, last: Catch | None, since: datetime, every: timedelta
) -> DueControl:
    if last is None or last.tried_at is None:
        return DueControl(workload=workload, kind=kind, due=since, why=f"{kind} was never tried")
    if last.doubtful:
        return DueControl(
            workload=workload, kind=kind, due=last.tried_at + AGAIN, why=f"{kind} was not caught last time"
        )
    if last.caught_at is None:
        return DueControl(
            workload=workload, kind=kind, due=last.tried_at + AGAIN, why=f"{kind} could not be tried yet"
        )
    due = last.caught_at + every
    if last.tried_at > last.caught_at:
        due = max(due, last.tried_at + AGAIN)
    return DueControl(
        workload=workload, kind=kind, due=due, why=f"{kind} was caught last on {last.caught_at:%Y-%m-%d}"
    )
