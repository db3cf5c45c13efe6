"""Roots, targets and keyrings of a provider and a customer, made by the real code, for tests that attack them."""

from datetime import UTC, datetime

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.model.evidence import Role, TrustedKey
from drverify.sealing.keyring import keyring_file
from drverify.sealing.rooting import add_signature, new_root, new_targets
from drverify.sealing.roots import Party, Signatory
from tests.support.evidence import LOG_TRUST, signer, trusted

PROVIDER, CUSTOMER, CUSTOMER_NEXT, SPARE, RUNNER = (signer(seed) for seed in (21, 22, 23, 24, 1))
NOW = datetime(2026, 11, 1, tzinfo=UTC)
EXPIRES = datetime(2027, 12, 1, tzinfo=UTC)


def signatory(party: Party, by: KeyfileSigner) -> Signatory:
    """The signer's public half as a root key."""
    return Signatory(party=party, public_der=by.public_der)


def key(role: Role, by: KeyfileSigner, **time) -> TrustedKey:
    """The signer's public half in a keyring."""
    return TrustedKey(role=role, public_der=by.public_der, name=role, **time)


BOTH = (signatory("provider", PROVIDER), signatory("customer", CUSTOMER))
NEXT = (signatory("provider", PROVIDER), signatory("customer", CUSTOMER_NEXT))
KEYRING = keyring_file([trusted(RUNNER), LOG_TRUST])


def signed(content: bytes, *by: KeyfileSigner) -> bytes:
    """With these signatures, too."""
    for one in by:
        content = add_signature(content, one.keyid, one, what="file")
    return content


def root(*by: KeyfileSigner, keys=BOTH, version=1, expires=EXPIRES) -> bytes:
    """A root of these keys, signed by these signers."""
    return signed(new_root(keys, version=version, expires=expires), *by)


def targets(*by: KeyfileSigner, keyring=KEYRING, version=1, expires=EXPIRES) -> bytes:
    """Targets of the keyring, signed by these signers."""
    return signed(new_targets(keyring, version=version, expires=expires), *by)


ROOT = root(PROVIDER, CUSTOMER)
TARGETS = targets(PROVIDER, CUSTOMER)
ROOT_2 = root(PROVIDER, CUSTOMER, CUSTOMER_NEXT, keys=NEXT, version=2)
TARGETS_2 = targets(PROVIDER, CUSTOMER_NEXT, version=2)
