"""The few pages that are about nobody's agreement: signing in, and refusals. No traceback is ever shown."""

from functools import cache
from http import HTTPStatus

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

API = "/api/v1"
_WORDS: dict[int, str] = {
    400: "This request makes no sense.",
    401: "Please sign in.",
    403: "You may not do this.",
    404: "There is no such page, or it is not for you.",
    405: "This page does not take that.",
    413: "That was too much.",
    429: "Too many attempts.",
    500: "Something failed on our side. It is in the log of the server.",
    503: "The site's database cannot be reached. Please try again.",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("drverify.web", "templates"), autoescape=True, undefined=StrictUndefined
    )


def face(name: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """One of those pages."""
    return HTMLResponse(_environment().get_template(name).render(**values), status)


def words_of(error: HTTPException) -> str:
    """What is said of a refusal: its own words, or ours for its status."""
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
    return own or _WORDS.get(error.status_code, "This did not work.")


def refusal(
    request: Request, status: int, detail: str = "", headers: dict[str, str] | None = None
) -> Response:
    """Say no: as a page to people, as RFC 9457 problem details to programs."""
    title = HTTPStatus(status).phrase
    words = words_of(HTTPException(status, detail or None))
    if request.url.path.startswith(f"{API}/"):
        answer: Response = problem(status, words)
    else:
        answer = face("auth_refusal.html", status, status=status, title=title, words=words)
    answer.headers.update(headers or {})
    return answer


def problem(status: int, detail: str) -> JSONResponse:
    """Problem details of RFC 9457."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(content, status, media_type="application/problem+json")
