"""Nobody passes who is not known: sets `request.state.viewer`, or shows the way to the sign-in."""

from collections.abc import Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from drverify.model.account import Viewer
from drverify.web.app_faces import API, refusal
from drverify.web.auth_sessions import Session

SIGN_IN = "/sign-in"
OPEN = frozenset({SIGN_IN, f"{SIGN_IN}/elsewhere", f"{SIGN_IN}/back", "/alive", "/favicon.ico"})
OPEN_BELOW = ("/static/", f"{API}/")
"""Where a viewer is not asked for: files that are the same for everybody; programs, which have tokens."""
_LONGEST = 500
Who = Callable[[Session], Viewer | None]


class Gate:
    """Innermost before the routes; needs the session."""

    def __init__(self, app: ASGIApp, who: Who) -> None:
        self._app = app
        self._who = who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on who is known, and what is open."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request, path = Request(scope), scope["path"]
        if not path.startswith(OPEN_BELOW):
            viewer = await run_in_threadpool(self._who, request.session)
            if viewer is not None:
                request.state.viewer = viewer
            elif path not in OPEN:
                return await _turned_away(request)(scope, receive, send)
        await self._app(scope, receive, send)
        return None


def _turned_away(request: Request) -> Response:
    if request.method not in {"GET", "HEAD"}:
        return refusal(request, 401)
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{SIGN_IN}?next={quote(asked, safe='/')}", 303)


def safe_next(asked: str) -> str:
    """Where to go after signing in: a path of ours, never another site, never back to the sign-in."""
    clean = asked.startswith("/") and asked.isprintable() and "\\" not in asked and not asked.startswith("//")
    return asked if clean and len(asked) <= _LONGEST and not asked.startswith(SIGN_IN) else "/"
