"""Reads what an address asks for. Whatever cannot be meant is as if it were not asked."""

import json
from datetime import date

from starlette.requests import Request

from drverify.model.result import Stands

_LONGEST = 400
_EARLIEST, _LATEST = date(1971, 1, 1), date(2999, 1, 1)


def asked(request: Request, name: str) -> str:
    """The value of a query, at most 400 characters of it, none of which is NUL; empty without one."""
    return request.query_params.get(name, "")[:_LONGEST].replace("\x00", "")


def asked_stands(request: Request) -> Stands | None:
    """How what is listed is to stand; None for anyhow."""
    found = asked(request, "stands")
    return Stands(found) if found in Stands.__members__ else None


def asked_day(request: Request, name: str) -> date | None:
    """A day of this age; None without one, or for what is none."""
    try:
        found = date.fromisoformat(asked(request, name))
    except ValueError:
        return None
    return found if _EARLIEST < found < _LATEST else None


def keyed(*parts: str | int) -> str:
    """The key of a row, for the address of the page after it."""
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def unkeyed(text: str, number: int) -> list[str] | None:
    """Read a key of so many parts; None for what is none."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != number:
        return None
    return [str(one) for one in found]
