"""The signed decision about a migration: an in-toto Statement in a DSSE envelope, signed by the runner.

It stands beside the evidence of its drills and names each by the digest of its file and its place in the
log; it is no entry of the log itself. Its predicate holds the facts, and what follows from them. A verifier
takes the facts alone: it compares the inventories and decides again.

    {"_type": ..., "subject": [{"name": "plan.yaml", "digest": ...}, {"name": "drills/ID", ...}, ...],
     "predicateType": TYPE, "predicate": {"version": 1, "facts": {...}, "decided": {...}}}
"""

from collections.abc import Sequence
from dataclasses import replace

from drverify.errors import EvidenceError
from drverify.migrating.deciding import compared, decide
from drverify.model.evidence import PAYLOAD_TYPE, STATEMENT_TYPE, Envelope, Signature, TrustedKey
from drverify.model.migration import Decided, MigrationFacts
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.seal import Signs
from drverify.sealing.strict_json import Json, canonical, parse_canonical

TYPE = "https://drverify.dev/attestation/migration-decision/v1"
VERSION = 1


def build(facts: MigrationFacts) -> dict[str, Json]:
    """The statement. ValueError for a value that no evidence can hold."""
    drills = [one for system in facts.systems for one in system.drills]
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            _subject("plan.yaml", facts.plan_sha256),
            *(_subject(f"drills/{one.drill}", one.evidence) for one in drills),
        ],
        "predicateType": TYPE,
        "predicate": {
            "version": VERSION,
            "facts": codec.to_json(facts),
            "decided": codec.to_json(decide(facts)),
        },
    }


def seal(facts: MigrationFacts, signer: Signs) -> bytes:
    """Sign it and return the envelope file's bytes. ValueError as `build`."""
    payload = canonical(build(facts))
    signature = Signature(keyid=signer.keyid, sig=signer.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    return dsse.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,)))


def verify(data: bytes, keys: Sequence[TrustedKey]) -> tuple[MigrationFacts, Decided]:
    """Check the signature and decide again from the facts.

    EvidenceError when nobody trusted as a runner signed it, its form is another one, its differences are not
    those of its inventories, or its decision does not follow from its facts.
    """
    envelope = dsse.decode(data)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise EvidenceError("the envelope holds no in-toto statement")
    dsse.signers(envelope, keys, role="runner")
    statement = parse_canonical(envelope.payload, what="statement")
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    if not isinstance(predicate, dict) or statement.get("predicateType") != TYPE:  # type: ignore[union-attr]
        raise EvidenceError("it is no decision about a migration")
    facts = codec.from_json(predicate.get("facts"), MigrationFacts, what="facts")
    for system in facts.systems:
        if system.differences != compared(facts, system):
            raise EvidenceError(f"{system.workload}: its differences are not those of its inventories")
    stated = codec.from_json(predicate.get("decided"), Decided, what="decided")
    again = decide(facts)
    if build(facts) != _with(statement, again) or _bare(stated) != _bare(again):
        raise EvidenceError("the decision does not follow from the facts")
    return facts, again


def _with(statement: Json, decided: Decided) -> Json:
    """The statement with that decision in it."""
    if not isinstance(statement, dict) or not isinstance(predicate := statement["predicate"], dict):
        return statement
    return {**statement, "predicate": {**predicate, "decided": codec.to_json(decided)}}


def _bare(decided: Decided) -> Decided:
    """The decision without the wording of its reasons, which may be another one in another version."""
    return replace(decided, reasons=tuple(replace(one, what="") for one in decided.reasons))


def _subject(name: str, sha256: str) -> Json:
    return {"name": name, "digest": {"sha256": sha256}}
