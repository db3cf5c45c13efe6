"""A migration's decision as one HTML file that needs nothing else: no script, no address, everything escaped.

What systems said of themselves is hostile input: it reaches the page through autoescaped templates alone,
and the page's policy lets no script run.
"""

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from drverify.migrating.deciding import in_words, spread
from drverify.model.migration import Decided, MigrationFacts, Weight
from drverify.report.migration import words

_PLACES = ("drverify.report.migration", "drverify.report.agreement")
"""Our own templates, and the ones that all pages share."""


def draw(facts: MigrationFacts, decided: Decided) -> str:
    """Draw the page."""
    sheet = _file("page.css") + _file("migration.css")
    digest = base64.b64encode(sha256(sheet.encode()).digest()).decode()
    return (
        _environment()
        .get_template("migration.html")
        .render(
            style=Markup(sheet),  # noqa: S704 - our own files
            script="",
            policy=f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
            facts=facts,
            plan=facts.plan,
            decided=decided,
            weights=[(one, words.of_weight(decided, one)) for one in Weight],
            in_words=in_words,
            spread=spread,
            words=words,
        )
    )


@cache
def _file(name: str) -> str:
    found = (files(place).joinpath("templates", name) for place in _PLACES)
    return next(one for one in found if one.is_file()).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
