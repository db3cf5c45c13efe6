"""What an agreement promises, one testable obligation at a time, and what it leaves open.

Every limit is inclusive.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, NewType, get_args

from drverify.model.agreement import Agreement, Sha256

ObligationId = NewType("ObligationId", str)
Mode = Literal["full", "instant"]
"""How a point is restored: every byte materialised, or booted straight from the backup."""
Grain = Literal["file", "item", "database", "vm", "bare_metal", "full_system", "application", "site"]
"""What is brought back."""
GRAINS: tuple[Grain, ...] = get_args(Grain)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rpo:
    """At most `limit` of data may be lost, seen from the incident."""

    kind: Literal["rpo"] = "rpo"
    limit: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rto:
    """The application works again at most `limit` after the declaration."""

    kind: Literal["rto"] = "rto"
    limit: timedelta
    mode: Mode = "full"
    """The restore mode that the promise means; a figure of the other mode proves nothing for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupFrequency:
    """Between two recovery points lie at most `every`."""

    kind: Literal["backup-frequency"] = "backup-frequency"
    every: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTestFrequency:
    """Between two successful restore tests lie at most `every`."""

    kind: Literal["restore-test-frequency"] = "restore-test-frequency"
    every: timedelta
    grains: tuple[Grain, ...] = field(default=(), metadata={"late": True})
    """What a test brings back, each of them; empty: the promise does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Recovery points can be restored for at least `at_least` after they were made."""

    kind: Literal["retention"] = "retention"
    at_least: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationValidation:
    """A restore test shows that the application works, not only that a machine starts."""

    kind: Literal["application-validation"] = "application-validation"


Objective = Rpo | Rto | BackupFrequency | RestoreTestFrequency | Retention | ApplicationValidation


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Time that a drill cannot measure and the agreement or playbook grants (a stated figure)."""

    name: str
    time: timedelta
    clause: str
    """Number of the clause that states it, or empty when the playbook does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One testable promise of one clause for named workloads."""

    id: ObligationId
    clause: str
    """Number of the clause, as in `Agreement.clauses`."""
    scope: tuple[str, ...]
    """Names of the workloads it covers."""
    objective: Objective
    party: Literal["provider", "customer"] = "provider"
    allowances: tuple[Allowance, ...] = ()
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something the agreement leaves open or vague; never turned into a figure."""

    id: str
    subject: str
    question: str
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """The testable obligations of one accepted agreement, with every limit in elapsed time.

    It follows from the accepted contract and one instant (`planning.obligations.register_of`), and a
    verifier makes it again from them.
    """

    version: Literal[2] = 2
    agreement: Agreement
    contract: Sha256
    """Digest of the accepted contract's one byte form."""
    look_back: timedelta
    """How far back recovery points are looked at for gaps (the reporting period)."""
    obligations: tuple[Obligation, ...]
    gaps: tuple[Gap, ...] = ()


def in_scope(register: Register, workload: str) -> tuple[Obligation, ...]:
    """The obligations that cover the workload, in the register's order."""
    return tuple(one for one in register.obligations if workload in one.scope)
