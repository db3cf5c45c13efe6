"""Reads and writes plans and records of which much recurs from drill to drill, each such part once. Pure.

The same points, workloads and playbooks stand in a year's hundred thousand drills. Each is known here by its
canonical bytes, which were made of the value, not believed; found again, the value is not read anew, nor
are its bytes written anew. A list of points is cut into its points before anything is read as JSON.

Reading is lenient where that is quick. It is for whoever compares the statement that follows from what was
read, written by `written`, with the bytes that it was read from, and asks the strict reader unless these
are the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from drverify.errors import EvidenceError
from drverify.model.drill import ControlResult, DrillPlan, DrillRecord, IsolationRecord, ToolFact
from drverify.model.playbook import Playbook
from drverify.model.recovery import RecoveryPoint, Workload
from drverify.sealing import codec, redaction
from drverify.sealing.agreed import sha256_of
from drverify.sealing.statement import Written, manifest_of
from drverify.sealing.strict_json import Json, compact

_POINTS = tuple[RecoveryPoint, ...]
_FACTS, _FACTS_END = b',"plan":{', b',"version":'
"""Around plan, record and tool, and little else: what stands before and after follows from them."""
_LISTED, _LISTED_END = b'"selection":{"listed":[', b'],"newestEligible":'
_BETWEEN = b"},{"
_HIDDEN = b'"sd:'
"""What every string that may be a placeholder begins with."""
_ROOM = 4 * 1024 * 1024
_LARGEST = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a statement is made of."""

    statement: dict[str, Json] = field(default_factory=dict)
    """The whole of it, when it was read strictly."""
    plan: DrillPlan
    record: DrillRecord
    tool: ToolFact


class _Known:
    """Values by their canonical bytes, and these by their values; forgets all of them when there are many."""

    def __init__(self, write: Callable[[Any], Any]) -> None:
        self._write = write
        self._values: dict[bytes, Any] = {}
        self._forms: dict[int, orjson.Fragment] = {}
        """By identity: the values above keep theirs."""
        self._bytes: dict[int, bytes] = {}
        self._room = _ROOM

    def value(self, form: bytes) -> Any:
        """The value that has these bytes, if it is known."""
        return self._values.get(form)

    def keep(self, form: bytes, value: Any) -> None:
        """Keep a value that was read from these bytes, if they are its own."""
        if len(form) > _LARGEST or compact(self._write(value)) != form:
            return
        if self._room < len(form):
            for kept in (self._values, self._forms, self._bytes):
                kept.clear()
            self._room = _ROOM
        self._room -= len(form)
        self._values[form] = value
        self._forms[id(value)] = orjson.Fragment(form)
        self._bytes[id(value)] = form

    def fragment(self, value: Any) -> Any:
        """The value as a part of something larger."""
        return self._forms.get(id(value)) or self._write(value)

    def form(self, value: Any) -> bytes:
        """The value's bytes."""
        return self._bytes.get(id(value)) or compact(self._write(value))


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list of points that was not read yet: its bytes without the outermost brackets."""

    content: bytes


def read(payload: bytes) -> Facts:
    """Read the statement of a result. EvidenceError for what cannot be read so."""
    first, last = payload.find(_FACTS) + 1, payload.rfind(_FACTS_END)
    begin = payload.find(_LISTED, first) + len(_LISTED)
    end = payload.find(_LISTED_END, begin)
    if first < 1 or begin < first + len(_LISTED) or not begin <= end < last:
        raise EvidenceError("statement: no list of points")
    try:
        predicate = orjson.loads(b"{%b%b}" % (payload[first:begin], payload[end:last]))
        predicate["record"]["selection"]["listed"] = _Listed(payload[begin:end])
        return Facts(
            plan=_reading.structure(predicate["plan"], DrillPlan),
            record=_reading.structure(predicate["record"], DrillRecord),
            tool=_reading.structure(predicate["tool"], ToolFact),
        )
    except codec.REFUSALS as error:
        raise EvidenceError("statement: not the result of a drill") from error


def written(plan: DrillPlan, record: DrillRecord) -> Written:
    """Write plan and record: the same as `statement.written`, with parts that are bytes already."""
    planned = compact(_reading.unstructure(plan))
    recorded = compact(_reading.unstructure(record))
    hidden: dict[str, Json] = {}
    if _HIDDEN in planned or _HIDDEN in recorded:
        hidden = redaction.stated(codec.to_json(plan), codec.to_json(record))
    point = record.selection.point
    return Written(
        plan=plan,
        record=record,
        planned=orjson.Fragment(planned),
        recorded=orjson.Fragment(recorded),
        plan_sha256=sha256_of(planned),
        subject=manifest_of(
            plan,
            record,
            codec.to_json(plan.workload.payload),
            _points.fragment(point) if point else None,
        ),
        hidden=hidden,
    )


def _recurs(cls: type) -> _Known:
    """Let values of a class be read and written once each."""
    read_anew, write = codec.QUICK.get_structure_hook(cls), codec.QUICK.get_unstructure_hook(cls)
    known = _Known(write)

    def read_known(value: Any, form: Any) -> Any:
        written = compact(value)
        found = known.value(written)
        if found is None:
            found = read_anew(value, form)
            known.keep(written, found)
        return found

    _reading.register_structure_hook(cls, read_known)
    _reading.register_unstructure_hook(cls, known.fragment)
    return known


def _read_points(value: Any, _: Any) -> tuple[RecoveryPoint, ...]:
    if type(value) is not _Listed:
        raise ValueError("not a list of points")
    if not value.content:
        return ()
    if not (value.content.startswith(b"{") and value.content.endswith(b"}")):
        raise ValueError("not a list of objects")
    return tuple([_read_point(b"{%b}" % inner) for inner in value.content[1:-1].split(_BETWEEN)])


def _read_point(form: bytes) -> Any:
    found = _points.value(form)
    if found is None:
        found = codec.QUICK.structure(orjson.loads(form), RecoveryPoint)
        _points.keep(form, found)
    return found


def _write_points(value: tuple[RecoveryPoint, ...]) -> orjson.Fragment:
    return orjson.Fragment(b"[%b]" % b",".join([_points.form(one) for one in value]))


_reading = codec.QUICK.copy()
_points, *_ = (
    _recurs(cls) for cls in (RecoveryPoint, Workload, Playbook, IsolationRecord, ControlResult, ToolFact)
)
_reading.register_structure_hook_func(lambda form: form == _POINTS, _read_points)
_reading.register_unstructure_hook_func(lambda form: form == _POINTS, _write_points)
