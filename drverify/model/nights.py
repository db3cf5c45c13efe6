"""Which drill is run in which night, and what could not be given one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from drverify.model.obligation import Mode, ObligationId
from drverify.model.records import SlotId

WhichPoint = str
"""`latest`, the newest restorable state; `oldest`, the oldest one still kept, which shows what retention is
worth; `between`, one of a generation between the two; `copy:SOURCE`, the newest state of a further copy."""
IN_COPY = "copy:"


def copy_in(point: WhichPoint) -> str:
    """Where the further copy lies that is meant; empty: none is."""
    return point.removeprefix(IN_COPY) if point.startswith(IN_COPY) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRule:
    """When drills may run, by the clock on the wall of a place."""

    zone: str
    """IANA name, such as `Europe/Berlin`."""
    begins: time
    ends: time
    """Not after `begins`: on the next day."""
    weekdays: frozenset[int]
    """Of the evening; 0 is Monday."""
    blackout: frozenset[date] = frozenset()
    """Evenings on which nothing runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night, in UTC."""

    evening: date
    begins: datetime
    ends: datetime

    @property
    def lasts(self) -> timedelta:
        """How long it is; the clocks may change in it."""
        return self.ends - self.begins


ANY = 1 << 50
"""More than any host has of anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What drills take of their host while they run."""

    memory_mib: int = 0
    vcpus: int = 0
    """Virtual processors of the guests."""
    disk_mib: int = 0
    """What the restored data takes on the host's storage."""
    mib_per_s: int = 0
    """What is read from sources while they are restored."""

    def __add__(self, other: "Load") -> "Load":
        """Both at once."""
        return Load(**{one: getattr(self, one) + getattr(other, one) for one in LOADS})

    def __sub__(self, other: "Load") -> "Load":
        """What is left without it; less than nothing where it took more."""
        return Load(**{one: getattr(self, one) - getattr(other, one) for one in LOADS})

    def beyond(self, room: "Load", of: str = "the host") -> str:
        """What it takes more of than there is, in words; empty: it fits. `of`: whose room that is."""
        for name, what in LOADS.items():
            takes, there = getattr(self, name), getattr(room, name)
            if takes > there:
                return f"takes {takes} {what}, and {of} has {max(0, there)} for drills"
        return ""


LOADS: Mapping[str, str] = MappingProxyType(
    {
        "memory_mib": "MiB of memory",
        "vcpus": "virtual processors",
        "disk_mib": "MiB of disk",
        "mib_per_s": "MiB/s from sources",
    }
)
"""The fields of a load, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one host can do in a night."""

    host: str
    at_once: int
    memory_mib: int
    vcpus: int | None = None
    """Virtual processors of all guests at once; None: any number."""
    disk_mib: int | None = None
    """For restored data, all at once; None: any amount."""
    mib_per_s: int | None = None
    """From sources, all at once; None: any rate."""
    reads: int | None = None
    """Bytes that may be read from sources in one night; None: any number."""

    @property
    def load(self) -> Load:
        """The most that its drills may take together."""
        return Load(
            memory_mib=self.memory_mib,
            vcpus=ANY if self.vcpus is None else self.vcpus,
            disk_mib=ANY if self.disk_mib is None else self.disk_mib,
            mib_per_s=ANY if self.mib_per_s is None else self.mib_per_s,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One drill that obligations ask for."""

    agreement: str = ""
    """Whose; empty where only one is planned for."""
    workload: str
    number: int
    """Of the workload's drills in this plan, from 1."""
    host: str
    opens: datetime
    """Before that it would leave a gap later."""
    closes: datetime
    """After that a promise is broken."""
    mode: Mode
    point: WhichPoint
    takes: timedelta
    measured: bool
    """Whether `takes` was, or is assumed."""
    load: Load
    reads: int
    """Bytes; 0 when nobody knows."""
    obligations: tuple[ObligationId, ...]
    why: str
    slot: SlotId | None = None
    """Of the schedule that both parties signed; None: it follows from the promise alone."""
    members: tuple[str, ...] = ()
    """Workloads of the dependency group that is drilled as one, in its order; `workload` is the group's name
    then. Empty: one workload."""

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads that it drills."""
        return self.members or (self.workload,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A drill with its night."""

    due: Due
    night: Night
    begins: datetime
    """Not before: when its host should have room for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplanned:
    """A drill without a night."""

    due: Due
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Never:
    """What is there, and no drill has brought back yet."""

    agreement: str = ""
    workload: str
    what: str
    point: WhichPoint = ""
    """Empty: whichever."""
    mode: Mode | None = None
    """None: whichever."""
    remedy: str = ""
    """What will change that, or would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A dependency group whose members are drilled one by one, since they cannot be drilled as one."""

    agreement: str = ""
    group: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightPlan:
    """The drills of some nights."""

    nights: tuple[Night, ...]
    planned: tuple[Planned, ...]
    """In the order in which they begin."""
    unplanned: tuple[Unplanned, ...]
    seed: str
    """What chance was drawn from: the same seed, the same plan."""
    never: tuple[Never, ...] = ()
    apart: tuple[Apart, ...] = ()
