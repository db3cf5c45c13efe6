"""The keyring: every key that ever signed for an agreement, with its role and its time.

JSON: {"version": 1, "keys": [...]}. A key is {"role": ..., "name": ..., "public": PEM, "validFrom": T,
"validUntil": T, "revoked": {"at": T, "why": TEXT}}, with null for what is not so; a time authority stands
there as in a trust file. Nothing is taken out of a keyring again: what an old key signed in its time is
believed still. Whose keyring it is, `sealing.roots` says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import Revocation, TrustedAuthority, TrustedKey
from drverify.sealing import codec
from drverify.sealing.keys import (
    Trust,
    authority_entry,
    each_once,
    is_authority,
    named_key,
    pem_of,
    read_authority,
)
from drverify.sealing.strict_json import Json, canonical, parse_canonical

VERSION = 1
_KEY = {"role", "name", "public", "validFrom", "validUntil", "revoked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Between which instants something was signed, by the word of others than the signer; None: unknown."""

    earliest: datetime | None = None
    latest: datetime | None = None


UNDATED = Signed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Whether a signature may be believed, for when it was made."""

    answer: Literal["yes", "no", "not shown"]
    """`not shown`: nothing dates the signature into the key's time, nor out of it."""
    why: str = ""
    """For anything but yes."""


def usable(key: TrustedKey, at_earliest: datetime | None, at_latest: datetime | None) -> Use:
    """Whether what the key signed counts, when it was signed between two instants that others vouch for.

    `at_latest` is when the statement was in a stamped or cosigned checkpoint for sure, `at_earliest` the
    newest such checkpoint that it is not in; None for what nobody vouches for. The signer's own clock is
    no witness: whoever stole a key writes into a statement whatever time helps. So a signature counts from
    its latest instant, which must lie in the key's time and before its revocation; `no` is said only of
    what cannot be in it, and of everything by a revoked key that was not shown to be older.
    """
    if key.revoked is not None and (at_latest is None or at_latest >= key.revoked.at):
        since = f"revoked as of {codec.to_json(key.revoked.at)} ({key.revoked.why})"
        return Use(answer="no", why=f"the key is {since}, and the signature was not shown to be older")
    if key.valid_from is not None and at_latest is not None and at_latest < key.valid_from:
        return Use(answer="no", why=f"the key is valid from {codec.to_json(key.valid_from)} only")
    if key.valid_until is not None and at_earliest is not None and at_earliest >= key.valid_until:
        return Use(answer="no", why=f"the key was valid until {codec.to_json(key.valid_until)}")
    if key.valid_from is None and key.valid_until is None:
        return Use(answer="yes")
    if at_latest is None or (key.valid_until is not None and at_latest >= key.valid_until):
        return Use(
            answer="not shown", why=f"nothing shows that it was signed in the key's time, {_time(key)}"
        )
    return Use(answer="yes")


def keyring_file(keys: Sequence[TrustedKey], authorities: Sequence[TrustedAuthority] = ()) -> bytes:
    """The one byte form of a keyring."""
    entries = [*(_entry(key) for key in keys), *(authority_entry(one) for one in authorities)]
    return canonical({"version": VERSION, "keys": list(entries)})


def read_keyring(data: bytes, *, what: str) -> Trust:
    """Read a keyring; EvidenceError, naming it as `what`, for every doubt."""
    value = parse_canonical(data, what=what)
    if not isinstance(value, dict) or value.keys() != {"version", "keys"} or value["version"] is not VERSION:
        raise EvidenceError(f"{what}: must be an object of version {VERSION} and keys")
    entries = value["keys"]
    if not isinstance(entries, list):
        raise EvidenceError(f"{what}: keys must be an array")
    try:
        keys = tuple(_key(entry, what) for entry in entries if not is_authority(entry))
        authorities = tuple(read_authority(entry, what) for entry in entries if is_authority(entry))
        return each_once(keys, authorities, what=what)
    except InputError as error:
        raise EvidenceError(str(error)) from error


def lost(before: Trust, after: Trust) -> Iterator[str]:
    """Everything that a keyring said and a later one takes back (keys, revocations, ends), in sentences."""
    later = {key.public_der: key for key in after.keys}
    for key in before.keys:
        now = later.get(key.public_der)
        if now is None or now.role != key.role:
            yield f"the {key.role}'s key {key.name} is not in it any more; revoke it, or end its time"
        elif key.revoked is not None and (now.revoked is None or now.revoked.at > key.revoked.at):
            yield f"the {key.role}'s key {key.name} was revoked as of {codec.to_json(key.revoked.at)}"
        elif key.valid_until is not None and (now.valid_until is None or now.valid_until > key.valid_until):
            yield f"the time of the {key.role}'s key {key.name} ended at {codec.to_json(key.valid_until)}"


def _entry(key: TrustedKey) -> Json:
    revoked = key.revoked
    return {
        "role": key.role,
        "name": key.name,
        "public": pem_of(key.public_der),
        "validFrom": codec.to_json(key.valid_from),
        "validUntil": codec.to_json(key.valid_until),
        "revoked": None if revoked is None else {"at": codec.to_json(revoked.at), "why": revoked.why},
    }


def _key(entry: Json, what: str) -> TrustedKey:
    if not isinstance(entry, dict) or entry.keys() != _KEY:
        raise EvidenceError(f"{what}: a key must be an object of exactly {', '.join(sorted(_KEY))}")
    key = named_key(entry["role"], entry["name"], entry["public"], what=what)
    found = replace(
        key,
        valid_from=_instant(entry["validFrom"], what),
        valid_until=_instant(entry["validUntil"], what),
        revoked=_revocation(entry["revoked"], what),
    )
    if (
        found.valid_from is not None
        and found.valid_until is not None
        and found.valid_until <= found.valid_from
    ):
        raise EvidenceError(f"{what}: the key {key.name!r} is valid until before it is valid")
    return found


def _revocation(value: Json, what: str) -> Revocation | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != {"at", "why"}:
        raise EvidenceError(f"{what}: revoked must be null, or an object of exactly at, why")
    at, why = _instant(value["at"], what), value["why"]
    if at is None or not isinstance(why, str) or not why.strip():
        raise EvidenceError(f"{what}: a revocation must say when and why")
    return Revocation(at=at, why=why)


def _instant(value: Json, what: str) -> datetime | None:
    return None if value is None else codec.from_json(value, datetime, what=what)


def _time(key: TrustedKey) -> str:
    first = "the beginning" if key.valid_from is None else f"{codec.to_json(key.valid_from)}"
    last = "" if key.valid_until is None else f" until {codec.to_json(key.valid_until)}"
    return f"from {first}{last}"
