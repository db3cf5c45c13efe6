"""What a running system says of itself, part by part, and in what two such inventories differ.

It is the system's word: every value is one printable line, bounded, and proves nothing by itself.
"""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """The parts of an inventory, in the order in which they are asked and shown."""

    SYSTEM = "system"
    """Operating system, kernel, firmware, and the machine that it believes to run on."""
    DISKS = "disks"
    MOUNTS = "mounts"
    CARDS = "cards"
    ADDRESSES = "addresses"
    LISTENING = "listening"
    PACKAGES = "packages"
    JOBS = "jobs"
    """systemd's timers and cron's files, the latter by digest."""
    CERTIFICATES = "certificates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One disk, card, package, ..."""

    key: str
    """What it is known by on both sides: `partition 73686f70-01`, `tcp 0.0.0.0:443`."""
    facts: tuple[tuple[str, str], ...] = ()
    """Name and value, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReading:
    """One part of an inventory."""

    part: Part
    tools: tuple[str, ...] = ()
    """The programs that were asked, and answered."""
    items: tuple[Item, ...] = ()
    """By key, each key once. No item is an answer when the part was read."""
    not_read: str = ""
    """Why the part, or something in it, is not known; empty: it was read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every part once, in their order."""

    parts: tuple[PartReading, ...]

    def of(self, part: Part) -> PartReading:
        """The reading of that part; one that was never asked is not read."""
        found = next((one for one in self.parts if one.part is part), None)
        return found or PartReading(part=part, not_read="it was not asked")


class Cause(StrEnum):
    """Why a difference is as it should be."""

    NONE = ""
    """Nothing explains it: it is flagged."""
    HARDWARE = "hardware"
    """It follows from the other hardware."""
    PLAN = "plan"
    """The plan expects it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which the target's copy is not what the source is."""

    part: Part
    item: str
    fact: str = ""
    """Empty: the whole item is on one side only."""
    source: str = ""
    """Empty together with no fact: the source does not have the item."""
    target: str = ""
    cause: Cause = Cause.NONE
    why: str = ""
