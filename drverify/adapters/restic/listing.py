"""Reads what `restic snapshots --json` and `restic ls --json` print. Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from drverify.errors import SourceError
from drverify.model.recovery import PointFilter, PointId, RecoveryPoint
from drverify.planning.drawing import Listed

AS_OF = "as-of="
"""Tag by which the writer of a backup states the instant at which its data was frozen (RFC 3339)."""
ID_LENGTH = 64
_FRACTION = re.compile(r"\.\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One file of a point."""

    path: str
    kind: str
    size: int


def read_points(output: bytes, source: str, wanted: PointFilter) -> tuple[RecoveryPoint, ...]:
    """Return the matching points, newest data first; SourceError when the list cannot be understood."""
    try:
        listed = json.loads(output or b"[]") or []
        found = [_point(entry, source) for entry in listed if _matches(entry, wanted)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"cannot read the list of points of source {source}: {error}") from error
    return tuple(sorted(found, key=lambda point: (point.consistent_as_of, point.id), reverse=True))


def _matches(entry: dict[str, Any], wanted: PointFilter) -> bool:
    tags = entry.get("tags") or []
    return (
        wanted.host in {"", entry["hostname"]}
        and all(tag in tags for tag in wanted.tags)
        and (not wanted.path or any(_covers(path, wanted.path) for path in entry["paths"]))
    )


def _covers(saved: str, wanted: str) -> bool:
    return PurePosixPath(wanted).is_relative_to(saved)


def _point(entry: dict[str, Any], source: str) -> RecoveryPoint:
    identifier = str(entry["id"])
    if len(identifier) != ID_LENGTH:
        raise ValueError(f"snapshot id {identifier!r} is not {ID_LENGTH} digits long")
    tags = tuple(str(tag) for tag in entry.get("tags") or ())
    as_of, origin = _as_of(_instant(str(entry["time"])), tags)
    summary = entry.get("summary") or {}
    return RecoveryPoint(
        id=PointId(identifier),
        source=source,
        consistent_as_of=as_of,
        as_of_origin=origin,
        host=str(entry["hostname"]),
        paths=tuple(str(path) for path in entry["paths"]),
        tags=tags,
        size_bytes=summary.get("total_bytes_processed"),
    )


def _as_of(taken: datetime, tags: Sequence[str]) -> tuple[datetime, Literal["tag", "source-time"]]:
    """Take the stated instant, or the snapshot's own.

    A statement that lies behind the snapshot's own time claims data that restic cannot have read: the
    earlier of the two counts. Several statements: the earliest.
    """
    stated = [_instant(tag.removeprefix(AS_OF)) for tag in tags if tag.startswith(AS_OF)]
    if stated and min(stated) <= taken:
        return min(stated), "tag"
    return taken, "source-time"


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant.astimezone(UTC)


def read_node(line: bytes) -> Node | None:
    """Read one line of `restic ls --json`; None for lines that are not about a file or directory."""
    if not line.startswith(b"{"):
        return None
    try:
        entry = json.loads(line)
        if entry.get("struct_type", entry.get("message_type")) != "node":
            return None
        return Node(path=str(entry["path"]), kind=str(entry["type"]), size=int(entry.get("size", 0)))
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"cannot read a line of restic's listing: {error}") from error


def read_listed(line: bytes, top: str) -> Listed | Node | None:
    """Read one line of a listing of what is below `top`: a directory, or `top` itself, comes as a Node.

    None for lines that are about no node. SourceError when it cannot be understood.
    """
    node = read_node(line)
    if node is None:
        return None
    prefix = f"{top.rstrip('/')}/"
    if node.kind == "dir" or not node.path.startswith(prefix):
        return node
    try:
        modified = _seconds(str(json.loads(line)["mtime"]))
    except (ValueError, KeyError) as error:
        raise SourceError(f"cannot read a line of restic's listing: {error}") from error
    return Listed(node.path.removeprefix(prefix), node.size, modified, node.kind == "file")


def _seconds(instant: str) -> int:
    """Seconds since 1970, rounded down. Go writes up to nine digits behind the point."""
    return int(datetime.fromisoformat(_FRACTION.sub("", instant)).timestamp() // 1)


def find_file(output: Iterable[bytes], path: str) -> Node | None:
    """Return the regular file `path` from a listing."""
    for line in output:
        node = read_node(line)
        if node is not None and node.path == path and node.kind == "file":
            return node
    return None
