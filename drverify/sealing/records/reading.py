"""Reads what the parties state, from an envelope that has its one form and the signatures it needs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import (
    PAYLOAD_TYPE,
    PREDICATE_TYPES,
    SIGNED_BY,
    Envelope,
    RecordKind,
    Role,
    TrustedKey,
)
from drverify.model.records import PartyRecord
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keyring import UNDATED, Signed
from drverify.sealing.keys import keyid_of
from drverify.sealing.records.building import FORMS, build, order_of, sign
from drverify.sealing.seal import Signs
from drverify.sealing.strict_json import compact, parse_canonical

_ROLE = {"provider": "the provider", "customer": "the customer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A record that holds: form and signatures. Whether it fits what was logged before is asked elsewhere."""

    kind: RecordKind
    record: PartyRecord
    payload: Sha256
    """Digest of the signed statement."""
    signers: tuple[TrustedKey, ...]
    """One of each role, in the order of the signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record that waits for signatures; those that are there are not checked."""

    kind: RecordKind
    record: PartyRecord
    payload: Sha256
    envelope: Envelope

    @property
    def complete(self) -> bool:
        """Whether there are as many signatures as it needs."""
        return len(self.envelope.signatures) == len(SIGNED_BY[self.kind])


def read_record(data: bytes, keys: Sequence[TrustedKey], *, signed: Signed | None = UNDATED) -> Checked:
    """Read an envelope file. EvidenceError unless one key of every role that signs this kind has signed it.

    Roles are told by the material of `keys`; a signature of anybody else is refused, and so is any order of
    signatures but the one of `building`. `signed` is when, as `envelope.signers` asks.
    """
    draft = read_draft(data)
    roles = order_of(draft.kind)
    signatures = draft.envelope.signatures
    if len(signatures) != len(roles):
        needs = " and ".join(_ROLE[role] for role in SIGNED_BY[draft.kind])
        raise EvidenceError(f"signature: a {draft.kind} is signed by {needs}, there are {len(signatures)}")
    signers = tuple(_signer(draft.envelope, place, keys, role, signed) for place, role in enumerate(roles))
    if len({key.public_der for key in signers}) != len(signers):
        raise EvidenceError("signature: one key signed in two roles")
    return Checked(kind=draft.kind, record=draft.record, payload=draft.payload, signers=signers)


def read_draft(data: bytes) -> Draft:
    """Read an envelope file whose signatures are not all there. EvidenceError unless its form holds."""
    sealed = dsse.decode(data)
    if sealed.payload_type != PAYLOAD_TYPE:
        raise EvidenceError(f"envelope: the payload is of type {sealed.payload_type[:80]!r}")
    statement = parse_canonical(sealed.payload, what="statement")
    fields = statement if isinstance(statement, dict) else {}
    stated = fields.get("predicateType")
    kind = next((kind for kind in FORMS if PREDICATE_TYPES[kind] == stated), None)
    if kind is None:
        raise EvidenceError("statement: it is not one that provider and customer make")
    record = codec.from_json(fields.get("predicate"), FORMS[kind], what=kind)
    del statement, fields  # a schedule may be of a hundred thousand slots
    try:
        built = compact(build(record))
    except ValueError as error:
        raise EvidenceError(f"{kind}: {error}") from error
    if built != sealed.payload:
        raise EvidenceError(f"{kind}: the statement does not follow from its predicate")
    return Draft(kind=kind, record=record, payload=sha256_of(sealed.payload), envelope=sealed)


def cosigned(draft: Draft, signer: Signs, role: Role) -> bytes:
    """Add the signature of a role, and return the envelope file's bytes.

    InputError when the role does not sign this kind, when it has to sign and did already, as far as the
    number of signatures tells, or when this very key has signed.
    """
    roles = order_of(draft.kind)
    there = draft.envelope.signatures
    if role not in roles:
        needs = " and ".join(_ROLE[one] for one in SIGNED_BY[draft.kind])
        raise InputError(f"a {draft.kind} is signed by {needs} alone")
    if draft.complete:
        raise InputError(f"this {draft.kind} has all its signatures")
    if any(one.keyid == signer.keyid for one in there):
        raise InputError("this key has signed it already")
    return dsse.encode(sign(draft.envelope, signer, before=roles[0] == role))


def signed_by(draft: Draft, keys: Sequence[TrustedKey]) -> tuple[TrustedKey, ...]:
    """Whose signatures are there so far. EvidenceError for one that does not verify, or is by no such key."""
    found = []
    for place, signature in enumerate(draft.envelope.signatures):
        known = [key for key in keys if keyid_of(key.public_der) == signature.keyid]
        roles = [key.role for key in known if key.role in SIGNED_BY[draft.kind]]
        if not roles:
            raise EvidenceError(
                f"signature: key {signature.keyid[:16]} is not trusted to sign a {draft.kind}"
            )
        found.append(_signer(draft.envelope, place, keys, roles[0], UNDATED))
    return tuple(found)


def _signer(
    envelope: Envelope, place: int, keys: Sequence[TrustedKey], role: Role, signed: Signed | None
) -> TrustedKey:
    alone = replace(envelope, signatures=(envelope.signatures[place],))
    (signer,) = dsse.signers(alone, keys, role=role, signed=signed)
    return signer
