"""JSON Schemas of the statements that an evidence log is made of, one for each kind of record. Pure.

They are published in the package (`drverify/schemas`) and lie in every bundle.
"""

from datetime import datetime, timedelta

from drverify.model.drill import DrillId, DrillPlan, DrillRecord, ToolFact
from drverify.model.evidence import PREDICATE_TYPES, STATEMENT_TYPE, RecordKind
from drverify.model.obligation import Mode, ObligationId
from drverify.model.records import SlotReference
from drverify.sealing import started, statement
from drverify.sealing.forms import DIALECT, DIGEST, TEXT, Forms, closed, several
from drverify.sealing.records.building import FORMS
from drverify.sealing.strict_json import Json

_DIGESTS = closed({"sha256": DIGEST})
_DESCRIPTOR = closed({"name": TEXT, "digest": _DIGESTS, "mediaType": TEXT})
_SUBJECT = closed(
    {"name": TEXT, "digest": _DIGESTS, "mediaType": TEXT, "uri": TEXT}, optional=("mediaType", "uri")
)


def schema_of(kind: RecordKind) -> dict[str, Json]:
    """The schema of the statements of a kind."""
    forms = Forms()
    if kind == "restore-drill":
        predicate = _restore_drill(forms)
    elif kind == "drill-started":
        predicate = _drill_started(forms)
    else:
        predicate = forms.of(FORMS[kind])
    made = closed(
        {
            "_type": {"const": STATEMENT_TYPE},
            "subject": {**several(_SUBJECT), "minItems": 1},
            "predicateType": {"const": PREDICATE_TYPES[kind]},
            "predicate": predicate,
        }
    )
    head: dict[str, Json] = {
        "$schema": DIALECT,
        "$id": f"https://drverify.dev/schemas/{kind}.schema.json",
        "title": f"drverify {kind}",
        "description": "Payload of a DSSE envelope. Strict JSON beyond this schema: no floats, no key twice.",
    }
    definitions = dict(sorted(forms.definitions.items()))
    return {**head, **made, "$defs": definitions} if definitions else {**head, **made}


def _drill_started(forms: Forms) -> dict[str, Json]:
    drill = {
        "id": forms.of(DrillId),
        "workload": TEXT,
        "mode": forms.of(Mode),
        "incidentAt": forms.of(datetime),
        "slot": forms.of(SlotReference | None),
        "challenge": TEXT,
    }
    return closed(
        {
            "version": {"const": started.VERSION},
            "drill": closed(drill),
            "register": closed({"sha256": DIGEST}),
        }
    )


def _restore_drill(forms: Forms) -> dict[str, Json]:
    instant = forms.of(datetime)
    drill: dict[str, Json] = {"id": forms.of(DrillId), "workload": TEXT, "mode": forms.of(Mode)}
    document = {"name": TEXT, "digest": _DIGESTS, "mediaType": TEXT, "textDigest": _DIGESTS}
    artefact = {
        "name": TEXT,
        "digest": _DIGESTS,
        "mediaType": TEXT,
        "annotations": closed({"sizeBytes": forms.of(int)}),
    }
    return closed(
        {
            "version": {"const": statement.PREDICATE_VERSION},
            "drill": closed({**drill, "incidentAt": instant, "startedAt": instant, "endedAt": instant}),
            "agreement": closed({"id": TEXT, "documents": several(closed(document))}),
            "contract": _DESCRIPTOR,
            "register": _DESCRIPTOR,
            "configuration": several(_DESCRIPTOR),
            "obligations": several(_judged(forms)),
            "result": {"enum": ["PASSED", "WARNED", "FAILED"]},
            **{name: several(TEXT) for name in ("passedTests", "warnedTests", "failedTests")},
            "artifacts": several(closed(artefact)),
            "environment": closed({"isolated": {"type": "boolean"}, "tools": several(forms.of(ToolFact))}),
            "tool": forms.of(ToolFact),
            "plan": forms.of(DrillPlan),
            "record": forms.of(DrillRecord),
            "_sd": {**several({"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"}), "minItems": 1},
            "_sd_alg": {"const": "sha-256"},
        },
        optional=("_sd", "_sd_alg"),
    )


def _judged(forms: Forms) -> dict[str, Json]:
    span = forms.of(timedelta | None)
    return closed(
        {
            "id": forms.of(ObligationId),
            "clause": closed({"number": TEXT, "quoteDigest": _DIGESTS}),
            "metric": TEXT,
            "comparator": {"enum": ["ge", "le"]},
            "limitMs": span,
            "achievedMs": span,
            "allowanceMs": span,
            "readings": several(closed({"name": TEXT, "valueMs": span})),
            "verdict": {"enum": ["MET", "MISSED", "UNPROVEN"]},
            "reason": TEXT,
        }
    )
