"""What is wrong in a file, in words that its author can act on."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pydantic_core import ErrorDetails

from drverify.adapters.doors import durations, rules
from drverify.adapters.doors.yaml import Document, Loc, nearest, show_loc

_EXPECTED: Mapping[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "time_delta_type": "a duration such as 90s, 15m, 4h or 30d",
    "datetime_type": "an instant such as 2025-01-31T12:00:00Z",
    "date_type": "a date such as 2025-01-31",
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "dataclass_type": "a mapping with keys",
    "literal_error": "{expected}",
    "union_tag_invalid": "kind to be one of {expected_tags}",
    "union_tag_not_found": "the key kind",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_pattern_mismatch": "text that matches {pattern}",
    "string_too_short": "some text",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
}


_NOT_SHOWN = "a secret by reference (env:NAME, file:/path or cred:NAME), found other text (not shown)"


def all_of(document: Document, errors: Sequence[ErrorDetails], top: type) -> list[str]:
    """Every complaint, in the order of the file's lines."""
    real = [error for error in errors if not _echo(error)]
    placed = sorted(real, key=lambda error: document.line_of(_in_file(document, error["loc"][1:])[1]))
    return [line(document, error, top) for error in placed]


def _echo(error: ErrorDetails) -> bool:
    """Whether a list is only called too short because its items were refused."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def line(document: Document, error: ErrorDetails, top: type) -> str:
    """`file:line: path: what was expected, what was found` for one error of pydantic's."""
    loc, container = _in_file(document, error["loc"][1:])
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        text = f"expected the key {loc[-1]}, which is missing"
    elif kind == "unexpected_keyword_argument":
        known = _keys_of(top, error["loc"][1:-1])
        hint = nearest(str(loc[-1]), known) or (f" (known: {', '.join(known)})" if known else "")
        text = f"unknown key {loc[-1]}{hint}"
    elif kind == "value_error":
        text = str(context["error"])
    elif kind == "string_pattern_mismatch" and context["pattern"] == rules.SECRET_PATTERN:
        text = f"expected {_NOT_SHOWN}"
    elif kind == "union_tag_not_found" and isinstance(error["input"], dict):
        text = "expected the key kind, which is missing"
    elif kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
        text = (
            f"expected a kind out of {', '.join(tags)}; found {context['tag']}{nearest(context['tag'], tags)}"
        )
    else:
        shown = {name: _bound(value) for name, value in context.items()}
        wanted = _EXPECTED.get(kind, error["msg"]).format(**shown)
        text = f"expected {wanted}, found {describe(error['input'])}"
    return f"{document.where(container)}: {show_loc(loc)}: {text}"


def _in_file(document: Document, loc: Loc) -> tuple[Loc, Loc]:
    """Where an error stands in the file: pydantic's path names the kinds of unions too.

    Returns the path as a person sees it, and the path of the nearest thing that has a line.
    """
    seen: Loc = ()
    for at, part in enumerate(loc):
        further = loc[at + 1 : at + 2]
        if part == _kind_at(document, seen) and further and (*seen, part, *further) not in document.lines:
            continue  # the kind itself, even where a key has its name
        if (*seen, part) in document.lines:
            seen = (*seen, part)
        elif at == len(loc) - 1 and _kind_at(document, seen) != part:
            return (*seen, part), seen
    return seen, seen


def _kind_at(document: Document, loc: Loc) -> object:
    value = document.data
    for part in loc:
        value = value[part]
    return value.get("kind") if isinstance(value, dict) else None


def _keys_of(top: type, loc: Sequence[str | int]) -> list[str]:
    """Keys that the model knows at a place, found by following its annotations."""
    candidates: list[Any] = [top]
    for part in loc:
        found: list[Any] = []
        for cls in candidates:
            found += _classes(_hint(cls, part)) if isinstance(part, str) else [cls]
            if isinstance(part, str) and any(f.name == "kind" and f.default == part for f in fields(cls)):
                found.append(cls)
        candidates = found
    names = [f.name for cls in candidates[-1:] for f in fields(cls)]
    return list(dict.fromkeys(names))


def _hint(cls: type, name: str) -> Any:
    return next((f.type for f in fields(cls) if f.name == name), None)


def _classes(hint: Any) -> list[Any]:
    """All dataclasses that an annotation speaks of."""
    if isinstance(hint, type) and is_dataclass(hint):
        return [hint]
    return [found for part in getattr(hint, "__args__", ()) for found in _classes(part)]


def _bound(value: Any) -> Any:
    if isinstance(value, timedelta):
        return durations.show(value)
    return value


def describe(value: Any) -> str:  # noqa: PLR0911 - a table
    """What stands in the file, short."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"{str(value).lower()} (put it in quotes if it is text)"
        case timedelta():
            return f"the duration {durations.show(value)} (put it in quotes if it is text)"
        case datetime():
            return f"the instant {value.isoformat()} (put it in quotes if it is text)"
        case date():
            return f"the date {value.isoformat()} (put it in quotes if it is text)"
        case int():
            return f"the number {value}"
        case str():
            return f"the text {value[:60]!r}" if value else "no text"
        case dict():
            return "a mapping"
        case tuple() | list():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return type(value).__name__
