"""Turns a judged drill into signed evidence. Keeps what the evidence rests on through the caller."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drverify import __version__
from drverify.model.drill import Artefact, DrillPlan, DrillRecord, ToolFact
from drverify.model.evidence import PAYLOAD_TYPE, Blob, Envelope, KeyId, Signature
from drverify.model.obligation import Register
from drverify.model.verdict import Verdict
from drverify.sealing import envelope as dsse
from drverify.sealing.agreed import Agreed, sha256_of
from drverify.sealing.statement import build, manifest, register_document
from drverify.sealing.strict_json import canonical


class Signs(Protocol):
    """What sealing needs of a signer."""

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Everything that the evidence states."""

    plan: DrillPlan
    record: DrillRecord
    agreed: Agreed
    register: Register
    verdicts: tuple[Verdict, ...]


def seal(sealing: Sealing, *, keep: Callable[[Blob], Artefact], signer: Signs) -> bytes:
    """Sign the drill and return the envelope file's bytes.

    `keep` stores a file beside the drill's own artefacts; it is called with the restore point's
    manifest, the register, the accepted contract, and the agreement's documents and texts. ValueError
    when the parts do not belong together: that is a bug of the caller, and no evidence.
    """
    plan, record, register = sealing.plan, sealing.record, sealing.register
    registered = register_document(register)
    kept = (manifest(plan, record), registered, *sealing.agreed.blobs())
    digests = {sha256_of(blob.content) for blob in kept}
    if register != sealing.agreed.register(plan.incident_at):
        raise ValueError("the register does not follow from the accepted contract")
    for signed in register.agreement.documents:
        if not {signed.sha256, signed.text_sha256} <= digests:
            raise ValueError(f"{signed.name} is not the document that the contract was read from")
    if sha256_of(registered.content) != plan.register_sha256:
        raise ValueError("the register is not the one that the drill was planned with")
    if plan.drill_id != record.drill_id:
        raise ValueError("the record is not the plan's")
    tool = ToolFact(name="drverify", version=__version__)
    payload = canonical(build(plan, record, register, sealing.verdicts, tool))
    for one in kept:
        keep(one)
    signature = Signature(keyid=signer.keyid, sig=signer.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    return dsse.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(signature,)))
