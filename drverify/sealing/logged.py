"""What a log shows of a drill: that its start and its result were logged, in this order. Pure.

A log's key is one of role `log` in the trust file, under the log's own name. Whoever trusts a log asks for
it: evidence that is in none of the trusted logs does not hold then, or a drill that went wrong could be
repeated outside of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.errors import EvidenceError
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.evidence import RecordKind, TrustedKey
from drverify.sealing import envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.codec import to_json
from drverify.sealing.keys import ed25519_key, public_key
from drverify.sealing.stamps import StampFiles, check_stamps
from drverify.sealing.started import read_start
from drverify.transparency import leaf, proof
from drverify.transparency.leaf import Leaf
from drverify.transparency.note import KeyType, NoteKey, is_name, named
from drverify.transparency.stamping import stamped_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFiles:
    """What lies beside the evidence of a drill that was logged; None for what is not there."""

    start: bytes | None = None
    start_proof: bytes | None = None
    result_proof: bytes | None = None
    stamps: StampFiles = field(default_factory=StampFiles)


def leaf_of(kind: RecordKind, data: bytes) -> Leaf:
    """The entry that a log holds for an envelope file. EvidenceError when it is none."""
    sealed = envelope.decode(data)
    if not sealed.signatures:
        raise EvidenceError("signature: there is none")
    first = sealed.signatures[0]
    return Leaf(
        kind=kind, payload=sha256_of(sealed.payload), signature=sha256_of(first.sig), keyid=first.keyid
    )


def note_key(key: TrustedKey) -> NoteKey:
    """A log's key as its checkpoints are checked with it. EvidenceError for a name that no log can have."""
    try:
        name = named(key.name)
    except ValueError as error:
        raise EvidenceError(f"trust: {error}") from error
    material = ed25519_key(key.public_der).public_bytes(Encoding.Raw, PublicFormat.Raw)
    return NoteKey(name=name, type=KeyType.LOG, material=material)


def cosigner_keys(keys: Sequence[TrustedKey]) -> list[NoteKey]:
    """Whose cosignatures are looked for: witnesses and customers, whose key was not revoked."""
    found = []
    for key in keys:
        public = public_key(key.public_der) if key.role in {"witness", "customer"} else None
        if isinstance(public, Ed25519PublicKey) and is_name(key.name) and key.revoked is None:
            material = public.public_bytes_raw()
            found.append(NoteKey(name=key.name, type=KeyType.COSIGNER, material=material))
    return found


def check_log(
    data: bytes, plan: DrillPlan, record: DrillRecord, files: LogFiles, keys: Sequence[TrustedKey]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check what record and files say of the log: what held, and what is to be noted.

    EvidenceError when the start is not the plan's, a proof or a time stamp does not hold, or the keys name
    a log and the evidence is not in it. Without any log's key the start is checked; the log and its time
    stamps are not.
    """
    stated = record.start
    logs = [key for key in keys if key.role == "log"]
    if stated is None and logs:
        raise EvidenceError(f"log: this drill was not logged, and the trust file asks for {_names(logs)}")
    if stated is None:
        return (), ("no log: nothing shows that other drills were not left out",)
    if files.start is None:
        raise EvidenceError("log: the logged start is not beside the evidence")
    started = read_start(files.start, keys, plan)
    if started.payload != stated.payload:
        raise EvidenceError("log: the start beside the evidence is not the one that was logged")
    held = ["the runner signed that this drill begins"]
    if not logs:
        return tuple(held), (f"the trust file has no key of the log {stated.origin}: not checked against it",)
    known = [note_key(key) for key in logs if key.name == stated.origin]
    if not known:
        raise EvidenceError(f"log: the drill is in {stated.origin}, the trust file asks for {_names(logs)}")
    known += cosigner_keys(keys)
    begun, before = _shown("drill-started", files.start, files.start_proof, known)
    ended, after = _shown("restore-drill", data, files.result_proof, known)
    if begun.index != stated.index or begun.index >= ended.index:
        raise EvidenceError("log: start and result do not stand in the log as the evidence says")
    if begun.checkpoint.size == ended.checkpoint.size and begun.checkpoint != ended.checkpoint:
        raise EvidenceError(f"log: {stated.origin} signed two trees of {begun.checkpoint.size} entries")
    held.append(
        f"the log {stated.origin} holds the start as entry {begun.index}, the result as {ended.index}"
    )
    held += [
        f"{one.key.name} cosigned the log with the result in it at {to_json(one.at)}, by their own clock"
        for one in ended.signed
        if one.at is not None
    ]
    stamped, remarks = check_stamps(record, before, after, files.stamps)
    return (*held, *stamped), remarks


def _names(logs: Sequence[TrustedKey]) -> str:
    return " or ".join(f"the log {key.name}" for key in logs)


def _shown(
    kind: RecordKind, data: bytes, content: bytes | None, keys: Sequence[NoteKey]
) -> tuple[proof.Included, bytes]:
    """What the proof shows, and the checkpoint in it as time authorities stamp it."""
    if content is None:
        raise EvidenceError(f"log: the proof that the {kind} was logged is not beside the evidence")
    what = f"log proof of {kind}"
    found = proof.parse(content, what=what)
    included = proof.check(found, leaf.encode(leaf_of(kind, data)), keys, what=what)
    signer = next(one.key for one in included.signed if one.key.type is KeyType.LOG)
    return included, stamped_bytes(found.note, signer)
