"""The published schemas of statements take what is sealed here, and nothing that differs from it in form."""

import base64
import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from drverify.adapters.doors import schema
from drverify.model.evidence import PREDICATE_TYPES, RecordKind
from drverify.sealing.records.building import kind_of
from tests.support import stated
from tests.support.evidence import START, logged, sealed
from tests.support.records import agreed_drills

KINDS: list[RecordKind] = list(PREDICATE_TYPES)


def statement_of(envelope: bytes) -> dict[str, Any]:
    return json.loads(base64.b64decode(json.loads(envelope)["payload"]))


@cache
def good(kind: RecordKind) -> str:
    """A real statement of each kind, as JSON."""
    drill = logged()
    envelopes = {kind_of(one): stated.sealed(one) for one in stated.every_kind()}
    envelopes |= {"restore-drill": drill.envelope, "drill-started": drill.logged[START]}
    return json.dumps(statement_of(envelopes[kind]))


@cache
def validator(kind: RecordKind) -> Draft202012Validator:
    committed = json.loads((schema.FOLDER / f"{kind}.schema.json").read_text())
    Draft202012Validator.check_schema(committed)
    return Draft202012Validator(committed)


@pytest.mark.parametrize("kind", KINDS)
def test_committed_schema_is_the_generated_one(kind: RecordKind) -> None:
    committed = (schema.FOLDER / f"{kind}.schema.json").read_text()
    assert committed == schema.text_of(kind), "run `python -m drverify.adapters.doors.schema`"


@pytest.mark.parametrize("kind", KINDS)
def test_real_statements_validate_and_those_of_other_kinds_do_not(kind: RecordKind) -> None:
    errors = list(validator(kind).iter_errors(json.loads(good(kind))))
    assert not errors, "\n".join(f"{error.json_path}: {error.message}" for error in errors)
    assert [other for other in KINDS if validator(kind).is_valid(json.loads(good(other)))] == [kind]


@settings(max_examples=15, deadline=None)
@given(agreed_drills())
def test_whatever_was_drilled_validates(drill) -> None:
    agreed, planned, found = drill
    errors = list(validator("restore-drill").iter_errors(sealed(planned, found, agreed).statement))
    assert not errors, "\n".join(f"{error.json_path}: {error.message}" for error in errors)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a JSON value."""
    yield path
    if isinstance(value, dict):
        for name, below in value.items():
            yield from places(below, (*path, name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from places(below, (*path, index))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


OPTIONAL = {"mediaType", "uri"}
"""Of a subject; whether they have to be there follows from the predicate."""


def mutations(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field left out, each value of another type, each object with one more field."""
    for path in places(statement):
        value = at(statement, path)
        if isinstance(value, dict):
            changed = copy.deepcopy(statement)
            at(changed, path)["another"] = 1
            yield f"{path} has one more field", changed
            for name in value:
                if not (path[:1] == ("subject",) and name in OPTIONAL):
                    changed = copy.deepcopy(statement)
                    del at(changed, path)[name]
                    yield f"{path} without {name}", changed
        if path:
            changed = copy.deepcopy(statement)
            at(changed, path[:-1])[path[-1]] = {"of": ["another type", 0.5]}
            yield f"{path} is an object", changed


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "restore-drill"])
def test_mutated_statements_are_refused(kind: RecordKind) -> None:
    found = list(mutations(json.loads(good(kind))))
    assert len(found) > 30
    assert [what for what, changed in found if validator(kind).is_valid(changed)] == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_mutated_results_are_refused(number: int) -> None:
    """There are thousands, and each takes as long as a whole validation."""
    statement = json.loads(good("restore-drill"))
    ways = ways_through(good("restore-drill"))
    path = ways[number % len(ways)]
    if number % 2 or not isinstance(at(statement, path), dict):
        at(statement, path[:-1])[path[-1]] = {"of": ["another type", 0.5]}
    else:
        at(statement, path)["another"] = 1
    assert not validator("restore-drill").is_valid(statement), path


@cache
def ways_through(text: str) -> tuple[tuple[Any, ...], ...]:
    return tuple(places(json.loads(text)))[1:]


def wrong_digest(statement: dict[str, Any]) -> None:
    statement["subject"][0]["digest"]["sha256"] = "A" * 64


def no_subject(statement: dict[str, Any]) -> None:
    statement["subject"] = []


def other_version(statement: dict[str, Any]) -> None:
    statement["predicate"]["version"] += 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("change", [wrong_digest, no_subject, other_version])
def test_what_no_reader_may_take_is_refused(kind: RecordKind, change) -> None:
    statement = json.loads(good(kind))
    change(statement)
    assert not validator(kind).is_valid(statement)


@pytest.mark.parametrize("instant", ["2026-10-01T00:00:00+00:00", "2026-10-01 00:00:00Z", "2026-10-01"])
def test_an_instant_has_one_form(instant: str) -> None:
    statement = json.loads(good("schedule"))
    statement["predicate"]["period"]["begins"] = instant
    assert not validator("schedule").is_valid(statement)
