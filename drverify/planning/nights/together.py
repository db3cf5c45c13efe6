"""When the members of a dependency group are drilled as one, and when one by one. Pure.

A group is due when the first of its members is, so that all are tested at once from then on; where both
parties signed a schedule, the slots of its members have to overlap. They are drilled as one when each has its
turn with the newest point in full (`turns`): another point, another copy and an instant restore are a
member's own, and then all are drilled one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drverify.model.duration import human
from drverify.model.group import Group
from drverify.model.nights import Apart, Due, Load, Room

ROOMIER = "a host that has more, or less for the guests of a drill"
NAMED = 3
"""Members that are named, where a group is drilled one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one member asks of its group's drill."""

    due: Due
    promised: bool
    """Whether a restore test of it is, or one has a slot; else it is drilled for the others' sake."""
    in_group: bool
    """Whether what it takes was measured in a drill of its group."""


def as_one(group: Group, shares: Sequence[Share]) -> Iterator[Due]:
    """The group's drill, or those of its members; the shares are in the group's order."""
    dues = [one.due for one in shares]
    other = [one.workload for one in dues if (one.point, one.mode) != ("latest", "full")]
    missing = {one.workload for one in group.members} - {one.workload for one in dues}
    opens, closes = max(one.opens for one in dues), min(one.closes for one in dues)
    if other:
        why = f"{some(other)} takes another turn"
    elif missing:
        why = f"{some(sorted(missing))} has no slot then"
    elif opens >= closes and any(one.slot for one in dues):
        why = "their slots do not overlap"
    else:
        yield _joined(group, shares, opens=min(opens, closes), closes=closes)
        return
    for one in shares:
        if one.promised:
            yield replace(one.due, why=f"{one.due.why}; not with {group.name} as one: {why}")


def _joined(group: Group, shares: Sequence[Share], *, opens: datetime, closes: datetime) -> Due:
    dues = [one.due for one in shares]
    return replace(
        dues[0],
        workload=group.name,
        members=tuple(one.workload for one in dues),
        opens=opens,
        closes=closes,
        takes=takes_together([one.takes for one in dues], in_group=all(one.in_group for one in shares)),
        measured=all(one.measured for one in dues),
        load=sum((one.load for one in dues), Load()),
        reads=sum(one.reads for one in dues),
        obligations=tuple(dict.fromkeys(name for one in dues for name in one.obligations)),
        why=min((one.due for one in shares if one.promised), key=lambda one: one.closes).why,
        slot=None,
    )


def takes_together(spans: Sequence[timedelta], *, in_group: bool) -> timedelta:
    """How long a group's drill takes: the longest, measured in the group; else one after the other."""
    return max(spans) if in_group else sum(spans, timedelta())


def hindrance(group: Group, *, load: Load, takes: timedelta, room: Room, longest: timedelta) -> Apart | None:
    """Why a host's nights can never take the group's drill; None: they can. `longest`: of the nights."""
    number = len(group.members)
    if number > room.at_once:
        return Apart(
            group=group.name,
            why=f"its {number} members stand at once, and host {room.host} takes {room.at_once} at once",
            remedy=f"[nights.hosts.{room.host}] at_once = {number}",
        )
    if too_much := load.beyond(room.load, f"host {room.host}"):
        return Apart(
            group=group.name,
            why=f"its drill {too_much}",
            remedy=ROOMIER,
        )
    if takes > longest:
        return Apart(
            group=group.name,
            why=f"its drill takes {human(takes)}, and the longest night is {human(longest)}",
            remedy="longer nights",
        )
    return None


def some(names: Sequence[str]) -> str:
    """Names for a line; of many the first ones."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
