"""What a drill's start or result says, as far as logs are held against each other. Nobody's word is checked.

Who asks what a log holds reads thousands of these; whether the statement behind one holds is `verify`'s
question.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import LoggedStart
from drverify.model.evidence import PREDICATE_TYPE, STARTED_TYPE
from drverify.model.records import SlotReference
from drverify.model.verdict import Outcome
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.strict_json import Json, parse_canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How many verdicts of each kind a result states."""

    met: int = 0
    missed: int = 0
    unproven: int = 0


NONE_JUDGED = Outcomes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an envelope says."""

    payload: Sha256
    drill: str
    workload: str
    start: LoggedStart | None
    """Of a result: the start that it belongs to, as it says; none: it knows of none."""
    slot: SlotReference | None = None
    """Of a start: what it is begun for, as it says."""
    outcomes: Outcomes = NONE_JUDGED
    """Of a result."""


def read_statement(data: bytes) -> Statement:
    """Read the envelope of a start or a result, not checking who signed it. EvidenceError for another one."""
    sealed = envelope.decode(data)
    return statement_in(sealed.payload)


def statement_in(payload: bytes) -> Statement:
    """Read what was signed as a start or a result. EvidenceError for another one."""
    statement = parse_canonical(payload, what="statement")
    fields = statement if isinstance(statement, dict) else {}
    inner = _object(fields.get("predicate"))
    named = _object(inner.get("drill"))
    kind = fields.get("predicateType")
    if kind not in {STARTED_TYPE, PREDICATE_TYPE}:
        raise EvidenceError("statement: neither a drill's start nor its result")
    ended = kind == PREDICATE_TYPE
    return Statement(
        payload=sha256_of(payload),
        drill=_text(named.get("id")),
        workload=_text(named.get("workload")),
        start=_start(inner) if ended else None,
        slot=None if ended else _slot(named),
        outcomes=_outcomes(inner) if ended else NONE_JUDGED,
    )


def _start(predicate: Mapping[str, Json]) -> LoggedStart | None:
    stated = _object(predicate.get("record")).get("start")
    return None if stated is None else codec.from_json(stated, LoggedStart, what="record: start")


def _slot(drill: Mapping[str, Json]) -> SlotReference | None:
    stated = drill.get("slot")
    return None if stated is None else codec.from_json(stated, SlotReference, what="drill: slot")


def _outcomes(predicate: Mapping[str, Json]) -> Outcomes:
    judged = predicate.get("obligations")
    verdicts = [_object(one).get("verdict") for one in judged] if isinstance(judged, list) else []
    return Outcomes(
        met=verdicts.count(Outcome.MET.value),
        missed=verdicts.count(Outcome.MISSED.value),
        unproven=verdicts.count(Outcome.UNPROVEN.value),
    )


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise EvidenceError("statement: a drill without a name")
    return value
