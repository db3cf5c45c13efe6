"""How the fields of the model are called in JSON, and which of them may be left out there.

A field that came after evidence of the same version had been signed is `late`: it is written only when it
says something, so that everything signed before is read as it was and has the same bytes.
"""

from collections.abc import Mapping
from dataclasses import Field, fields
from datetime import timedelta
from typing import Any, get_args, get_type_hints

from cattrs.gen import override

LATE = "late"
"""In the metadata of a field; its default is one that JSON has as null, false, or an empty text or array."""


def json_name(name: str, form: object) -> str:
    """What a field of that name and type is called in JSON."""
    is_span = form is timedelta or timedelta in get_args(form)
    return _camel(name) + ("Ms" if is_span else "")


def is_late(field: Field[Any]) -> bool:
    """Whether JSON has it only when it says something."""
    return bool(field.metadata.get(LATE))


def renamed(cls: type) -> dict[str, Any]:
    """What cattrs is told of every field of a dataclass."""
    hints = get_type_hints(cls)
    return {
        one.name: override(rename=json_name(one.name, hints[one.name]), omit_if_default=is_late(one) or None)
        for one in fields(cls)
    }


def told_apart(names: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The names in JSON that must be there, and the late ones."""
    late = {str(one.rename) for one in names.values() if one.omit_if_default}
    return {str(one.rename) for one in names.values()} - late, late


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
