"""YAML text to plain data that remembers its lines. Strict where YAML is loose.

Plain scalars are read as in YAML 1.2's core schema without floating point: `null`, `true`/`false`,
decimal integers, RFC 3339 instants, dates, durations; everything else, `no` and `4.10` included, is
text. Duplicate keys, keys that are not text, tags, merge keys, deep nesting and more
values than `Bounds` has after aliases are expanded are refused. `${name}` in a value is replaced by the
variable of that name (`$${` stands for `${`). Must not know what the data means.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml

from drverify.adapters.doors import durations
from drverify.errors import InputError

MAX_DEPTH = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How large a file may be: bytes as it is, values after aliases are expanded."""

    size: int
    nodes: int


USUAL = Bounds(size=1024 * 1024, nodes=50_000)

Loc = tuple[str | int, ...]
"""Where a value stands: keys and positions from the top."""

_NULL = re.compile(r"(~|null)?")
_BOOL = re.compile(r"true|false")
_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}.*")
_VARIABLE = re.compile(r"\$(\$\{|\{([A-Za-z_][A-Za-z0-9_-]*)\}|\{)")
_STRING_TAG = "tag:yaml.org,2002:str"
_PLAIN_TAGS = {_STRING_TAG, "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


class _Composer(yaml.SafeLoader):
    """Nodes only: no implicit types (we give them), bounded depth."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own form

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {MAX_DEPTH} levels", problem_mark=self.get_mark()
            )
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file's data (tuples, dicts, scalars) and the line of everything in it."""

    path: Path
    data: Any
    lines: Mapping[Loc, int]
    key_lines: Mapping[Loc, int]

    def line_of(self, loc: Loc) -> int:
        """Line of the value at `loc` (of its key, if it has one), or of the nearest thing around it."""
        for end in range(len(loc), 0, -1):
            if line := self.key_lines.get(loc[:end]) or self.lines.get(loc[:end]):
                return line
        return self.lines.get((), 1)

    def where(self, loc: Loc) -> str:
        """`file:line` of `loc`."""
        return f"{self.path}:{self.line_of(loc)}"

    def complaint(self, loc: Loc, text: str) -> str:
        """`file:line: path: text`."""
        return f"{self.where(loc)}: {show_loc(loc)}: {text}"


@dataclass(slots=True, kw_only=True)
class _Builder:
    """Walks the nodes once; collects every complaint instead of stopping at the first."""

    path: Path
    variables: Mapping[str, str] | None
    bounds: Bounds
    lines: dict[Loc, int] = field(default_factory=dict)
    key_lines: dict[Loc, int] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    missing: dict[str, list[tuple[int, Loc]]] = field(default_factory=dict)
    count: int = 0

    def complain(self, node: yaml.Node, loc: Loc, text: str) -> None:
        where = f"{self.path}:{node.start_mark.line + 1}"
        self.complaints.append(f"{where}: {show_loc(loc)}: {text}")

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        self.count += 1
        if self.count > self.bounds.nodes or len(loc) > MAX_DEPTH:
            raise InputError(
                f"{self.path}: more than {self.bounds.nodes} values, or aliases that lead in a circle"
            )
        self.lines[loc] = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, loc)
        if node.tag not in _PLAIN_TAGS:
            self.complain(node, loc, f"expected no YAML tag, found {node.tag}")
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.build(item, (*loc, at)) for at, item in enumerate(node.value))
        assert isinstance(node, yaml.MappingNode)  # noqa: S101 - PyYAML has three kinds of nodes
        return self.mapping(node, loc)

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or not key:
                self.complain(key_node, loc, "expected a key that is text")
                continue
            here = (*loc, key)
            if key in built:
                first = self.key_lines[here]
                self.complain(
                    key_node, here, f"expected each key once, found it again (first on line {first})"
                )
                continue
            self.key_lines[here] = key_node.start_mark.line + 1
            built[key] = self.build(value_node, here)
        return built

    def scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        if node.tag not in _PLAIN_TAGS:
            self.complain(node, loc, f"expected no YAML tag, found {node.tag}")
        text = self.substituted(node, loc)
        if node.style is not None:  # quoted, literal or folded: text and nothing else
            return text
        try:
            return plain(text)
        except ValueError as error:
            self.complain(node, loc, str(error))
            return None

    def substituted(self, node: yaml.ScalarNode, loc: Loc) -> str:
        variables = self.variables
        if variables is None:
            return str(node.value)

        def replace(match: re.Match[str]) -> str:
            name = match.group(2)
            if match.group(1) == "${":
                return "${"
            if name is None:
                self.complain(node, loc, "expected ${name}, found ${ alone (write $${ for the text itself)")
                return ""
            if name not in variables:
                self.missing.setdefault(name, []).append((node.start_mark.line + 1, loc))
                return ""
            return variables[name]

        return _VARIABLE.sub(replace, node.value)


def _missing_variables(builder: _Builder) -> Iterator[str]:
    """One complaint for each variable, however often it is used."""
    known = builder.variables or {}
    for name, uses in builder.missing.items():
        line, loc = uses[0]
        lines = sorted({str(other) for other, _ in uses} - {str(line)}, key=int)
        also = f" (also used on line {', '.join(lines)})" if lines else ""
        there = f"set are: {', '.join(sorted(known))}" if known else "none is set"
        text = f"the variable ${{{name}}} is not set{nearest(name, known)}; {there}{also}"
        yield f"{builder.path}:{line}: {show_loc(loc)}: {text}"


def nearest(word: str, known: Mapping[str, object] | list[str]) -> str:
    """` (did you mean X?)`, or nothing when no known word is close."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


def plain(text: str) -> Any:  # noqa: PLR0911 - a table
    """Give an unquoted scalar its type. ValueError when it looks like a time and is none."""
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if durations.looks_like(text):
        return durations.parse(text)
    if _DATE.fullmatch(text):
        return date.fromisoformat(text)
    if _INSTANT.fullmatch(text):
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(f"expected an instant with a zone such as {text}Z, found {text}")
        return instant.astimezone(UTC)
    return text


def show_loc(loc: Loc) -> str:
    """`probes[2].database.port`; the top of the file has no name."""
    shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return shown.removeprefix(".") or "the file"


def load(path: Path, *, variables: Mapping[str, str] | None = None, bounds: Bounds = USUAL) -> Document:
    """Read a file. InputError names every line that is wrong.

    With `variables` given, `${name}` is replaced in values; without, it is left as it stands.
    """
    try:
        with path.open("rb") as file:
            content = file.read(bounds.size + 1)
        text = content.decode()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"not UTF-8: {error}"
        raise InputError(f"{path}: cannot be read: {reason}") from error
    if len(content) > bounds.size:
        raise InputError(f"{path}: larger than {bounds.size} bytes")
    node = _compose(path, text)
    builder = _Builder(path=path, variables=variables, bounds=bounds)
    data = builder.build(node, ())
    refuse([*_missing_variables(builder), *builder.complaints])
    return Document(path=path, data=data, lines=builder.lines, key_lines=builder.key_lines)


def _compose(path: Path, text: str) -> yaml.Node:
    loader: _Composer | None = None
    try:
        loader = _Composer(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(f"{path}:{line}: not YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    finally:
        if loader is not None:
            loader.dispose()
    if node is None:
        raise InputError(f"{path}: the file is empty")
    return node


def refuse(complaints: list[str]) -> None:
    """Raise all complaints as one InputError, or return when there are none."""
    if complaints:
        raise InputError("\n".join(dict.fromkeys(complaints)))
