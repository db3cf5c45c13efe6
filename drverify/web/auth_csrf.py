"""Forms of ours only: starlette-csrf's signed double submit, with the token taken out of the form, too."""

import re
from http.cookies import SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_csrf.middleware import CSRFMiddleware

from drverify.web.app_faces import API, refusal

FIELD = "csrf"
"""Name of the hidden field; its value is `request.state.csrf`."""
_FORM = "application/x-www-form-urlencoded"
_SET, _RENEW, _SUBMITTED = "csrf_set", "csrf_renew", "csrf_submitted"


def renew_token(request: Request) -> None:
    """Give the browser another token with this answer: somebody signs in, or out."""
    request.scope["state"][_RENEW] = True


class FormCsrf(CSRFMiddleware):
    """The library checks; this adds the form's field, a page for a refusal, and a token known to the page.

    A browser that says itself that another site sends the request is refused without looking further.
    """

    def __init__(self, app: ASGIApp, key: str, *, cookie: str, secure: bool) -> None:
        super().__init__(
            app,
            key,
            exempt_urls=[re.compile(re.escape(f"{API}/"))],  # tokens, which no browser sends by itself
            cookie_name=cookie,
            cookie_secure=secure,
            cookie_httponly=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what is safe, or of ours."""
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            held = Request(scope).cookies.get(self.cookie_name, "")
            sound = bool(held) and self._csrf_tokens_match(held, held)
            state["csrf"] = held if sound else self._generate_csrf_token()
            state[_SET] = "" if sound else state["csrf"]
            if scope["method"] not in self.safe_methods and not self._url_is_exempt(Request(scope).url):
                body = await Request(scope, receive).body()
                state[_SUBMITTED] = await _submitted(scope, body)
                receive = _again(body, receive)
        await super().__call__(scope, receive, send)

    async def send(self, message: Message, send: Send, scope: Scope) -> None:
        """Set the cookie that goes with the page's token, or with the next one's."""
        state = scope.get("state", {})
        token = self._generate_csrf_token() if state.get(_RENEW) else state.get(_SET)
        if message["type"] == "http.response.start" and token:
            cookie: SimpleCookie = SimpleCookie({self.cookie_name: token})
            crumb = cookie[self.cookie_name]
            crumb["path"], crumb["samesite"] = self.cookie_path, self.cookie_samesite
            crumb["secure"], crumb["httponly"] = self.cookie_secure, self.cookie_httponly
            message.setdefault("headers", [])
            MutableHeaders(scope=message).append("set-cookie", cookie.output(header="").strip())
        await send(message)

    async def _get_submitted_csrf_token(self, request: Request) -> str | None:
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return None
        return request.scope["state"].get(_SUBMITTED) or request.headers.get(self.header_name)

    def _get_error_response(self, request: Request) -> Response:
        return refusal(request, 403, "The form was not sent by this site, or it is too old.")


async def _submitted(scope: Scope, body: bytes) -> str:
    """The token in a form's field; empty for anything but a form."""
    if Headers(scope=scope).get("content-type", "").partition(";")[0].strip() != _FORM:
        return ""
    async with Request(scope, _again(body, _nothing)).form(max_fields=50) as form:
        found = form.get(FIELD, "")
    return found if isinstance(found, str) else ""


def _again(body: bytes, after: Receive) -> Receive:
    """Give the body once more, then whatever else comes (a hang-up)."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return await after()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
