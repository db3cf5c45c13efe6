"""Control packs: what a published framework asks, in our words, and which facts of a period support it.

A pack is data. It names numbers and short titles of controls and no text of the framework. A requirement
says which facts must hold for it to be shown (all of them), in which fields of the evidence an assessor finds
them, and what of it no drill can show.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal

Metric = Literal[
    "rpo", "rto", "backup-frequency", "restore-test-frequency", "retention", "application-validation"
]
"""Kinds of promises, as `Obligation.objective.kind` names them."""


class Fact(StrEnum):
    """What can be said of a period; each is worked out in `drverify.exports.facts`."""

    PROMISED = "promised"
    """The agreement has a testable promise of one of the metrics."""
    TESTED = "tested"
    """There is such a promise, and for every workload that it covers a drill gave a figure: MET or MISSED."""
    KEPT = "kept"
    """There is such a promise, and every one of them is MET for every workload."""
    DRILLED = "drilled"
    """Every covered workload has a drill with a result in the period."""
    DRILLED_WITHIN = "drilled-within"
    """Every covered workload's newest result is at most so old at the end of the period."""
    SAMPLED = "sampled"
    """Drills of at least one covered workload have results; with a time span, no longer than that apart."""
    RECOVERED = "recovered"
    """Every covered workload came back, its required probes answered, in at least one drill."""
    FULL = "full"
    """Every covered workload came back in a drill that restored every byte."""
    SCHEDULED = "scheduled"
    """There is a schedule, and none of its drills was left out or has no result."""
    ISOLATED = "isolated"
    """A machine was started, and every check of every sandbox found it closed."""
    LOGGED = "logged"
    """Every result is in the log."""
    AUDITED = "audited"
    """The log was audited whole, and nothing was found dropped, changed or contradictory."""
    STAMPED = "stamped"
    """A time authority confirms when every result was in the log."""
    CORRECTED = "corrected"
    """Every finding of the period is closed by a retest, or has an owner, an action and a date."""
    TRENDED = "trended"
    """At least one earlier period stands beside this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One fact that must hold."""

    fact: Fact
    metrics: tuple[Metric, ...] = ()
    """Of `promised`, `tested` and `kept`: of which promises; of all the named ones together."""
    within: timedelta | None = None
    """Of `drilled-within`, and of `sampled` if it is wanted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that a control asks, in our words."""

    id: str
    """As the framework numbers it, or the control's number and a letter of ours."""
    asks: str
    shown_when: tuple[Condition, ...] = ()
    """None: no drill shows anything of it."""
    fields: tuple[str, ...] = ()
    """Where an assessor finds it: `record.isolation.checks`, `annex.obligations.figures`."""
    not_covered: str = ""
    """What of it is not shown even then; never empty without conditions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control."""

    id: str
    title: str
    """Short, as the framework calls it."""
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPack:
    """One framework."""

    version: Literal[1] = 1
    name: str
    """As `--controls` takes it."""
    framework: str
    edition: str
    publisher: str
    notice: str = ""
    """Whose words these are, and what is not in here."""
    controls: tuple[Control, ...]
