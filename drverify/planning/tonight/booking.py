"""A plan of nights as bookings. Pure; planned again, the same drill of the same evening has the same id.

An id says what is drilled, where that is not the newest point in full: `drill.oldest`, `drill.between`,
`drill.copy-<source>`, `drill.instant`, `drill.slot-<id>`; and `drill.group` where it is a group as one. So a
drill that is still owed never takes the id of another one that is over.
"""

from collections import Counter

from drverify.model.booking import Booking, BookingId, BookingKind
from drverify.model.nights import Due, NightPlan, Planned

FIRST, LAST = 10, 90
"""Priorities of what was planned; 1 to 9 are for what people ask for now."""


def bookings_of(
    plan: NightPlan, *, site: str, agreement: str, kind: BookingKind = "drill"
) -> tuple[Booking, ...]:
    """Make a booking of every drill that has a night; nights in their order, then workloads by name.

    It may begin as soon as its night and its window do: the plan's time of day is an estimate of when there
    is room, and room that is there earlier is used.
    """
    numbers: Counter[str] = Counter()
    made: list[Booking] = []
    for one in sorted(plan.planned, key=lambda one: (one.night.begins, one.due.workload, one.due.number)):
        stem = f"{agreement}/{one.due.workload}/{one.night.evening.isoformat()}/{kind}{_what(one.due)}"
        numbers[stem] += 1
        made.append(_booking(one, stem, numbers[stem], site=site, agreement=agreement, kind=kind))
    return tuple(made)


def priority_of(one: Planned) -> int:
    """FIRST for what is late or breaks its promise tonight, one more for each day that is left."""
    return min(LAST, FIRST + max(0, (one.due.closes - one.night.ends).days + 1))


def _what(due: Due) -> str:
    """What tells the drill from others of its workload in one night; empty: the newest point, in full."""
    told = ["group"] if due.members else []
    told += [f"slot-{due.slot.replace('/', '-')}"] if due.slot else []
    told += [due.point.replace(":", "-")] if due.point != "latest" else []
    told += ["instant"] if due.mode == "instant" else []
    return "".join(f".{one}" for one in told)


def _booking(
    one: Planned, stem: str, number: int, *, site: str, agreement: str, kind: BookingKind
) -> Booking:
    due, night = one.due, one.night
    return Booking(
        id=BookingId(stem if number == 1 else f"{stem}.{number}"),
        site=site,
        agreement=agreement,
        workload=due.workload,
        kind=kind,
        evening=night.evening,
        not_before=max(night.begins, min(due.opens, one.begins)),
        not_after=night.ends,
        due=due.closes,
        priority=priority_of(one),
        host=due.host,
        load=due.load,
        reads=due.reads,
        takes=due.takes,
        mode=due.mode,
        point=due.point,
        slot=due.slot,
        obligations=due.obligations,
        why=due.why,
        members=due.members,
    )
