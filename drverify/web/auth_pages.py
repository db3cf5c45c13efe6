"""Signing in and out: the form for local accounts, the way to the identity provider and back."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import structlog
from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.passwords import right
from drverify.errors import InputError
from drverify.model.account import matching
from drverify.model.booking import Action
from drverify.web.app_faces import face, refusal
from drverify.web.auth_csrf import renew_token
from drverify.web.auth_gate import SIGN_IN, safe_next
from drverify.web.auth_oidc import Elsewhere
from drverify.web.auth_sessions import Sessions
from drverify.web.auth_throttle import Throttle

_AT_ONCE = 2
"""Passwords that are checked side by side: each takes 64 MiB and a tenth of a second of a core."""
_NEXT = "next"
_log = structlog.get_logger()


class Reception:
    """Lets people in and out, and notes both."""

    def __init__(
        self,
        book: AccountBook,
        sessions: Sessions,
        elsewhere: Elsewhere | None,
        note: Callable[[Action], None],
        throttle: Throttle,
    ) -> None:
        self._book = book
        self._sessions = sessions
        self._elsewhere = elsewhere
        self._note = note
        self._throttle = throttle
        self._checkers = CapacityLimiter(_AT_ONCE)

    def routes(self) -> list[Route]:
        """What is served."""
        found = [
            Route(SIGN_IN, self._form, methods=["GET"]),
            Route(SIGN_IN, self._sign_in, methods=["POST"]),
            Route("/sign-out", self._sign_out, methods=["POST"]),
        ]
        if self._elsewhere is not None:
            found.append(Route(f"{SIGN_IN}/elsewhere", self._away, methods=["GET"]))
            found.append(Route(f"{SIGN_IN}/back", self._back, methods=["GET"]))
        return found

    async def _form(self, request: Request) -> Response:
        if getattr(request.state, "viewer", None) is not None:
            return RedirectResponse(safe_next(request.query_params.get(_NEXT, "/")), 303)
        accounts = await run_in_threadpool(self._book.read)
        nobody = not accounts.accounts and not accounts.rules
        return self._shown(request, safe_next(request.query_params.get(_NEXT, "/")), nobody=nobody)

    def _shown(
        self, request: Request, after: str, *, status: int = 200, wrong: str = "", nobody: bool = False
    ) -> Response:
        return face(
            "auth_sign_in.html",
            status,
            csrf=request.state.csrf,
            after=after,
            wrong=wrong,
            nobody=nobody,
            elsewhere=self._elsewhere is not None,
        )

    async def _sign_in(self, request: Request) -> Response:
        form = await request.form()
        name, password = str(form.get("name", ""))[:64], str(form.get("password", ""))
        after, place = safe_next(str(form.get(_NEXT, "/"))), _place(request)
        if wait := await run_in_threadpool(self._throttle.wait, name, place, datetime.now(UTC)):
            return refusal(
                request, 429, f"Too many attempts. Please wait {wait} seconds.", {"Retry-After": str(wait)}
            )
        accounts = await run_in_threadpool(self._book.read)
        account = accounts.account(name)
        kept = account.password if account else ""
        await run_in_threadpool(
            self._throttle.failed, name, place, datetime.now(UTC)
        )  # counts while it is checked, too
        matches = await to_thread.run_sync(right, kept, password, limiter=self._checkers)
        if account is None or not matches:
            # what was typed as a name may be a password: an unknown one is not written down
            await self._noted("refused", account.name if account else "", f"sign in from {place}")
            return self._shown(request, after, status=403, wrong="This name and password do not go together.")
        await run_in_threadpool(self._throttle.passed, name, place, datetime.now(UTC))
        await self._noted("sign in", account.name, f"from {place}")
        self._sessions.begin_local(request.session, account, int(time.time()))
        renew_token(request)
        return RedirectResponse(after, 303)

    async def _sign_out(self, request: Request) -> Response:
        await run_in_threadpool(self._sessions.end, request.session, int(time.time()))
        renew_token(request)
        return RedirectResponse(SIGN_IN, 303)

    async def _away(self, request: Request) -> Response:
        assert self._elsewhere is not None  # noqa: S101 - there is no route otherwise
        request.session[_NEXT] = safe_next(request.query_params.get(_NEXT, "/"))
        return await self._elsewhere.away(request)

    async def _back(self, request: Request) -> Response:
        assert self._elsewhere is not None  # noqa: S101 - there is no route otherwise
        after, place = safe_next(str(request.session.get(_NEXT, "/"))), _place(request)
        if wait := await run_in_threadpool(self._throttle.wait, "", place, datetime.now(UTC)):
            return refusal(request, 429, headers={"Retry-After": str(wait)})
        try:
            claims = await self._elsewhere.back(request)
        except InputError as error:
            await run_in_threadpool(self._throttle.failed, "", place, datetime.now(UTC))
            _log.warning("web.refused", why=str(error), place=place)
            return self._shown(
                request, after, status=403, wrong="The sign-in did not hold. Please try again."
            )
        rules = matching((await run_in_threadpool(self._book.read)).rules, claims)
        if not rules:
            await self._noted("refused", claims.account, f"sign in from {place}: no rule lets them in")
            return refusal(request, 403, "You are signed in, but nobody has let you in here.")
        await self._noted("sign in", claims.account, f"from {place}")
        self._sessions.begin_elsewhere(request.session, claims.account, rules, int(time.time()))
        renew_token(request)
        return RedirectResponse(after, 303)

    async def _noted(self, what: Literal["sign in", "refused"], account: str, detail: str) -> None:
        action = Action(at=datetime.now(UTC), account=account, what=what, booking=None, detail=detail)
        await run_in_threadpool(self._note, action)


def _place(request: Request) -> str:
    return request.client.host if request.client else ""
