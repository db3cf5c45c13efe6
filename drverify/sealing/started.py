"""The statement that a drill begins: signed and logged before anything is restored.

It binds the plan whole by its digest. Whoever holds the log sees from it that the drill was begun, and a
start without a result counts as failed: a drill that went wrong cannot be left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, DrillPlan
from drverify.model.evidence import (
    PAYLOAD_TYPE,
    STARTED_TYPE,
    STATEMENT_TYPE,
    Envelope,
    Signature,
    TrustedKey,
)
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.agreed import sha256_of
from drverify.sealing.seal import Signs
from drverify.sealing.statement import PLAN_TYPE
from drverify.sealing.strict_json import Json, canonical, parse_canonical

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What a start states."""

    drill_id: DrillId
    workload: str
    plan: Sha256
    payload: Sha256
    """Digest of the statement itself."""


def seal_start(plan: DrillPlan, signer: Signs) -> bytes:
    """Sign that the drill begins, and return the envelope file's bytes."""
    payload = canonical(build(plan))
    signature = Signature(keyid=signer.keyid, sig=signer.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    return dsse.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,)))


def build(plan: DrillPlan, plan_sha256: Sha256 | None = None) -> dict[str, Json]:
    """The statement about a plan; `plan_sha256` is the digest of its one byte form, when that is known."""
    digest = plan_sha256 or codec.digest(plan)
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "plan.json", "digest": {"sha256": digest}, "mediaType": PLAN_TYPE}],
        "predicateType": STARTED_TYPE,
        "predicate": {
            "version": VERSION,
            "drill": {
                "id": plan.drill_id,
                "workload": plan.workload.name,
                "mode": plan.mode,
                "incidentAt": codec.to_json(plan.incident_at),
                "slot": codec.to_json(plan.slot),
                "challenge": plan.challenge,
            },
            "register": {"sha256": plan.register_sha256},
        },
    }


def read_start(data: bytes, keys: Sequence[TrustedKey], plan: DrillPlan) -> Started:
    """Check the envelope of a start. EvidenceError unless a runner signed that this very plan begins.

    The time of the runner's key is not asked (`keyring.usable`): a start says nothing of when it was signed.
    """
    sealed = dsse.decode(data)
    dsse.signers(sealed, keys, role="runner", signed=None)
    statement = parse_canonical(sealed.payload, what="start")
    if sealed.payload_type != PAYLOAD_TYPE or statement != build(plan):
        raise EvidenceError("start: it is not the start of this drill's plan")
    return Started(
        drill_id=plan.drill_id,
        workload=plan.workload.name,
        plan=codec.digest(plan),
        payload=sha256_of(sealed.payload),
    )
