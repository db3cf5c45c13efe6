"""A value that nobody could know before a drill was planned, and what its guest made of it.

It is put into the restored machine as a part of its hardware and read back from inside. A guest that does
not know it was started by somebody else, or earlier.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from drverify.model.agreement import Sha256

PREFIX = "drverify-challenge:"
"""What stands before the challenge wherever a guest is given it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshToken:
    """A time stamp that was fetched for this drill alone, just before it was planned."""

    authority: str
    sha256: Sha256
    """Digest of the token as the authority sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeBasis:
    """What a challenge was made of. Its digest, as canonical JSON, is the challenge."""

    drill: str
    """Id of the drill."""
    origin: str = ""
    """Name of the evidence log; empty: this runner keeps none."""
    checkpoint: Sha256 | None = None
    """Digest of the log's newest checkpoint, as authorities stamp it; none: the log had no entry."""
    tokens: tuple[FreshToken, ...] = ()
    """By authority; over this same basis without tokens. Nobody knew them before the authorities' times."""
    nonce: str = ""
    """What the customer gave for this drill; empty: nothing."""
    chance: str
    """32 random bytes of the runner, hexadecimal: nobody else can guess the challenge."""


class ChallengeStatus(StrEnum):
    """What became of a challenge."""

    RETURNED = "returned"
    """The guest gave it back."""
    WRONG = "wrong"
    """The guest gave back another one, or showed that it has none."""
    UNANSWERED = "unanswered"
    """It was asked for and nobody answered."""
    NOT_ASKED = "not-asked"
    """There was no way to give it to the guest or to ask for it, or the drill ended before."""
    NOT_APPLICABLE = "not-applicable"
    """Nothing is started that could be given one: files, containers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChallengeAnswer:
    """How the challenge was put into the guest, and what came back."""

    status: ChallengeStatus
    medium: str = ""
    """Where the guest was given it, such as `SMBIOS OEM string`; empty: it was not."""
    channel: str = ""
    """Which way the last answer came: `ssh root@10.0.0.5:22`, `agent`; empty: none was asked."""
    observed: str = ""
    """The challenge that the guest gave back; empty: none."""
    why: str = ""
    """For a person: why nothing came back. Empty when the challenge did."""
    asked: timedelta | None = None
    """Offset on the drill's clock at which the answer was asked for; none: never."""
    transcript: Sha256 | None = None
    """What was asked and answered; none: nothing was asked."""


def in_words(answer: ChallengeAnswer) -> str:
    """What became of it, one line."""
    way = ", ".join(filter(None, (answer.medium, answer.channel)))
    told = f"{answer.status} ({way})" if way else answer.status.value
    return f"{told}: {answer.why}" if answer.why else told


def basis_in_words(basis: ChallengeBasis) -> str:
    """What a challenge was made of, on one line."""
    parts = []
    if basis.tokens:
        names = " and ".join(one.authority for one in basis.tokens)
        parts.append(f"a time stamp that {names} made just before the drill was planned")
    elif basis.checkpoint:
        parts.append("the newest checkpoint of the log")
    if basis.nonce:
        parts.append(f"the customer's nonce {basis.nonce}")
    return ", ".join((*parts, "chance"))
