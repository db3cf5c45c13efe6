"""A concluded drill as data, and back: what `--json` prints and what evidence says."""

from pathlib import Path

from drverify.engine.drills.drill import Concluded
from drverify.judging.objectives import judge_all
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.obligation import Register
from drverify.sealing import codec, envelope, strict_json
from drverify.sealing.strict_json import Json


def concluded(done: Concluded) -> dict[str, Json]:
    """Plan, record and verdicts in the form of the evidence; why the result is not in the log, if so."""
    unlogged: dict[str, Json] = {"unlogged": str(done.unlogged)} if done.unlogged else {}
    return {
        **unlogged,
        "plan": codec.to_json(done.plan),
        "record": codec.to_json(done.record),
        "verdicts": [codec.to_json(verdict) for verdict in done.verdicts],
        "evidence": str(done.evidence),
    }


def from_evidence(content: bytes, register: bytes, where: Path) -> Concluded:
    """Read a drill out of its evidence and judge it again. EvidenceError when it has not the form.

    Checks no signature: that is `drverify verify`.
    """
    statement = strict_json.parse(envelope.decode(content).payload, what="statement")
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    fields = predicate if isinstance(predicate, dict) else {}
    plan = codec.from_json(fields.get("plan"), DrillPlan, what="plan")
    record = codec.from_json(fields.get("record"), DrillRecord, what="record")
    promised = codec.decode(register, Register, what="register")
    verdicts = judge_all(promised, plan, record)
    return Concluded(register=promised, plan=plan, record=record, verdicts=verdicts, evidence=where)
