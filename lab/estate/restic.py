"""The lab's own hand on restic: what a provider's backup job does, and what our breakers ask.

This is the writing side. drverify's adapter only ever reads; the two share no code, so that a
mistake in one of them shows.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux.command import CompletedCommand, checked
from drverify.errors import HostError
from lab.estate.layout import rfc3339

WITHIN = timedelta(minutes=20)
AS_OF = "as-of="


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A local restic repository and the file with its password."""

    path: Path
    password: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One snapshot as its writer marked it."""

    id: str
    tree: str
    host: str
    as_of: datetime
    tags: tuple[str, ...]
    paths: tuple[str, ...]


_SHADOWED = 'mount --bind "$1" "$2"; shift 2; exec "$@"'


async def restic(
    repository: Repository, *words: str | Path, shadow: tuple[Path, Path] | None = None
) -> CompletedCommand:
    """Run restic without a cache; HostError, with what it said, when it does not exit with 0.

    With `shadow` given as (real, seen), restic alone sees the directory `real` at `seen`: a bind mount
    in a mount namespace of its own, which ends with it. Needs root.
    """
    environment = {
        "RESTIC_REPOSITORY": str(repository.path),
        "RESTIC_PASSWORD_FILE": str(repository.password),
        "RESTIC_PROGRESS_FPS": "0.1",
        "TZ": "UTC",
    }
    argv = ["restic", "--no-cache", *(str(word) for word in words)]
    if shadow is not None:
        real, seen = shadow
        inside = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", _SHADOWED, "sh"]
        argv = [*inside, str(real), str(seen), *argv]
    return await checked(argv, within=WITHIN, env=environment)


async def init(repository: Repository) -> None:
    """Make the repository unless it is there. Half a repository of a killed `init` is an error."""
    if not (repository.path / "config").exists():
        await restic(repository, "init")


async def backup(
    repository: Repository,
    path: Path,
    *,
    workload: str,
    as_of: datetime,
    at: datetime | None = None,
    instead: Path | None = None,
) -> str:
    """Back up a file or directory as a recovery point of `workload`; return the snapshot's id.

    `as_of` is the instant at which the data was consistent; restic's own time stamp is the start of
    this run, or `at`. The stored path is `path` itself; its content comes from the directory `instead`,
    when that is given, in the place of `path`'s own.
    """
    stamp = ["--time", at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")] if at else []
    tags = f"workload={workload},{AS_OF}{rfc3339(as_of)}"
    words: list[str | Path] = [
        "backup",
        "--json",
        "--host",
        workload,
        "--tag",
        tags,
        "--ignore-inode",
        *stamp,
        path,
    ]
    shadow = (instead, path.parent) if instead else None
    done = await restic(repository, *words, shadow=shadow)
    summary = [found for found in _lines(done.stdout) if found.get("message_type") == "summary"]
    if len(summary) != 1:
        raise HostError("restic backup ended without a summary")
    return str(summary[0]["snapshot_id"])


async def snapshots(repository: Repository, workload: str) -> list[Snapshot]:
    """List a workload's snapshots, newest data first."""
    done = await restic(repository, "--no-lock", "snapshots", "--json", "--tag", f"workload={workload}")
    found = [_snapshot(one) for one in json.loads(done.stdout) or []]
    return sorted(found, key=lambda one: one.as_of, reverse=True)


async def forget(repository: Repository, ids: Sequence[str]) -> None:
    """Drop snapshots; their data stays until a prune."""
    if ids:
        await restic(repository, "forget", *ids)


async def restore_file(repository: Repository, snapshot: str, path: str, into: Path) -> None:
    """Restore one file of a snapshot to `into`; zeros become holes."""
    scratch = into.with_name(f".{into.name}.restoring")
    await restic(repository, "--no-lock", "restore", snapshot, "--include", path, "--target", scratch)
    await checked(["cp", "--sparse=always", "--reflink=auto", str(scratch) + path, str(into)], within=WITHIN)
    await checked(["rm", "-rf", str(scratch)], within=WITHIN)


def _snapshot(one: dict[str, Any]) -> Snapshot:
    tags = tuple(one.get("tags") or ())
    as_of = next(tag.removeprefix(AS_OF) for tag in tags if tag.startswith(AS_OF))
    return Snapshot(
        id=one["id"],
        tree=one["tree"],
        host=one["hostname"],
        as_of=datetime.fromisoformat(as_of),
        tags=tags,
        paths=tuple(one["paths"]),
    )


def _lines(stdout: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines() if line.startswith(b"{")]
