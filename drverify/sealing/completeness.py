"""Whether a log tells of every drill what came of it: starts and results held against each other. Pure.

A start without a result is a drill that failed, or one that somebody would rather not show: it never
disappears. A result without a start, or a second result of one start, shows that a drill was repeated
until it came out right. A result belongs to the one entry that it names as its start: a plan that was
logged as begun twice has one start without a result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import LoggedStart
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
    start: LoggedStart | None
    """Of a result: the start that it belongs to, as it says; none: it knows of none."""


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
    entries: Sequence[tuple[int, Leaf]], statements: Mapping[Sha256, Statement], *, origin: str
) -> tuple[Logged, ...]:
    """Say of each entry of the log of that name what it means; `statements` by digest of their payload."""
    begun = {index: leaf.payload for index, leaf in entries if leaf.kind == "drill-started"}
    results: dict[int, list[int]] = {index: [] for index in begun}
    for index, leaf in entries:
        start = _start_of(index, leaf, statements.get(leaf.payload), begun, origin)
        if start is not None:
            results[start].append(index)
    owners = {index: start for start, found in results.items() for index in found}
    return tuple(
        _logged(index, leaf, statements.get(leaf.payload), results, owners) for index, leaf in entries
    )


def _start_of(
    index: int, leaf: Leaf, one: Statement | None, begun: Mapping[int, Sha256], origin: str
) -> int | None:
    """Index of the start that a result belongs to; None when no such start was logged before it."""
    stated = one.start if one is not None and leaf.kind == "restore-drill" else None
    if stated is None or stated.origin != origin or stated.index >= index:
        return None
    return stated.index if begun.get(stated.index) == stated.payload else None


def _logged(
    index: int,
    leaf: Leaf,
    one: Statement | None,
    results: Mapping[int, Sequence[int]],
    owners: Mapping[int, int],
) -> Logged:
    if leaf.kind == "drill-started":
        state, why = _of_start(results[index])
    elif one is None:
        state, why = "not-here", "its envelope is not at hand"
    elif index not in owners:
        state, why = "never-started", "no start was logged before it"
    else:
        state, why = _of_result(index, results[owners[index]])
    drill, workload = (one.drill, one.workload) if one else ("", "")
    return Logged(index=index, leaf=leaf, drill=drill, workload=workload, state=state, why=why)


def _of_result(index: int, found: Sequence[int]) -> tuple[State, str]:
    if found[0] != index:
        return "repeated", f"entry {found[0]} is a result of the same start"
    return "finished", ""


def _of_start(found: Sequence[int]) -> tuple[State, str]:
    if not found:
        return "open", "no result: unless the drill is running it counts as failed"
    if len(found) > 1:
        return "repeated", f"it has {len(found)} results: entries {', '.join(map(str, found))}"
    return "finished", ""


def _start(predicate: Mapping[str, Json]) -> LoggedStart | None:
    record = predicate.get("record")
    stated = record.get("start") if isinstance(record, dict) else None
    return None if stated is None else codec.from_json(stated, LoggedStart, what="record: start")


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise EvidenceError("statement: a drill without a name")
    return value
