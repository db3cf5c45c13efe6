"""What people decide about what was read from an agreement."""

from dataclasses import dataclass
from typing import Literal

from drverify.model.contract import Calendar, Kind, ProvisionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one provision."""

    id: ProvisionId
    verdict: Literal["accept", "reject", "correct"]
    changes: tuple[tuple[str, str], ...] = ()
    """For `correct`: field and new value, as in `agreements.decisions.FIELDS`; `none` takes it away."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A provision that a person found and the reader did not."""

    id: ProvisionId
    kind: Kind
    quote: str
    """Verbatim; must stand in the document exactly once."""
    document: str = ""
    """Id of the document; empty for the first one."""
    section: str = ""
    figure: str = ""
    """`<= 4 hour`, or empty."""
    figure_quote: str = ""
    """The characters of the quote that state the figure."""
    changes: tuple[tuple[str, str], ...] = ()
    """Further fields, as in `agreements.decisions.FIELDS`."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """A file of decisions: reviewed once, applied again whenever the same document is read."""

    version: Literal[1] = 1
    decisions: tuple[Decision, ...] = ()
    additions: tuple[Addition, ...] = ()
    timezone: str = ""
    calendars: tuple[Calendar, ...] = ()
    """What the agreement's business time is; replaces the register's."""
    look_back: str = ""
    """Id of the `reporting` provision whose figure is the reporting period."""
    systems: tuple[tuple[str, str], ...] = ()
    """The agreement's name of a system, and the workload that it is."""
