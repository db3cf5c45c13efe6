"""How the backups of an estate stand, as its sources and hosts tell: facts, and no proof of anything."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStanding:
    """The points of one workload."""

    workload: str
    source: str
    points: int
    newest: datetime | None
    """UTC; consistent as of then. None: there is no point."""
    oldest: datetime | None
    largest_gap: timedelta | None
    """Between neighbouring points, and from the newest until now, within the look-back."""
    size_bytes: int | None
    """Of the newest point, as its source says."""
    allowed_gap: timedelta | None
    """The shortest of what RPO and backup frequency allow; None: nothing is promised."""
    kept_for: timedelta | None
    """How long points are promised to be kept; None: nothing is promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBackup:
    """Points of a source that belong to no workload of the inventory."""

    source: str
    host: str
    """As the source names whose they are."""
    paths: tuple[str, ...]
    points: int
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedBackup:
    """A backup that was tried and did not come to its end, as its source tells."""

    place: str
    """Name of the source."""
    host: str
    """Whose it was, as the source names it; empty: of several, or nobody knows."""
    at: datetime
    """UTC; when it ended, or was heard of last."""
    what: str
    why: str
    """In the source's own words."""
    workload: str = ""
    """Of the inventory; empty: of none."""
    made_good_at: datetime | None = None
    """Of the next point of the same workload; None: there is none yet, or nobody knows whose it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldFailures:
    """What a source knows of backups that failed."""

    failed: tuple[FailedBackup, ...] = ()
    """The newest first."""
    untold: tuple[str, ...] = ()
    """What of it could not be asked, and why: that nothing failed there is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenGuest:
    """A guest that runs, or could, on a host or cluster."""

    place: str
    """Name of the host or source in the settings."""
    name: str
    running: bool | None
    """None: the place does not say."""
    backed_up: bool | None
    """Whether a workload of the inventory is it, or the place itself knows a backup; None: not known."""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A source or host that could not be asked: what it holds is not known, and not absent."""

    place: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateSurvey:
    """One look at everything."""

    version: Literal[2] = 2
    at: datetime
    standings: tuple[BackupStanding, ...]
    unknown: tuple[UnknownBackup, ...]
    guests: tuple[SeenGuest, ...]
    unread: tuple[Unread, ...]
    failed: tuple[FailedBackup, ...] = ()
    """Within `looking.FAILURES`, the newest first."""
    untold: tuple[Unread, ...] = ()
    """Who does not tell whether backups failed; that none did is not known of them."""
