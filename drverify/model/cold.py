"""A cold start: recovery with nothing but what lies in escrow.

A playbook's section `cold:` says what lies there. In a disaster nothing else is at hand: no password manager,
no other server, nobody's home directory.

    cold:
      keys:
        - ref: file:/etc/drverify/restic.password      # as settings, inventory and playbook name it
          escrow: file:/mnt/escrow/restic.password     # the copy that lies in escrow
          kept: safe of the notary, envelope 12
      files:
        - path: nginx.conf                             # below the playbook's folder, or a full path
          sha256: 5f70...
          kept: the same envelope
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from drverify.model.agreement import AgreementId, Sha256
from drverify.model.drill import DrillId
from drverify.model.recovery import SecretRef

COLD_TYPE = "https://drverify.dev/attestation/cold-start/v1"
"""What a statement about a cold start is called; none of `model.evidence.PREDICATE_TYPES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowedKey:
    """One secret of which a copy lies in escrow."""

    ref: SecretRef
    """Where it is found on an ordinary day."""
    escrow: SecretRef
    """Where its copy is found in a cold start: nothing else is read."""
    sha256: Sha256 | None = None
    """Of the copy; not for what can be guessed, such as a short password."""
    kept: str
    """Where it is kept, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscrowedFile:
    """One file of which a copy lies in escrow."""

    path: str
    """Below the playbook's folder, or a full path."""
    sha256: Sha256
    kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStart:
    """Everything that a recovery may use, besides agreement, inventory, settings and playbook."""

    keys: tuple[EscrowedKey, ...] = ()
    files: tuple[EscrowedFile, ...] = ()


Answer = Literal["given", "not in escrow", "another than was put there", "cannot be read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One key or file that the recovery asked for, and what the escrow gave."""

    what: str
    """A reference or a path; never a content."""
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdResult:
    """What the runner signs of a cold start, beside the evidence of its drill."""

    version: Literal[1] = 1
    drill: DrillId
    agreement: AgreementId
    workload: str
    at: datetime
    """UTC: when it ended."""
    evidence: Sha256
    """Digest of the drill's signed evidence, byte by byte."""
    escrow: ColdStart
    asked: tuple[Asked, ...]
    """In the order in which they were asked for first."""
    environment: tuple[str, ...]
    """Names of the environment variables that were left; a home directory was new and empty."""
    recovered: bool
    """Whether the workload came back."""

    @property
    def missing(self) -> tuple[Asked, ...]:
        """What the escrow did not give: it is incomplete."""
        return tuple(one for one in self.asked if one.answer != "given")
