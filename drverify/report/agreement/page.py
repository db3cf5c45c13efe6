"""Self-contained HTML pages: no network, everything escaped, a policy that lets only our own script run.

Agreements are hostile input: their text reaches a page through autoescaped templates alone, and the
page's Content-Security-Policy names the digests of the one style sheet and the one script in it.
"""

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from drverify.report.agreement import words

_TEMPLATES = "drverify.report.agreement"


def render(template: str, *, style: str, script: str = "", more_style: str = "", **values: object) -> str:
    """Fill a template; `style` and `script` name files beside it, `more_style` is our own CSS."""
    sheet = _file("page.css") + _file(style) + more_style
    code = _file(script) if script else ""
    return (
        _environment()
        .get_template(template)
        .render(
            style=Markup(sheet),  # noqa: S704 - our own files
            script=Markup(code),  # noqa: S704 - our own files
            policy=f"default-src 'none'; style-src {_source(sheet)}; script-src {_source(code)}; "
            "base-uri 'none'; form-action 'none'",
            **values,
        )
    )


def _source(content: str) -> str:
    if not content:
        return "'none'"
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


@cache
def _file(name: str) -> str:
    return files(_TEMPLATES).joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["clean"] = words.clean
    environment.filters["shorten"] = words.shorten
    environment.globals["words"] = words
    return environment
