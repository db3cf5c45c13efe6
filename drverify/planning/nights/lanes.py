"""A host in one night: drills side by side, each in as many lanes as its load asks for. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from drverify.model.nights import LOADS, Due, Night, Room


def lanes_of(due: Due, room: Room) -> int:
    """How many lanes a drill takes: one, or more for one that takes more than a lane's share of its host.

    A group takes one for each of its members at least, which stand at once.

    More than there are when the host is too small for it.
    """
    wanted, there = due.load, room.load
    parts: list[tuple[int, int]] = [(getattr(wanted, one), getattr(there, one)) for one in LOADS]
    return max(len(due.workloads), *(-(-takes * room.at_once // max(1, has)) for takes, has in parts))


@dataclass(slots=True)
class Lanes:
    """One host in one night."""

    room: Room
    night: Night
    free: list[datetime] = field(init=False)
    """From when on each lane is free, earliest first."""
    read: int = 0

    def __post_init__(self) -> None:
        """All lanes are free when the night begins."""
        self.free = [self.night.begins] * self.room.at_once

    def take(self, due: Due) -> datetime | None:
        """Put a drill behind those that are there; when it begins, or None when it does not fit."""
        wanted = lanes_of(due, self.room)
        if wanted > len(self.free):
            return None
        begins = max(self.free[wanted - 1], due.opens)
        if begins + due.takes > self.night.ends:
            return None
        if self.room.reads is not None and self.read + due.reads > self.room.reads:
            return None
        self.free[:wanted] = [begins + due.takes] * wanted
        self.free.sort()
        self.read += due.reads
        return begins
