"""The root of trust: who, together, says which keys an agreement's keyring holds. Pure reading.

Root and targets metadata as in The Update Framework (TUF 1.0, https://theupdateframework.github.io), and
nothing else of it: no repository, no snapshot, no clock. `N.root.json` names the root keys, `targets.json`
the digest of `keyring.json`. Both parties pin the first root by its digest; each later one is signed as
the one before asks and as it asks itself.

Stricter than TUF, for it counts key ids and knows no parties:

- signatures are counted by key material, and one key under two ids is refused wherever it stands;
- every root key says whose it is (`x-drverify-party`), and root and targets need a signature of each party,
  besides the threshold of two at least: no majority turns the other side out;
- every signature that is there must verify; strict JSON; no delegations; one target.

Whether metadata has expired is asked of the newest root and targets, for the instant at which the caller
wants to know whom to believe: an old chain stays readable for ever.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import Key
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets

from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import TrustedKey
from drverify.sealing.codec import to_json
from drverify.sealing.keyring import read_keyring
from drverify.sealing.keys import Trust, check_signature, der_of, der_of_pem, keyid_of
from drverify.sealing.strict_json import Json, parse

Party = Literal["provider", "customer"]
PARTIES: tuple[Party, ...] = get_args(Party)
PARTY = "x-drverify-party"
"""Field of a root key; unknown to other readers of TUF, which pass it over and keep it."""
KEYRING = "keyring.json"
MIN_THRESHOLD = 2
MAX_ROOTS = 1000
_ED25519, _P256 = ("ed25519", "ed25519"), ("ecdsa", "ecdsa-sha2-nistp256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A root key: it signs roots and targets for one of the parties."""

    party: Party
    public_der: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Who must sign together: so many of them, and one of each party."""

    threshold: int
    signatories: frozenset[Signatory]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootFile:
    """A root as it was read: believed in nothing yet."""

    content: bytes
    version: int
    expires: datetime
    keys: Mapping[str, Signatory]
    """By the ids that the file gives them."""
    root: Body
    targets: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetsFile:
    """Targets as they were read: believed in nothing yet."""

    content: bytes
    version: int
    expires: datetime
    length: int
    sha256: Sha256
    """Of the keyring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What follows from a pinned root."""

    trust: Trust
    root: RootFile
    """The newest."""
    targets: TargetsFile
    pinned: Sha256


def resolve(
    root_chain: Sequence[bytes], pinned: Sha256 | bytes, targets: bytes, keyring: bytes, at: datetime
) -> Trust:
    """Whom to believe by these files, as `resolved`."""
    return resolved(root_chain, pinned, targets, keyring, at).trust


def resolved(
    root_chain: Sequence[bytes], pinned: Sha256 | bytes, targets: bytes, keyring: bytes, at: datetime
) -> Resolved:
    """Follow the roots from the pinned one (its bytes, or their sha256) to the keyring.

    EvidenceError when the pinned root is not among them, a root does not follow from the one before,
    targets or keyring are not what the newest root leads to, or these have expired at the instant `at`.
    """
    digest = hashlib.sha256(pinned).hexdigest() if isinstance(pinned, bytes) else pinned
    newest = _followed(_from(root_chain, Sha256(digest)))
    listed = read_targets(targets)
    _check(listed.content, newest.keys, [newest.targets], "targets")
    for name, expires in ((f"root {newest.version}", newest.expires), ("targets", listed.expires)):
        if expires <= at:
            hint = "ask for newer ones, or name the instant for which to judge with --at"
            raise EvidenceError(f"trust: {name} expired at {to_json(expires)}", hint=hint)
    if len(keyring) != listed.length or hashlib.sha256(keyring).hexdigest() != listed.sha256:
        raise EvidenceError("trust: the keyring is not the one that the targets name")
    trust = read_keyring(keyring, what=KEYRING)
    _check_offices(newest, trust.keys)
    return Resolved(trust=trust, root=newest, targets=listed, pinned=Sha256(digest))


def read_root(data: bytes, *, what: str = "root") -> RootFile:
    """Read a root, its form and rules, without its signatures. EvidenceError for every doubt."""
    root: Root = _signed_of(data, Root, what)
    keys = {keyid: _signatory(key, what) for keyid, key in root.keys.items()}
    if len({one.public_der for one in keys.values()}) != len(keys):
        raise EvidenceError(f"{what}: one key stands in it under two ids")
    return RootFile(
        content=data,
        version=root.version,
        expires=root.expires,
        keys=keys,
        root=_body(root, "root", keys, what),
        targets=_body(root, "targets", keys, what),
    )


def read_targets(data: bytes, *, what: str = "targets") -> TargetsFile:
    """Read targets, their form and rules, without their signatures. EvidenceError for every doubt."""
    targets: Targets = _signed_of(data, Targets, what)
    if targets.delegations is not None or set(targets.targets) != {KEYRING}:
        raise EvidenceError(f"{what}: must name {KEYRING} and nothing else")
    target = targets.targets[KEYRING]
    if set(target.hashes) != {"sha256"} or type(target.length) is not int:
        raise EvidenceError(f"{what}: must name the keyring by its sha256 alone")
    return TargetsFile(
        content=data,
        version=targets.version,
        expires=targets.expires,
        length=target.length,
        sha256=Sha256(target.hashes["sha256"]),
    )


def signed_by(
    data: bytes, keys: Mapping[str, Signatory], *, what: str, others: bool = False
) -> frozenset[Signatory]:
    """Whose signatures root or targets carry; EvidenceError for one that does not verify.

    `others` lets signatures pass that are by none of the keys: a pinned root has them of the root before.
    """
    found = set()
    for keyid, signature in signatures_of(data, what=what).items():
        if keyid not in keys and others:
            continue
        if keyid not in keys:
            raise EvidenceError(f"{what}: signed with {keyid[:16]}, which is no root key")
        try:
            check_signature(keys[keyid].public_der, signature, signed_bytes(data, what=what))
        except EvidenceError as error:
            raise EvidenceError(f"{what}: {error}") from error
        found.add(keys[keyid])
    return frozenset(found)


def signatures_of(data: bytes, *, what: str) -> dict[str, bytes]:
    """The signatures of root or targets by the ids of their keys, unchecked."""
    value = _value(data, what)
    entries = value["signatures"]
    if not isinstance(entries, list):
        raise EvidenceError(f"{what}: signatures must be an array")
    found: dict[str, bytes] = {}
    for entry in entries:
        if not isinstance(entry, dict) or entry.keys() != {"keyid", "sig"}:
            raise EvidenceError(f"{what}: a signature must be an object of keyid, sig")
        keyid, text = entry["keyid"], entry["sig"]
        if not isinstance(keyid, str) or not isinstance(text, str) or keyid in found:
            raise EvidenceError(f"{what}: two signatures under one key id, or none that is text")
        try:
            found[keyid] = bytes.fromhex(text)
        except ValueError as error:
            raise EvidenceError(f"{what}: a signature is not in hexadecimal digits") from error
    return found


def signed_bytes(data: bytes, *, what: str) -> bytes:
    """What is signed of root or targets: their canonical JSON, as TUF has it."""
    encoded = encode_canonical(_value(data, what)["signed"])
    if encoded is None:
        raise EvidenceError(f"{what}: has no canonical form")
    return encoded.encode()


def missing(body: Body, signed: Iterable[Signatory]) -> str:
    """What a body still lacks to have signed; empty when nothing."""
    there = body.signatories & frozenset(signed)
    absent = [party for party in PARTIES if not any(one.party == party for one in there)]
    if absent:
        return f"a signature of the {' and of the '.join(absent)}"
    lacking = body.threshold - len(there)
    return f"{lacking} more of its keys' signatures" if lacking > 0 else ""


def _from(root_chain: Sequence[bytes], pinned: Sha256) -> Sequence[bytes]:
    """The chain from the pinned root on."""
    if len(root_chain) > MAX_ROOTS:
        raise EvidenceError(f"trust: more than {MAX_ROOTS} roots")
    at = next((at for at, one in enumerate(root_chain) if hashlib.sha256(one).hexdigest() == pinned), None)
    if at is None:
        raise EvidenceError(f"trust: the pinned root {pinned[:16]} is not among the roots")
    return root_chain[at:]


def _followed(chain: Sequence[bytes]) -> RootFile:
    """The newest root, every one signed by itself and by the one before."""
    newest: RootFile | None = None
    for content in chain:
        root = read_root(content)
        what = f"root {root.version}"
        if newest is not None and root.version != newest.version + 1:
            raise EvidenceError(f"trust: {what} does not come after root {newest.version}")
        before = () if newest is None else (newest,)
        keys = {**root.keys}
        for one in before:
            keys |= one.keys
        _check(content, keys, [*(one.root for one in before), root.root], what, others=not before)
        newest = root
    if newest is None:
        raise EvidenceError("trust: there is no root")
    return newest


def _check(
    content: bytes, keys: Mapping[str, Signatory], bodies: Sequence[Body], what: str, *, others: bool = False
) -> None:
    signed = signed_by(content, keys, what=f"trust: {what}", others=others)
    for body in bodies:
        if lacking := missing(body, signed):
            raise EvidenceError(f"trust: {what} lacks {lacking}")


def _check_offices(root: RootFile, keys: Iterable[TrustedKey]) -> None:
    """A party's root key may sign as that party; never as a runner, a log, a witness or the other side."""
    party = {one.public_der: one.party for one in root.keys.values()}
    for key in keys:
        if party.get(key.public_der, key.role) != key.role:
            raise EvidenceError(
                f"{KEYRING}: a root key of the {party[key.public_der]} stands in it as {key.role}"
            )


def _signed_of(data: bytes, form: type[Any], what: str) -> Any:
    """The signed part, read by TUF's own library; EvidenceError unless it reads all of what stands there."""
    try:
        metadata = Metadata[Any].from_dict(_value(data, what))
        again = metadata.signed.to_dict()
    except (RepositoryError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{what}: not metadata of TUF: {error}") from error
    if not isinstance(metadata.signed, form) or again != _value(data, what)["signed"]:
        raise EvidenceError(f"{what}: not a {form.__name__} of TUF, or more than one")
    if type(metadata.signed.version) is not int:
        raise EvidenceError(f"{what}: its version is not a number")
    return metadata.signed


def _value(data: bytes, what: str) -> dict[str, Json]:
    value = parse(data, what=what)
    if not isinstance(value, dict) or value.keys() != {"signatures", "signed"}:
        raise EvidenceError(f"{what}: must be an object of signatures, signed")
    return value


def _signatory(key: Key, what: str) -> Signatory:
    party = next((one for one in PARTIES if one == key.unrecognized_fields.get(PARTY)), None)
    if party is None:
        raise EvidenceError(
            f"{what}: a root key does not say whose it is: {PARTY} must be {' or '.join(PARTIES)}"
        )
    kind, text = (key.keytype, key.scheme), key.keyval.get("public")
    if not isinstance(text, str) or kind not in {_ED25519, _P256}:
        raise EvidenceError(f"{what}: a root key is neither an Ed25519 nor a P-256 key")
    try:
        if kind == _P256:
            return Signatory(party=party, public_der=der_of_pem(text.encode(), what=f"{what}: a root key"))
        return Signatory(
            party=party, public_der=der_of(Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)))
        )
    except (InputError, ValueError) as error:
        raise EvidenceError(f"{what}: a root key cannot be read: {error}") from error


def _body(root: Root, name: str, keys: Mapping[str, Signatory], what: str) -> Body:
    role = root.roles[name]
    if type(role.threshold) is not int or not all(isinstance(keyid, str) for keyid in role.keyids):
        raise EvidenceError(f"{what}: {name} must have key ids that are text, and a number of them")
    unknown = [keyid for keyid in role.keyids if keyid not in keys]
    if unknown:
        raise EvidenceError(f"{what}: {name} names the key {unknown[0][:16]}, which is not in it")
    body = Body(threshold=role.threshold, signatories=frozenset(keys[keyid] for keyid in role.keyids))
    if role.threshold < MIN_THRESHOLD:
        raise EvidenceError(f"{what}: {name} has a threshold of {role.threshold}: one party could act alone")
    if lacking := missing(body, body.signatories):
        raise EvidenceError(f"{what}: {name} can never be signed: it lacks {lacking}")
    return body


def name_of(signatory: Signatory) -> str:
    """Whose key it is, and which, for people."""
    return f"{signatory.party} {keyid_of(signatory.public_der)[:16]}"
