"""Names the reader's tables by a digest, so that a register says with which ones it was read."""

import hashlib
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from drverify.model.agreement import Sha256
from drverify.model.slots import SLOTS
from drverify.reading import tables


def grammar_digest() -> Sha256:
    """Digest over every public constant of every table, and the table of slots."""
    found: dict[str, Any] = {"slots": SLOTS}
    for module in sorted(iter_modules(tables.__path__), key=lambda one: one.name):
        for name, value in vars(import_module(f"{tables.__name__}.{module.name}")).items():
            if name.isupper() and not name.startswith("_"):
                found[f"{module.name}.{name}"] = value
    return Sha256(hashlib.sha256(repr(_plain(found)).encode()).hexdigest())


def _plain(value: Any) -> Any:
    """The value in a form whose text is always the same."""
    if isinstance(value, re.Pattern):
        return value.pattern, value.flags
    if is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, [(f.name, _plain(getattr(value, f.name))) for f in fields(value)]
    if isinstance(value, Mapping):
        return sorted((str(key), repr(_plain(item))) for key, item in value.items())
    if isinstance(value, AbstractSet):
        return sorted(repr(_plain(item)) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)
