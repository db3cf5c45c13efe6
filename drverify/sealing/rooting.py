"""Makes root and targets metadata (`sealing.roots`) for both parties to sign, and adds signatures. Pure.

A file grows by signatures, one party after the other; what is signed does not change by that.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import Key, SSlibKey
from tuf.api.metadata import TOP_LEVEL_ROLE_NAMES, Metadata, Role, Root, TargetFile, Targets

from drverify.errors import InputError
from drverify.sealing.keys import keyid_of, pem_of, public_key
from drverify.sealing.roots import (
    KEYRING,
    MIN_THRESHOLD,
    PARTIES,
    PARTY,
    Signatory,
    signatures_of,
    signed_bytes,
)
from drverify.sealing.seal import Signs


def new_root(signatories: Sequence[Signatory], *, version: int, expires: datetime) -> bytes:
    """A root of these keys, unsigned; InputError unless each party has one and none stands there twice.

    `expires` is UTC and in whole seconds. Two signatures suffice, one of each party: a second key of a
    party is its spare.
    """
    if {one.party for one in signatories} != set(PARTIES):
        raise InputError("a root needs a key of each party: provider and customer")
    if len({one.public_der for one in signatories}) != len(signatories):
        raise InputError("the same key cannot stand in a root twice")
    keys = {keyid_of(one.public_der): _key(one) for one in signatories}
    root = Root(
        version=version,
        expires=expires,
        keys=dict(sorted(keys.items())),
        roles={name: Role(sorted(keys), MIN_THRESHOLD) for name in sorted(TOP_LEVEL_ROLE_NAMES)},
        consistent_snapshot=False,
    )
    return _rendered(Metadata(root).to_dict())


def new_targets(keyring: bytes, *, version: int, expires: datetime) -> bytes:
    """Targets that name this keyring, unsigned; `expires` is UTC and in whole seconds."""
    target = TargetFile(
        length=len(keyring), hashes={"sha256": hashlib.sha256(keyring).hexdigest()}, path=KEYRING
    )
    return _rendered(Metadata(Targets(version=version, expires=expires, targets={KEYRING: target})).to_dict())


def add_signature(data: bytes, keyid: str, signer: Signs, *, what: str) -> bytes:
    """The file with one more signature, or another one of that key, under the id that the root gives it."""
    signatures = signatures_of(data, what=what)
    signatures[keyid] = signer.sign(signed_bytes(data, what=what))
    entries = [{"keyid": one, "sig": sig.hex()} for one, sig in sorted(signatures.items())]
    return _rendered({"signatures": entries, "signed": json.loads(data)["signed"]})


def _key(signatory: Signatory) -> Key:
    key = public_key(signatory.public_der)
    whose = {PARTY: signatory.party}
    keyid = keyid_of(signatory.public_der)
    if isinstance(key, Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        return SSlibKey(keyid, "ed25519", "ed25519", {"public": raw}, whose)
    return SSlibKey(keyid, "ecdsa", "ecdsa-sha2-nistp256", {"public": pem_of(signatory.public_der)}, whose)


def _rendered(value: dict[str, Any]) -> bytes:
    """One byte form that people can read, too: the parties compare and print it."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
