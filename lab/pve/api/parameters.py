"""What a call may carry: small declarations of parameters, and the check of a request against them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from lab.pve.api.problems import wrong

Kind = Literal["string", "integer", "number", "boolean", "array"]
TRUE = frozenset({"1", "on", "yes", "true"})
FALSE = frozenset({"0", "off", "no", "false"})
UNKNOWN = "property is not defined in schema and the schema does not allow additional properties"
MISSING = "property is missing and it is not optional"
_OF_LINES = frozenset(
    {"description", "comment", "content", "input-data", "notes-template", "ssh-public-keys", "password"}
)
"""Texts that may have several lines."""
_INTEGER = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `name` ending in `[n]` stands for a numbered family, up to `last`."""

    name: str
    kind: Kind = "string"
    needed: bool = False
    least: int | None = None
    most: int | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    longest: int | None = None
    last: int = 255
    since: int = 0
    """Major version of the API that first knows it."""

    def must(self) -> "Parameter":
        """The same, and required."""
        return replace(self, needed=True)


Table = tuple[Parameter, ...]


def strings(names: str, *, since: int = 0) -> Table:
    """Declare optional texts, by names between spaces."""
    return tuple(Parameter(name=name, since=since) for name in names.split())


def booleans(names: str, *, since: int = 0) -> Table:
    """Declare optional booleans, by names between spaces."""
    return tuple(Parameter(name=name, kind="boolean", since=since) for name in names.split())


def family(names: str, last: int) -> Table:
    """Declare numbered texts: `net` stands for net0..net<last>."""
    return tuple(Parameter(name=f"{name}[n]", last=last) for name in names.split())


def integer(name: str, least: int | None = None, most: int | None = None) -> Parameter:
    """Declare an optional integer within bounds."""
    return Parameter(name=name, kind="integer", least=least, most=most)


def number(name: str, least: int | None = None, most: int | None = None) -> Parameter:
    """Declare an optional number within bounds."""
    return Parameter(name=name, kind="number", least=least, most=most)


def choice(name: str, values: str) -> Parameter:
    """Declare an optional text of an enumeration, values between spaces."""
    return Parameter(name=name, one_of=tuple(values.split()))


NODE = Parameter(name="node", needed=True, pattern=r"[a-zA-Z0-9]([a-zA-Z0-9\-]*[a-zA-Z0-9])?")
VMID = integer("vmid", 100, 999_999_999)
STORAGE = Parameter(name="storage", pattern=r"[a-zA-Z][a-zA-Z0-9\-_.]*[a-zA-Z0-9]")


def checked(table: Iterable[Parameter], raw: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return typed values of a request. Raises ApiError 400 that names every parameter in error.

    Booleans come out as bool, integers as int, numbers as float, arrays as lists, the rest as text.
    """
    lookup = {parameter.name: parameter for parameter in table}
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, given in raw.items():
        parameter = lookup.get(name) or _member(lookup, name)
        if parameter is None:
            errors[name] = UNKNOWN
            continue
        value, problem = _read(parameter, given)
        if problem:
            errors[name] = problem
        else:
            values[name] = value
    for parameter in lookup.values():
        if parameter.needed and parameter.name not in raw:
            errors[parameter.name] = MISSING
    if errors:
        raise wrong(errors)
    return values


def _member(lookup: Mapping[str, Parameter], name: str) -> Parameter | None:
    match = re.fullmatch(r"([a-z]+)(0|[1-9]\d*)", name)
    if match is None:
        return None
    found = lookup.get(f"{match[1]}[n]")
    return found if found is not None and int(match[2]) <= found.last else None


def _read(parameter: Parameter, given: Sequence[str]) -> tuple[Any, str]:
    if parameter.kind == "array":
        return list(given), ""
    if len(given) > 1:
        return None, f"type check ('{parameter.kind}') failed - got ARRAY"
    text = given[0]
    if parameter.kind == "boolean":
        low = text.lower()
        return low in TRUE, "" if low in TRUE | FALSE else f"type check ('boolean') failed - got '{text}'"
    if parameter.kind in {"integer", "number"}:
        return _figure(parameter, text)
    return text, _text_problem(parameter, text)


def _figure(parameter: Parameter, text: str) -> tuple[Any, str]:
    shape = _INTEGER if parameter.kind == "integer" else _NUMBER
    if shape.fullmatch(text) is None:
        return None, f"type check ('{parameter.kind}') failed - got '{text}'"
    value = int(text) if parameter.kind == "integer" else float(text)
    if parameter.least is not None and value < parameter.least:
        return None, f"value must have a minimum value of {parameter.least}"
    if parameter.most is not None and value > parameter.most:
        return None, f"value must have a maximum value of {parameter.most}"
    return value, ""


def _text_problem(parameter: Parameter, text: str) -> str:
    if "\n" in text and parameter.name not in _OF_LINES:
        return "value does not match the regex pattern"  # a second line would be another option's
    if parameter.one_of and text not in parameter.one_of:
        return f"value '{text}' does not have a value in the enumeration '{', '.join(parameter.one_of)}'"
    if parameter.pattern and re.fullmatch(parameter.pattern, text) is None:
        return "value does not match the regex pattern"
    if parameter.longest is not None and len(text) > parameter.longest:
        return f"value may only be {parameter.longest} characters long"
    return ""
