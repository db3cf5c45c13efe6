"""The interface for programs, /api/v1: tokens instead of sessions, problem details instead of pages."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from drverify import __version__
from drverify.errors import DrverifyError, HarnessError
from drverify.web import api_reading, api_running
from drverify.web.api_entry import Behind
from drverify.web.app_faces import problem, words_of

_log = structlog.get_logger()
_Handler = Callable[[Request, Exception], Coroutine[Any, Any, Response]]


def make_api(behind: Behind) -> FastAPI:
    """The interface as an application of its own, to be mounted; its description is at `/openapi.json`."""
    app = FastAPI(
        title="drverify",
        version=__version__,
        summary="What was promised, how it stands, what is drilled tonight, and the evidence.",
        docs_url=None,  # a page that loads from elsewhere
        redoc_url=None,
        exception_handlers=_handlers(),
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.behind = behind
    app.include_router(api_reading.router)
    app.include_router(api_running.router)
    return app


def _handlers() -> dict[int | type[Exception], _Handler]:
    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - it is what the handler is for
        answer = problem(error.status_code, words_of(error))
        answer.headers.update(error.headers or {})
        return answer

    async def malformed(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - it is what the handler is for
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:10])
        return problem(422, told)

    async def failed(request: Request, error: Exception) -> Response:
        _log.error("web.failed", path=request.url.path, error=str(error))
        return problem(503 if isinstance(error, HarnessError) else 500, words_of(HTTPException(503)))

    async def broken(_: Request, __: Exception) -> Response:
        """Answer for a bug; its traceback goes to the server's own log."""
        return problem(500, words_of(HTTPException(500)))

    return {
        HTTPException: refused,
        RequestValidationError: malformed,
        DrverifyError: failed,
        Exception: broken,
    }
