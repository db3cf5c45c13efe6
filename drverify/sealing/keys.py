"""Public keys, their ids, and the trust file: which keys may sign in which role.

A trust file is JSON: {"version": 1, "keys": [{"role": "runner", "name": ..., "public": PEM}]}. The role is
`runner` or `log`; a log's key has the log's own name.
"""

import hashlib
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import ROLES, KeyId, TrustedKey
from drverify.sealing.strict_json import Json, parse

VERSION = 1
_KEY = {"role", "name", "public"}


def keyid_of(public_der: bytes) -> KeyId:
    """The id that follows from the key material: sha256 of the DER SubjectPublicKeyInfo."""
    return KeyId(hashlib.sha256(public_der).hexdigest())


def public_key(public_der: bytes) -> Ed25519PublicKey:
    """Read an Ed25519 key; InputError for anything else."""
    try:
        key = load_der_public_key(public_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("not a public key in DER") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("not an Ed25519 key")
    return key


def der_of(key: Ed25519PublicKey) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem_of(public_der: bytes) -> str:
    """The key as PEM, as openssl reads it."""
    return public_key(public_der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def trust_file(keys: Sequence[TrustedKey]) -> Json:
    """The content of a trust file for these keys."""
    return {
        "version": VERSION,
        "keys": [{"role": key.role, "name": key.name, "public": pem_of(key.public_der)} for key in keys],
    }


def parse_trust(data: bytes, *, what: str) -> tuple[TrustedKey, ...]:
    """Read a trust file; InputError, naming it as `what`, for every doubt.

    No key may stand in it twice: keys are counted by their material, not by their names.
    """
    try:
        value = parse(data, what=what)
    except EvidenceError as error:
        raise InputError(str(error), hint="`drverify key show KEYFILE` prints a trust file") from error
    if not isinstance(value, dict) or value.keys() != {"version", "keys"} or value["version"] is not VERSION:
        raise InputError(f"{what}: must be an object of version {VERSION} and keys")
    entries = value["keys"]
    if not isinstance(entries, list) or not entries:
        raise InputError(f"{what}: keys must be an array that is not empty")
    keys = tuple(_key(entry, what) for entry in entries)
    if len({key.public_der for key in keys}) != len(keys):
        raise InputError(f"{what}: the same key material stands in it twice")
    return keys


def _key(entry: Json, what: str) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _KEY:
        raise InputError(f"{what}: a key must be an object of exactly {', '.join(sorted(_KEY))}")
    name, pem = entry["name"], entry["public"]
    role = next((role for role in ROLES if role == entry["role"]), None)
    if role is None or not isinstance(name, str) or not isinstance(pem, str):
        known = " or ".join(f"`{role}`" for role in ROLES)
        raise InputError(f"{what}: a key's role must be {known}, its name and public key text")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{what}: the key {name!r} is not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{what}: the key {name!r} is not an Ed25519 key")
    return TrustedKey(role=role, public_der=der_of(key), name=name)
