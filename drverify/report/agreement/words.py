"""The words that every output about an agreement uses, and its text made safe to show."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from drverify.model.contract import Figure, Kind, Party, Provision, Status

KINDS: Mapping[Kind, str] = MappingProxyType(
    {
        "rpo": "data loss (RPO)",
        "rto": "recovery time (RTO)",
        "backup_frequency": "backup frequency",
        "retention": "retention",
        "offsite_copy": "off-site copy",
        "encryption": "encryption",
        "immutability": "immutability",
        "restore_test": "restore test",
        "restore_responsibility": "who restores",
        "restore_time": "restore time",
        "backup_monitoring": "backup monitoring",
        "backup_scope": "backup scope",
        "backup_disclaimer": "backup disclaimer",
        "dr_plan": "disaster recovery plan",
        "dr_test": "disaster recovery test",
        "exit_data_return": "data return at exit",
        "data_deletion": "data deletion",
        "uptime": "availability",
        "application_validation": "application validation",
        "recovery_allowance": "recovery allowance",
        "failover_decision": "failover decision",
        "response_time": "response time",
        "severity": "severity",
        "maintenance_window": "maintenance window",
        "change_control": "change control",
        "client_duty": "customer's duty",
        "tooling": "tooling",
        "reporting": "reporting",
        "migration": "migration",
        "layer_responsibility": "who runs the layer",
        "exit_support": "support at exit",
        "data_retention": "data retention",
        "disclaimer": "disclaimer",
        "covered_system": "covered system",
    }
)
STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        "defined": "defined",
        "vague": "vague",
        "by_reference": "by reference",
        "placeholder": "placeholder",
        "redacted": "redacted",
        "disclaimed": "disclaimed",
        "delegated": "delegated",
        "conflicting": "conflicting",
        "needs_review": "needs review",
    }
)
PARTIES: Mapping[Party, str] = MappingProxyType(
    {
        "provider": "provider",
        "customer": "customer",
        "both": "both parties",
        "third_party": "third party",
        "unknown": "nobody named",
    }
)
COMPARED: Mapping[str, str] = MappingProxyType(
    {"<=": "at most ", "<": "less than ", ">=": "at least ", ">": "more than ", "=": "", "~": "about "}
)
_ODD = re.compile(r"[^ -~]")
_INSTEAD = {"Zs": " ", "Co": "\N{BULLET}", "\N{SOFT HYPHEN}": "\N{SOFT HYPHEN}"}
"""By category or character: private characters are nearly always a word processor's bullets."""
_UNITS = {"percent": "%", "km": "km", "count": ""}


def number(value: Decimal) -> str:
    """A number as people write it: no exponent, no empty decimals."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def measure(value: Decimal, unit: str, upper: Decimal | None = None) -> str:
    """`4 hours`, `1 business day`, `99.9 %`, `30 to 60 days`."""
    amount = number(value) if upper is None else f"{number(value)} to {number(upper)}"
    word = _UNITS.get(unit)
    if word is None:
        word = unit.replace("_", " ") + ("" if value == 1 and upper is None else "s")
    return f"{amount} {word}".rstrip()


def figure_words(figure: Figure | None) -> str:
    """A figure with its comparator ("at most 4 hours"); empty without one."""
    if figure is None:
        return ""
    quantity = figure.quantity
    text = measure(quantity.value, quantity.unit, quantity.upper)
    return COMPARED.get(figure.comparator, "") + text


def clock_words(figure: Figure | None) -> str:
    """Which clock a figure of time runs on; empty where that is no question."""
    if figure is None or figure.quantity.unit in {"percent", "count", "km", "mile"}:
        return ""
    return figure.clock


def scope_words(provision: Provision) -> str:
    """The mapped systems, else the agreement's own words."""
    return ", ".join(provision.scope.systems) or provision.scope.text


def place(provision: Provision) -> str:
    """Where it stands: `5.1`, `5.1, page 3`, or the heading when no clause has a number."""
    cited = provision.citation
    where = cited.section or shorten(cited.heading, 32)
    if cited.page is not None:
        return f"{where}, page {cited.page}" if where else f"page {cited.page}"
    return where or cited.locator


def slots_words(provision: Provision) -> str:
    """All slots in one line: `start disaster_declared; stop application_validated`."""
    return "; ".join(f"{slot.name.replace('_', ' ')} {slot.value}" for slot in provision.slots)


def is_open(provision: Provision) -> bool:
    """Whether a person must still decide about it."""
    return provision.review == "open"


def clean(text: str, *, lines: bool = False) -> str:
    """Text of a hostile document made safe for a terminal or a page, character for character.

    Control and format characters (which could move the cursor, change colours or turn the writing
    around) become U+FFFD, white space becomes blanks; with `lines` line feeds and tabs stay. The length
    never changes.
    """
    keep = "\n\t" if lines else ""
    return _ODD.sub(lambda found: _shown(found.group(), keep), text)


def _shown(char: str, keep: str) -> str:
    if char.isprintable() or char in keep:
        return char
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    return _INSTEAD.get(char) or _INSTEAD.get(category, "\N{REPLACEMENT CHARACTER}")


def shorten(text: str, length: int) -> str:
    """Text in one line, runs of white space as one blank, cut at a word with an ellipsis."""
    joined = " ".join(clean(text).split())
    if len(joined) <= length:
        return joined
    head = joined[: length - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut > length // 2 else head).rstrip(" ,;:") + "…"
