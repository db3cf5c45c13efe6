"""Statements that are signed beside the log: in-toto Statements v1 in DSSE envelopes, by the runner alone.

They are of types of their own (`model.controls.CONTROL_TYPE` and its like), which no log takes and no
verifier of drills reads: whatever they say, it counts for no promise and against none.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from drverify.errors import EvidenceError
from drverify.model.evidence import PAYLOAD_TYPE, STATEMENT_TYPE, Envelope, KeyId, Signature, TrustedKey
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.strict_json import Json, canonical, parse_canonical

T = TypeVar("T")


def signed(kind: str, name: str, stated: object, *, keyid: KeyId, sign: Callable[[bytes], bytes]) -> bytes:
    """Sign what is stated, as a statement of that predicate type about `name`; `sign` blocks.

    ValueError for a value that evidence cannot hold.
    """
    predicate = codec.to_json(stated)
    subject: dict[str, Json] = {"name": name, "digest": {"sha256": sha256_of(canonical(predicate))}}
    payload = canonical(
        {"_type": STATEMENT_TYPE, "subject": [subject], "predicateType": kind, "predicate": predicate}
    )
    signature = Signature(keyid=keyid, sig=sign(envelope.pae(PAYLOAD_TYPE, payload)))
    return envelope.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,)))


def read(content: bytes, kind: str, form: type[T], keys: Sequence[TrustedKey]) -> T:
    """Read such a statement. EvidenceError for another form or type, or a signature of none of the keys."""
    sealed = envelope.decode(content)
    envelope.signers(sealed, keys, role="runner")
    if sealed.payload_type != PAYLOAD_TYPE:
        raise EvidenceError(f"envelope: the payload is of type {sealed.payload_type!r}")
    statement = parse_canonical(sealed.payload, what="statement")
    fields = statement if isinstance(statement, dict) else {}
    if fields.get("_type") != STATEMENT_TYPE or fields.get("predicateType") != kind:
        raise EvidenceError(f"statement: not of type {kind}")
    predicate = fields.get("predicate")
    _subject(fields.get("subject"), predicate)
    return codec.from_json(predicate, form, what="predicate")


def _subject(subject: Json, predicate: Json) -> None:
    one = subject[0] if isinstance(subject, list) and len(subject) == 1 else None
    digest = one.get("digest") if isinstance(one, dict) else None
    if digest != {"sha256": sha256_of(canonical(predicate))}:
        raise EvidenceError("statement: its subject is not the digest of what it states")
