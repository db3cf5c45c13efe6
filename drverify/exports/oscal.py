"""The results as OSCAL assessment results 1.1.3 (NIST), as a plain dict for JSON.

An observation for each promise and drill, a finding for each promise and workload, a risk for each finding of
ours with its corrective action. OSCAL knows `satisfied` and `not-satisfied` only: MISSED and UNPROVEN are
both not satisfied, told apart by the status's `reason` (`fail`, `other`). The objectives are the agreement's
own clauses, defined here; the NIST controls they are filed under say what they are about, not that a control
is satisfied. UUIDs are version 5 of what they name, so the same annex gives the same file. Every observation
names its signed statement: the digest in back-matter, the log and the index as properties.

Source: pages.nist.gov/OSCAL-Reference, assessment-results JSON.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from uuid import NAMESPACE_URL, UUID, uuid5

from drverify.annex.lines import DrillLine, ObligationLine
from drverify.annex.model import Annex, FindingLine
from drverify.exports.rows import NAMESPACE, NOT_EVIDENCE, Row, excused, plain, rows
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.strict_json import Json

VERSION = "1.1.3"
PREDICATE_TYPE = "application/vnd.in-toto+json"
_SPACE = uuid5(NAMESPACE_URL, f"{NAMESPACE}/oscal")
_CONTROLS = {
    "rpo": "cp-9",
    "backup-frequency": "cp-9",
    "retention": "cp-9",
    "rto": "cp-10",
    "application-validation": "cp-10",
    "restore-test-frequency": "cp-4",
}
_STATUS = {Outcome.MET: ("satisfied", "pass"), Outcome.MISSED: ("not-satisfied", "fail")}
_UNPROVEN = ("not-satisfied", "other")
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
Object = dict[str, Json]


def assessment_results(annex: Annex, *, import_ap: str = "") -> Object:
    """The whole document; `import_ap` is where the assessment plan lies.

    Without one it refers to a resource in itself that names the accepted contract: the agreement is the plan.
    """
    found = list(rows(annex))
    plan = _uuid("plan", annex.agreement.id, annex.period.id)
    return {
        "assessment-results": {
            "uuid": _uuid("results", annex.agreement.id, annex.period.id, annex.basis.root or ""),
            "metadata": _metadata(annex),
            "import-ap": {"href": import_ap or f"#{plan}"},
            **_defined(annex),
            "results": [_result(annex, found)],
            "back-matter": {"resources": [_plan(annex, plan), *(_statement(one) for one in annex.drills)]},
        }
    }


def _metadata(annex: Annex) -> Object:
    roles = (("provider", annex.agreement.provider), ("customer", annex.agreement.customer))
    parties: list[Json] = [
        {"uuid": _party(role, name), "type": "organization", "name": _line(name)} for role, name in roles
    ]
    return {
        "title": _line(f"Recovery drills of {annex.agreement.id}, {annex.period.id}"),
        "last-modified": codec.to_json(annex.basis.at),
        "version": "1",
        "oscal-version": VERSION,
        "roles": [{"id": role, "title": role} for role, _ in roles],
        "parties": parties,
        "responsible-parties": [
            {"role-id": role, "party-uuids": [_party(role, name)]} for role, name in roles
        ],
        "remarks": NOT_EVIDENCE,
    }


def _defined(annex: Annex) -> Object:
    objectives: list[Json] = [_objective(one, annex) for one in annex.obligations]
    return {"local-definitions": {"objectives-and-methods": objectives}} if objectives else {}


def _objective(one: ObligationLine, annex: Annex) -> Json:
    quote = next((quote.text for quote in annex.quotes if quote.number == one.clause), one.obligation)
    return {
        "control-id": _CONTROLS[one.metric],
        "description": f"Clause {one.clause} of the agreement, as a control objective of its own.",
        "parts": [{"id": _token(one.obligation), "name": "objective", "prose": quote}],
    }


def _result(annex: Annex, found: list[Row]) -> Object:
    objectives = sorted({_token(one.obligation) for one in annex.obligations})
    controls = {_CONTROLS[one.metric] for one in annex.obligations} or {"cp-4"}
    made: Object = {
        "uuid": _uuid("result", annex.agreement.id, annex.period.id, annex.basis.root or ""),
        "title": _line(f"Drills of {annex.period.id}"),
        "description": _line(
            f"{annex.counts.finished} drills with a result; log {annex.basis.origin or 'none'}, "
            f"{annex.basis.size} entries, root {annex.basis.root or 'none'}"
        ),
        "start": codec.to_json(annex.period.begins),
        "end": codec.to_json(annex.period.ends),
        "reviewed-controls": {
            "control-selections": [{"include-controls": [{"control-id": name} for name in sorted(controls)]}],
            **_selected(objectives),
        },
        "remarks": NOT_EVIDENCE,
    }
    observations: list[Json] = [_observation(annex, row) for row in found]
    findings: list[Json] = list(_findings(annex, found))
    risks: list[Json] = [_risk(one) for one in annex.findings]
    for name, items in (("observations", observations), ("risks", risks), ("findings", findings)):
        if items:
            made[name] = items
    return made


def _selected(objectives: list[str]) -> Object:
    ids: list[Json] = [{"objective-id": name} for name in objectives]
    return {"control-objective-selections": [{"include-objectives": ids}]} if ids else {}


def _observation(annex: Annex, row: Row) -> Object:
    drill = row.drill
    collected = drill.ended_at if drill else row.slot.closes if row.slot else annex.basis.at
    made: Object = {
        "uuid": _observed(row),
        "title": _line(f"{_name(row)}: {row.outcome}"),
        "description": row.reason,
        "props": [_prop(name, value) for name, value in _facts(annex, row) if value],
        "methods": ["TEST"] if drill else ["EXAMINE"],
        "types": ["control-objective"] if row.obligation else ["finding"],
        "collected": codec.to_json(collected),
        "remarks": NOT_EVIDENCE,
    }
    if drill:
        made["relevant-evidence"] = [
            {"href": f"#{_resource(drill)}", "description": f"Signed statement of drill {drill.drill}"}
        ]
    return made


def _facts(annex: Annex, row: Row) -> Iterator[tuple[str, str]]:
    drill, verdict = row.drill, row.verdict
    yield "workload", row.workload
    yield "verdict", row.outcome
    if row.slot:
        yield "slot", row.slot.slot
        yield "slot-state", row.slot.state
    if drill:
        yield "evidence-sha256", drill.payload
        yield "log-origin", annex.basis.origin
        yield "log-index", _text(drill.index)
        yield "log-start-index", _text(drill.start_index)
        yield "restore-mode", drill.mode
    if verdict:
        yield "limit-ms", _text(verdict.limit)
        yield "achieved-ms", _text(verdict.achieved)
        yield "allowance-ms", _text(verdict.allowance)


def _findings(annex: Annex, found: list[Row]) -> Iterator[Json]:
    """One for each promise and workload, satisfied when the period shows it kept; one for each lost slot."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        if row.obligation is not None:
            groups.setdefault((row.workload, row.obligation.obligation), []).append(row)
        elif row.slot is not None and not excused(row):
            yield _finding(annex, [row], Outcome.UNPROVEN, f"slot-{row.slot.slot}")
    outcomes: dict[tuple[str, str], Outcome] = {
        (workload.name, one.obligation): one.outcome
        for workload in annex.workloads
        for one in workload.outcomes
    }
    for about, group in groups.items():
        yield _finding(annex, group, outcomes.get(about, Outcome.UNPROVEN), about[1])


def _finding(annex: Annex, group: list[Row], outcome: Outcome, about: str) -> Json:
    state, reason = _STATUS.get(outcome, _UNPROVEN)
    deciding = next((row for row in reversed(group) if row.outcome is outcome), group[-1])
    made: Object = {
        "uuid": _uuid("finding", annex.agreement.id, annex.period.id, deciding.workload, about),
        "title": _line(f"{about} for {deciding.workload}: {outcome}"),
        "description": deciding.reason,
        "target": {
            "type": "objective-id",
            "target-id": _token(about),
            "status": {"state": state, "reason": reason, "remarks": outcome.value},
        },
        "related-observations": [{"observation-uuid": _observed(one)} for one in group],
    }
    risks = sorted({one.id for each in group for one in each.findings})
    if risks:
        made["related-risks"] = [{"risk-uuid": _uuid("risk", name)} for name in risks]
    return made


def _risk(one: FindingLine) -> Object:
    made: Object = {
        "uuid": _uuid("risk", one.id),
        "title": _line(f"{one.id}: {one.workload or 'the whole agreement'} {one.obligation}"),
        "description": one.what,
        "statement": one.what,
        "status": "open" if one.closed is None else "closed",
    }
    if one.due is not None:
        made["deadline"] = codec.to_json(datetime.combine(one.due, time(23, 59, 59), UTC))
    if one.action:
        made["remediations"] = [
            {
                "uuid": _uuid("remediation", one.id, one.action),
                "lifecycle": "planned" if one.closed is None else "completed",
                "title": _line(one.action),
                "description": f"Owner: {one.owner}"
                + (f"; retest: drill {one.retest}, sha256 {one.retest_payload}" if one.retest else ""),
            }
        ]
    return made


def _plan(annex: Annex, uuid: str) -> Json:
    contracts: list[Json] = [
        {"href": f"urn:sha256:{one}", "hashes": [{"algorithm": "SHA-256", "value": one}]}
        for one in annex.agreement.contracts
    ]
    return {
        "uuid": uuid,
        "title": _line(f"Agreement {annex.agreement.id} as accepted, the plan of its drills"),
        "description": "There is no OSCAL assessment plan: what is tested, and against which limits, follows "
        "from the accepted contract of this digest and from the schedule in the log.",
        **({"rlinks": contracts} if contracts else {}),
    }


def _statement(drill: DrillLine) -> Json:
    return {
        "uuid": _resource(drill),
        "title": _line(f"Signed statement of drill {drill.drill}"),
        "rlinks": [
            {
                "href": f"urn:sha256:{drill.payload}",
                "media-type": PREDICATE_TYPE,
                "hashes": [{"algorithm": "SHA-256", "value": drill.payload}],
            }
        ],
        "remarks": f"Payload of the DSSE envelope; entry {drill.index} of the log."
        if drill.index is not None
        else "Payload of the DSSE envelope; not logged.",
    }


def _name(row: Row) -> str:
    if row.obligation is None:
        return f"Slot {row.slot.slot if row.slot else ''}"
    return f"{row.obligation.obligation} for {row.workload}"


def _observed(row: Row) -> str:
    about = row.obligation.obligation if row.obligation else ""
    place = row.drill.payload if row.drill else row.slot.slot if row.slot else ""
    return _uuid("observation", row.agreement, row.workload, about, place)


def _resource(drill: DrillLine) -> str:
    return _uuid("statement", drill.payload)


def _party(role: str, name: str) -> str:
    return _uuid("party", role, name)


def _uuid(*parts: str) -> str:
    """Version 5 of the parts; none of them holds a line feed that could make two lists the same."""
    made: UUID = uuid5(_SPACE, "\n".join(part.replace("\n", " ") for part in parts))
    return str(made)


def _prop(name: str, value: str) -> Json:
    return {"name": name, "ns": f"{NAMESPACE}/oscal", "value": _line(value)}


def _token(text: str) -> str:
    """An OSCAL token: begins with a letter; what it cannot hold becomes a dash."""
    made = _NO_TOKEN.sub("-", text)
    return made if made[:1].isalpha() else f"o-{made}"


def _line(text: str) -> str:
    return plain(text) or "-"


def _text(value: object) -> str:
    return "" if value is None else str(codec.to_json(value))
