"""What a repository tells of backups that died: locks that nobody refreshes any more.

restic writes a lock at its beginning, refreshes it every 5 minutes and takes it away at its end; after 30
minutes it calls it stale (restic's `internal/restic/lock.go`). Such a lock is of a process that died, and
does not say which command that was, only whether others were shut out. Killed, restic 0.14 leaves a lock for
itself alone of `forget`, `prune`, `check`, `tag` and `rebuild-index`, and a shared one of `backup`, but also
of `restore`, `mount`, `dump`, `snapshots` and whatever else reads. A backup that ended with an error leaves
nothing: only the gap tells.
"""

import json
import re
from datetime import datetime, timedelta

from drverify.adapters.restic.cli import ResticCli
from drverify.model.standing import FailedBackup

STALE = timedelta(minutes=30)
MOST = 20
"""Locks that are looked at."""
_ALONE = "a forget, a prune, a check or another command that shuts out others, and no backup"
_SHARED = "a backup, or another command that lets others run: a restore, a mount, whatever reads"
_ID = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FRACTION = re.compile(r"(\.\d{6})\d+")


async def abandoned(cli: ResticCli, place: str, now: datetime) -> tuple[FailedBackup, ...]:
    """The locks that are stale, the newest first. Errors as `ResticCli.ask`."""
    doing = f"looking at the locks of source {place}"
    listed = await cli.ask(["list", "locks"], doing=doing)
    found: list[FailedBackup] = []
    for name in [one for one in listed.decode("ascii", "replace").split() if _ID.fullmatch(one)][:MOST]:
        output, failure = await cli.attempt(["cat", "lock", name], doing=doing)
        one = told(place, output, now) if failure.exit_code == 0 else None
        found += [one] if one is not None else []
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def told(place: str, lock: bytes, now: datetime) -> FailedBackup | None:
    """What a lock says; None for one that is refreshed, or that nobody can read."""
    try:
        said = json.loads(lock)
        at = datetime.fromisoformat(_FRACTION.sub(r"\1", str(said["time"])))
        if at.tzinfo is None or now - at < STALE:
            return None
        host, pid = str(said.get("hostname", "")), int(said.get("pid", 0))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    who = f"process {pid} of {host}" if host else f"process {pid}"
    what = _ALONE if said.get("exclusive") is True else _SHARED
    why = f"{who} died with it: {what}, that did not come to its end"
    return FailedBackup(place=place, host=host, at=at, what="lock that nobody refreshes", why=why)
