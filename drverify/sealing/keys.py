"""Public keys, their ids, and the trust file: which keys may sign in which role.

A trust file is JSON: {"version": 1, "keys": [{"role": "runner", "name": ..., "public": PEM}]}. The role is
`runner`, `log`, `provider`, `customer` or `witness`; a log's key has the log's own name. A time authority is {"role": "time-authority",
"name": ..., "certificate": PEM}, with one root certificate; one with several roots stands there as often.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import ROLES, TIME_AUTHORITY, KeyId, TrustedAuthority, TrustedKey
from drverify.sealing.authorities import authorities_in, one_key_two_names, pem_of_certificate
from drverify.sealing.strict_json import Json, parse

VERSION = 1
_KEY = {"role", "name", "public"}
_AUTHORITY = {"role", "name", "certificate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom a verifier believes, and in what."""

    keys: tuple[TrustedKey, ...]
    authorities: tuple[TrustedAuthority, ...] = ()
    """Root certificates of time authorities; one with several roots is there several times."""


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


def trust_file(keys: Sequence[TrustedKey], authorities: Sequence[TrustedAuthority] = ()) -> Json:
    """The content of a trust file for these keys and time authorities."""
    signers: list[Json] = [
        {"role": key.role, "name": key.name, "public": pem_of(key.public_der)} for key in keys
    ]
    stampers: list[Json] = [
        {"role": TIME_AUTHORITY, "name": one.name, "certificate": pem_of_certificate(one.certificate_der)}
        for one in authorities
    ]
    return {"version": VERSION, "keys": [*signers, *stampers]}


def parse_trust(data: bytes, *, what: str) -> tuple[TrustedKey, ...]:
    """The keys of a trust file, as `read_trust`."""
    return read_trust(data, what=what).keys


def read_trust(data: bytes, *, what: str) -> Trust:
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
    keys = tuple(_key(entry, what) for entry in entries if not _is_authority(entry))
    if len({key.public_der for key in keys}) != len(keys):
        raise InputError(f"{what}: the same key material stands in it twice")
    authorities = tuple(_authority(entry, what) for entry in entries if _is_authority(entry))
    if len(set(authorities)) != len(authorities) or one_key_two_names(authorities):
        raise InputError(f"{what}: the same time authority stands in it twice")
    return Trust(keys=keys, authorities=authorities)


def _is_authority(entry: Json) -> bool:
    return isinstance(entry, dict) and entry.get("role") == TIME_AUTHORITY


def _authority(entry: Json, what: str) -> TrustedAuthority:
    if not isinstance(entry, dict) or entry.keys() != _AUTHORITY:
        raise InputError(f"{what}: a time authority must be an object of {', '.join(sorted(_AUTHORITY))}")
    name, pem = entry["name"], entry["certificate"]
    if not isinstance(name, str) or not isinstance(pem, str):
        raise InputError(f"{what}: a time authority's name and certificate must be text")
    found = authorities_in(pem.encode(), name, what=what)
    if len(found) != 1:
        raise InputError(f"{what}: the time authority {name} must have one certificate in each entry")
    return found[0]


def _key(entry: Json, what: str) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _KEY:
        raise InputError(f"{what}: a key must be an object of exactly {', '.join(sorted(_KEY))}")
    name, pem = entry["name"], entry["public"]
    role = next((role for role in ROLES if role == entry["role"]), None)
    if role is None or not isinstance(name, str) or not isinstance(pem, str):
        known = " or ".join(f"`{role}`" for role in (*ROLES, TIME_AUTHORITY))
        raise InputError(f"{what}: a key's role must be {known}, its name and public key text")
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{what}: the key {name!r} is not a public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{what}: the key {name!r} is not an Ed25519 key")
    return TrustedKey(role=role, public_der=der_of(key), name=name)
