"""Makes a drill's challenge: out of what nobody can have known before it was planned.

A time stamp that is fetched now has a signature that was unknown before the authority's time, so whatever
knows the challenge is younger than that. Without one there is the log's newest checkpoint, which the
runner knew already; a customer's nonce serves as well as a stamp for whoever gave it.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from drverify.engine.keeping import EvidenceLog, Stamps
from drverify.errors import DrverifyError, InputError
from drverify.model.challenge import ChallengeBasis, FreshToken
from drverify.model.drill import DrillId
from drverify.model.evidence import Blob
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of

_NOTE, _REPLY = "text/plain", "application/timestamp-reply"
_CHANCE = 32
_NONCE = re.compile(r"[\x21-\x7e]{8,128}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A challenge, and the files that it was made of, to be kept by their digests."""

    basis: ChallengeBasis
    files: tuple[Blob, ...] = ()

    @property
    def value(self) -> str:
        """What the guest must give back: 64 hexadecimal digits."""
        return codec.digest(self.basis)


def check_nonce(nonce: str) -> str:
    """Return a customer's nonce. InputError for one that is too short, too long or not plain ASCII."""
    if nonce and not _NONCE.fullmatch(nonce):
        raise InputError(
            "--challenge needs 8 to 128 printable ASCII characters without a space",
            hint="let the customer make it, for example with `openssl rand -hex 16`",
        )
    return nonce


def make_challenge(
    drill_id: DrillId,
    log: EvidenceLog | None,
    stamps: Stamps | None,
    *,
    nonce: str = "",
    note: Callable[[str], None],
) -> Challenge:
    """Make the challenge of a drill that is about to be planned. Blocks for as long as authorities may take.

    An authority that fails is told and left out. HostError or EvidenceError when the log cannot be read.
    """
    head = log.head() if log is not None else None
    seed = ChallengeBasis(
        drill=drill_id,
        origin=log.origin if log is not None else "",
        checkpoint=sha256_of(head) if head is not None else None,
        nonce=nonce,
        chance=secrets.token_hex(_CHANCE),
    )
    tokens = sorted(_fresh(codec.encode(seed), stamps, note))
    fresh = tuple(FreshToken(authority=one, sha256=sha256_of(content)) for one, content in tokens)
    files = [Blob(name=f"challenge/{one}.tsr", media_type=_REPLY, content=token) for one, token in tokens]
    if head is not None:
        files.append(Blob(name="challenge/checkpoint", media_type=_NOTE, content=head))
    return Challenge(basis=replace(seed, tokens=fresh), files=tuple(files))


def _fresh(seed: bytes, stamps: Stamps | None, note: Callable[[str], None]) -> tuple[tuple[str, bytes], ...]:
    if stamps is None:
        return ()
    try:
        answers = stamps.fresh(seed)
    except DrverifyError as error:
        note(f"no fresh time stamp for the challenge: {error}")
        return ()
    silent = ", ".join(one.authority for one in answers if one.token is None)
    if silent:
        note(f"no fresh time stamp of {silent}: it does not show in the challenge when the drill was planned")
    return tuple((one.authority, one.token) for one in answers if one.token is not None)
