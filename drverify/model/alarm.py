"""What people are told of a night without looking: what is red, since when, and what was told already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is wrong."""

    PROMISE = "promise missed"
    OVERDUE = "promise overdue"
    """No drill in the promised time, whatever an earlier one showed."""
    DRILL = "drill missed"
    """Planned for a night that went by."""
    GIVEN_UP = "drill given up"
    LEFT_BEHIND = "left behind"
    GATE = "known-bad point not caught"
    """Every green since the last catch is in doubt."""
    NO_WORKER = "nobody runs drills"
    BACKUP = "backup late"


AGAIN = frozenset({AlarmKind.OVERDUE, AlarmKind.NO_WORKER, AlarmKind.GATE})
"""Told again while they last: they get worse by nothing being done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is wrong now."""

    key: str
    """The same as long as it is the same thing, and another one for the next time that it happens."""
    kind: AlarmKind
    what: str
    """One line, printable, without secrets."""
    since: datetime
    agreement: str = ""
    workload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Everything that is wrong now, as far as it could be looked at."""

    alarms: tuple[Alarm, ...]
    unseen: frozenset[AlarmKind] = frozenset()
    """Of these there may be more: not all could be looked at, so that none of them is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told of one alarm."""

    alarm: Alarm
    first: datetime
    last: datetime


Memory = Mapping[str, Told]
"""By key: everything that was told and is still wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to people."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightSum:
    """What a night's digest counts."""

    drills: int
    concluded: int
    missed: int
    given_up: int
    promises: int
    met: int
    """Of the promises."""
