"""Holds the statement that was signed against the one that follows from the facts in it. Pure."""

from collections.abc import Mapping

from drverify.errors import EvidenceError
from drverify.sealing.strict_json import Json


def same(statement: Mapping[str, Json], computed: Mapping[str, Json]) -> tuple[str, ...]:
    """Refuse a statement that is not the one that follows from the facts; return what to note."""
    if difference := _difference(statement, computed, "statement"):
        raise EvidenceError(difference)
    reworded = statement != computed  # nothing but the words of a reason can differ now
    return ("the evidence words a reason differently from this version of drverify",) if reworded else ()


def _difference(written: object, computed: object, path: str) -> str:
    """Name the first place where two JSON values differ; empty when they do not."""
    if isinstance(written, dict) and isinstance(computed, dict):
        for name in sorted(written.keys() ^ computed.keys()):
            return f"{path}.{name}: {'unknown' if name in written else 'missing'}"
        below = (_difference(written[name], computed[name], f"{path}.{name}") for name in sorted(computed))
    elif isinstance(written, list) and isinstance(computed, list) and len(written) == len(computed):
        pairs = enumerate(zip(written, computed, strict=True))
        below = (_difference(one, other, f"{path}[{at}]") for at, (one, other) in pairs)
    elif type(written) is type(computed) and (written == computed or _is_reason(path)):
        return ""
    else:
        return f"{path}: signed is {_short(written)}, computed {_short(computed)}"
    return next(filter(None, below), "")


def _is_reason(path: str) -> bool:
    return path.startswith("statement.predicate.obligations[") and path.endswith("].reason")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 - enough to recognise it
