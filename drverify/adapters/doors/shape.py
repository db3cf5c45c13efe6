"""Plain data with lines -> the model's dataclasses, through pydantic; and their JSON Schema.

The model knows nothing of pydantic. Its core schema is made from the stdlib dataclasses and then
tightened here: unknown keys refused, unions told apart by `kind`, no conversion between types, and
the rules of `rules.py` on single fields. Traps avoided: without a config unknown keys are dropped in
silence; pydantic's own strict mode refuses mappings for dataclasses; its lax mode reads 10 as ten
seconds and "yes" as true.
"""

import json
from dataclasses import fields, is_dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from drverify.adapters.doors import complaints, durations, rules
from drverify.adapters.doors.yaml import Document, refuse

T = TypeVar("T")
_STRICT = frozenset({"str", "int", "bool", "timedelta", "datetime", "date"})


class Shape(Generic[T]):
    """Reads documents into one dataclass of the model."""

    def __init__(self, cls: type[T]) -> None:
        self.cls = cls
        self._schema = _tightened(cls)
        self._validator = SchemaValidator(self._schema)

    def read(self, document: Document) -> T:
        """Validate everything and build the value. InputError carries a line for each thing wrong."""
        try:
            (value,) = self._validator.validate_python((document.data,))
        except ValidationError as error:
            refuse(complaints.all_of(document, error.errors(include_url=False), self.cls))
            raise
        return value  # type: ignore[no-any-return]

    def json_schema(self, *, title: str, identifier: str) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of a document's data with durations as text."""
        made = _Generator(by_alias=False).generate(self._schema, mode="validation")
        definitions = made.get("$defs", {})
        (item,) = made["prefixItems"]
        if "$ref" in item:
            item = definitions.pop(item["$ref"].rsplit("/", 1)[1])
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": identifier,
            **item,
            "title": title,
            **({"$defs": definitions} if definitions else {}),
        }


def shape_of(cls: type[T]) -> Shape[T]:
    """One Shape per class: building it takes some milliseconds."""
    return _shape_of(cls)  # type: ignore[arg-type]  # a type is hashable; typeshed cannot say so here


@cache
def _shape_of(cls: type[T]) -> Shape[T]:
    return Shape(cls)


def _tightened(cls: type) -> CoreSchema:
    # The one-element tuple lets the configuration reach plain dataclasses, which carry none.
    made: Any = TypeAdapter(tuple[cls], config=ConfigDict(extra="forbid")).core_schema  # type: ignore[valid-type]
    definitions = {d["ref"]: d for d in made.get("definitions", ())}
    return _walk(made, definitions)  # type: ignore[no-any-return]


def _walk(node: Any, definitions: dict[str, Any]) -> Any:  # noqa: PLR0911 - a table
    """Rebuild the schema from the leaves up."""
    if isinstance(node, list):
        return [_walk(item, definitions) for item in node]
    if not isinstance(node, dict) or node.get("type") == "definition-ref":
        return node
    if node.get("type") == "literal":
        return core_schema.no_info_before_validator_function(_no_bool, node)
    kind = node.get("type")
    built = {key: _walk(value, definitions) if key != "default" else value for key, value in node.items()}
    if kind in _STRICT:
        built["strict"] = True
    if kind == "decimal":
        return rules.decimal_number()
    if kind == "union":
        return _by_kind(built, definitions)
    if kind == "dataclass":
        return _dataclass(built)
    if _is_pairs(built):
        text = core_schema.str_schema(strict=True)
        pairs = core_schema.dict_schema(text, rules.loose_text())
        return core_schema.no_info_after_validator_function(lambda found: tuple(found.items()), pairs)
    return built


def _no_bool(value: Any) -> Any:
    """To Python True is 1, and would pass as a version."""
    if isinstance(value, bool):
        raise ValueError(f"expected another value, found {complaints.describe(value)}")  # noqa: TRY004 - pydantic's way
    return value


def _by_kind(union: dict[str, Any], definitions: dict[str, Any]) -> Any:
    choices: dict[str, Any] = {}
    for choice in union["choices"]:
        seen = definitions.get(choice.get("schema_ref"), choice)
        if seen.get("type") != "dataclass":
            return union
        (default,) = (f.default for f in fields(seen["cls"]) if f.name == "kind")
        choices[str(default)] = choice
    return core_schema.tagged_union_schema(choices, "kind")


def _dataclass(node: dict[str, Any]) -> Any:
    cls = node["cls"]
    special = rules.WHOLE.get(cls)
    if special is not None:
        return {**special(), **({"ref": node["ref"]} if "ref" in node else {})}
    for field in node["schema"]["fields"]:
        rule = rules.FIELDS.get((cls, field["name"])) or rules.by_annotation(cls, field["name"])
        if rule is not None:
            field["schema"] = _ruled(field["schema"], rule)
    return node


def _ruled(schema: dict[str, Any], rule: rules.Rule) -> dict[str, Any]:
    """Put a rule on the value itself, below defaults, `None` and sequences."""
    match schema["type"]:
        case "default" | "nullable":
            return {**schema, "schema": _ruled(schema["schema"], rule)}
        case "tuple" if rule.each:
            return {**schema, "items_schema": [_ruled(item, rule) for item in schema["items_schema"]]}
        case _:
            return rule.on(schema)


def _is_pairs(node: dict[str, Any]) -> bool:
    """Whether a schema is `tuple[tuple[str, str], ...]`: a mapping in the file, ordered and frozen here."""
    match node:
        case {
            "type": "tuple",
            "variadic_item_index": 0,
            "items_schema": [{"type": "tuple", "items_schema": [{"type": "str"}, {"type": "str"}]}],
        }:
            return True
    return False


class _Generator(GenerateJsonSchema):
    """JSON Schema of what stands in the file: durations as text, `kind` always written."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        """Durations are text such as 90s."""
        del schema
        return {"type": "string", "pattern": durations.PATTERN, "examples": ["90s", "15m", "4h", "30d"]}

    def encode_default(self, dft: Any) -> Any:
        """Write defaults as they would stand in the file."""
        return as_written(dft)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Add the first line of the class's docstring, and make `kind` obligatory."""
        made = super().dataclass_schema(schema)
        made["description"] = (schema["cls"].__doc__ or "").strip().splitlines()[0]
        if "const" in made.get("properties", {}).get("kind", {}):  # what tells a union's members apart
            made["properties"]["kind"].pop("default", None)
            made["required"] = ["kind", *(one for one in made.get("required", []) if one != "kind")]
        return made


def as_written(value: Any) -> Any:
    """A value of the model as JSON of what would stand in the file."""
    if isinstance(value, timedelta):
        return durations.show(value)
    if isinstance(value, tuple | list):
        return [as_written(item) for item in value]
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_written(getattr(value, f.name)) for f in fields(value)}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def dump_schema(schema: dict[str, Any]) -> str:
    """The one text form in which a schema is committed."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
