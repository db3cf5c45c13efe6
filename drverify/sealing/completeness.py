"""Whether a log tells of every drill what came of it: starts and results held against each other. Pure.

A start without a result is a drill that failed, or one that somebody would rather not show: it never
disappears. A result without a start, or a second result of one start, shows that a drill was repeated
until it came out right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillRecord
from drverify.model.evidence import PREDICATE_TYPE, STARTED_TYPE
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.strict_json import Json, parse_canonical
from drverify.transparency.leaf import Leaf

State = Literal["finished", "open", "repeated", "never-started", "not-here"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One entry and what it means."""

    index: int
    leaf: Leaf
    drill: str
    """Id of the drill; empty when its envelope is not at hand."""
    workload: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an envelope says, as far as it is needed here."""

    payload: Sha256
    drill: str
    workload: str
    start: Sha256 | None
    """Of a result: digest of the start that it belongs to."""


def read_statement(data: bytes) -> Statement:
    """Read the envelope of a start or a result, not checking who signed it. EvidenceError for another one."""
    sealed = envelope.decode(data)
    statement = parse_canonical(sealed.payload, what="statement")
    fields = statement if isinstance(statement, dict) else {}
    predicate = fields.get("predicate")
    inner = predicate if isinstance(predicate, dict) else {}
    drill = inner.get("drill")
    named = drill if isinstance(drill, dict) else {}
    kind = fields.get("predicateType")
    if kind not in {STARTED_TYPE, PREDICATE_TYPE}:
        raise EvidenceError("statement: neither a drill's start nor its result")
    return Statement(
        payload=sha256_of(sealed.payload),
        drill=_text(named.get("id")),
        workload=_text(named.get("workload")),
        start=_start(inner) if kind == PREDICATE_TYPE else None,
    )


def complete(
    entries: Sequence[tuple[int, Leaf]], statements: Mapping[Sha256, Statement]
) -> tuple[Logged, ...]:
    """Say of each entry what it means; `statements` are by digest of their payload."""
    begun = {leaf.payload: index for index, leaf in entries if leaf.kind == "drill-started"}
    results: dict[Sha256, list[int]] = {}
    for index, leaf in entries:
        one = statements.get(leaf.payload)
        if leaf.kind == "restore-drill" and one is not None and one.start is not None:
            results.setdefault(one.start, []).append(index)
    return tuple(
        _judged(index, leaf, statements.get(leaf.payload), begun, results) for index, leaf in entries
    )


def _judged(
    index: int,
    leaf: Leaf,
    one: Statement | None,
    begun: Mapping[Sha256, int],
    results: Mapping[Sha256, Sequence[int]],
) -> Logged:
    state, why = _state(index, leaf, one, begun, results)
    return Logged(
        index=index,
        leaf=leaf,
        drill=one.drill if one else "",
        workload=one.workload if one else "",
        state=state,
        why=why,
    )


def _state(
    index: int,
    leaf: Leaf,
    one: Statement | None,
    begun: Mapping[Sha256, int],
    results: Mapping[Sha256, Sequence[int]],
) -> tuple[State, str]:
    if leaf.kind == "drill-started":
        return _of_start(results.get(leaf.payload, ()))
    if one is None:
        return "not-here", "its envelope is not at hand"
    if one.start is None or one.start not in begun or begun[one.start] >= index:
        return "never-started", "no start was logged before it"
    if results[one.start][0] != index:
        return "repeated", "another result of the same start was logged before it"
    return "finished", ""


def _of_start(found: Sequence[int]) -> tuple[State, str]:
    if not found:
        return "open", "nothing came of it: it counts as failed"
    if len(found) > 1:
        return "repeated", f"it has {len(found)} results: entries {', '.join(map(str, found))}"
    return "finished", ""


def _start(predicate: Mapping[str, Json]) -> Sha256 | None:
    record = codec.from_json(predicate.get("record"), DrillRecord, what="record")
    return record.start.payload if record.start else None


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise EvidenceError("statement: a drill without a name")
    return value
