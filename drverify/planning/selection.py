"""Which recovery point a drill restores. Does not know where points come from."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from drverify.errors import InputError
from drverify.model.drill import Selection
from drverify.model.duration import human
from drverify.model.recovery import RecoveryPoint
from drverify.planning.request import ById, OfCopy, parse

_NEWEST = attrgetter("consistent_as_of", "id")


def select(
    points: Sequence[RecoveryPoint], requested: str, incident_at: datetime, now: datetime
) -> Selection:
    """Choose the point that `requested` means; no eligible point is an answer, not an error.

    Eligible is what is consistent as of the incident or earlier. A point asked for by id is taken
    even when it is not the newest eligible one, and the selection says so. Raises InputError for an
    id that no point or more than one has, and for an incident that lies after `now`.
    """
    if incident_at > now:
        raise InputError("the simulated incident lies in the future")
    listed = tuple(sorted(points, key=_NEWEST, reverse=True))
    newest = next((point for point in listed if point.consistent_as_of <= incident_at), None)
    request = parse(requested)
    if isinstance(request, ById):
        return _by_id(request.prefix, listed, newest)
    if newest is None:
        return Selection(point=None, why=_none(listed), newest_eligible=False, listed=listed)
    age = human(incident_at - newest.consistent_as_of)
    where = " of a further copy" if isinstance(request, OfCopy) else ""
    why = f"newest of {len(listed)} listed points{where} at or before the incident, {age} before it"
    return Selection(point=newest, why=why, newest_eligible=True, listed=listed)


def _none(listed: tuple[RecoveryPoint, ...]) -> str:
    if not listed:
        return "the source lists no recovery point of this workload"
    return f"none of {len(listed)} listed points is from the incident or earlier"


def _by_id(prefix: str, listed: tuple[RecoveryPoint, ...], newest: RecoveryPoint | None) -> Selection:
    found = [point for point in listed if point.id == prefix]
    found = found or [point for point in listed if point.id.startswith(prefix)]
    if len(found) != 1:
        problem = "more than one recovery point's id begins with" if found else "no recovery point has the id"
        raise InputError(f"{problem} {prefix!r}", hint="`drverify drill run --dry-run` lists the points")
    point = found[0]
    is_newest = newest is not None and newest.consistent_as_of == point.consistent_as_of
    other = "" if is_newest else ", although it is not the newest one at or before the incident"
    return Selection(point=point, why=f"asked for by its id{other}", newest_eligible=is_newest, listed=listed)
