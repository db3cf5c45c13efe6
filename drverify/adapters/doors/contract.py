"""Register files: what was read from an agreement, as people review, accept and keep it (YAML).

`schema: drverify/contract/1`. A file without `accepted` is a proposal; one with it is a lock, by
convention `NAME.lock.yaml`. What is written here is read back to the same value, letter by letter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Bounds, Document, Loc, load, nearest, plain, refuse
from drverify.model.agreement import Span
from drverify.model.contract import Acceptance, Contract, Figure, Provision, Slot
from drverify.model.slots import SLOTS

LOCK = ".lock.yaml"
WIDTH = 110
LARGE = Bounds(size=32 * 1024 * 1024, nodes=2_000_000)
"""A register of a thousand pages has some thousand provisions."""
_HEAD = {
    False: "# What drverify read from the agreement: review it (`drverify agreement review`), accept it.\n",
    True: "# Accepted. Do not edit: drills refuse an edited lock. Change the proposal and accept it again.\n",
}


def load_contract(path: Path) -> Contract:
    """Read a proposal or a lock. InputError with file and line for everything wrong in it."""
    return load_with_lines(path)[0]


def load_with_lines(path: Path) -> tuple[Contract, Document]:
    """Read a proposal or a lock, and where everything in it stands."""
    document = load(path, bounds=LARGE)
    contract = shape_of(Contract).read(document)
    refuse([document.complaint(loc, text) for loc, text in _wrong(contract)])
    return contract, document


def dump_contract(contract: Contract) -> str:
    """The file's text."""
    return _HEAD[contract.accepted is not None] + yaml.dump(
        _written(contract), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH
    )


def _wrong(contract: Contract) -> Iterator[tuple[Loc, str]]:
    yield from _unique(("documents",), [one.id for one in contract.documents])
    yield from _unique(("calendars",), [one.id for one in contract.calendars])
    yield from _unique(("provisions",), [one.id for one in contract.provisions])
    documents = {one.id for one in contract.documents}
    clocks = {"elapsed", "business", *(one.id for one in contract.calendars)}
    for at, one in enumerate(contract.documents):
        if Path(one.name).name != one.name:
            yield ("documents", at, "name"), f"expected a file name beside the register, found {one.name!r}"
        if one.supplied and not (one.sha256 and one.text_sha256):
            yield ("documents", at), "a supplied document has its digests, sha256 and text_sha256"
    for at, provision in enumerate(contract.provisions):
        for below, why in _of_provision(provision, documents, clocks):
            yield ("provisions", at, *below), why
    ids: list[str] = [one.id for one in contract.provisions]
    if contract.look_back and contract.look_back not in ids:
        yield (
            ("look_back",),
            f"expected the id of a provision, found {contract.look_back!r}{nearest(contract.look_back, ids)}",
        )


def _of_provision(one: Provision, documents: set[Any], clocks: set[str]) -> Iterator[tuple[Loc, str]]:
    cited = one.citation
    if cited.document not in documents:
        known = sorted(documents)
        yield (
            ("citation", "document"),
            f"expected the id of a document, found {cited.document!r}{nearest(cited.document, known)}",
        )
    if cited.span.end - cited.span.start != len(cited.quote):
        length = cited.span.end - cited.span.start
        yield (
            ("citation", "span"),
            f"the span is {length} characters long, the quote {len(cited.quote)}",
        )
    if one.figure is not None:
        yield from _of_figure(one.figure, clocks)
    for at, slot in enumerate(one.slots):
        why = _of_slot(one, slot)
        if why:
            yield ("slots", at), why


def _of_figure(figure: Figure, clocks: set[str]) -> Iterator[tuple[Loc, str]]:
    if figure.clock not in clocks:
        yield ("figure", "clock"), f"expected elapsed or a calendar's id, found {figure.clock!r}"
    if (figure.comparator == "between") != (figure.quantity.upper is not None):
        yield ("figure",), "a range has the comparator between and an upper end, another figure has neither"


def _of_slot(one: Provision, slot: Slot) -> str:
    known = SLOTS[one.kind]
    if slot.name not in known:
        names = ", ".join(known) or "none"
        return f"a provision of kind {one.kind} has no slot {slot.name!r} (known: {names})"
    allowed = known[slot.name]
    if allowed and slot.value not in allowed:
        return f"slot {slot.name} takes {', '.join(allowed)}; found {slot.value!r}"
    return ""


def _unique(loc: Loc, ids: Sequence[str]) -> Iterator[tuple[Loc, str]]:
    seen: set[str] = set()
    for at, value in enumerate(ids):
        if value in seen:
            yield (*loc, at, "id"), f"expected each id once, found {value} again"
        seen.add(value)


class _Flow(dict[str, Any]):
    """A mapping on one line."""


class _Row(list[Any]):
    """A list on one line."""


_ON_ONE_LINE = (Slot, Figure)


def _written(value: Any) -> Any:
    """A value of the model as it stands in the file: what equals its default is left out."""
    if isinstance(value, Span):
        return _Row([value.start, value.end])
    if is_dataclass(value) and not isinstance(value, type):
        found = {f.name: getattr(value, f.name) for f in fields(value) if _matters(value, f)}
        if isinstance(value, Acceptance):
            found["provisions"] = dict(value.provisions)
        made = {name: _written(item) for name, item in found.items()}
        return _Flow(made) if isinstance(value, _ON_ONE_LINE) else made
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else format(value.normalize(), "f")
    if isinstance(value, tuple):
        items = [_written(item) for item in value]
        return _Row(items) if all(isinstance(item, str | int) for item in items) else items
    if isinstance(value, datetime):
        return _Instant(value.isoformat().replace("+00:00", "Z"))
    return value


def _matters(value: Any, field: Field[Any]) -> bool:
    return field.name == "schema" or getattr(value, field.name) != _default(field)


def _default(field: Field[Any]) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


class _Instant(str):
    """Text that is written plainly because it is an instant."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes text so that our strict reading gives it back as text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value and _literal(value) else '"' if _loose(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _literal(value: str) -> bool:
    """Whether a literal block gives the text back for certain: plain lines, no blanks at their ends."""
    lines = value.split("\n")
    return (
        bool(lines[0])
        and all(
            line == line.strip(" ") and (line.isprintable() if line else True)
            for line in (*lines[:-1], lines[-1])
        )
        and bool(lines[-1])
    )


def _loose(value: str) -> bool:
    """Whether the text must be quoted: written plainly it would be read as something else."""
    if not value.isprintable():
        return True
    try:
        return bool(plain(value) != value)
    except ValueError:
        return True


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    _Instant, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value)
)
_Dumper.add_representer(
    date, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:timestamp", value.isoformat())
)
_Dumper.add_representer(
    _Flow, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)
)
_Dumper.add_representer(
    _Row, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)
)
