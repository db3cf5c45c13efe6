"""What every answer carries and every request leaves behind: strict headers, and one line in the log."""

import time
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer: nothing is loaded from elsewhere, nothing inline runs, nobody frames us."""
_YEAR = "max-age=31536000"
_log = structlog.get_logger()


def protect(headers: MutableHeaders, *, https: bool, lasting: bool) -> None:
    """Set what every answer carries; `lasting`: it is the same for everybody and may be kept."""
    for name, value in HEADERS.items():
        headers[name] = value
    if https:
        headers["Strict-Transport-Security"] = _YEAR
    if not lasting:
        headers["Cache-Control"] = "no-store"


class Shield:
    """Outermost but for the handler of bugs: sets the headers, and logs the request when it is answered.

    The log has the path without the query: codes of a sign-in stand there.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with headers and a line."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.monotonic(), 500
        lasting = scope["path"].startswith("/static/")

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                protect(
                    MutableHeaders(scope=message),
                    https=self._https,
                    lasting=lasting and status == HTTPStatus.OK,
                )
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            request = Request(scope)
            viewer = scope.get("state", {}).get("viewer")
            _log.info(
                "web.request",
                method=request.method,
                path=request.url.path,
                status=status,
                ms=round((time.monotonic() - began) * 1000),
                account=viewer.account if viewer else "",
                place=request.client.host if request.client else "",
            )
        return None
