"""The ports that drills are kept by: who signs, where drills lie, the log that leaves none out."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from drverify.model.drill import Artefact, DrillId
from drverify.model.evidence import Blob, KeyId, RecordKind, TimeStamp


class Signer(Protocol):
    """Holds a private key and signs bytes with it."""

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature."""


class Disclosures(Protocol):
    """Keeps what evidence hides, for those who may know."""

    def salt(self) -> bytes:
        """16 random bytes, others at each call."""

    def keep(self, drill_id: DrillId, content: bytes) -> None:
        """Keep a drill's disclosures; HostError when they cannot be written."""


class EvidenceLog(Protocol):
    """An append-only log of signed statements; what is in it cannot be left out later."""

    @property
    def origin(self) -> str:
        """The log's name."""

    def add(self, kind: RecordKind, envelope: bytes) -> int:
        """Log an envelope and return its index; it counts, and survives power loss, when this returns.

        HostError when it cannot be written, EvidenceError when the log is not whole.
        """

    def proof(self, index: int) -> bytes:
        """Show that the entry is in the log as it is now, in one file."""

    def head(self) -> bytes | None:
        """The newest checkpoint as time authorities stamp it; None for a log without entries.

        EvidenceError when it is not this log's, HostError when it cannot be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of asking one time authority."""

    authority: str
    token: bytes | None
    """As the authority sent it, and checked; none: it gave none that holds."""
    said: str
    """For a person, one line."""


class TimeAuthorities(Protocol):
    """Say, each with its own key and clock, when something was there."""

    @property
    def names(self) -> tuple[str, ...]:
        """The authorities that can be asked."""

    def ask(self, message: bytes, names: Collection[str]) -> tuple[Answer, ...]:
        """Ask these for a token over the message, all at once. Blocks for seconds; raises nothing."""

    def check(self, name: str, token: bytes, message: bytes) -> TimeStamp:
        """Check a token that was kept. EvidenceError unless it holds and is over the message."""


class Stamps(Protocol):
    """Has checkpoints of the evidence log stamped, and keeps the tokens."""

    def stamp(self, shown: bytes) -> tuple[Answer, ...]:
        """Have the checkpoint that a log proof ends with stamped. Blocks for seconds.

        An authority that fails is an answer without a token. HostError when a token cannot be kept,
        EvidenceError when the checkpoint is not of the log.
        """

    def fresh(self, message: bytes) -> tuple[Answer, ...]:
        """Ask every authority for a token over the message now; the caller keeps it. Blocks for seconds."""


class DrillStore(Protocol):
    """Keeps drills: what was planned, what was recorded, artefacts by digest, evidence."""

    def begin(self, drill_id: DrillId, plan: bytes) -> None:
        """Write and fsync the plan of a drill before it starts."""

    def keep(self, drill_id: DrillId, blob: Blob) -> Artefact:
        """Keep a file of the drill under its digest. Same content twice is kept once."""

    def attach(self, drill_id: DrillId, name: str, content: bytes) -> None:
        """Put a file beside the evidence: what shows that the drill was logged."""

    def seal(self, drill_id: DrillId, envelope: bytes) -> Path:
        """Write and fsync the signed evidence; refuses a second one. Returns its path."""

    def summarise(self, drill_id: DrillId, workload: str, *, recovered: bool, ended_at: datetime) -> None:
        """Note the outcome for lists; verdicts are read from evidence alone."""

    def last_success(self, workload: str) -> datetime | None:
        """UTC end of the newest sealed drill of the workload that recovered it."""
