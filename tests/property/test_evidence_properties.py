"""Sealing and verifying hold for every drill; no other byte does."""

import base64
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.judging.objectives import judge_all
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.duration import exact, human
from drverify.model.obligation import Register
from drverify.sealing import codec, envelope, strict_json
from drverify.sealing.contradictions.challenged import NO_CHALLENGE
from drverify.sealing.contradictions.consistency import contradictions
from drverify.sealing.verification import RefusedError, verify
from tests.support.evidence import Sealed, sealed, signer, trusted
from tests.support.records import agreed_drills, drills

GOOD = sealed()
TRUST = (trusted(signer()),)
slow = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-strict_json.MAX_INTEGER, strict_json.MAX_INTEGER)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=4), below, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(json_values)
def test_the_one_form_of_a_value_is_read_back(value):
    data = strict_json.canonical(value)
    assert strict_json.parse_canonical(data, what="it") == value
    assert strict_json.canonical(strict_json.parse(data, what="it")) == data


@settings(max_examples=300)
@given(st.binary(max_size=60) | json_values.map(strict_json.canonical), st.data())
def test_bytes_are_refused_or_are_the_one_form(data, draw):
    at = draw.draw(st.integers(0, len(data)))
    changed = data[:at] + draw.draw(st.binary(max_size=3)) + data[at + draw.draw(st.integers(0, 3)) :]
    try:
        value = strict_json.parse_canonical(changed, what="it")
    except EvidenceError:
        return
    assert strict_json.canonical(value) == changed


@settings(max_examples=200)
@given(json_values)
def test_the_quick_writer_writes_the_same(value):
    assert strict_json.compact(value) == strict_json.canonical(value)


@settings(max_examples=400)
@given(st.binary(max_size=40), st.integers(0, 60), st.integers(0, 3), st.binary(max_size=3))
def test_base64_is_taken_in_its_one_form_alone(content, at, drop, put):
    text = base64.b64encode(content)
    changed = text[:at] + put + text[at + drop :]
    try:
        found = base64.b64decode(changed, validate=True)
        own = base64.b64encode(found) == changed
    except ValueError:
        found, own = b"", False
    assert envelope._own_base64(changed) == (found if own else None)


@slow
@given(drills())
def test_plans_records_and_registers_come_back_whole(drill):
    for value, form in zip(drill, (Register, DrillPlan, DrillRecord), strict=True):
        data = codec.encode(value)
        assert codec.decode(data, form, what="it") == value


NO_LOG = "no log: nothing shows that other drills were not left out"


@slow
@given(agreed_drills())
def test_whatever_was_drilled_can_be_sealed_and_its_evidence_holds_or_names_the_contradiction(drill):
    agreed, planned, found = drill
    register = agreed.register(planned.incident_at)
    evidence = sealed(planned, found, agreed)
    contradiction = next(contradictions(planned, found, register), None)
    try:
        report = verify(evidence.envelope, evidence.load, TRUST)
    except RefusedError as error:
        assert str(error) == f"facts: {contradiction}"  # noqa: PT017 - either outcome is right
    else:
        assert contradiction is None
        assert report.verdicts == judge_all(register, planned, found)
        assert report.notes == (NO_LOG, NO_CHALLENGE)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_flipped_byte_fails(data):
    at = data.draw(st.integers(0, len(GOOD.envelope) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(GOOD.envelope)
    changed[at] ^= flip
    with pytest.raises(RefusedError):
        verify(bytes(changed), GOOD.load, TRUST)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(GOOD.files)), st.data())
def test_any_flipped_byte_of_any_file_fails(name, data):
    content = bytearray(GOOD.files[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    changed = Sealed(envelope=GOOD.envelope, files={**GOOD.files, name: bytes(content)})
    with pytest.raises(RefusedError, match="does not have the digest"):
        verify(changed.envelope, changed.load, TRUST)


@given(st.integers(-(10**13), 10**13))
def test_durations_in_words_lose_nothing_when_exact(ms):
    span = timedelta(milliseconds=ms)
    units = {"d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1}
    words = exact(span).lstrip("-").split()
    total = sum(int(count) * units[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    assert total == abs(ms)
    assert set(human(span).split()) & set(words) or human(span) == "0 s"
