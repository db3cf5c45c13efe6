"""From a storage's listing to recovery points. Pure.

Archives in directories say when they were begun in the *node's local time*, as part of their name; the
instant that the API gives for them is what the listing node took that for. A name that means two
instants, in the hour that a clock is set back, counts as the earlier one: the worse recovery point. A
backup server's names are UTC. Nothing in either says when the data was frozen, only when the backup
began: what was written later may be in it, what was written before is.

    vzdump-qemu-100-2026_10_25-02_30_00.vma.zst        local:backup/...
    vm/100/2026-10-19T02:00:00Z, ct/101/...            pbs:backup/...
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drverify.adapters.proxmox.values import GuestKind, Volume
from drverify.model.recovery import PointFilter, PointId, RecoveryPoint

_FILE = re.compile(
    r"vzdump-(?P<kind>qemu|lxc|openvz)-(?P<vmid>[1-9][0-9]{2,8})-(?P<time>\d{4}_\d{2}_\d{2}-\d{2}_\d{2}_\d{2})"
    r"\.(?P<format>vma|vma\.(?:zst|gz|lzo)|tar|tar\.(?:zst|gz|lzo|bz2)|tgz)"
)
_SNAPSHOT = re.compile(
    r"(?P<kind>vm|ct)/(?P<vmid>[1-9][0-9]{2,8})/(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z)"
)
PLACEHOLDER = 1
"""A backup server lists a snapshot that is not finished with 0 or 1 byte."""
_NOTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a volume was listed."""

    storage: str
    node: str
    """Empty where any node sees the same."""
    asked: str
    """The node that was asked."""
    zone: ZoneInfo | None
    """Of the node that writes archives there; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a volume's name says."""

    kind: GuestKind
    vmid: int
    instants: tuple[datetime, ...]
    """Earliest first; two when the local time came twice, none when the zone is not known."""


def point_of(volume: Volume, place: Place, source: str) -> RecoveryPoint | None:
    """Make a point of a backup; None for what is no finished backup of a guest."""
    named = read_name(volume.volid, place.zone)
    vmid = named.vmid if named is not None else volume.vmid
    instants = named.instants if named is not None else ()
    as_of = instants[0] if instants else volume.created
    kind = named.kind if named is not None else volume.kind
    if vmid is None or as_of is None or kind is None or not _is_finished(volume):
        return None
    return RecoveryPoint(
        id=PointId(volume.volid),
        source=source,
        consistent_as_of=as_of,
        as_of_origin="source-time",
        host=str(vmid),
        paths=(f"{kind}/{vmid}",),
        tags=tuple(_tags(volume, place, kind, instants)),
        size_bytes=volume.size,
    )


def matching(points: Iterable[RecoveryPoint], wanted: PointFilter) -> tuple[RecoveryPoint, ...]:
    """Return the wanted points, newest first, each id once."""
    found = {
        point.id: point
        for point in points
        if wanted.host in {"", point.host}
        and all(tag in point.tags for tag in wanted.tags)
        and (not wanted.path or any(PurePosixPath(wanted.path).is_relative_to(one) for one in point.paths))
    }
    return tuple(sorted(found.values(), key=lambda point: (point.consistent_as_of, point.id), reverse=True))


def read_name(volid: str, zone: ZoneInfo | None) -> Named | None:
    """Read the name of an archive or a snapshot; None when it is not one that vzdump gives."""
    name = volid.partition(":")[2].removeprefix("backup/")
    if found := _SNAPSHOT.fullmatch(name):
        instants = _meant(found["time"], "%Y-%m-%dT%H:%M:%SZ", UTC)
        kind: GuestKind = "qemu" if found["kind"] == "vm" else "lxc"
    elif found := _FILE.fullmatch(PurePosixPath(name).name):
        instants = _meant(found["time"], "%Y_%m_%d-%H_%M_%S", zone)
        kind = "qemu" if found["kind"] == "qemu" else "lxc"
    else:
        return None
    return None if instants is None else Named(kind=kind, vmid=int(found["vmid"]), instants=instants)


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name; None when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def tag_value(point: RecoveryPoint, name: str) -> str:
    """The value of a tag `name=value`; empty when the point has none."""
    return next((tag.partition("=")[2] for tag in point.tags if tag.startswith(f"{name}=")), "")


def _meant(text: str, form: str, zone: tzinfo | None) -> tuple[datetime, ...] | None:
    """Every instant that a local time may mean, earliest first; None when it is no time at all."""
    try:
        local = datetime.strptime(text, form)  # noqa: DTZ007 - the zone comes next
    except ValueError:
        return None
    if zone is None:
        return ()
    return tuple(sorted({local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}))


def _is_finished(volume: Volume) -> bool:
    return volume.size is not None and volume.size > PLACEHOLDER


def _tags(volume: Volume, place: Place, kind: GuestKind, instants: tuple[datetime, ...]) -> Iterable[str]:
    yield f"kind={kind}"
    yield f"storage={place.storage}"
    yield f"format={volume.format}"
    yield f"verification={volume.verification or 'none'}"
    if place.node:
        yield f"node={place.node}"
    if volume.encrypted:
        yield "encrypted"
    if volume.protected:
        yield "protected"
    if len(instants) > 1:
        yield "as-of=ambiguous"  # the clock was set back: the earlier instant is taken
    if not instants:
        yield "as-of=listed"  # what the listing node took the name's local time for
    notes = "".join(char for char in volume.notes if char.isprintable())[:_NOTES].strip()
    if notes:
        yield f"notes={notes}"
