"""What a reference to a private key leads to: a file, an SSH agent, a PKCS#11 token, a key service.

file:PATH                    PKCS#8 PEM, Ed25519
ssh-agent:SHA256:...         the fingerprint of a key in the agent of $SSH_AUTH_SOCK, or its comment
hsm:ID?label=LABEL           a key of a PKCS#11 token, ECDSA over P-256
awskms: gcpkms: azurekms: hv: tkey:     as securesystemslib has them
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from drverify.adapters.signing.agent import SCHEME as AGENT
from drverify.adapters.signing.agent import AgentSigner
from drverify.adapters.signing.device import SCHEMES as DEVICES
from drverify.adapters.signing.device import Device, DeviceSigner
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.errors import InputError
from drverify.model.evidence import KeyId
from drverify.sealing.keys import der_of_pem

WITHIN = timedelta(seconds=30)
_MAX_PEM = 16 * 1024


class PublicSigner(Protocol):
    """A private key that signs, wherever it is, and the public half that goes with it."""

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""

    @property
    def public_der(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature; HostError when it cannot be had in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReference:
    """Which key, and what reaching it takes."""

    reference: str
    public: Path | None = None
    """PEM of its public half; a key service's must be given."""
    pin: Callable[[], bytes] | None = None
    library: Path | None = None
    within: timedelta = WITHIN


def signer_of(wanted: KeyReference, *, what: str, base: Path = Path()) -> PublicSigner:
    """The signer behind a reference; relative paths count from `base`, `what` names it in errors.

    InputError for a reference that is none, or leads to no key; HostError when an agent or a token does
    not answer. A token whose `public` is given is not asked for anything before it signs.
    """
    scheme, _, where = wanted.reference.partition(":")
    if scheme == "file" and where:
        return KeyfileSigner.read(base / where)
    if scheme == AGENT and where:
        return _same(AgentSigner.find(where, wanted.within), wanted, base)
    if scheme in DEVICES:
        device = Device(uri=wanted.reference, pin=wanted.pin, library=wanted.library, within=wanted.within)
        if wanted.public is None:
            return DeviceSigner.imported(device)
        return DeviceSigner(device, _public(base / wanted.public))
    known = ", ".join(f"{one}:" for one in ("file", AGENT, *DEVICES))
    raise InputError(f"{what} must be file:PATH, or another reference to a key", hint=f"known are {known}")


def _same(signer: AgentSigner, wanted: KeyReference, base: Path) -> AgentSigner:
    if wanted.public is not None and _public(base / wanted.public) != signer.public_der:
        raise InputError(f"the SSH agent's key {wanted.reference} is not the one of {wanted.public}")
    return signer


def _public(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_PEM)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return der_of_pem(content, what=str(path))
