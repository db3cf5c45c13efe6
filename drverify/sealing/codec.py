"""Frozen dataclasses of the model to strict JSON and back, without loss and without leniency.

Field names become camelCase; a time span is an integer of milliseconds under a name that ends in `Ms`;
an instant is RFC 3339 in UTC with `Z`, a fraction having six digits or being absent; a date is ISO 8601;
a decimal number is text without an exponent, a superfluous zero or a sign of zero ("99.5");
a union's members are told apart by their `kind`. Every field is written and must be there when read;
an unknown field is refused; of late ones see `naming`. Time spans finer than a millisecond are refused
(ValueError): whoever records them rounds them.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.duration import MILLISECOND
from drverify.sealing.naming import json_name as json_name  # noqa: PLC0414 - re-exported
from drverify.sealing.naming import renamed, told_apart
from drverify.sealing.strict_json import MAX_INTEGER, Json, canonical, parse_canonical

T = TypeVar("T")

LONGEST = timedelta(days=200 * 365)
_LONGEST_MS, _DAY_MS = LONGEST // MILLISECOND, timedelta(days=1) // MILLISECOND
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)
"""Nothing outside of these is an instant or a time span of a drill; date arithmetic cannot overflow."""

MAX_PLACES = 6
DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{0,5}[1-9])?", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)


REFUSALS = (BaseValidationError, TypeError, ValueError, KeyError)
"""What a reader raises for a value that it refuses."""


def to_json(value: object) -> Json:
    """Turn a value of the model into JSON; ValueError for a value that evidence cannot hold."""
    found: Json = _CONVERTER.unstructure(value)
    return found


def from_json(value: Json, form: type[T], *, what: str) -> T:
    """Read a value of the model; `what` names the input in the EvidenceError.

    What the quick reader refuses is read again by the one that remembers where it is, to say why.
    """
    with suppress(*REFUSALS):
        return QUICK.structure(value, form)
    try:
        return _CONVERTER.structure(value, form)
    except REFUSALS as error:
        found = transform_error(error, path=what, format_exception=lambda bad, _: str(bad))
        raise EvidenceError(found[0]) from error


def encode(value: object) -> bytes:
    """Turn a value of the model into its one byte form."""
    return canonical(to_json(value))


def decode(data: bytes, form: type[T], *, what: str) -> T:
    """Read the one byte form of a value of the model; EvidenceError for anything else."""
    return from_json(parse_canonical(data, what=what), form, what=what)


def digest(value: object) -> Sha256:
    """Digest of a value's one byte form: how plan and evidence name a register."""
    return Sha256(hashlib.sha256(encode(value)).hexdigest())


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and is_dataclass(form)


def _is_union(form: Any) -> bool:
    return get_origin(form) in (Union, UnionType)


def _is_tuple(form: Any) -> bool:
    return get_origin(form) is tuple


def _is_literal(form: Any) -> bool:
    return get_origin(form) is Literal


def _read_model(cls: type, converter: Converter) -> Any:
    """Reads exactly the fields; the quick reader does not look which one is wrong."""
    explains = converter.detailed_validation
    overrides: dict[str, Any] = renamed(cls)
    read: Any = make_dict_structure_fn(
        cls,
        converter,
        _cattrs_forbid_extra_keys=explains,
        _cattrs_detailed_validation=explains,
        **overrides,
    )
    names, late = told_apart(overrides)

    def has_others(value: dict[str, Any]) -> bool:
        return not names <= value.keys() <= names | late or not all(value[one] for one in late & value.keys())

    def strictly(value: Any, form: type) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"not an object: {_short(value)}")
        if missing := sorted(names - value.keys()):
            raise ValueError(f"field {missing[0]!r} is missing")
        if empty := sorted(one for one in late & value.keys() if not value[one]):
            raise ValueError(f"field {empty[0]!r} says nothing, and is left out then")
        return read(value, form)

    def quickly(value: Any, form: type) -> Any:
        if type(value) is not dict or (value.keys() != names and (not late or has_others(value))):
            raise ValueError("not an object of exactly its fields")
        return read(value, form)

    return strictly if explains else quickly


def _write_model(cls: type, converter: Converter) -> Any:
    overrides: dict[str, Any] = renamed(cls)
    return make_dict_unstructure_fn(cls, converter, **overrides)


def _read_union(form: Any, converter: Converter) -> Any:
    members = get_args(form)
    kinds = {get_args(get_type_hints(cls)["kind"])[0]: cls for cls in members if _has_kind(cls)}
    plain = [cls for cls in members if cls is not NoneType and not _has_kind(cls)]
    hook = _hooks(converter)

    def read(value: Any, _: Any) -> Any:
        if value is None and NoneType in members:
            return None
        if plain:
            return hook(plain[0])(value, plain[0])
        kind = value.get("kind") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            raise ValueError(f"`kind` must be one of {', '.join(kinds)}")
        return hook(kinds[kind])(value, kinds[kind])

    return read


def _hooks(converter: Converter) -> Callable[[Any], Callable[[Any, Any], Any]]:
    """What reads a type, found when it is first needed: the reader of a type may need itself."""
    return lru_cache(maxsize=None)(converter.get_structure_hook)


def _write_union(form: Any, converter: Converter) -> Any:
    hook: Callable[[Any], Any] = lru_cache(maxsize=None)(converter.get_unstructure_hook)
    plain = [cls for cls in get_args(form) if cls is not NoneType and not _has_kind(cls)]
    if plain:
        return lambda value: None if value is None else hook(plain[0])(value)
    return lambda value: None if value is None else hook(type(value))(value)


def _has_kind(cls: Any) -> bool:
    return _is_model(cls) and "kind" in get_type_hints(cls) and _is_literal(get_type_hints(cls)["kind"])


def _read_tuple(form: Any, converter: Converter) -> Any:
    parts = get_args(form)
    repeated, hook = parts[1:] == (Ellipsis,), _hooks(converter)

    def read(value: Any, _: Any) -> Any:
        if not isinstance(value, list):
            raise TypeError(f"not an array: {_short(value)}")
        if repeated:  # by far the most values of a record are in such arrays
            form = parts[0]
            one = hook(form)
            return tuple([one(item, form) for item in value])
        if len(value) != len(parts):
            raise ValueError(f"not an array of {len(parts)}")
        return tuple(hook(form)(item, form) for item, form in zip(value, parts, strict=True))

    return read


def _write_tuple(form: Any, converter: Converter) -> Any:
    parts = get_args(form)
    if parts == (str, Ellipsis):
        return list
    if parts[1:] == (Ellipsis,) and _is_model(parts[0]):
        one = converter.get_unstructure_hook(parts[0])
        return lambda value: [one(item) for item in value]

    def write(value: tuple[Any, ...]) -> Any:
        return [converter.unstructure(item) for item in value]

    return write


def _read_literal(form: Any) -> Any:
    choices = get_args(form)

    def read(value: Any, _: Any) -> Any:
        for choice in choices:
            if type(choice) is type(value) and choice == value:
                return choice
        raise ValueError(f"{_short(value)} is none of {choices}")

    return read


def _read_enum(value: Any, form: type[StrEnum]) -> StrEnum:
    found = _members(form).get(_read_plain(value, str))
    return form(value) if found is None else found  # which says what is wrong with it


@lru_cache(maxsize=256)
def _members(form: type[StrEnum]) -> dict[str, StrEnum]:
    return {one.value: one for one in form}


def _read_plain(value: Any, form: type) -> Any:
    if type(value) is not form:
        raise TypeError(f"not of type {form.__name__}: {_short(value)}")
    return value


def _write_int(value: int) -> int:
    if type(value) is not int or abs(value) > MAX_INTEGER:
        raise ValueError(f"{value!r} cannot be written as an exact integer")
    return value


def instant(value: datetime) -> str:
    """An instant in JSON; ValueError for one that evidence cannot hold."""
    return _of_utc(value) if value.tzinfo is UTC else _written(value)


def _written(value: datetime) -> str:
    if value.utcoffset() != timedelta(0) or not EARLIEST <= value <= LATEST:
        raise ValueError(f"{value!r} is not an instant in UTC that a drill can mean")
    return value.isoformat()[: -len("+00:00")] + "Z"


_of_utc = lru_cache(maxsize=4096)(_written)
"""Asked for nothing but UTC itself: equal instants of other zones are not written alike."""


def _read_instant(value: Any, _: type) -> datetime:
    if type(value) is not str:
        raise ValueError(f"not an RFC 3339 instant in UTC: {_short(value)}")
    return _instant(value)


@lru_cache(maxsize=4096)  # the listings of one drill after the other name the same nights
def _instant(value: str) -> datetime:
    if not INSTANT.fullmatch(value):
        raise ValueError(f"not an RFC 3339 instant in UTC: {_short(value)}")
    found = datetime.fromisoformat(value).astimezone(UTC)
    if instant(found) != value:
        raise ValueError(f"an instant in another form: {_short(value)}")
    return found


def _read_date(value: Any, _: type) -> date:
    found = date.fromisoformat(_read_plain(value, str))
    if found.isoformat() != value or not EARLIEST.date() <= found <= LATEST.date():
        raise ValueError(f"not a date: {_short(value)}")
    return found


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite() or abs(value) > MAX_INTEGER or value.as_tuple().exponent < -MAX_PLACES:  # type: ignore[operator]
        raise ValueError(f"{value!r} is not a figure that an agreement can mean")
    text = format(value, "f")
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if plain == "-0" else plain


def _read_decimal(value: Any, _: type) -> Decimal:
    if not isinstance(value, str) or not DECIMAL.fullmatch(value):
        raise ValueError(f"not a decimal number in its one form: {_short(value)}")
    return Decimal(value)


def milliseconds(value: timedelta) -> int:
    """A time span in JSON; ValueError for one that evidence cannot hold."""
    finer = value.microseconds % 1000
    found = value.days * _DAY_MS + value.seconds * 1000 + value.microseconds // 1000
    if finer or not -_LONGEST_MS <= found <= _LONGEST_MS:
        raise ValueError(f"{value!r} is not a time span in whole milliseconds that a drill can mean")
    return found


def _read_span(value: Any, _: type) -> timedelta:
    number: int = _read_plain(value, int)
    if not -_LONGEST_MS <= number <= _LONGEST_MS:
        raise ValueError(f"too long: {number} ms")
    return number * MILLISECOND


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - enough to recognise it


def _converter(*, explains: bool) -> Converter:
    converter = Converter(detailed_validation=explains)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _read_plain)
    converter.register_structure_hook(StrEnum, _read_enum)
    converter.register_unstructure_hook_func(lambda form: form is int, _write_int)
    converter.register_unstructure_hook(StrEnum, lambda member: member.value)
    converter.register_unstructure_hook(datetime, instant)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(timedelta, milliseconds)
    converter.register_structure_hook(datetime, _read_instant)
    converter.register_structure_hook(date, _read_date)
    converter.register_unstructure_hook(Decimal, _write_decimal)
    converter.register_structure_hook(Decimal, _read_decimal)
    converter.register_structure_hook(timedelta, _read_span)
    converter.register_structure_hook_factory(_is_literal)(_read_literal)
    converter.register_structure_hook_factory(_is_union)(_read_union)
    converter.register_structure_hook_factory(_is_tuple)(_read_tuple)
    converter.register_unstructure_hook_factory(_is_union)(_write_union)
    converter.register_unstructure_hook_factory(_is_tuple)(_write_tuple)
    converter.register_structure_hook_factory(_is_model)(_read_model)
    converter.register_unstructure_hook_factory(_is_model)(_write_model)
    return converter


_CONVERTER, QUICK = _converter(explains=True), _converter(explains=False)
"""Both read the same; the one also says where what it refuses stands."""
