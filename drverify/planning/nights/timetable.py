"""The plan of some nights: who is drilled when, and who could not be given a night, and why. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime

from drverify.model.duration import human
from drverify.model.nights import Due, Night, NightPlan, Planned, Room, Unplanned
from drverify.planning.nights.lanes import Lanes, lanes_of
from drverify.planning.nights.together import ROOMIER

Spread = Callable[[Sequence[Due], Sequence[Night], Sequence[Room]], Sequence[int | None]]
"""Gives each drill the number of a night, or None."""


def timetable(
    dues: Sequence[Due], nights: Sequence[Night], rooms: Sequence[Room], *, spread: Spread, seed: str
) -> NightPlan:
    """Plan every drill that fits. A drill that does not fit where `spread` has it gets another night.

    ValueError when a drill's host has no room stated.
    """
    hosts = {room.host: room for room in rooms}
    if strange := sorted({due.host for due in dues} - hosts.keys()):
        raise ValueError(f"nothing is known of host {', '.join(strange)}")
    lanes = {
        (room.host, number): Lanes(room=room, night=night)
        for room in rooms
        for number, night in enumerate(nights)
    }
    able: list[Due] = []
    unplanned: list[Unplanned] = []
    for due in dues:
        room = hosts[due.host]
        if _possible(due, room, nights):
            able.append(due)
        else:
            unplanned.append(_impossible(due, room, nights))
    wanted = spread(able, nights, rooms)
    planned: list[Planned] = []
    left: list[Due] = []
    order = sorted(range(len(able)), key=lambda at: (able[at].closes, able[at].agreement, able[at].workload))
    for at in order:
        due, night = able[at], wanted[at]
        begins = lanes[due.host, night].take(due) if night is not None else None
        if night is None or begins is None:
            left.append(due)
        else:
            planned.append(Planned(due=due, night=nights[night], begins=begins))
    for due in left:
        found = _elsewhere(due, nights, lanes)
        if found is not None:
            planned.append(found)
        else:
            unplanned.append(_full(due, hosts[due.host]))
    return NightPlan(
        nights=tuple(nights),
        planned=tuple(sorted(planned, key=lambda one: (one.begins, one.due.agreement, one.due.workload))),
        unplanned=tuple(unplanned),
        seed=seed,
    )


def _elsewhere(due: Due, nights: Sequence[Night], lanes: dict[tuple[str, int], Lanes]) -> Planned | None:
    """The first night with room: in its window, or as soon after as can be."""
    for number, night in enumerate(nights):
        if night.ends <= due.opens:
            continue
        begins = lanes[due.host, number].take(due)
        if begins is not None:
            return Planned(due=due, night=night, begins=begins)
    return None


def _possible(due: Due, room: Room, nights: Sequence[Night]) -> bool:
    return (
        lanes_of(due, room) <= room.at_once
        and any(due.takes <= night.lasts and night.ends > due.opens for night in nights)
        and (room.reads is None or due.reads <= room.reads)
    )


def _impossible(due: Due, room: Room, nights: Sequence[Night]) -> Unplanned:
    if lanes_of(due, room) > room.at_once:
        return Unplanned(
            due=due,
            why=f"it {due.load.beyond(room.load, f'host {room.host}') or 'takes more places than there are'}",
            remedy=ROOMIER,
        )
    if room.reads is not None and due.reads > room.reads:
        return Unplanned(
            due=due,
            why=f"it reads {due.reads} bytes, and a night may read {room.reads}",
            remedy="a higher limit for what a night reads",
        )
    longest = max((night.lasts for night in nights), default=None)
    if longest is None or all(night.ends <= due.opens for night in nights):
        return Unplanned(due=due, why="none of these nights lies in its window", remedy="plan more nights")
    return Unplanned(
        due=due,
        why=f"it takes {human(due.takes)}, and the longest night is {human(longest)}",
        remedy="longer nights, a faster host, or an instant restore where the promise allows it",
    )


def _full(due: Due, room: Room) -> Unplanned:
    return Unplanned(
        due=due,
        why=f"host {room.host} is full in every night of its window and after it",
        remedy="more drills at once, another host, longer nights, or a higher limit for what a night reads",
    )


def late(plan: NightPlan, at: datetime) -> tuple[Planned, ...]:
    """Drills that end after their window closed; those whose window had closed at `at` already among them."""
    return tuple(one for one in plan.planned if one.begins + one.due.takes > max(one.due.closes, at))
