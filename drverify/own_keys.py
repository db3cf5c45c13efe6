"""The private keys that the settings name: the runner's, and the log's."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from drverify.adapters.signing.reference import KeyReference, PublicSigner, signer_of
from drverify.errors import InputError
from drverify.model.evidence import TrustedKey
from drverify.model.recovery import SecretRef
from drverify.settings import Settings


def runner(settings: Settings, secret: Callable[[SecretRef], bytes]) -> PublicSigner:
    """The key that signs evidence. InputError or HostError when it is not there."""
    chosen = settings.signing
    reference = KeyReference(
        reference=chosen.key,
        public=chosen.public,
        pin=partial(secret, SecretRef(chosen.pin)) if chosen.pin else None,
        library=chosen.library,
        within=timedelta(seconds=chosen.within_s),
    )
    return signer_of(reference, what="signing.key", base=settings.base)


def of_log(settings: Settings, reference: str) -> PublicSigner:
    """The key of the log, out of a file or an agent: it is Ed25519, and signs often."""
    if not reference.startswith(("file:", "ssh-agent:")):
        raise InputError(
            "log.key must be file:PATH or ssh-agent:KEY", hint="make one with `drverify key new --log ORIGIN`"
        )
    return signer_of(KeyReference(reference=reference), what="log.key", base=settings.base)


def trusted_log(signer: PublicSigner, origin: str) -> TrustedKey:
    """The log's key as a verifier is told of it."""
    return TrustedKey(role="log", public_der=signer.public_der, name=origin)
