"""The unsigned claim: an in-toto Statement v1 about the restore point that a drill tested.

Its predicate carries the plan and the record whole, and what follows from them: the judged obligations
bound to clause and quote, and the fields of in-toto's test-result predicate. The verifier builds it again
from plan, record and register, so nothing in it is believed because it is written there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from drverify.judging.measure import rpo_achieved
from drverify.model.agreement import Sha256, Signed
from drverify.model.drill import Artefact, DrillPlan, DrillRecord, ProbeStatus, ToolFact
from drverify.model.evidence import PREDICATE_TYPE, STATEMENT_TYPE, Blob
from drverify.model.obligation import Obligation, Register, Retention, Rpo
from drverify.model.verdict import Outcome, Verdict
from drverify.sealing import codec, redaction
from drverify.sealing.agreed import CONTRACT_NAME, CONTRACT_TYPE, DOCUMENT_TYPE, sha256_of
from drverify.sealing.strict_json import Json, canonical, compact

PREDICATE_VERSION = 5
MANIFEST_TYPE = "application/vnd.drverify.restore-point+json"
REGISTER_NAME = "register.json"
REGISTER_TYPE = "application/vnd.drverify.register+json"
PLAN_TYPE = "application/vnd.drverify.plan+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Plan and record as JSON, and what follows from their words alone."""

    plan: DrillPlan
    record: DrillRecord
    planned: Any
    """JSON, or its bytes as `strict_json.compact` puts them into something larger."""
    recorded: Any
    plan_sha256: Sha256
    """Digest of the plan's one byte form."""
    subject: Blob
    """The tested thing: the restore point's manifest."""
    hidden: dict[str, Json]
    """What the predicate says of what is hidden."""


def written(plan: DrillPlan, record: DrillRecord) -> Written:
    """Write plan and record. ValueError for a value that evidence cannot hold."""
    planned, recorded = codec.to_json(plan), codec.to_json(record)
    return Written(
        plan=plan,
        record=record,
        planned=planned,
        recorded=recorded,
        plan_sha256=sha256_of(canonical(planned)),
        subject=manifest(plan, record),
        hidden=redaction.stated(planned, recorded),
    )


def manifest(plan: DrillPlan, record: DrillRecord) -> Blob:
    """The tested thing, as the statement's subject: the restore point, or that there was none."""
    point = record.selection.point
    return manifest_of(
        plan, record, codec.to_json(plan.workload.payload), codec.to_json(point) if point else None
    )


def manifest_of(plan: DrillPlan, record: DrillRecord, payload: Json, point: Json) -> Blob:
    """The same, for a payload and a point that are written already."""
    content: dict[str, Json] = {"workload": plan.workload.name, "payload": payload, "point": point}
    if record.selection.point is None:
        content["why"] = record.selection.why
    return Blob(name="restore-point.json", media_type=MANIFEST_TYPE, content=compact(content))


def register_document(register: Register) -> Blob:
    """The register's one byte form; its digest is the plan's `register_sha256`."""
    return Blob(name=REGISTER_NAME, media_type=REGISTER_TYPE, content=codec.encode(register))


def build(
    plan: DrillPlan,
    record: DrillRecord,
    register: Register,
    verdicts: Sequence[Verdict],
    tool: ToolFact,
) -> dict[str, Json]:
    """Put the statement together. ValueError when a verdict or clause has no counterpart.

    The register is the one that the plan names by its digest: whoever calls has seen to that.
    """
    return assembled(written(plan, record), register, verdicts, tool)


def assembled(
    stated: Written, register: Register, verdicts: Sequence[Verdict], tool: ToolFact
) -> dict[str, Json]:
    """Put the statement together, as `build`, of what is written already."""
    plan, record = stated.plan, stated.record
    return {
        "_type": STATEMENT_TYPE,
        "subject": [_subject(stated.subject, record)],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "version": PREDICATE_VERSION,
            "drill": {
                "id": plan.drill_id,
                "workload": plan.workload.name,
                "mode": plan.mode,
                "incidentAt": codec.instant(plan.incident_at),
                "startedAt": codec.instant(record.started_at),
                "endedAt": codec.instant(record.ended_at),
            },
            "agreement": {
                "id": register.agreement.id,
                "documents": [_signed(one) for one in register.agreement.documents],
            },
            "contract": {
                "name": CONTRACT_NAME,
                "digest": {"sha256": register.contract},
                "mediaType": CONTRACT_TYPE,
            },
            "register": {
                "name": REGISTER_NAME,
                "digest": {"sha256": plan.register_sha256},
                "mediaType": REGISTER_TYPE,
            },
            "configuration": [
                {"name": "plan.json", "digest": {"sha256": stated.plan_sha256}, "mediaType": PLAN_TYPE}
            ],
            "obligations": _obligations(verdicts, plan, record, register),
            **_tests(record, verdicts),
            "artifacts": [_artefact(artefact) for artefact in record.artefacts],
            "environment": _environment(record),
            "tool": codec.to_json(tool),
            "plan": stated.planned,
            "record": stated.recorded,
            **stated.hidden,
        },
    }


def _subject(document: Blob, record: DrillRecord) -> dict[str, Json]:
    subject = _descriptor(document)
    point = record.selection.point
    if point is None:
        return subject
    subject["uri"] = f"urn:drverify:restore-point:{quote(point.source, safe='')}:{quote(point.id, safe='')}"
    return subject


def _descriptor(document: Blob) -> dict[str, Json]:
    return {
        "name": document.name,
        "digest": {"sha256": sha256_of(document.content)},
        "mediaType": document.media_type,
    }


def _signed(document: Signed) -> Json:
    return {
        "name": document.name,
        "digest": {"sha256": document.sha256},
        "mediaType": DOCUMENT_TYPE,
        "textDigest": {"sha256": document.text_sha256},
    }


def _artefact(artefact: Artefact) -> Json:
    return {
        "name": artefact.name,
        "digest": {"sha256": artefact.sha256},
        "mediaType": artefact.media_type,
        "annotations": {"sizeBytes": artefact.size_bytes},
    }


def _environment(record: DrillRecord) -> Json:
    checks = record.isolation.checks
    return {
        "isolated": bool(checks) and all(check.closed for check in checks),
        "tools": [codec.to_json(tool) for tool in record.tools],
    }


@lru_cache(maxsize=1024)  # an audit asks for the same clauses of every drill
def _quote_digest(quote: str) -> Sha256:
    return sha256_of(quote.encode())


def _obligations(
    verdicts: Sequence[Verdict], plan: DrillPlan, record: DrillRecord, register: Register
) -> list[Json]:
    quotes: dict[str, list[str]] = {}
    for clause in register.agreement.clauses:
        quotes.setdefault(clause.number, []).append(clause.quote)
    known: dict[str, list[Obligation]] = {}
    for one in register.obligations:
        known.setdefault(one.id, []).append(one)
    judged: list[Json] = []
    for verdict in verdicts:
        found = known.get(verdict.obligation, [])
        if len(found) != 1:
            raise ValueError(f"{len(found)} obligations have the id {verdict.obligation!r}")
        obligation, cited = found[0], quotes.get(found[0].clause, [])
        if len(cited) != 1:
            raise ValueError(
                f"obligation {obligation.id} cites clause {obligation.clause!r}, found {len(cited)}"
            )
        readings = _readings(obligation, plan, record, register)
        judged.append(_judged(verdict, obligation, cited[0], readings))
    return judged


def _judged(verdict: Verdict, obligation: Obligation, cited: str, readings: Json) -> Json:
    return {
        "id": obligation.id,
        "clause": {
            "number": obligation.clause,
            "quoteDigest": {"sha256": _quote_digest(cited)},
        },
        "metric": obligation.objective.kind,
        "comparator": "ge" if isinstance(obligation.objective, Retention) else "le",
        "limitMs": _ms(verdict.limit),
        "achievedMs": _ms(verdict.achieved),
        "allowanceMs": _ms(verdict.allowance),
        "readings": readings,
        "verdict": verdict.outcome.value,
        "reason": verdict.reason,
    }


def _readings(obligation: Obligation, plan: DrillPlan, record: DrillRecord, register: Register) -> Json:
    """Every reading of the data loss, so that a reader sees which one was the worst."""
    if not isinstance(obligation.objective, Rpo):
        return []
    measure = rpo_achieved(plan, record, register)
    return [{"name": reading.name, "valueMs": _ms(reading.value)} for reading in measure.readings]


def _ms(span: timedelta | None) -> Json:
    return None if span is None else codec.milliseconds(span)


def _tests(record: DrillRecord, verdicts: Sequence[Verdict]) -> dict[str, Json]:
    """The fields of in-toto's test-result. Only a missed promise fails: a probe alone may be our fault."""
    named: dict[Outcome, list[Json]] = {
        outcome: [verdict.obligation for verdict in verdicts if verdict.outcome is outcome]
        for outcome in Outcome
    }
    passed = [f"probe/{one.probe}" for one in record.probes if one.status is ProbeStatus.PASSED]
    warned = [f"probe/{one.probe}" for one in record.probes if one.status is not ProbeStatus.PASSED]
    missed, unproven = named[Outcome.MISSED], [*named[Outcome.UNPROVEN], *warned]
    result = "FAILED" if missed else "WARNED" if unproven or not verdicts else "PASSED"
    return {
        "result": result,
        "passedTests": [*named[Outcome.MET], *passed],
        "warnedTests": unproven,
        "failedTests": missed,
    }
