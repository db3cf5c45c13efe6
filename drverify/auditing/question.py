"""What an auditor brings along: nothing of it comes out of the bundle."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.sealing.keys import Trust
from drverify.sealing.stamps import CheckToken
from drverify.transparency.note import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A checkpoint that the auditor, or the customer, was handed before."""

    name: str
    """What to call it, such as the name of its file."""
    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Whom to believe, and as of when."""

    trust: Trust
    at: datetime
    """UTC; windows of slots that are not over then are not missed yet."""
    held: tuple[Held, ...] = ()
    check: CheckToken | None = None
    """Reads time stamps; None: the library for them is not installed."""
    stamped: timedelta | None = None
    """Refuse starts and results that no trusted time authority stamped, or only later than this after the
    restore began and the drill ended, by the record. None: what is missing or late is noted."""
    stampers: int = 1
    """How many different authorities have to have stamped in time, if stamps are demanded."""
