"""Draws pages: strict templates that escape everything, in the words of the annex."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from drverify.adapters.annex import words
from drverify.model.duration import human
from drverify.web.pages.context import PageContext, viewer_of

NAVIGATION = (
    ("/", "Overview"),
    ("/tonight", "Tonight"),
    ("/plan", "Plan"),
    ("/standings", "Promises"),
    ("/drills", "Drills"),
    ("/findings", "Findings"),
    ("/hosts", "Hosts"),
    ("/actions", "Audit trail"),
)
METRICS: Mapping[str, str] = {str(name): text for name, text in words.METRICS.items()}
_KIB = 1024
_HOUR = timedelta(hours=1)


def page(
    request: Request,
    context: PageContext,
    template: str,
    *,
    status: int = 200,
    refresh: int = 0,
    **values: object,
) -> HTMLResponse:
    """One page; `refresh`: seconds after which a browser asks for it again, 0 for never."""
    made = (
        _environment()
        .get_template(template)
        .render(
            viewer=viewer_of(request),
            csrf=request.state.csrf,
            site=context.current().name,
            path=request.url.path,
            query=str(request.query_params.get("q", ""))[:200],
            navigation=NAVIGATION,
            now=context.now(),
            refresh=refresh,
            **values,
        )
    )
    return HTMLResponse(made, status)


def missing() -> HTTPException:
    """What there is not, or is not for them, which is told apart by nobody."""
    return HTTPException(404)


def link(*parts: str, **query: object) -> str:
    """An address of ours: each part of the path is escaped whole, queries without a value are left out."""
    path = "/" + "/".join(quote(one, safe="") for one in parts)
    asked = {name: str(value) for name, value in query.items() if value not in {None, ""}}
    return path + (f"?{urlencode(asked)}" if asked else "")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("drverify.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        when=words.instant,
        day=_day,
        ago=ago,
        span=words.span,
        size=size,
        name=words.name,
        clean=words.clean,
        quoted=words.quoted,
        metric=lambda kind: METRICS.get(kind, kind),
        count=words.count,
    )
    made.globals.update(link=link, limit=words.limit)
    return made


def _day(value: date | datetime | None) -> str:
    return words.NONE if value is None else f"{value:%Y-%m-%d}"


def ago(value: datetime | None, now: datetime) -> str:
    """How long ago, or how soon, in one unit or two."""
    if value is None:
        return "never"
    apart = now - value
    text = words.joined(human(_rounded(abs(apart))))
    if abs(apart) < timedelta(minutes=1):
        return "just now"
    return f"{text} ago" if apart > timedelta(0) else f"in {text}"


def _rounded(span: timedelta) -> timedelta:
    unit = timedelta(days=1) if span > timedelta(days=3) else timedelta(minutes=1)
    return span // unit * unit


def size(number: int | None) -> str:
    """Bytes, in the largest unit of which there is one."""
    if number is None:
        return words.NONE
    value, unit = float(number), "B"
    for name in ("KiB", "MiB", "GiB", "TiB"):
        if value < _KIB:
            break
        value, unit = value / _KIB, name
    return f"{number}\u00a0B" if unit == "B" else f"{value:.1f}\u00a0{unit}"
