"""The whole web application: pages for people, the interface for programs, and who may see what.

request → log and headers → host name → session → forms of ours → viewer → pages, sign-in, actions
                                                                 └→ /api/v1 (tokens instead)
"""

import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.sessions import EndedSessions, session_key
from drverify.adapters.board.database import Database
from drverify.engine.nightly.ports import Desk
from drverify.errors import DrverifyError, HarnessError
from drverify.model.recovery import SecretRef
from drverify.operation.boarding import open_board
from drverify.operation.estate import Estate
from drverify.web.actions import Actions, action_routes
from drverify.web.api import make_api
from drverify.web.api_entry import Behind
from drverify.web.app_faces import API, refusal, words_of
from drverify.web.app_shield import Shield, protect
from drverify.web.auth_csrf import FormCsrf
from drverify.web.auth_gate import SIGN_IN, Gate
from drverify.web.auth_oidc import Elsewhere
from drverify.web.auth_pages import Reception
from drverify.web.auth_sessions import LASTS, Sessions
from drverify.web.auth_throttle import Throttle
from drverify.web.pages.context import context_of
from drverify.web.pages.router import pages_router
from drverify.web.serving import Address

_Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]
BODY_AT_MOST = 64 * 1024
"""Bytes of a request's body."""
_STATIC = Path(__file__).parent / "static"
_log = structlog.get_logger()


def _now() -> datetime:
    return datetime.now(UTC)


def make_app(
    estate: Estate,
    desk: Desk,
    address: Address,
    *,
    board: Database | None = None,
    current: Callable[[], Estate] | None = None,
    clock: Callable[[], datetime] = _now,
) -> FastAPI:
    """The application of a site, reached at `address`.

    `board` is what pages and interface read, and is opened when none is given; `current` gives the estate as
    its files are now, where somebody watches them.

    InputError when the settings or the accounts are wrong, HostError when the state directory cannot be
    used.
    """
    book = AccountBook(estate.state_dir)
    book.read()
    sessions = Sessions(book, EndedSessions(estate.state_dir))
    throttle = Throttle(desk, session_key(estate.state_dir))
    reception = Reception(book, sessions, _elsewhere(estate, address), desk.note, throttle)
    app = FastAPI(
        openapi_url=None,  # the interface for programs has its own
        middleware=_middleware(estate, address, sessions),
        exception_handlers=_handlers(address),
        max_body_size=BODY_AT_MOST,
    )
    now, read = current or (lambda: estate), board or open_board(estate)
    actions = Actions(now, desk, clock)
    behind = Behind(estate=now, desk=desk, board=read, book=book, actions=actions, clock=clock)
    app.router.routes.extend(_open_routes())
    app.router.routes.extend(reception.routes())
    app.router.routes.extend(action_routes(actions))
    app.include_router(pages_router(context_of(now, desk, read)))
    app.mount(API, make_api(behind))
    return app


def _elsewhere(estate: Estate, address: Address) -> Elsewhere | None:
    web = estate.operation.web
    if not web.oidc_issuer:
        return None
    secret = estate.main.secret(SecretRef(web.oidc_secret)).decode() if web.oidc_secret else ""
    return Elsewhere(web, secret, f"{address.public}{SIGN_IN}/back")


def _middleware(estate: Estate, address: Address, sessions: Sessions) -> list[Middleware]:
    """From the outside in. Cookies that are for https only bear a name that browsers hold them to it by."""
    key = session_key(estate.state_dir)
    name = "__Host-drverify" if address.https else "drverify"
    return [
        Middleware(Shield, https=address.https),
        Middleware(TrustedHostMiddleware, allowed_hosts=address.names, www_redirect=False),
        Middleware(
            SessionMiddleware,
            secret_key=key,
            session_cookie=name,
            max_age=LASTS,
            same_site="lax",
            https_only=address.https,
        ),
        Middleware(FormCsrf, key, cookie=f"{name}-form", secure=address.https),
        Middleware(Gate, who=lambda session: sessions.viewer(session, int(time.time()))),
    ]


def _open_routes() -> list[BaseRoute]:
    async def alive(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    return [
        Route("/alive", alive, methods=["GET"]),
        Mount("/static", StaticFiles(directory=_STATIC), name="static"),
    ]


def _handlers(address: Address) -> dict[int | type[Exception], _Handler]:
    """What becomes a page: refusals as they are, errors of ours without what they say."""

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return refusal(request, 422)
        return refusal(request, error.status_code, words_of(error), dict(error.headers or {}))

    async def failed(request: Request, error: Exception) -> Response:
        _log.error("web.failed", path=request.url.path, error=str(error))
        return refusal(request, 503 if isinstance(error, HarnessError) else 500)

    async def broken(request: Request, _: Exception) -> Response:
        """Answer for a bug; its traceback goes to the server's own log."""
        answer = refusal(request, 500)
        protect(MutableHeaders(raw=answer.raw_headers), https=address.https, lasting=False)
        return answer

    return {
        HTTPException: refused,
        RequestValidationError: refused,
        DrverifyError: failed,
        Exception: broken,
    }
