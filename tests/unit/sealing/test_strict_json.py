import json

import pytest

from drverify.errors import EvidenceError
from drverify.sealing.strict_json import MAX_BYTES, MAX_DEPTH, MAX_INTEGER, canonical, parse, parse_canonical


def nested(depth):
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "",
        "\u00e4\U0001f512\n\x00",
        0,
        -1,
        MAX_INTEGER,
        -MAX_INTEGER,
        True,
        None,
        {"b": [1, {"a": False}]},
    ],
)
def test_what_is_written_is_read_back_from_its_one_form(value):
    assert parse_canonical(canonical(value), what="it") == value
    assert parse(json.dumps(value, indent=1).encode(), what="it") == value


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"result":"FAILED","result":"PASSED"}', "duplicate key 'result'"),
        (b'{"a":{"b":1,"c":2,"b":1}}', "duplicate key 'b'"),
        (b"1.0", "'1.0' is not an integer"),
        (b"1e3", "'1e3' is not an integer"),
        (b"NaN", "'NaN' is not an integer"),
        (b"-Infinity", "'-Infinity' is not an integer"),
        (b"9007199254740992", "out of range"),
        (b"-9007199254740992", "out of range"),
        (b"1" * 5000, "out of range"),
        (b"-0", "out of range"),
        (b"01", "not strict JSON"),
        (b'"\\ud800"', "not strict JSON"),
        (b'{"\\udfff":1}', "not strict JSON"),
        (b'"\xff"', "not strict JSON"),
        (b"\xef\xbb\xbf{}", "not strict JSON"),
        ("{}".encode("utf-16"), "not strict JSON"),
        (b"{} {}", "not strict JSON"),
        (b"", "not strict JSON"),
        (b'"\n"', "not strict JSON"),
        (nested(MAX_DEPTH + 1), "nested deeper"),
        (nested(200_000), "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data, why):
    with pytest.raises(EvidenceError, match="it: ") as caught:
        parse(data, what="it")
    assert why in str(caught.value)


def test_the_depth_limit_is_inclusive():
    assert parse(nested(MAX_DEPTH), what="it")


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b'{"a": 1}', b"[1]\n", b'"\\u00e4"', b'"\\/"'])
def test_another_byte_form_is_not_canonical(data):
    parse(data, what="it")
    with pytest.raises(EvidenceError, match="canonical"):
        parse_canonical(data, what="it")


@pytest.mark.parametrize("value", [float("nan"), "\ud800"])
def test_what_json_cannot_hold_is_not_written(value):
    with pytest.raises(ValueError):
        canonical(value)
