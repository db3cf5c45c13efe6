"""What HTML's elements mean: which hold nothing, are not read, end a paragraph, close one another."""

import re
from collections.abc import Mapping

from drverify.adapters.documents.counting import letters, roman

VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
SKIPPED = frozenset(
    (
        *("script", "style", "template", "nav", "noscript", "svg", "math", "canvas", "object", "iframe"),
        *("head", "title", "button", "select", "textarea"),
    )
)
STRUCK = frozenset(("del", "s", "strike"))
PAGE_PARTS = frozenset(("header", "footer"))
BLOCKS = frozenset(
    (
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "details",
            "dialog",
        ),
        *(
            "div",
            "dl",
            "dt",
            "fieldset",
            "figcaption",
            "figure",
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
        ),
        *("h6", "header", "html", "legend", "li", "main", "ol", "p", "pre", "section", "summary", "table"),
        *("tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_STRIKING = re.compile(r"text-decoration[^;]*line-through", re.IGNORECASE)
CLOSED_BY: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(("li",)), frozenset(("ul", "ol", "table"))),
    "tr": (frozenset(("tr",)), frozenset(("table",))),
    "td": (frozenset(("td", "th")), frozenset(("tr", "table"))),
    "th": (frozenset(("td", "th")), frozenset(("tr", "table"))),
    "dt": (frozenset(("dt", "dd")), frozenset(("dl", "table"))),
    "dd": (frozenset(("dt", "dd")), frozenset(("dl", "table"))),
    "tbody": (frozenset(("thead", "tbody")), frozenset(("table",))),
    "tfoot": (frozenset(("thead", "tbody")), frozenset(("table",))),
}
"""Which open element a start tag closes, and which open elements protect it."""

_SHOWN = 10


def lines_shown(lines: list[int]) -> str:
    """Lines: `line 3, 7 and 12 more`."""
    known = sorted(set(lines))
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"line {', '.join(map(str, known[:_SHOWN]))}{more}"


def columns(given: Mapping[str, str]) -> int:
    """How many columns a cell spans."""
    span = given.get("colspan", "")
    return min(100, max(1, int(span))) if re.fullmatch(r"\d{1,4}", span) else 1


def hides(tag: str, given: Mapping[str, str]) -> bool:
    """Whether what is in the element is not read."""
    if tag in SKIPPED or "hidden" in given or given.get("aria-hidden", "").lower() == "true":
        return True
    return bool(_HIDING.search(given.get("style", "")))


def strikes(tag: str, given: Mapping[str, str]) -> bool:
    """Whether what is in the element is struck out."""
    return tag in STRUCK or bool(_STRIKING.search(given.get("style", "")))


def list_number(count: int, style: str) -> str:
    """The number of a list's item; empty in a list with bullets."""
    if not style:
        return ""
    number = {"a": letters, "i": roman}.get(style.lower(), str)(count)
    return number.upper() if style in {"A", "I"} else number
