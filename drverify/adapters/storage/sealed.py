"""Reads what a sealed drill shows out of its evidence: nothing that is not signed is believed.

Less than `drverify verify` checks, for the evidence is our own: form, signature, whose drill it is. Whether
the workload came back is judged again out of plan and record; no verdict is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from drverify.errors import EvidenceError
from drverify.judging.objectives import recovered
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.duration import whole_ms_down
from drverify.model.evidence import PAYLOAD_TYPE, TrustedKey
from drverify.planning.nights.turns import Shown
from drverify.sealing import codec, envelope
from drverify.sealing.strict_json import canonical, parse_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDrill:
    """What a drill's evidence shows."""

    workload: str
    recovered: bool
    ended_at: datetime
    shown: Shown
    """What it took, or was to take."""


def read_sealed(content: bytes, drill_id: DrillId, keys: Sequence[TrustedKey]) -> SealedDrill:
    """Read the evidence of this very drill. EvidenceError for a wrong form, signature or drill."""
    sealed = envelope.decode(content)
    envelope.signers(sealed, keys, role="runner")
    if sealed.payload_type != PAYLOAD_TYPE:
        raise EvidenceError(f"envelope: the payload is of type {sealed.payload_type!r}")
    statement = parse_canonical(sealed.payload, what="statement")
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    fields = predicate if isinstance(predicate, dict) else {}
    plan = codec.from_json(fields.get("plan"), DrillPlan, what="plan")
    record = codec.from_json(fields.get("record"), DrillRecord, what="record")
    if plan.drill_id != drill_id:
        raise EvidenceError(f"the evidence is of drill {plan.drill_id}, not of {drill_id}")
    return SealedDrill(
        workload=plan.workload.name,
        recovered=recovered(plan, record),
        ended_at=record.ended_at,
        shown=_shown(plan, record),
    )


def _shown(plan: DrillPlan, record: DrillRecord) -> Shown:
    point, listed = record.selection.point, record.selection.listed
    return Shown(
        source="" if plan.workload.source.startswith("sd:") else plan.workload.source,
        mode=plan.mode,
        asked=plan.requested_point,
        age=whole_ms_down(record.started_at - point.consistent_as_of) if point else None,
        oldest=all(one.consistent_as_of >= point.consistent_as_of for one in listed) if point else None,
    )


def may_be_of(content: bytes, workload: str) -> bool:
    """Whether the evidence can be of the workload: False only when its payload nowhere names it so.

    A tenth of the price of `read_sealed`, which a search through hundreds of other drills would pay.
    EvidenceError for a wrong form of the envelope.
    """
    return b'"name":' + canonical(workload) in envelope.decode(content).payload
