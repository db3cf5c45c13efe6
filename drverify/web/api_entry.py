"""Who calls the interface, and what every operation has in common: tokens, problems, cursors."""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.tokens import bearer
from drverify.adapters.board.database import Database
from drverify.engine.nightly.ports import Desk
from drverify.model.account import Viewer
from drverify.operation.estate import Estate
from drverify.web.actions import Actions
from drverify.web.api_forms import Problem

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What the operations work on."""

    estate: Callable[[], Estate]
    """As the settings are now."""
    desk: Desk
    board: Database
    book: AccountBook
    actions: Actions
    clock: Clock


_TOKEN = HTTPBearer(
    auto_error=False, description="A token that `drverify account token NAME` printed.", scheme_name="token"
)


def behind(request: Request) -> Behind:
    """What the application was made with."""
    found: Behind = request.app.state.behind
    return found


def caller(
    request: Request,
    the: Annotated[Behind, Depends(behind)],
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_TOKEN)],
) -> Viewer:
    """Whoever's token it is; 401 without a token that counts."""
    viewer = bearer(the.book.read(), given.credentials, the.clock()) if given is not None else None
    if viewer is None:
        raise HTTPException(401, "a token that counts is needed", {"WWW-Authenticate": "Bearer"})
    request.scope.setdefault("state", {})["viewer"] = viewer
    return viewer


def insider(viewer: Annotated[Viewer, Depends(caller)]) -> Viewer:
    """Somebody of the provider; 403 for a customer, whose business hosts and workers are not."""
    if viewer.agreements is not None:
        raise HTTPException(403, "this is for operators and readers")
    return viewer


The = Annotated[Behind, Depends(behind)]
Caller = Annotated[Viewer, Depends(caller)]
Insider = Annotated[Viewer, Depends(insider)]
Limit = Annotated[int, Query(ge=1, le=500)]
After = Annotated[str, Query(max_length=1000, description="`next` of the part before")]
Named = Annotated[str, Query(max_length=200)]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation may answer besides: always 401, 422 and 503, and these."""
    meanings = {
        400: "the request cannot be read",
        401: "no token, or one that does not count",
        403: "the token's account may not do this",
        404: "there is none, or it is not for this account",
        409: "not in the state that it is in",
        422: "the request is not of the form",
        503: "the site's database cannot be reached",
    }
    asked = sorted({400, 401, 422, 503, *statuses})
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {one: {"description": meanings[one], "content": content} for one in asked}


def visible(viewer: Viewer, agreement: str) -> None:
    """404 for an agreement that is not for their eyes, as for one that is not there."""
    if not viewer.sees(agreement):
        raise HTTPException(404)


def cursor(*key: str | int) -> str:
    """A place in a list, as text that means nothing to who holds it."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def placed(after: str, *forms: type) -> tuple[Any, ...] | None:
    """The key that a cursor holds; None for the beginning; 422 for what was never one."""
    if not after:
        return None
    try:
        key = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        key = None
    right = isinstance(key, list) and [type(one) for one in key] == list(forms)
    if not right or any(isinstance(one, int) and abs(one) >= 1 << 62 for one in key):
        raise HTTPException(422, "after: not the `next` of an answer")
    return tuple(key)


def fields_of(value: "DataclassInstance", **more: object) -> dict[str, object]:
    """The fields of a frozen value of ours (they have slots), and more."""
    return {one.name: getattr(value, one.name) for one in fields(value)} | more
