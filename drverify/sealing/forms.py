"""JSON Schemas (2020-12) of the model's values in the form that `codec` gives them. Pure.

A schema cannot say everything: `integer` lets 5.0 pass, which `strict_json` refuses, and nothing in it
forbids a key to stand twice. It says what a field is, for readers in other languages; whether evidence
holds, `drverify verify` and `drverify audit` say.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from drverify.model.agreement import Sha256
from drverify.model.duration import MILLISECOND
from drverify.sealing.codec import DECIMAL, INSTANT, LONGEST
from drverify.sealing.naming import is_late, json_name
from drverify.sealing.strict_json import MAX_INTEGER, Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIGEST: dict[str, Json] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: dict[str, Json] = {"type": "string"}
_PLAIN: dict[object, dict[str, Json]] = {
    str: TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
    datetime: {"type": "string", "pattern": f"^{INSTANT.pattern}$"},
    date: {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    Decimal: {"type": "string", "pattern": f"^{DECIMAL.pattern}$"},
    timedelta: {
        "type": "integer",
        "description": "milliseconds",
        "minimum": -(LONGEST // MILLISECOND),
        "maximum": LONGEST // MILLISECOND,
    },
    NoneType: {"type": "null"},
    Sha256: DIGEST,
}


def closed(properties: Mapping[str, Json], *, optional: tuple[str, ...] = ()) -> dict[str, Json]:
    """An object of these properties and no others."""
    required: list[Json] = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }


def several(of: dict[str, Json]) -> dict[str, Json]:
    """An array."""
    return {"type": "array", "items": of}


class Forms:
    """Schemas that refer to each other: each dataclass stands once among the definitions."""

    def __init__(self) -> None:
        self.definitions: dict[str, Json] = {}

    def of(self, form: Any) -> dict[str, Json]:
        """The schema of a type of the model; TypeError for one that `codec` does not know either."""
        if isinstance(form, NewType) and form not in _PLAIN:
            return self.of(form.__supertype__)
        if isinstance(form, type):
            return self._type(form)
        return dict(_PLAIN[form]) if form in _PLAIN else self._composed(form)

    def _type(self, form: type) -> dict[str, Json]:
        if form in _PLAIN:
            return dict(_PLAIN[form])
        if issubclass(form, StrEnum):
            return {"enum": [one.value for one in form]}
        if is_dataclass(form):
            return self._model(form)
        raise TypeError(f"{form!r} has no form in evidence")

    def _composed(self, form: Any) -> dict[str, Json]:
        origin, parts = get_origin(form), get_args(form)
        if origin is Literal:
            return {"enum": list(parts)}
        if origin in (Union, UnionType):
            return {"anyOf": [self.of(part) for part in parts]}
        if origin is tuple:
            return self._tuple(parts)
        raise TypeError(f"{form!r} has no form in evidence")

    def _tuple(self, parts: tuple[Any, ...]) -> dict[str, Json]:
        if parts[1:] == (Ellipsis,):
            return several(self.of(parts[0]))
        return {
            "type": "array",
            "prefixItems": [self.of(part) for part in parts],
            "items": False,
            "minItems": len(parts),
        }

    def _model(self, form: type) -> dict[str, Json]:
        name = form.__name__
        if name not in self.definitions:
            self.definitions[name] = None  # it may refer to itself
            hints = get_type_hints(form)
            properties: dict[str, Json] = {
                json_name(one.name, hints[one.name]): self.of(hints[one.name]) for one in fields(form)
            }
            late = [json_name(one.name, hints[one.name]) for one in fields(form) if is_late(one)]
            self.definitions[name] = closed(properties, optional=tuple(late))
        return {"$ref": f"#/$defs/{name}"}
