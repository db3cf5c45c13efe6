"""Public keys, their ids, and the trust file: which keys may sign in which role.

A trust file is JSON: {"version": 1, "keys": [{"role": "runner", "name": ..., "public": PEM}]}. The role is
`runner`, `log`, `provider`, `customer` or `witness`; a log's key has the log's own name. A time authority
is {"role": "time-authority", "name": ..., "certificate": PEM}, with one root certificate; one with several
roots stands there as often.

Keys are Ed25519, or ECDSA over P-256 with SHA-256 for what a token or a key service signs: no other curve,
no other hash, and a P-256 signature in DER. Of its two forms, s and n - s, either is accepted: tokens and
services give both, and nothing here is known by its signature's bytes but the entry of a log, which holds
their digest. Logs and witnesses sign with Ed25519 alone, as the format of signed notes says.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import ROLES, TIME_AUTHORITY, KeyId, Role, TrustedAuthority, TrustedKey
from drverify.sealing.authorities import authorities_in, one_key_two_names, pem_of_certificate
from drverify.sealing.strict_json import Json, parse

VERSION = 1
NOTE_ROLES: frozenset[Role] = frozenset({"log", "witness"})
"""Who signs notes, and so has an Ed25519 key."""
_KEY = {"role", "name", "public"}
_AUTHORITY = {"role", "name", "certificate"}

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
"""Of the two kinds of keys that may sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whom a verifier believes, and in what."""

    keys: tuple[TrustedKey, ...]
    authorities: tuple[TrustedAuthority, ...] = ()
    """Root certificates of time authorities; one with several roots is there several times."""


def keyid_of(public_der: bytes) -> KeyId:
    """The id that follows from the key material: sha256 of the DER SubjectPublicKeyInfo."""
    return KeyId(hashlib.sha256(public_der).hexdigest())


@lru_cache(maxsize=256)  # an audit asks for the same few keys a hundred thousand times
def public_key(public_der: bytes) -> PublicKey:
    """Read an Ed25519 or P-256 key in the one form of its DER; InputError for anything else.

    A P-256 key has several (a compressed point, named or explicit parameters): one key would have many ids.
    """
    try:
        key = load_der_public_key(public_der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError("not a public key in DER") from error
    if not _may_sign(key):
        raise InputError("neither an Ed25519 nor a P-256 key")
    if der_of(key) != public_der:
        raise InputError("a public key, but not in the one form of its DER")
    return key


def ed25519_key(public_der: bytes) -> Ed25519PublicKey:
    """Read the key of a log or a witness; InputError for anything but an Ed25519 key."""
    key = public_key(public_der)
    if not isinstance(key, Ed25519PublicKey):
        raise InputError("not an Ed25519 key")
    return key


def check_signature(public_der: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature over the message; EvidenceError when it does not verify."""
    key = public_key(public_der)
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature as error:
        raise EvidenceError(f"signature: does not verify with key {keyid_of(public_der)[:16]}") from error


def der_of(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo, DER in its one form: of a P-256 key the named curve and the whole point."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def der_of_pem(pem: bytes, *, what: str) -> bytes:
    """The key of a PEM file; InputError, naming `what`, for anything but an Ed25519 or a P-256 key."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{what} is not a public key in PEM") from error
    if not _may_sign(key):
        raise InputError(f"{what} is neither an Ed25519 nor a P-256 key")
    return der_of(key)


def pem_of(public_der: bytes) -> str:
    """The key as PEM, as openssl reads it."""
    return public_key(public_der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def trust_file(keys: Sequence[TrustedKey], authorities: Sequence[TrustedAuthority] = ()) -> Json:
    """The content of a trust file for these keys and time authorities."""
    signers: list[Json] = [
        {"role": key.role, "name": key.name, "public": pem_of(key.public_der)} for key in keys
    ]
    stampers: list[Json] = [authority_entry(one) for one in authorities]
    return {"version": VERSION, "keys": [*signers, *stampers]}


def authority_entry(authority: TrustedAuthority) -> Json:
    """A time authority as trust files name it."""
    pem = pem_of_certificate(authority.certificate_der)
    return {"role": TIME_AUTHORITY, "name": authority.name, "certificate": pem}


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
    keys = tuple(_key(entry, what) for entry in entries if not is_authority(entry))
    authorities = tuple(read_authority(entry, what) for entry in entries if is_authority(entry))
    return each_once(keys, authorities, what=what)


def each_once(keys: tuple[TrustedKey, ...], authorities: tuple[TrustedAuthority, ...], *, what: str) -> Trust:
    """Put them together; InputError, naming `what`, when one of them would count as two."""
    if len({key.public_der for key in keys}) != len(keys):
        raise InputError(f"{what}: the same key material stands in it twice")
    if len(set(authorities)) != len(authorities) or one_key_two_names(authorities):
        raise InputError(f"{what}: the same time authority stands in it twice")
    return Trust(keys=keys, authorities=authorities)


def is_authority(entry: Json) -> bool:
    """Whether an entry of a trust file is of a time authority."""
    return isinstance(entry, dict) and entry.get("role") == TIME_AUTHORITY


def read_authority(entry: Json, what: str) -> TrustedAuthority:
    """Read the entry of a time authority; InputError, naming the file as `what`."""
    if not isinstance(entry, dict) or entry.keys() != _AUTHORITY:
        raise InputError(f"{what}: a time authority must be an object of {', '.join(sorted(_AUTHORITY))}")
    name, pem = entry["name"], entry["certificate"]
    if not isinstance(name, str) or not isinstance(pem, str):
        raise InputError(f"{what}: a time authority's name and certificate must be text")
    found = authorities_in(pem.encode(), name, what=what)
    if len(found) != 1:
        raise InputError(f"{what}: the time authority {name} must have one certificate in each entry")
    return found[0]


def named_key(role: Json, name: Json, pem: Json, *, what: str) -> TrustedKey:
    """A key as files name it; InputError, naming the file as `what`, for every doubt."""
    known = next((one for one in ROLES if one == role), None)
    if known is None or not isinstance(name, str) or not isinstance(pem, str):
        roles = " or ".join(f"`{one}`" for one in (*ROLES, TIME_AUTHORITY))
        raise InputError(f"{what}: a key's role must be {roles}, its name and public key text")
    public_der = der_of_pem(pem.encode(), what=f"{what}: the key {name!r}")
    if known in NOTE_ROLES and not isinstance(public_key(public_der), Ed25519PublicKey):
        raise InputError(f"{what}: the key {name!r} of a {known} is not an Ed25519 key")
    return TrustedKey(role=known, public_der=public_der, name=name)


def _key(entry: Json, what: str) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _KEY:
        raise InputError(f"{what}: a key must be an object of exactly {', '.join(sorted(_KEY))}")
    return named_key(entry["role"], entry["name"], entry["public"], what=what)


def _may_sign(key: object) -> TypeGuard[PublicKey]:
    return isinstance(key, Ed25519PublicKey) or (
        isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)
    )
