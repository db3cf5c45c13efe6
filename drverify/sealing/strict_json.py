"""Strict JSON: one byte form per value, and nothing that two readers could read differently.

Refused are duplicate keys, floats, NaN, integers beyond 2^53 - 1, lone surrogates, other encodings than
UTF-8, too deep and too large input, and (`parse_canonical`) every byte form but the one of `canonical`.

An audit reads a hundred thousand statements: `parse_canonical` and `compact` go through a library that is
several times quicker, and lenient. It is believed only when what it read is written as the very bytes that
were read; everything else is read again by the strict reader, which decides, and says why.
"""

import json
from typing import Any, NoReturn

import orjson

from drverify.errors import EvidenceError

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1
"""Largest integer that every reader of JSON represents exactly."""
_FORM = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


def canonical(value: Json) -> bytes:
    """The one byte form: UTF-8, sorted keys, no white space. ValueError for what JSON cannot hold."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def compact(value: object) -> bytes:
    """The same bytes as `canonical`, quicker, for a value without floats: what was read, or is of `codec`.

    Parts of it may be written already, as `orjson.Fragment`. ValueError for what JSON cannot hold.
    """
    try:
        return orjson.dumps(value, option=_FORM)
    except TypeError as error:
        raise ValueError(str(error)) from error


def parse(data: bytes, *, what: str) -> Json:
    """Read JSON strictly; `what` names the input in the EvidenceError."""
    if len(data) > MAX_BYTES:
        raise EvidenceError(f"{what}: larger than {MAX_BYTES} bytes")
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_float,
            parse_int=_integer,
            parse_constant=_refuse_float,
        )
        _check(value)
    except RecursionError as error:
        raise EvidenceError(f"{what}: nested too deeply") from error
    except ValueError as error:
        raise EvidenceError(f"{what}: not strict JSON: {error}") from error
    return value


def parse_canonical(data: bytes, *, what: str) -> Json:
    """Read JSON strictly and refuse every byte form but the canonical one."""
    if (found := _quickly(data)) is not None:
        return found
    value = parse(data, what=what)
    if canonical(value) != data:
        raise EvidenceError(f"{what}: not in canonical form")
    return value


def _quickly(data: bytes) -> Json:
    """What these canonical bytes say; None when they are not seen to be canonical, or say null."""
    if len(data) > MAX_BYTES:
        return None
    try:
        found: Json = orjson.loads(data)
        return found if _is_strict(found) and compact(found) == data else None
    except (ValueError, RecursionError):
        return None


def _is_strict(value: Json) -> bool:
    """Whether it is not too deep and has no number but exact integers; a too large one is read as a float."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Json] = []
        for item in level:
            kind = type(item)
            if kind is dict:
                below += item.values()  # type: ignore[union-attr]
            elif kind is list:
                below += item  # type: ignore[arg-type]
            elif kind is float or (kind is int and not -MAX_INTEGER <= item <= MAX_INTEGER):  # type: ignore[operator]
                return False
        if not below:
            return True
        level = below
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"duplicate key {next(name for name in names if names.count(name) > 1)!r}")
    return found


def _refuse_float(text: str) -> NoReturn:
    raise ValueError(f"{text!r} is not an integer")


def _integer(text: str) -> int:
    if len(text) > len(str(-MAX_INTEGER)) or abs(int(text)) > MAX_INTEGER or text == "-0":
        raise ValueError("an integer is out of range")
    return int(text)


def _check(value: Json) -> None:
    """Refuse depth and lone surrogates, without recursion."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Json] = []
        for item in level:
            if isinstance(item, str):
                item.encode()
            elif isinstance(item, dict):
                below += [*item.keys(), *item.values()]
            elif isinstance(item, list):
                below += item
        if not below:
            return
        level = below
    raise ValueError(f"nested deeper than {MAX_DEPTH}")
