"""A request's values as they came, before they are checked: query, form or JSON, repeated keys as lists."""

import json
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from lab.pve.api.problems import ApiError

LIMIT = 512 * 1024
FORM = "application/x-www-form-urlencoded"


async def values_of(request: web.Request) -> dict[str, list[str]]:
    """Return every value by name. Raises ApiError for a body that a real node would not read."""
    pairs: list[tuple[str, str]] = list(request.query.items())
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise ApiError(501, "chunked transfer encoding not supported")
    length = request.content_length or 0
    if length:
        if request.method in {"GET", "DELETE"}:
            raise ApiError(501, f"Unexpected content for method '{request.method}'")
        if length > LIMIT:
            raise ApiError(501, "for data too large")
        pairs += _pairs(request, await request.read())
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _pairs(request: web.Request, body: bytes) -> list[tuple[str, str]]:
    kind = request.content_type
    try:
        text = body.decode()
        if kind == "application/json":
            return _from_json(json.loads(text))
    except ValueError:
        raise ApiError(400, "unable to read the request's body") from None
    if kind not in {FORM, "application/octet-stream"}:
        raise ApiError(501, f"upload '{kind}' not implemented")
    return parse_qsl(text, keep_blank_values=True)


def _from_json(data: Any) -> list[tuple[str, str]]:
    if not isinstance(data, dict):
        raise ApiError(400, "unable to read the request's body")
    return [
        (name, str(int(each)) if isinstance(each, bool) else str(each))
        for name, value in data.items()
        for each in (value if isinstance(value, list) else [value])
    ]
