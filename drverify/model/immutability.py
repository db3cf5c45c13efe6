"""Whether backups can be deleted before their time, as shown by trying to delete one.

What is tried is a *canary*: an object of our own making where backups lie, never a recovery point. It is
tried with the credentials of whoever writes backups, for those are what an intruder finds on a server.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from drverify.model.agreement import AgreementId, Sha256
from drverify.model.contract import ProvisionId
from drverify.model.verdict import Outcome

IMMUTABILITY_TYPE = "https://drverify.dev/attestation/immutability-probe/v1"
"""What a statement about a probe is called; none of `model.evidence.PREDICATE_TYPES`."""
MARK = b"drverify-canary"
"""What every canary begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One object of ours where backups lie."""

    name: str
    """As its store finds it."""
    version: str = ""
    """Of an object in a bucket with versions."""
    sha256: Sha256
    planted_at: datetime
    """UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TamperAttempt:
    """One try to delete or change a canary."""

    canary: str
    what: str
    """`delete`, `delete, bypassing governance`, `overwrite`."""
    outcome: Literal["refused", "went through", "not decided"]
    """By what the store said; whether the canary still reads back counts beside it."""
    said: str
    """What the store answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCanary:
    """How a canary is found after every attempt."""

    canary: Canary
    whole: bool | None
    """Whether it reads back as it was planted; None: it could not be read."""
    retain_until: datetime | None = None
    """UTC, as the store itself says; None: it states no end."""
    mode: str = ""
    """How the store names its lock: `COMPLIANCE`; empty: it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """Everything that one probe of one source did and found."""

    mechanism: str
    """`append-only REST server`, `S3 object lock`."""
    attempts: tuple[TamperAttempt, ...] = ()
    held: tuple[HeldCanary, ...] = ()
    """Oldest first."""
    problem: str = ""
    """Why nothing, or not everything, could be tried; ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedLock:
    """One accepted clause that says that backups cannot be deleted."""

    provision: ProvisionId
    clause: str
    least: timedelta | None
    """For how long after a backup was made; None: the clause names no time."""
    open: str = ""
    """Why its time cannot be told; empty when it can, or there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockVerdict:
    """What the probe shows about one clause."""

    provision: ProvisionId
    clause: str
    outcome: Outcome
    limit: timedelta | None
    shown: timedelta | None
    """For how long after its making a canary is shown to be safe."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmutabilityResult:
    """What the runner signs of one probe."""

    version: Literal[1] = 1
    id: str
    agreement: AgreementId
    workloads: tuple[str, ...]
    """Of the source, as far as they were asked for."""
    source: str
    at: datetime
    tampering: Tampering
    outcome: Outcome
    """Whether the canaries withstood, whatever was promised."""
    reason: str
    verdicts: tuple[LockVerdict, ...]
    """By clause; empty: no accepted clause promises it for these workloads."""
