"""Reads answers defensively: what is not of the expected form is left out or Malformed, never a crash."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from drverify.adapters.proxmox.errors import Malformed

Row = Mapping[str, Any]


def rows(answer: object, what: str) -> tuple[Row, ...]:
    """The objects of a list; Malformed when it is none."""
    if not isinstance(answer, list):
        raise Malformed(f"{what}: expected a list, the API answered with {_kind(answer)}")
    return tuple(row for row in answer if isinstance(row, dict))


def row(answer: object, what: str) -> Row:
    """An object; Malformed when it is none."""
    if not isinstance(answer, dict):
        raise Malformed(f"{what}: expected an object, the API answered with {_kind(answer)}")
    return answer


def words(answer: object, what: str) -> str:
    """A text; Malformed when it is none."""
    if not isinstance(answer, str):
        raise Malformed(f"{what}: expected a text, the API answered with {_kind(answer)}")
    return answer


def text(of: Row, key: str, default: str = "") -> str:
    """The value as text; numbers are written out, anything deeper counts as not there."""
    value = of.get(key)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str | int | float):
        return str(value)
    return default


def whole(of: Row, key: str) -> int | None:
    """The value as whole number; texts with digits are taken, because some versions send them."""
    value = of.get(key)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) <= 20:  # noqa: PLR2004 - 2^64 has 20 digits
            return int(value)
    return None


def size(of: Row, key: str) -> int | None:
    """The value as a number of bytes; None when it is none or below zero."""
    value = whole(of, key)
    return value if value is not None and value >= 0 else None


def number(of: Row, key: str) -> float:
    """The value as a number; 0 when it is none."""
    value = of.get(key)
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0


def flag(of: Row, key: str, *, default: bool = False) -> bool:
    """The value as truth: 1, true, yes and on."""
    value = of.get(key)
    if isinstance(value, bool | int | float):
        return bool(value)
    if isinstance(value, str):
        return value.strip().lower() in {"1", "true", "yes", "on"}
    return default


def instant(of: Row, key: str) -> datetime | None:
    """The value, seconds since 1970, as time in UTC; None when it is none or out of range."""
    value = whole(of, key)
    try:
        return datetime.fromtimestamp(value, UTC) if value is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def split(of: Row, key: str) -> tuple[str, ...]:
    """The value as list: split at commas, semicolons and white space."""
    value = of.get(key)
    if isinstance(value, list):
        return tuple(str(one) for one in value if isinstance(one, str | int))
    return tuple(text(of, key).replace(",", " ").replace(";", " ").split())


def numbers(values: Sequence[str]) -> frozenset[int]:
    """The whole numbers among some texts."""
    return frozenset(int(one) for one in values if one.isascii() and one.isdigit())


def _kind(answer: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}.get(
        type(answer), type(answer).__name__
    )
